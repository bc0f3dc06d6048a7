"""How often something was tried in a period: limits that hold for all replicas and after a restart.

Counted in PostgreSQL, which every replica has and which takes turns by itself; a key-value bucket of the broker would need
compare-and-set with retries for each attempt, and a limit in memory would be as many limits as there are replicas.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifier.adapters.tables import ATTEMPT
from shared.kernel.errors import TooManyAttempts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=2)  # longer than any period


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts in each `period`."""

    what: str
    most: int
    period: timedelta

    def since(self, now: datetime) -> datetime:
        """Give when the period of a moment began."""
        return now - (now - _EPOCH) % self.period


@dataclass(frozen=True, slots=True)
class MailRequestLimits:
    """Limits of what is mailed on request: of one mailbox, and of one client address (an office may be behind it)."""

    attempts: "SqlAttempts"
    mailbox: Limit
    client: Limit

    async def count(self, recipient_id: UUID, client: str, now: datetime) -> None:
        await self.attempts.count(self.client, client, now)
        await self.attempts.count(self.mailbox, str(recipient_id), now)


@dataclass(frozen=True, slots=True)
class SqlAttempts:
    engine: AsyncEngine

    async def count(self, limit: Limit, who: str, now: datetime) -> None:
        """Count an attempt; raises `TooManyAttempts` beyond the limit."""
        since = limit.since(now)
        if await self._counted(limit, who, since) > limit.most:
            left = since + limit.period - now
            raise TooManyAttempts(max(1, int(left.total_seconds())))

    async def _counted(self, limit: Limit, who: str, since: datetime) -> int:
        digest = sha256(f"{limit.what}:{who}".encode(errors="replace")).hexdigest()
        first = insert(ATTEMPT).values(what=limit.what, who=digest, since=since, number=1)
        more = first.on_conflict_do_update(
            index_elements=["what", "who", "since"], set_={"number": ATTEMPT.c.number + 1}
        )
        async with self.engine.begin() as connection:
            number: int = (await connection.execute(more.returning(ATTEMPT.c.number))).scalar_one()
            if number == 1:
                await connection.execute(delete(ATTEMPT).where(ATTEMPT.c.since < since - KEPT))
        return number
