"""The communication aggregate: one carried-out activity, recorded once, corrected, retracted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from services.campaigns.domain import refusals
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvent,
    CommunicationRecorded,
    CommunicationRetracted,
)
from shared.decider import Decider
from shared.rules.recorded_days import check_recorded_day

MOST_PEOPLE = 1_000_000_000  # more than that is a typing error
_SAID = frozenset(CommunicationCorrected.model_fields) - {"reason"}

Activity = CommunicationRecorded | CommunicationCorrected


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record an activity; `draft_policies` are the numbers that its draft has, `today` the day in Vietnam."""

    activity: CommunicationRecorded
    draft_policies: frozenset[int]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Say how the activity really was: every field is replaced."""

    activity: CommunicationCorrected
    draft_policies: frozenset[int]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    reason: str | None = None


Command = Record | Correct | Retract


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was ever said of this activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """`recorded` is what was said first, `activity` how it stands."""

    recorded: CommunicationRecorded
    activity: Activity
    retracted: CommunicationRetracted | None = None


State = Absent | Communication


def policies_meant(numbers: Iterable[int]) -> tuple[int, ...]:
    """Give the policies that a list means, in order: empty for the whole draft, also written as 0."""
    meant = sorted(set(numbers))
    return () if 0 in meant else tuple(meant)


def decide(state: State, command: Command) -> Sequence[CommunicationEvent]:
    match command:
        case Record():
            return _record(state, command)
        case Correct():
            return _correct(_existing(state), command)
        case Retract():
            return _retract(_existing(state), command)
        case _:
            assert_never(command)


def _existing(state: State) -> Communication:
    if isinstance(state, Absent):
        raise refusals.CommunicationNotFound
    return state


def _record(state: State, command: Record) -> Sequence[CommunicationEvent]:
    # What is known already is no news, also after a correction, a retraction or a change of the draft's
    # policies: an import that runs twice changes nothing.
    if isinstance(state, Communication):
        if command.activity != state.recorded:
            raise refusals.CommunicationDiffers
        return []
    _check(command)
    return [command.activity]


def _correct(communication: Communication, command: Correct) -> Sequence[CommunicationEvent]:
    if communication.retracted:
        raise refusals.CommunicationIsRetracted
    if _said(command.activity) == _said(communication.activity):
        return []
    _check(command)
    return [command.activity]


def _retract(communication: Communication, command: Retract) -> Sequence[CommunicationEvent]:
    if communication.retracted:
        return []
    of = communication.recorded
    return [
        CommunicationRetracted(
            communication_id=of.communication_id,
            draft_id=of.draft_id,
            draft_code=of.draft_code,
            reason=command.reason,
        )
    ]


def _said(activity: Activity) -> dict[str, object]:
    return activity.model_dump(include=set(_SAID))


def _check(command: Record | Correct) -> None:
    activity = command.activity
    check_recorded_day(activity.held_on, activity.precision, command.today)
    if wrong := set(activity.policies) - command.draft_policies:
        raise refusals.PolicyNotInDraft(wrong, command.draft_policies)


def evolve(state: State, event: CommunicationEvent) -> State:
    if isinstance(event, CommunicationRecorded):
        return Communication(recorded=event, activity=event)
    if isinstance(state, Absent):
        return state
    match event:
        case CommunicationCorrected():
            return replace(state, activity=event)
        case CommunicationRetracted():
            return replace(state, retracted=event)
        case _:
            assert_never(event)


communication: Decider[State, Command, CommunicationEvent] = Decider(
    "communication", Absent(), decide, evolve
)
