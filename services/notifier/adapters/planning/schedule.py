"""Records completed mail runs, so that the next tick does not plan them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.tables import ROUND


@dataclass(frozen=True, slots=True)
class SqlMailRuns:
    engine: AsyncEngine

    async def close(self, keys: Sequence[str], now: datetime) -> None:
        rows = [{"round_key": key, "done_at": now} for key in keys]
        if rows:
            async with self.engine.begin() as connection:
                await connection.execute(insert(ROUND).values(rows).on_conflict_do_nothing())
