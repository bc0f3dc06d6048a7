"""The fence in a service's database: each time that another log was seen, and what an operator decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.log_reader import LogView, Mark, Match, described
from shared.projections.rows import Checkpoint, CheckpointTables

LOG_MATCHES = "log_matches"  # the log of the rows came back by itself
GO_ON = "go_on"  # an operator accepted the present log
LISTED = 200  # lost events that are kept with a decision


@dataclass(frozen=True, slots=True)
class FenceRow:
    """Another log was seen at `raised_at`; `decision` is None until somebody decides."""

    raised_at: datetime
    kind: Match
    detail: str
    mark: Mark
    decision: str | None = None
    decided_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.decision is None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a comparison needs of the database, of one moment."""

    checkpoint: Checkpoint
    newest: FenceRow | None


@dataclass(frozen=True, slots=True)
class FenceRows:
    """The rows of one projection's service; `row` names its checkpoint."""

    engine: AsyncEngine
    tables: CheckpointTables
    row: str

    async def read(self) -> Stored:
        async with self.engine.connect() as connection:
            checkpoint = await self.tables.read(connection, self.row)
            return Stored(checkpoint, await self._newest(connection))

    async def _newest(self, connection: AsyncConnection) -> FenceRow | None:
        table = self.tables.fence
        row = (
            await connection.execute(select(table).order_by(table.c.raised_at.desc()).limit(1))
        ).one_or_none()
        if row is None:
            return None
        mark = Mark(row.position, row.event_position, row.event_id, row.stream_created)
        return FenceRow(row.raised_at, Match(row.kind), row.detail, mark, row.decision, row.decided_at)

    async def raise_fence(self, match: Match, mark: Mark, log: LogView, now: datetime) -> FenceRow:
        """Record that another log was seen, unless a replica did so a moment ago."""
        detail = described(match, mark, log)
        async with self.engine.begin() as connection:
            await connection.execute(text("LOCK TABLE log_fence IN SHARE ROW EXCLUSIVE MODE"))
            newest = await self._newest(connection)
            if newest is not None and newest.is_active:
                return newest
            await connection.execute(
                insert(self.tables.fence).values(
                    raised_at=now,
                    kind=match,
                    detail=detail,
                    position=mark.position,
                    event_position=mark.event_position,
                    event_id=mark.event_id,
                    stream_created=mark.created,
                    log_end=log.last,
                    log_created=log.created,
                )
            )
        return FenceRow(now, match, detail, mark)

    async def decide(
        self, decision: str, *, by: str, reason: str, at: datetime, lost: Mapping[str, Any] | None = None
    ) -> None:
        """Close what is active with a decision, kept for good."""
        table = self.tables.fence
        values = {"decision": decision, "decided_by": by, "reason": reason, "decided_at": at, "lost": lost}
        async with self.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.decision.is_(None)).values(**values))

    async def forget_recent(self, after: int) -> None:
        """Drop the listed events that the log does not have."""
        recent = self.tables.recent
        async with self.engine.begin() as connection:
            await connection.execute(delete(recent).where(recent.c.position > after))

    async def recent_range(self) -> tuple[int, int]:
        """Give the first and the last position of the listed events (0 and 0: there are none)."""
        recent = self.tables.recent
        async with self.engine.connect() as connection:
            row = (
                await connection.execute(select(func.min(recent.c.position), func.max(recent.c.position)))
            ).one()
        return row[0] or 0, row[1] or 0

    async def recent_ids(self) -> Mapping[int, str]:
        recent = self.tables.recent
        query = select(recent.c.position, recent.c.event_id).order_by(recent.c.position)
        async with self.engine.connect() as connection:
            return {row.position: row.event_id for row in await connection.execute(query)}

    async def recent_after(self, position: int) -> list[Mapping[str, Any]]:
        """List the events after a position, in order."""
        recent = self.tables.recent
        query = select(recent).where(recent.c.position > position).order_by(recent.c.position)
        async with self.engine.connect() as connection:
            return [dict(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001  its public way
