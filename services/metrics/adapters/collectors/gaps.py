"""The service level of metrics as gauges: how many gaps are open, and how long the worst one has been overdue."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from prometheus_client import Gauge

from services.metrics.application.ports import Snapshot
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.observability.signals import Telemetry
from shared.rules.rulebook.rulebook import Rulebook

Snapshots = Callable[[], AbstractAsyncContextManager[Snapshot]]


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads the gauges from one snapshot of the read model, for a scrape."""

    snapshot: Snapshots
    rulebook: Rulebook
    now: Clock
    gaps: Gauge
    oldest: Gauge

    @classmethod
    def of(cls, snapshot: Snapshots, rulebook: Rulebook, now: Clock, telemetry: Telemetry) -> "Collector":
        return cls(
            snapshot,
            rulebook,
            now,
            telemetry.gauge("loa_gaps", "gaps that are open today", "state"),
            telemetry.gauge("loa_gaps_oldest_overdue_days", "working days that the oldest gap is overdue"),
        )

    async def read(self) -> None:
        today = day_in_vietnam(self.now())
        async with self.snapshot() as snapshot:
            due = [gap.due_on for gap in await snapshot.gaps(today)]
        overdue = [day for day in due if day < today]
        self.gaps.labels("overdue").set(len(overdue))
        self.gaps.labels("in_grace").set(len(due) - len(overdue))
        oldest = min(overdue, default=today)
        self.oldest.set(self.rulebook.calendar.working_days_between(oldest, today))
