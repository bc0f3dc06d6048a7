"""The one publisher of `alert.*` events, and what the events of gaps and alerts mean for rows.

Gaps with their alerts have a fold of their own (`domain/gaps/gap_alert_fold.py`). The table `gap` is only written here, for
replicas of the release before.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, get_args
from uuid import UUID

from services.notifier.application.ports import Head, Ledger, PendingAlerts, Unannounced
from services.notifier.domain.gaps import alert as alerts
from services.notifier.domain.gaps.gap_alert import WAITING, GapAlert
from shared.contracts.campaigns import CommunicationVerificationRefused
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import About, Event
from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import RecipientFrequencyChosen, RecipientResubscribed, RecipientUnsubscribed
from shared.contracts.programme import ProgrammeEntry, ProgrammeEvent, ProgrammeObstacleAnswered
from shared.contracts.registry import (
    DraftRequestAnswered,
    DraftRequestDecided,
    DraftRequestForwarded,
    DraftRequestRaised,
    UnitChangeCancelled,
    UnitSupervisionSet,
)
from shared.contracts.vocabulary import Precision
from shared.eventstore.handle import BulkStore, EventStore, Handled, History, OverlayEventStore, handle
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock, NewId
from shared.kernel.transient import RETRIED
from shared.observability import signals
from shared.observability.signals import ReceivedMessage, Tracing
from shared.projections.programme_rows import OF_FACT, entry_changes
from shared.projections.rows import Change, Put, Remove, RowChange

logger = signals.get_logger(__name__)
Rows = list[RowChange]


def changes(event: Recorded) -> Iterable[RowChange]:
    if isinstance(event.data, ProgrammeEntry):
        yield from entry_changes(event, event.data, ENTRY_COLUMNS)
    yield from _HANDLERS.get(type(event.data), _nothing)(event, event.data)


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _gap_opened(event: Recorded, data: ComplianceGapOpened) -> Rows:
    closing = {"closed_on": None, "closure": None, "closed_position": None}
    return [Put("gap", {"opened_position": event.position, **closing}, data)]


def _gap_changed(_event: Recorded, data: ComplianceGapChanged) -> Rows:
    return [Change("gap", {"gap_id": data.gap_id}, {}, data)]


def _gap_closed(event: Recorded, data: ComplianceGapClosed) -> Rows:
    closing = {
        "closed_on": data.closed_on,
        "closure": data.reason,
        "closed_position": event.position,
    }
    return [Change("gap", {"gap_id": data.gap_id}, closing)]


def _kind_ended(_event: Recorded, data: RecipientUnsubscribed) -> Rows:
    return [Put("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _kind_wanted(_event: Recorded, data: RecipientResubscribed) -> Rows:
    return [Remove("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _frequency_chosen(_event: Recorded, data: RecipientFrequencyChosen) -> Rows:
    return [Put("digest_day", {"recipient_id": data.recipient_id, "digest_day": data.digest_day})]


def _request_raised(event: Recorded, data: DraftRequestRaised) -> Rows:
    own: dict[str, Any] = dict.fromkeys(_SETTLEMENT)
    to_unit = data.wanted.get("to_unit_code") or data.wanted.get("to_unit")
    own |= {"state": WAITING, "draft_id": event.ref.id, "to_unit": to_unit, "position": event.position}
    return [Put("unit_request", own, data)]


_SETTLEMENT = ("settled_on", "settled_by", "settlement_document", "settlement_reason")


def _request_decided(_event: Recorded, data: DraftRequestDecided) -> Rows:
    settled = {
        "state": data.decision,
        "settled_on": data.on,
        "settled_by": data.by_unit_code,
        "settlement_document": data.document,
        "settlement_reason": data.reason,
    }
    return [Change("unit_request", {"request_id": data.request_id}, settled)]


def _request_answered(event: Recorded, data: DraftRequestAnswered) -> Rows:
    own = {"words": data.reply, "to_unit_code": None, "draft_id": event.ref.id, "activity": None}
    return [_reply(event, data.on, data, own)]


def _request_forwarded(event: Recorded, data: DraftRequestForwarded) -> Rows:
    own = {"words": data.reason, "draft_id": event.ref.id, "activity": None}
    return [_reply(event, data.on, data, own)]


def _not_verified(event: Recorded, data: CommunicationVerificationRefused) -> Rows:
    activity = data.model_dump(mode="json", include={"title", "held_on", "precision", "channel"})
    own = {"words": data.reason, "to_unit_code": None, "request_id": None, "activity": activity}
    return [_reply(event, data.refused_on, data, own)]


def _reply(event: Recorded, on: date, data: Event, own: Mapping[str, Any]) -> Put:
    place = {"reply_id": event.event_id, "position": event.position, "replied_on": on}
    return Put("supervisor_reply", {**place, **own}, data)


def _supervision_set(event: Recorded, data: UnitSupervisionSet) -> Rows:
    """Keep who was set when: the directory keeps only what holds from which day."""
    recorded = {"recorded_at": event.metadata.time, "recorded_by": event.metadata.actor}
    recorded |= dict.fromkeys(("cancelled_at", "cancelled_by", "cancelled_for"))
    return [Put("supervision_change", {"event_id": event.event_id, **recorded}, data)]


def _change_cancelled(event: Recorded, data: UnitChangeCancelled) -> Rows:
    """Keep that a supervision was taken back: both are mailed. A change of another kind has no row."""
    cancelled = {"cancelled_at": event.metadata.time, "cancelled_by": event.metadata.actor}
    return [
        Change("supervision_change", {"event_id": data.change_id}, cancelled | {"cancelled_for": data.reason})
    ]


def _obstacle_answered(event: Recorded, data: ProgrammeObstacleAnswered) -> Rows:
    """Keep the day on which it was answered; of one that is only known by its month or year, when it was recorded."""
    exact_day = data.happened_on if data.precision is Precision.DAY else None
    return [Put("obstacle_reply", {"answered_on": exact_day or day_in_vietnam(event.metadata.time)}, data)]


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    UnitSupervisionSet: _supervision_set,
    UnitChangeCancelled: _change_cancelled,
    ProgrammeObstacleAnswered: _obstacle_answered,
    DraftRequestRaised: _request_raised,
    DraftRequestDecided: _request_decided,
    DraftRequestAnswered: _request_answered,
    DraftRequestForwarded: _request_forwarded,
    CommunicationVerificationRefused: _not_verified,
    ComplianceGapOpened: _gap_opened,
    ComplianceGapChanged: _gap_changed,
    ComplianceGapClosed: _gap_closed,
    RecipientUnsubscribed: _kind_ended,
    RecipientResubscribed: _kind_wanted,
    RecipientFrequencyChosen: _frequency_chosen,
}
HANDLED: frozenset[type[Event]] = frozenset(_HANDLERS) | frozenset(get_args(ProgrammeEvent))
ENTRY_COLUMNS = frozenset(OF_FACT) | {"year", "title", "entry_ref", "note", "draft_code", "dataset", "reason"}


def gap_of(command: alerts.Command) -> UUID | None:
    """Name the gap of a command; a snooze names its alert only."""
    if isinstance(command, alerts.Snooze):
        return None
    return command.gap_id if isinstance(command, alerts.Raise | alerts.Resolve) else command.alert.gap_id


def gap_ref(gap_id: UUID) -> AggregateRef:
    return AggregateRef("compliance", gap_id)


async def stamped(
    store: EventStore, ref: AggregateRef, command: alerts.Command, metadata: Metadata
) -> Metadata:
    """Add what an alert is about; without a gap in the log the envelope stays as it is."""
    gap_id = gap_of(command)
    if gap_id is None:
        state = (await store.load(ref)).state(alerts.alert)
        gap_id = state.alert.gap_id if isinstance(state, alerts.Open) else None
    if gap_id is None:
        return metadata  # it will be refused
    return replace(metadata, about=_about(await store.load(gap_ref(gap_id))))


def _about(gap: History) -> About | None:
    """`unit_code` leads the draft on the day of the newest event of the gap."""
    if not gap.facts:
        return None
    if (about := gap.events[-1].metadata.about) is not None:
        return about
    last = gap.facts[-1]
    return About(draft_code=last.draft_code, unit_code=last.unit_code, dataset=last.dataset)


ACTOR = "service/notifier"
ATTEMPTS = 3
AT_ONCE = 500  # alerts that are read and written together
FEW_TRACES = 8


@dataclass(frozen=True, slots=True)
class Instruction:
    """A command on an alert; `version`: only if the alert has exactly so many events."""

    command: alerts.Command
    metadata: Metadata
    version: int | None = None

    @property
    def ref(self) -> AggregateRef:
        return ref_of(self.command)

    @property
    def reads(self) -> Iterator[AggregateRef]:
        """Name what has to be read: the alert, and its gap for the envelope."""
        yield self.ref
        if (gap_id := gap_of(self.command)) is not None:
            yield gap_ref(gap_id)


def ref_of(command: alerts.Command) -> AggregateRef:
    own = alerts.Raise | alerts.Resolve | alerts.Snooze
    return AggregateRef("alert", (command if isinstance(command, own) else command.alert).alert_id)


@dataclass(frozen=True, slots=True)
class AlertPublisher:
    """Compares what should be in the log with what is there, and appends the difference with the expected version.

    Ids of events follow from their cause. So neither a crash, a rebuild nor a second replica appends one twice, and
    what was missed is appended by the next comparison.
    """

    rows: PendingAlerts
    ledger: Ledger
    store: BulkStore
    head: Head
    new_id: NewId
    now: Clock
    tracing: Tracing

    async def run_once(self) -> None:
        """Append all that is missing; what the log refuses for now is left for the next time."""
        await _or_later(self._follow_gaps_if_new)
        await _or_later(self.follow_mails)

    async def caught_up(self) -> None:
        """Bring alerts to the state of their gaps, from rows that are as new as the log; never stops a projection."""
        await _or_later(self.follow_gaps)

    async def _follow_gaps_if_new(self) -> None:
        if await self.rows.position() >= await self.head():
            await self.follow_gaps()

    async def follow_gaps(self) -> None:
        """Raise and resolve what the announced gaps ask for.

        An alert that has other events than its row is left: its row is not as new as the log, and the next
        comparison decides.
        """
        last = None
        while pending := await self.rows.pending(AT_ONCE, last):
            for together in _by_trace(pending):
                with self.tracing.receiving(
                    "publish alerts", [self._announcement(alert) for alert in together]
                ):
                    await self._append([self._because_of_gap(alert) for alert in together])
            last = pending[-1].alert_id

    async def follow_mails(self) -> None:
        """Record which mails went out, and which did not arrive."""
        while mails := await self.ledger.unannounced():
            conflicted = await self._append(
                [instruction for mail in mails for instruction in self._because_of_mail(mail)]
            )
            done = [mail.key for mail in mails if conflicted.isdisjoint(_aggregates_of(mail))]
            await self.ledger.announced(done)
            if len(done) < len(mails):
                return

    async def note(self, commands: Sequence[alerts.OnAlert], metadata: Metadata) -> None:
        """Record what a day brought for many alerts; raises `TransientError` if others keep changing them."""
        left = [_instruction(command, metadata) for command in commands]
        for _ in range(ATTEMPTS):
            if not left:
                return
            conflicted = await self._append(left)
            left = [instruction for instruction in left if instruction.ref in conflicted]
        if left:
            raise TransientError(f"{len(left)} alerts were changed by others at the same moment")

    async def carry_out(
        self, command: alerts.RecordAnswer | alerts.Snooze, metadata: Metadata, if_match: int | None = None
    ) -> Handled[alerts.State]:
        """Carry out what an official asks; the key of the metadata (of a link, of a request) works once."""
        ref = ref_of(command)
        return await handle(
            self.store,
            alerts.alert,
            ref,
            command,
            await stamped(self.store, ref, command, metadata),
            if_match=if_match,
            new_id=self.new_id,
        )

    async def _append(self, instructions: Sequence[Instruction]) -> frozenset[AggregateRef]:
        """Decide on all, write together; returns the alerts that others changed meanwhile."""
        batch = OverlayEventStore(self.store)
        await batch.expect(ref for instruction in instructions for ref in instruction.reads)
        conflicted: set[AggregateRef] = set()
        for instruction in instructions:
            if instruction.version not in (None, (await batch.load(instruction.ref)).version.count):
                conflicted.add(instruction.ref)
                continue
            metadata = await stamped(batch, instruction.ref, instruction.command, instruction.metadata)
            await handle(
                batch, alerts.alert, instruction.ref, instruction.command, metadata, new_id=self.new_id
            )
        return frozenset(conflicted | (await batch.write()).conflicted)

    def _announcement(self, alert: GapAlert) -> ReceivedMessage:
        now = self.now()
        return ReceivedMessage(alert.traceparent, now - (alert.announced_at or now))

    def _because_of_gap(self, alert: GapAlert) -> Instruction:
        cause = str(alert.announced_by)
        metadata = Metadata(
            time=self.now(),
            actor=ACTOR,
            correlation_id=alert.correlation_id or cause,
            causation_id=cause,
            idempotency_key=cause,
        )
        return Instruction(alert.command, metadata, alert.version)

    def _because_of_mail(self, mail: Unannounced) -> Iterator[Instruction]:
        metadata = Metadata(time=self.now(), actor=ACTOR, correlation_id=mail.correlation_id)
        today = day_in_vietnam(metadata.time)
        for line in mail.lines:
            if mail.undeliverable is None:
                yield _instruction(_sent(mail, line), metadata)
            else:
                yield _instruction(_returned(mail, line, today, mail.undeliverable), metadata)


def _by_trace(pending: Sequence[GapAlert]) -> Iterable[Sequence[GapAlert]]:
    """Let a few go on in the traces of their announcements; many are written together, and linked."""
    traces: dict[str | None, list[GapAlert]] = {}
    for alert in pending:
        traces.setdefault(alert.traceparent, []).append(alert)
    return traces.values() if len(traces) <= FEW_TRACES else [pending]


async def _or_later(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except (*RETRIED, PermanentError) as error:
        logger.warning("alerts_delayed", error=f"{type(error).__name__}: {error}")


def _instruction(command: alerts.OnAlert, metadata: Metadata) -> Instruction:
    return Instruction(command, replace(metadata, actor=ACTOR, idempotency_key=command.key))


def _aggregates_of(mail: Unannounced) -> Iterable[AggregateRef]:
    return (AggregateRef("alert", _alert(line).alert_id) for line in mail.lines)


def _alert(line: Mapping[str, Any]) -> alerts.Raise:
    return alerts.Raise(
        gap_id=line["gap_id"],
        draft_code=line["draft_code"],
        unit_code=line["unit_code"],
        due_on=line["due_on"],
    )


def _sent(mail: Unannounced, line: Mapping[str, Any]) -> alerts.RecordSent:
    return alerts.RecordSent(
        alert=_alert(line),
        digest_key=mail.key,
        message_id=mail.message_id,
        day=mail.day,
        recipient_id=mail.recipient_id,
        recipient_role=mail.recipient_role,
        reason=line["reason"],
    )


def _returned(
    mail: Unannounced, line: Mapping[str, Any], on: date, reason: str
) -> alerts.RecordUndeliverable:
    return alerts.RecordUndeliverable(
        alert=_alert(line),
        digest_key=mail.key,
        recipient_id=mail.recipient_id,
        recipient_role=mail.recipient_role,
        on=on,
        reason=reason,
    )
