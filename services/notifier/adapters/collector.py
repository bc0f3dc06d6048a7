"""What the notifier promises, counted and traced: mails by outcome, the queue's age, alerts by state, the hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prometheus_client import Counter, Gauge
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.delivery.ledger import SqlLedger
from services.notifier.adapters.tables import ALERT, DIGEST
from services.notifier.application.ports import Claim, MailTransport, Notice, Outcome, Outgoing, Sending
from services.notifier.domain.delivery.delivery_state import WAITING, DigestState
from services.notifier.domain.gaps.gap_alert import AlertStatus
from shared.contracts.envelope import AggregateRef
from shared.contracts.ids import alert_id
from shared.eventstore.port import EventStore
from shared.kernel.clock import Clock
from shared.observability.label_values import LabelValues
from shared.observability.metrics import Telemetry
from shared.observability.tracing import MOST_LINKS, Tracing


@dataclass(frozen=True, slots=True)
class ObservedTransport:
    """Spans each delivery: what the server did with a mail is the end of its trace."""

    below: MailTransport
    tracing: Tracing

    @property
    def is_local(self) -> bool:
        return self.below.is_local

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        with self.tracing.sending("deliver mail") as span:
            span.set_attributes({"loa.message_id": outgoing.message_id, "loa.unit_code": outgoing.unit_code})
            return await self.below.deliver(outgoing)

    async def close(self) -> None:
        await self.below.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLedger(SqlLedger):
    """Counts how each attempt ended, and links a mail with the traces of the alerts that it speaks of."""

    store: EventStore
    mails: Counter
    tracing: Tracing
    reasons: LabelValues = field(default_factory=LabelValues)

    async def enqueue(
        self, mails: Sequence[tuple[Notice, Outgoing]], correlation_id: str, now: datetime
    ) -> set[str]:
        with self.tracing.sending("queue mails", await self._traces(mails)):
            return await SqlLedger.enqueue(self, mails, correlation_id, now)

    async def finish(self, ended: Sequence[tuple[Claim, Outcome]], now: datetime) -> None:
        await SqlLedger.finish(self, ended, now)
        for _, outcome in ended:
            self.mails.labels(outcome.state, self.reasons.of(outcome.delivery.get("reason", ""))).inc()

    async def _traces(self, mails: Sequence[tuple[Notice, Outgoing]]) -> list[str | None]:
        """Find the traces of the alerts; the log is not read while tracing is off."""
        if not self.tracing.is_on:
            return []
        lines = [(line.gap.gap_id, line.unit_code) for notice, _ in mails for line in notice.lines]
        refs = [AggregateRef("alert", alert_id(*line)) for line in lines[:MOST_LINKS]]
        return [
            event.metadata.traceparent for ref in refs for event in (await self.store.load(ref)).events[:1]
        ]


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads the notifier's gauges from its tables, for a scrape."""

    engine: AsyncEngine
    sending: Sending
    now: Clock
    alerts: Gauge
    ledger: Gauge
    oldest: Gauge
    held: Gauge

    @classmethod
    def of(cls, engine: AsyncEngine, sending: Sending, now: Clock, telemetry: Telemetry) -> "Collector":
        return cls(
            engine,
            sending,
            now,
            telemetry.gauge("loa_alerts", "alerts by state", "state"),
            telemetry.gauge("loa_ledger_mails", "mails of the ledger by state", "state"),
            telemetry.gauge("loa_ledger_oldest_seconds", "age of the oldest mail that waits"),
            telemetry.gauge("loa_sending_held", "1 while an operator holds all sending"),
        )

    async def read(self) -> None:
        self.held.set((await self.sending.state()).held)
        oldest = select(func.min(DIGEST.c.created_at)).where(DIGEST.c.state.in_(WAITING))
        async with self.engine.connect() as connection:
            await _count(connection, _ALERT_STATE, self.alerts, ())
            await _count(connection, DIGEST.c.state, self.ledger, DigestState)
            since = (await connection.execute(oldest)).scalar()
        self.oldest.set((self.now() - since).total_seconds() if since else 0)


# A gap whose alert is not in its state yet is `pending`; one that closed before an alert was raised counts nowhere.
_ALERT_STATE = case(
    (ALERT.c.pending, "pending"), (ALERT.c.state != AlertStatus.ANNOUNCED, ALERT.c.state), else_=None
)


async def _count(
    connection: AsyncConnection, state: ColumnElement[Any], gauge: Gauge, states: Iterable[str]
) -> None:
    """Set a gauge a state; one that has no row any more goes back to zero."""
    named = state.label("state")
    rows = await connection.execute(select(named, func.count().label("number")).group_by(named))
    counted = dict.fromkeys(states, 0) | {row.state: row.number for row in rows if row.state is not None}
    gauge.clear()
    for name, number in counted.items():
        gauge.labels(name).set(number)
