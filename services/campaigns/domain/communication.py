"""The communication aggregate: one carried-out activity, recorded once, corrected, verified, retracted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, assert_never

from services.campaigns.domain import refusals
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvent,
    CommunicationEvidenceAttached,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationVerified,
)
from shared.contracts.vocabulary import Precision
from shared.decider import Decider
from shared.rules.recorded_days import check_recorded_day

MOST_PEOPLE = 1_000_000_000  # more than that is a typing error
_SAID = frozenset(CommunicationCorrected.model_fields) - {"reason"}

Activity = CommunicationRecorded | CommunicationCorrected


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record an activity; `draft_policies` are the numbers that its draft has, `today` the day in Vietnam.

    `evidence` is what was shown together with it.
    """

    activity: CommunicationRecorded
    draft_policies: frozenset[int]
    today: date
    evidence: tuple[CommunicationEvidenceAttached, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Say how the activity really was: every field is replaced."""

    activity: CommunicationCorrected
    draft_policies: frozenset[int]
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Confirm what is claimed; with `as_said` only if it still stands as that says (so a file may say it again)."""

    verification: CommunicationVerified
    today: date
    as_said: CommunicationRecorded | None = None

    @property
    def draft_code(self) -> str:
        return self.verification.draft_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    evidence: CommunicationEvidenceAttached
    today: date

    @property
    def draft_code(self) -> str:
        return self.evidence.draft_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarise:
    """Say what became of comments; `only_first` leaves a summary that is there already (as a file does)."""

    feedback: CommunicationFeedbackSummarised
    today: date
    only_first: bool = False

    @property
    def draft_code(self) -> str:
        return self.feedback.draft_code


Telling = Verify | Attach | Summarise
Command = Record | Correct | Retract | Telling


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was ever said of this activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """`recorded` is what was said first, `activity` how it stands."""

    recorded: CommunicationRecorded
    activity: Activity
    retracted: CommunicationRetracted | None = None
    verified: CommunicationVerified | None = None
    evidence: tuple[CommunicationEvidenceAttached, ...] = ()
    feedback: CommunicationFeedbackSummarised | None = None


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
        case Verify():
            return _verify(_existing(state), command)
        case Attach():
            return _attach(_existing(state), command)
        case Summarise():
            return _summarise(_existing(state), command)
        case _:
            assert_never(command)


def check_told_with(recorded: CommunicationRecorded, tellings: Iterable[Telling]) -> None:
    """Refuse what could not be said of an activity when it is recorded, before anything of it is written."""
    state = Communication(recorded=recorded, activity=recorded)
    for telling in tellings:
        decide(state, telling)


def _existing(state: State) -> Communication:
    if isinstance(state, Absent):
        raise refusals.CommunicationNotFound
    return state


def _record(state: State, command: Record) -> Sequence[CommunicationEvent]:
    # What is known already is no news, also after a correction, a retraction or a change of the draft's
    # policies: an import that runs twice changes nothing.
    if isinstance(state, Communication):
        if command.activity != state.recorded and _said(command.activity) != _said(state.activity):
            raise refusals.CommunicationDiffers
        return []
    _check(command)
    check_told_with(command.activity, (Attach(evidence=one, today=command.today) for one in command.evidence))
    return [command.activity, *command.evidence]


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


def _verify(communication: Communication, command: Verify) -> Sequence[CommunicationEvent]:
    changed = command.as_said is not None and _said(command.as_said) != _said(communication.activity)
    if communication.verified or changed or _is_gone(communication, quietly=command.as_said is not None):
        return []
    check_recorded_day(command.verification.verified_on, Precision.DAY, command.today)
    return [command.verification]


def _attach(communication: Communication, command: Attach) -> Sequence[CommunicationEvent]:
    evidence = command.evidence
    if known := [one for one in communication.evidence if one.evidence_id == evidence.evidence_id]:
        if evidence not in known:
            raise refusals.EvidenceDiffers
        return []
    _is_gone(communication)
    if evidence.url is None and evidence.sha256 is None:
        raise refusals.EvidenceShowsNothing
    if evidence.captured_on is not None:
        check_recorded_day(evidence.captured_on, Precision.DAY, command.today)
    return [evidence]


def _summarise(communication: Communication, command: Summarise) -> Sequence[CommunicationEvent]:
    feedback, known = command.feedback, communication.feedback
    if feedback == known or (command.only_first and known):
        return []
    if _is_gone(communication, quietly=command.only_first):
        return []
    if max(feedback.accepted, feedback.explained) > feedback.received:
        raise refusals.MoreThanReceived(feedback.received)
    if feedback.explained_on is not None:
        check_recorded_day(feedback.explained_on, Precision.DAY, command.today)
    return [feedback]


def _is_gone(communication: Communication, *, quietly: bool = False) -> bool:
    """Refuse what is said of a retracted communication; a file that says it again is passed over quietly."""
    if communication.retracted and not quietly:
        raise refusals.CommunicationIsRetracted
    return communication.retracted is not None


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
    return replace(state, **_changes(state, event))


def _changes(state: Communication, event: CommunicationEvent) -> dict[str, Any]:
    match event:
        case CommunicationCorrected():
            return {"activity": event, "verified": None}
        case CommunicationRetracted():
            return {"retracted": event}
        case CommunicationVerified():
            return {"verified": event}
        case CommunicationEvidenceAttached():
            return {"evidence": (*state.evidence, event)}
        case CommunicationFeedbackSummarised():
            return {"feedback": event}
        case CommunicationRecorded():
            return {}
        case _:
            assert_never(event)


communication: Decider[State, Command, CommunicationEvent] = Decider(
    "communication", Absent(), decide, evolve
)
