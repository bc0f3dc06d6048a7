"""The only module that appends `alert.*` events: from gaps, mails, daily plans and answers."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.notifier.application.alert_envelope import gap_of, gap_ref, stamped
from services.notifier.application.ports import Head, Ledger, PendingAlerts, Unannounced
from services.notifier.domain.gaps import alert as alerts
from services.notifier.domain.gaps.gap_alert import GapAlert
from shared.contracts.envelope import AggregateRef, Metadata
from shared.eventstore.handle import Handled, handle
from shared.eventstore.unit_of_work import BulkStore, OverlayEventStore
from shared.kernel import log
from shared.kernel.clock import Clock, NewId, day_in_vietnam
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.transient import RETRIED
from shared.observability.tracing import ReceivedMessage, Tracing

logger = log.get(__name__)

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
            done = [mail.key for mail in mails if conflicted.isdisjoint(_about(mail))]
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


def _about(mail: Unannounced) -> Iterable[AggregateRef]:
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
