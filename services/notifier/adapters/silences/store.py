"""Stores silences outside the log: one that was lifted or is over is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import SILENCE
from services.notifier.domain.gaps.silence import Silence
from shared.contracts.vocabulary import Stage


@dataclass(frozen=True, slots=True)
class SqlSilences:
    engine: AsyncEngine

    async def add(self, silence: Silence, now: datetime, by: str) -> None:
        values = {name: getattr(silence, name) for name in _COLUMNS}
        async with self.engine.begin() as connection:
            await connection.execute(insert(SILENCE).values(created_at=now, created_by=by, **values))

    async def listed(self, today: date, *, past: bool) -> list[Mapping[str, Any]]:
        """List the silences that hold or are to come, the first to end first; `past`: all there ever were."""
        live = and_(SILENCE.c.lifted_at.is_(None), SILENCE.c.last_day >= today)
        query = select(SILENCE).order_by(SILENCE.c.last_day, SILENCE.c.silence_id)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query if past else query.where(live))
            return [dict(row) for row in rows.mappings()]

    async def lift(self, silence_id: UUID, now: datetime, by: str) -> bool:
        """End a silence at once; False if there is none that holds."""
        holding = and_(SILENCE.c.silence_id == silence_id, SILENCE.c.lifted_at.is_(None))
        async with self.engine.begin() as connection:
            done = await connection.execute(
                update(SILENCE).where(holding).values(lifted_at=now, lifted_by=by)
            )
        return done.rowcount == 1


async def silences_on(connection: AsyncConnection, day: date) -> list[Silence]:
    """Read what holds on a day; what was lifted doesn't."""
    holding = and_(SILENCE.c.lifted_at.is_(None), SILENCE.c.first_day <= day, SILENCE.c.last_day >= day)
    rows = await connection.execute(select(SILENCE).where(holding).order_by(SILENCE.c.created_at))
    return [_silence_of(row) for row in rows.mappings()]


def _silence_of(row: RowMapping) -> Silence:
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    return Silence(**values | {"stage": Stage(row["stage"]) if row["stage"] else None})


_COLUMNS = ("silence_id", "unit_code", "draft_code", "stage", "first_day", "last_day", "reason")
