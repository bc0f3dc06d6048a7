"""Compares the clock of this process with PostgreSQL's: days and mails are decided by the clock."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kernel.health import Check
from shared.kernel.runtime import Clock
from shared.kernel.transient import TRANSIENT


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """`tolerance` is the difference up to which the clock is trusted."""

    engine: AsyncEngine
    now: Clock
    tolerance: timedelta

    async def ahead(self) -> timedelta:
        """Return how far our clock is ahead of PostgreSQL's; negative if it is behind."""
        async with self.engine.connect() as connection:
            sent = self.now()
            theirs = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            received = self.now()
        difference: timedelta = sent + (received - sent) / 2 - theirs
        return difference

    async def problem(self) -> str:
        """Say how far our clock is off; an empty text if it is not."""
        ahead = await self.ahead()
        if abs(ahead) <= self.tolerance:
            return ""
        direction = "ahead of" if ahead > timedelta(0) else "behind"
        return f"our clock is {abs(ahead).total_seconds():.0f} s {direction} PostgreSQL's"

    async def probe(self) -> Check:
        try:
            problem = await self.problem()
        except TRANSIENT:
            return Check(ok=True, detail="not compared: the database does not answer")
        return Check(not problem, problem or "ok")
