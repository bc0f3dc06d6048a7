"""The communication aggregate: one carried-out activity, recorded once, corrected, verified, retracted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, assert_never

from services.campaigns.domain import errors
from services.campaigns.domain.communication_commands import (
    Addition,
    Attach,
    Command,
    Correct,
    Evidence,
    Record,
    Retract,
    Summarise,
    Verify,
)
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvent,
    CommunicationEvidenceAttached,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationVerified,
)
from shared.contracts.event import Decider, draft_id
from shared.contracts.vocabulary import Precision
from shared.rules.sequence import check_recorded_day

MOST_PEOPLE = 1_000_000_000  # more than that is a typing error
_CONTENT = frozenset(CommunicationCorrected.model_fields) - {"reason"}

Stated = CommunicationRecorded | CommunicationCorrected


@dataclass(frozen=True, slots=True)
class Absent:
    """The activity was never recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """`recorded` is the first record, `activity` the present state."""

    recorded: CommunicationRecorded
    activity: Stated
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
    if not isinstance(command, Record):
        _existing(state)
    command.check_acting()
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


def recorded_by(command: Record) -> CommunicationRecorded:
    """Give the event that records what a command states."""
    code = command.draft.draft_code
    return CommunicationRecorded.of(command, draft_id=draft_id(code), draft_code=code)


def check_additions(command: Record, additions: Iterable[Addition]) -> None:
    """Refuse additions that would be refused after the activity is recorded, before anything is written."""
    recorded = recorded_by(command)
    state = Communication(recorded=recorded, activity=recorded)
    for addition in additions:
        decide(state, addition)


def _existing(state: State) -> Communication:
    if isinstance(state, Absent):
        raise errors.CommunicationNotFound
    return state


def _record(state: State, command: Record) -> Sequence[CommunicationEvent]:
    # A repeated record changes nothing, also after a correction, a retraction or a change of the draft's
    # policies: an import that runs twice changes nothing.
    activity = recorded_by(command)
    if isinstance(state, Communication):
        if activity != state.recorded and _content(activity) != _content(state.activity):
            raise errors.CommunicationDiffers
        return []
    _check(command)
    attached = [_evidence(activity, evidence) for evidence in command.evidence]
    for evidence in attached:
        _check_evidence(evidence, command.today)
    return [activity, *attached]


def _correct(communication: Communication, command: Correct) -> Sequence[CommunicationEvent]:
    if communication.retracted:
        raise errors.CommunicationIsRetracted
    of = communication.recorded
    activity = CommunicationCorrected.of(command, **_ids(of), notes=of.notes)
    if _content(activity) == _content(communication.activity):
        return []
    _check(command)
    return [activity]


def _retract(communication: Communication, command: Retract) -> Sequence[CommunicationEvent]:
    if communication.retracted:
        return []
    return [CommunicationRetracted.of(command, **_ids(communication.recorded))]


def _verify(communication: Communication, command: Verify) -> Sequence[CommunicationEvent]:
    as_recorded = command.as_recorded
    changed = as_recorded is not None and _content(as_recorded) != _content(communication.activity)
    if communication.verified or changed or _is_gone(communication, quietly=as_recorded is not None):
        return []
    check_recorded_day(command.verified_on, Precision.DAY, command.today)
    _check_after_held("verified_on", command.verified_on, communication.activity)
    return [CommunicationVerified.of(command, **_ids(communication.recorded))]


def _attach(communication: Communication, command: Attach) -> Sequence[CommunicationEvent]:
    evidence = _evidence(communication.recorded, command.evidence)
    if existing := [e for e in communication.evidence if e.evidence_id == evidence.evidence_id]:
        if evidence not in existing:
            raise errors.EvidenceDiffers
        return []
    _is_gone(communication)
    _check_evidence(evidence, command.today)
    return [evidence]


def _evidence(of: CommunicationRecorded, evidence: Evidence) -> CommunicationEvidenceAttached:
    return CommunicationEvidenceAttached.of(evidence, **_ids(of))


def _check_evidence(evidence: CommunicationEvidenceAttached, today: date) -> None:
    if evidence.url is None and evidence.sha256 is None:
        raise errors.EvidenceShowsNothing
    if evidence.captured_on is not None:
        check_recorded_day(evidence.captured_on, Precision.DAY, today)


def _summarise(communication: Communication, command: Summarise) -> Sequence[CommunicationEvent]:
    feedback = CommunicationFeedbackSummarised.of(command, **_ids(communication.recorded))
    existing = communication.feedback
    if feedback == existing or (command.only_first and existing):
        return []
    if _is_gone(communication, quietly=command.only_first):
        return []
    if max(feedback.accepted, feedback.explained) > feedback.received:
        raise errors.MoreThanReceived(feedback.received)
    if feedback.explained_on is not None:
        check_recorded_day(feedback.explained_on, Precision.DAY, command.today)
        _check_after_held("explained_on", feedback.explained_on, communication.activity)
    return [feedback]


def _check_after_held(field: str, day: date, activity: Stated) -> None:
    """Refuse a day before the activity; one that is known to the month or year only began on its first day."""
    if day < activity.held_on:
        raise errors.BeforeHeld(field, day, activity.held_on)


def _ids(of: CommunicationRecorded) -> dict[str, Any]:
    return {
        "communication_id": of.communication_id,
        "draft_id": of.draft_id,
        "draft_code": of.draft_code,
    }


def _is_gone(communication: Communication, *, quietly: bool = False) -> bool:
    """Refuse a change of a retracted communication; a repeated row of a file is ignored quietly."""
    if communication.retracted and not quietly:
        raise errors.CommunicationIsRetracted
    return communication.retracted is not None


def _content(activity: Stated) -> dict[str, object]:
    return activity.model_dump(include=set(_CONTENT))


def _check(command: Record | Correct) -> None:
    check_recorded_day(command.held_on, command.precision, command.today)
    existing = command.draft.policies
    if wrong := set(command.policies) - existing:
        raise errors.PolicyNotInDraft(wrong, existing)


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
