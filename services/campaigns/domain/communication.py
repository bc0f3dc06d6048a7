"""The communication aggregate: one carried-out activity, recorded once, corrected, verified, retracted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar, assert_never
from uuid import UUID

from services.campaigns.domain import errors
from services.campaigns.domain.communication_commands import (
    Addition,
    Attach,
    Command,
    Confirm,
    Correct,
    Erase,
    Evidence,
    Record,
    RefuseVerification,
    Retract,
    Summarise,
    Verify,
)
from services.campaigns.domain.draft import DraftSummary
from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvent,
    CommunicationEvidenceAttached,
    CommunicationEvidenceErased,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationRoleConfirmed,
    CommunicationVerificationRefused,
    CommunicationVerified,
)
from shared.contracts.event import Decider, communication_id, draft_id
from shared.contracts.vocabulary import CommunicationRole, Precision
from shared.rules.roles import performing_unit, role_of
from shared.rules.sequence import check_recorded_day

MOST_PEOPLE = 1_000_000_000  # more than that is a typing error, as it is of items
MOST_REACHED = 10**12
_CONTENT = frozenset(CommunicationCorrected.model_fields) - {"reason"}

Stated = CommunicationRecorded | CommunicationCorrected
A = TypeVar("A", bound=Record | Correct)


@dataclass(frozen=True, slots=True)
class Absent:
    """The activity was never recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """`recorded` is the first record, `activity` the present state; `unverified`: its verification was refused."""

    recorded: CommunicationRecorded
    activity: Stated
    retracted: CommunicationRetracted | None = None
    verified: CommunicationVerified | None = None
    unverified: CommunicationVerificationRefused | None = None
    evidence: tuple[CommunicationEvidenceAttached, ...] = ()
    erased: frozenset[UUID] = frozenset()
    feedback: CommunicationFeedbackSummarised | None = None

    def last_evidence(self, evidence_id: UUID) -> CommunicationEvidenceAttached | None:
        same = (each for each in reversed(self.evidence) if each.evidence_id == evidence_id)
        return next(same, None)

    def kept(self, evidence_id: UUID) -> CommunicationEvidenceAttached | None:
        """Give an evidence whose file Loa keeps."""
        last = self.last_evidence(evidence_id)
        return last if last and last.size is not None and evidence_id not in self.erased else None


State = Absent | Communication


def policies_meant(numbers: Iterable[int]) -> tuple[int, ...]:
    """Give the policies that a list means, in order: empty for the whole draft, also written as 0."""
    meant = sorted(set(numbers))
    return () if 0 in meant else tuple(meant)


def decide(state: State, command: Command) -> Sequence[CommunicationEvent]:  # noqa: PLR0911  a line a command
    _check_acting(state, command)
    match command:
        case Record():
            return _record(state, command)
        case Correct():
            return _correct(_existing(state), command)
        case Retract():
            return _retract(_existing(state), command)
        case Verify():
            return _verify(_existing(state), command)
        case RefuseVerification():
            return _refuse(_existing(state), command)
        case Confirm():
            return _confirm(_existing(state), command)
        case Attach():
            return _attach(_existing(state), command)
        case Erase():
            return _erase(_existing(state), command)
        case Summarise():
            return _summarise(_existing(state), command)
        case _:
            assert_never(command)


def recorded_by(command: Record) -> CommunicationRecorded:
    """Give the event that records what a command states."""
    code = command.draft.draft_code
    return CommunicationRecorded.of(entered(command), draft_id=draft_id(code), draft_code=code)


def natural_id(command: Record) -> UUID:
    """Give the id that the row of a file with this content has, by its performing unit as it enters."""
    draft, unit_code = command.draft, entered(command).unit_code
    named = (draft.draft_code, command.held_on, command.precision, command.channel, command.title)
    return communication_id(*named, command.policies, draft.other_than_lead(unit_code, command.held_on))


def entered(command: A, performed_before: str | None = None) -> A:
    """Return a statement as it enters: what is recorded for a unit that doesn't lead the draft is its support work.

    Where it asked for the role of a coordinating unit, the lead unit confirms that (`Confirm`).
    """
    if command.draft.is_led_by(command.by, command.today):
        return command
    coordinating = command.role is CommunicationRole.COORDINATING
    return replace(
        command,
        role=CommunicationRole.SUPPORT,
        unit_code=command.unit_code or performed_before or command.by.unit_code,
        requested_role=CommunicationRole.COORDINATING if coordinating else None,
    )


def check_additions(command: Record, additions: Iterable[Addition]) -> None:
    """Refuse additions that would be refused after the activity is recorded, before anything is written."""
    recorded = recorded_by(command)
    state = Communication(recorded=recorded, activity=recorded)
    for addition in additions:
        decide(state, addition)


def _check_acting(state: State, command: Command) -> None:
    """Refuse whom the communication does not concern: support work is that of the performing unit, the rest the lead's.

    Every unit may record what it did itself, for any draft; and change what was confirmed as coordinating work of its.
    """
    if isinstance(command, Record):
        _check_recording(command)
    elif isinstance(command, Confirm):
        _existing(state)
        command.check_acting()
    else:
        _check_changing(_existing(state), command)


def _check_recording(command: Record) -> None:
    if command.by.unit_code is None or not _is_support(stated := entered(command), command.draft):
        command.check_acting()
    elif stated.unit_code is not None:
        _check_performing(command, stated.unit_code)


def _check_changing(communication: Communication, command: Command) -> None:
    activity, draft = communication.activity, command.draft
    performed = performing_unit(activity.unit_code, draft.lead_on(activity.held_on))
    if _is_support(activity, draft):
        _check_performing(command, performed)
    elif (
        isinstance(command, Verify | RefuseVerification)
        or activity.unit_code is None
        or not command.by.may_act_for(performed)
    ):
        command.check_acting()  # what counts for the draft is verified by who follows its lead unit
    if isinstance(command, Correct):
        stated = entered(command, activity.unit_code)
        if _is_support(stated, draft) and stated.unit_code not in {None, performed}:
            _check_performing(command, str(stated.unit_code))


def _check_performing(command: Command, unit_code: str) -> None:
    if not command.by.may_act_for(unit_code):
        raise errors.NotYourCommunication(unit_code)


def _is_support(of: Stated | Record | Correct, draft: DraftSummary) -> bool:
    return _role(of, draft) is CommunicationRole.SUPPORT


def _role(of: Stated | Record | Correct, draft: DraftSummary) -> CommunicationRole:
    return role_of(of.role, of.unit_code, draft.lead_on(of.held_on))


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
    stated = entered(command, communication.activity.unit_code)
    activity = CommunicationCorrected.of(stated, **_ids(of), notes=of.notes)
    if activity.role is CommunicationRole.SUPPORT and activity.requested_role is None:
        activity = activity.model_copy(update={"requested_role": communication.activity.requested_role})
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


def _refuse(communication: Communication, command: RefuseVerification) -> Sequence[CommunicationEvent]:
    """Refuse to verify; what was verified before stays so until it is corrected."""
    _is_gone(communication)
    if communication.verified:
        raise errors.AlreadyVerified(communication.verified.verified_on)
    if communication.unverified is not None and communication.unverified.reason == command.reason:
        return []
    activity = communication.activity
    return [
        CommunicationVerificationRefused(
            **_ids(communication.recorded),
            refused_on=command.today,
            reason=command.reason,
            unit_code=performed_by(communication, command.draft),
            by_unit_code=command.by_unit_code,
            title=activity.title,
            held_on=activity.held_on,
            precision=activity.precision,
            channel=activity.channel,
        )
    ]


def _confirm(communication: Communication, command: Confirm) -> Sequence[CommunicationEvent]:
    _is_gone(communication)
    role = _role(communication.activity, command.draft)
    if role is CommunicationRole.LEAD:
        raise errors.NothingToConfirm
    if role is CommunicationRole.COORDINATING:
        return []
    return [
        CommunicationRoleConfirmed(
            **_ids(communication.recorded),
            role=CommunicationRole.COORDINATING,
            by_unit_code=command.by.unit_code,
        )
    ]


def _attach(communication: Communication, command: Attach) -> Sequence[CommunicationEvent]:
    evidence = _evidence(communication.recorded, command.evidence)
    if (last := communication.last_evidence(evidence.evidence_id)) is not None:
        if _is_kept_now(last, evidence, communication):
            _is_gone(communication)
            return [evidence]
        if _stated(last) != _stated(evidence):
            raise errors.EvidenceDiffers
        return []
    _is_gone(communication)
    _check_evidence(evidence, command.today)
    return [evidence]


_OF_FILE = {"size", "media_type", "unit_code"}


def _stated(evidence: CommunicationEvidenceAttached) -> dict[str, Any]:
    return evidence.model_dump(exclude=_OF_FILE)


def _is_kept_now(
    last: CommunicationEvidenceAttached, evidence: CommunicationEvidenceAttached, of: Communication
) -> bool:
    """Whether a file is brought of which only the digest is recorded so far, or that was erased."""
    return evidence.size is not None and (last.size is None or evidence.evidence_id in of.erased)


def _erase(communication: Communication, command: Erase) -> Sequence[CommunicationEvent]:
    if command.evidence_id in communication.erased:
        return []
    if (kept := communication.kept(command.evidence_id)) is None or kept.sha256 is None:
        raise errors.EvidenceNotKept(command.evidence_id)
    return [
        CommunicationEvidenceErased(
            **_ids(communication.recorded),
            evidence_id=kept.evidence_id,
            sha256=kept.sha256,
            reason=command.reason,
        )
    ]


def performed_by(communication: Communication, draft: DraftSummary) -> str:
    """Give the unit that performed it."""
    activity = communication.activity
    return performing_unit(activity.unit_code, draft.lead_on(activity.held_on))


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
    if command.activity_code is not None and entered(command).unit_code is None:
        raise errors.ActivityCodeWithoutUnit
    existing = command.draft.policies
    if wrong := set(command.policies) - existing:
        raise errors.PolicyNotInDraft(wrong, existing)


def evolve(state: State, event: CommunicationEvent) -> State:
    if isinstance(event, CommunicationRecorded):
        return Communication(recorded=event, activity=event)
    if isinstance(state, Absent):
        return state
    return replace(state, **_changes(state, event))


def _changes(state: Communication, event: CommunicationEvent) -> dict[str, Any]:  # noqa: PLR0911  a line an event
    match event:
        case CommunicationCorrected():
            return {"activity": event, "verified": None, "unverified": None}
        case CommunicationRetracted():
            return {"retracted": event}
        case CommunicationVerified():
            return {"verified": event, "unverified": None}
        case CommunicationVerificationRefused():
            return {"unverified": event}
        case CommunicationRoleConfirmed():
            confirmed = {"role": event.role, "requested_role": None}
            return {"activity": state.activity.model_copy(update=confirmed)}
        case CommunicationEvidenceAttached():
            others = tuple(each for each in state.evidence if each.evidence_id != event.evidence_id)
            return {"evidence": (*others, event), "erased": state.erased - {event.evidence_id}}
        case CommunicationEvidenceErased():
            return {"erased": state.erased | {event.evidence_id}}
        case CommunicationFeedbackSummarised():
            return {"feedback": event}
        case CommunicationRecorded():
            return {}
        case _:
            assert_never(event)


communication: Decider[State, Command, CommunicationEvent] = Decider(
    "communication", Absent(), decide, evolve, keyed=True
)
