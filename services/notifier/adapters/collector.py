"""What the notifier promises, counted and traced: mails by outcome, the queue's age, alerts by state, the hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import ALERT, DIGEST
from services.notifier.application.ports import Sending
from services.notifier.domain.delivery.retries import WAITING, DigestState
from services.notifier.domain.gaps.gap_alert import AlertStatus
from shared.kernel.runtime import Clock
from shared.observability.signals import Telemetry


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
