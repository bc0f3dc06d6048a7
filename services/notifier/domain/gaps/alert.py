"""The alert aggregate: one gap of one unit, with what was sent and answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from services.notifier.domain.errors import NothingOwed, NotTheirs, SnoozeTooLong
from shared.contracts.event import Acting, Decider, alert_id
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertRaised,
    AlertResolved,
    AlertSent,
    AlertSilenced,
    AlertSnoozed,
    AlertTransferRequested,
    AlertUndeliverable,
    AnswerEvent,
)
from shared.contracts.vocabulary import EscalationReason, GapClosure, RecipientRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    gap_id: UUID
    draft_code: str
    unit_code: str
    due_on: date

    @property
    def alert_id(self) -> UUID:
        return alert_id(self.gap_id, self.unit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    gap_id: UUID
    unit_code: str
    closed_on: date
    reason: GapClosure

    @property
    def alert_id(self) -> UUID:
        return alert_id(self.gap_id, self.unit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSent:
    """A digest that speaks of the gap went out; a reminder may be quicker than the alert it belongs to."""

    alert: Raise
    digest_key: str
    message_id: str
    day: date
    recipient_id: UUID
    recipient_role: RecipientRole
    reason: str

    @property
    def key(self) -> str:
        """Names what the command does: done twice with it, it is done once."""
        return self.digest_key


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """What a unit answered to a mail: every answer is kept, whoever of the unit gave it."""

    alert: Raise
    answer: AnswerEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """Escalate the alert; a reached level is kept until the unit names a day for the first time."""

    alert: Raise
    to_unit_code: str
    level: int
    on: date
    overdue_working_days: int
    reason: EscalationReason

    @property
    def key(self) -> str:
        return f"escalated:{self.level}:{self.to_unit_code}:{self.on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSilenced:
    """A silence kept the alert out of a mail; recorded once per silence."""

    alert: Raise
    silence_id: UUID
    on: date
    until: date
    reason: str

    @property
    def key(self) -> str:
        return f"silenced:{self.silence_id}:{self.on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUndeliverable:
    """A mail with the alert bounced or was refused permanently; recorded once per mail."""

    alert: Raise
    digest_key: str
    recipient_id: UUID
    recipient_role: RecipientRole
    on: date
    reason: str

    @property
    def key(self) -> str:
        return f"undeliverable:{self.digest_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Let reminders rest until the end of `until`; `by` is for whom it is asked."""

    alert_id: UUID
    on: date
    until: date
    by: Acting
    reason: str | None = None


LONGEST_SNOOZE = timedelta(days=14)

OnAlert = RecordSent | Escalate | RecordSilenced | RecordUndeliverable
Command = Raise | Resolve | RecordAnswer | Snooze | OnAlert


@dataclass(frozen=True, slots=True)
class Absent:
    """Nobody was ever asked about this gap."""


@dataclass(frozen=True, slots=True)
class Open:
    """What was sent and answered since the alert was raised.

    `escalated` holds (level, unit) of each step taken since the first planned day; `returned` the mails
    that did not arrive; days are days in Vietnam, `snoozed_until` is the last quiet one.
    """

    alert: Raise
    sent: frozenset[str] = frozenset()
    answer: type[AnswerEvent] | None = None
    planned_on: date | None = None
    snoozed_until: date | None = None
    escalated: frozenset[tuple[int, str]] = frozenset()
    silenced_by: frozenset[UUID] = frozenset()
    returned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resolved:
    sent: frozenset[str] = frozenset()
    returned: frozenset[str] = frozenset()


State = Absent | Open | Resolved


def decide(state: State, command: Command) -> Sequence[AlertEvent]:
    match command:
        case Raise():
            return [] if isinstance(state, Open) else [_raised(command)]
        case Resolve():
            return [_resolved(command)] if isinstance(state, Open) else []
        case RecordAnswer():
            return _answered(state, command)
        case Snooze():
            return [_snoozed(state, command)]
        case RecordSent() | Escalate() | RecordSilenced() | RecordUndeliverable():
            return _noted(state, command)
        case _:
            assert_never(command)


def _answered(state: State, command: RecordAnswer) -> Sequence[AlertEvent]:
    """An answer, too, may be quicker than the alert that it belongs to."""
    if isinstance(state, Resolved):
        raise NothingOwed
    return [*([_raised(command.alert)] if isinstance(state, Absent) else []), command.answer]


def _snoozed(state: State, command: Snooze) -> AlertSnoozed:
    if not isinstance(state, Open):
        raise NothingOwed
    if not command.by.may_act_for(state.alert.unit_code):
        raise NotTheirs
    if not command.on <= command.until <= command.on + LONGEST_SNOOZE:
        raise SnoozeTooLong(command.until, LONGEST_SNOOZE.days)
    return AlertSnoozed(
        alert_id=command.alert_id,
        gap_id=state.alert.gap_id,
        unit_code=state.alert.unit_code,
        on=command.on,
        until=command.until,
        reason=command.reason,
    )


def _noted(state: State, command: OnAlert) -> Sequence[AlertEvent]:
    """A reminder may be quicker than the alert that it belongs to; what is recorded is not recorded again."""
    if isinstance(state, Absent):
        return [_raised(command.alert), _note(command)]
    return [] if _is_recorded(state, command) else [_note(command)]


def _is_recorded(state: Open | Resolved, command: OnAlert) -> bool:
    """A resolved alert is neither escalated nor silenced."""
    match command:
        case RecordSent():
            return command.digest_key in state.sent
        case RecordUndeliverable():
            return command.digest_key in state.returned
        case Escalate():
            step = (command.level, command.to_unit_code)
            return isinstance(state, Resolved) or step in state.escalated
        case RecordSilenced():
            return isinstance(state, Resolved) or command.silence_id in state.silenced_by
        case _:
            assert_never(command)


def _raised(command: Raise) -> AlertRaised:
    return AlertRaised(
        alert_id=command.alert_id,
        gap_id=command.gap_id,
        draft_code=command.draft_code,
        unit_code=command.unit_code,
        due_on=command.due_on,
    )


def _resolved(command: Resolve) -> AlertResolved:
    return AlertResolved(
        alert_id=command.alert_id,
        gap_id=command.gap_id,
        closed_on=command.closed_on,
        reason=command.reason,
    )


def _note(command: OnAlert) -> AlertSent | AlertEscalated | AlertSilenced | AlertUndeliverable:
    alert = command.alert
    facts = {field.name: getattr(command, field.name) for field in fields(command) if field.name != "alert"}
    of = {"alert_id": alert.alert_id, "gap_id": alert.gap_id, "unit_code": alert.unit_code}
    return _EVENTS[type(command)].model_validate(of | facts)


_EVENTS: Mapping[type[OnAlert], type[AlertSent | AlertEscalated | AlertSilenced | AlertUndeliverable]] = (
    MappingProxyType(
        {
            RecordSent: AlertSent,
            Escalate: AlertEscalated,
            RecordSilenced: AlertSilenced,
            RecordUndeliverable: AlertUndeliverable,
        }
    )
)


def evolve(state: State, event: AlertEvent) -> State:
    match event:
        case AlertRaised():
            alert = Raise(**event.model_dump(exclude={"alert_id"}))
            before = Resolved() if isinstance(state, Absent) else state
            return Open(alert=alert, sent=before.sent, returned=before.returned)
        case AlertResolved():
            return Resolved() if isinstance(state, Absent) else Resolved(state.sent, state.returned)
        case AlertSent(digest_key=key):
            return state if isinstance(state, Absent) else replace(state, sent=state.sent | {key})
        case AlertUndeliverable(digest_key=key):
            return state if isinstance(state, Absent) else replace(state, returned=state.returned | {key})
        case _:
            return _of_open(state, event) if isinstance(state, Open) else state


def _of_open(state: Open, event: AnswerEvent | AlertSnoozed | AlertEscalated | AlertSilenced) -> Open:
    """Apply an event that keeps the alert open: answers, snoozes, silences, escalations."""
    match event:
        case AlertAcknowledged():
            kept = frozenset() if state.planned_on is None else state.escalated
            return replace(state, answer=type(event), planned_on=event.planned_on, escalated=kept)
        case AlertTransferRequested() | AlertExemptionRequested() | AlertObstacleReported():
            return replace(state, answer=type(event))
        case AlertSnoozed():
            return replace(state, snoozed_until=event.until)
        case AlertEscalated():
            return replace(state, escalated=state.escalated | {(event.level, event.to_unit_code)})
        case AlertSilenced():
            return replace(state, silenced_by=state.silenced_by | {event.silence_id})
        case _:
            assert_never(event)


alert: Decider[State, Command, AlertEvent] = Decider("alert", Absent(), decide, evolve)
