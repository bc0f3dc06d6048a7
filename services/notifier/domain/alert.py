"""The alert aggregate: one gap as a matter between us and one unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never
from uuid import UUID

from services.notifier.domain.refusals import NothingOwed
from shared.contracts.ids import alert_id
from shared.contracts.metrics import ComplianceEvent, ComplianceGapClosed
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertEvent,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertRaised,
    AlertResolved,
    AlertSent,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.vocabulary import GapClosure, RecipientRole
from shared.decider import Decider


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

    matter: Raise
    digest_key: str
    message_id: str
    day: date
    recipient_id: UUID
    recipient_role: RecipientRole
    reason: str


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """What a unit answered to a mail: every answer is kept, whoever of the unit gave it."""

    said: AnswerEvent

    @property
    def alert_id(self) -> UUID:
        return self.said.alert_id


Command = Raise | Resolve | RecordSent | RecordAnswer


@dataclass(frozen=True, slots=True)
class Absent:
    """Nobody was ever asked about this gap."""


@dataclass(frozen=True, slots=True)
class Open:
    sent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resolved:
    sent: frozenset[str] = frozenset()


State = Absent | Open | Resolved


def decide(state: State, command: Command) -> Sequence[AlertEvent]:
    match command:
        case Raise():
            return [] if isinstance(state, Open) else [_raised(command)]
        case Resolve():
            return [_resolved(command)] if isinstance(state, Open) else []
        case RecordSent():
            return _sent(state, command)
        case RecordAnswer():
            return _answered(state, command)
        case _:
            assert_never(command)


def _answered(state: State, command: RecordAnswer) -> Sequence[AlertEvent]:
    if not isinstance(state, Open):
        raise NothingOwed
    return [command.said]


def _sent(state: State, command: RecordSent) -> Sequence[AlertEvent]:
    if isinstance(state, Absent):
        return [_raised(command.matter), _record(command)]
    return [] if command.digest_key in state.sent else [_record(command)]


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


def _record(command: RecordSent) -> AlertSent:
    return AlertSent(
        alert_id=command.matter.alert_id,
        gap_id=command.matter.gap_id,
        digest_key=command.digest_key,
        message_id=command.message_id,
        day=command.day,
        recipient_id=command.recipient_id,
        recipient_role=command.recipient_role,
        reason=command.reason,
    )


def evolve(state: State, event: AlertEvent) -> State:
    sent = frozenset() if isinstance(state, Absent) else state.sent
    match event:
        case AlertRaised():
            return Open(sent)
        case AlertResolved():
            return Resolved(sent)
        case AlertSent(digest_key=key):
            return state if isinstance(state, Absent) else replace(state, sent=sent | {key})
        case (
            AlertAcknowledged()
            | AlertTransferRequested()
            | AlertExemptionRequested()
            | AlertObstacleReported()
        ):
            return state
        case _:
            assert_never(event)


alert: Decider[State, Command, AlertEvent] = Decider("alert", Absent(), decide, evolve)


def commands_for(facts: Sequence[ComplianceEvent], recorded_on: date) -> list[Raise | Resolve]:
    """Say what a gap's whole story means for its alerts: the present unit's is open, every other resolved.

    Made from the whole story, not from the last event, so that a redelivery out of order does no harm.
    `recorded_on` dates a transfer, which carries no day of its own.
    """
    last = facts[-1]
    before = dict.fromkeys(fact.unit_code for fact in facts if fact.unit_code != last.unit_code)
    commands: list[Raise | Resolve] = [
        Resolve(gap_id=last.gap_id, unit_code=unit, closed_on=recorded_on, reason=GapClosure.TRANSFERRED)
        for unit in before
    ]
    if isinstance(last, ComplianceGapClosed):
        resolving = Resolve(
            gap_id=last.gap_id, unit_code=last.unit_code, closed_on=last.closed_on, reason=last.reason
        )
        return [*commands, resolving]
    raising = Raise(
        gap_id=last.gap_id, draft_code=last.draft_code, unit_code=last.unit_code, due_on=last.due_on
    )
    return [*commands, raising]
