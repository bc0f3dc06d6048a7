"""The notifier's projection: gaps with their alerts by one fold, everything else row by row; then alerts are published."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifier.adapters import tables
from services.notifier.adapters.alerts.store import REBUILD, alerts_of_gaps, is_unfilled, put
from services.notifier.domain.gaps.gap_alert_fold import GapAlerts
from shared.contracts.envelope import Recorded
from shared.directory.projection import DirectoryProjection

GAPS = frozenset({"compliance", "alert"})


@dataclass(frozen=True, slots=True)
class NotifierProjection:
    """`rows` writes the directory and single rows. `publish` is called whenever the rows are as new as the log."""

    rows: DirectoryProjection
    publish: Callable[[], Awaitable[None]]

    @property
    def name(self) -> str:
        return self.rows.name

    @property
    def contexts(self) -> frozenset[str]:
        return self.rows.contexts

    @property
    def tables(self) -> Sequence[Table]:
        return self.rows.tables

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        await self.rows.apply(connection, events)
        about = [event for event in events if event.ref.context in GAPS]
        if gaps := {gap for event in about if (gap := _gap(event))}:
            alerts = GapAlerts.of(await alerts_of_gaps(connection, gaps))
            await put(connection, alerts.apply(about))

    async def began(self) -> None:
        """Ask for a rebuild if replicas of an older release wrote rows without what this one needs."""
        await self.rows.began()
        async with self.rows.engine.begin() as connection:
            if await is_unfilled(connection):
                await tables.checkpoints.ask(connection, REBUILD)

    async def caught_up(self) -> None:
        await self.publish()


def _gap(event: Recorded) -> UUID | None:
    data: Any = event.data
    return getattr(data, "gap_id", None)
