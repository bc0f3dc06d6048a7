"""What a service asks of its database: whether it answers, takes writes, and how large it is."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kernel.health import Check
from shared.persistence.database import reading


async def ping(engine: AsyncEngine) -> Check:
    async with reading(engine) as connection:
        await connection.execute(text("SELECT 1"))
    return Check(ok=True)


async def ping_writes(engine: AsyncEngine, problem: str = "") -> Check:
    """Ask whether rows may be written: a standby and a read-only server refuse that, and answer queries.

    `problem` is what the last write showed, such as a full disk.
    """
    if problem:
        return Check(ok=False, detail=problem)
    async with reading(engine) as connection:
        answer = await connection.execute(
            text(
                "SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') AS read_only"
            )
        )
        state = answer.one()
    if state.standby:
        return Check(ok=False, detail="PostgreSQL is in recovery: a standby, or not started completely")
    if state.read_only == "on":
        return Check(ok=False, detail="PostgreSQL only allows reading (default_transaction_read_only)")
    return Check(ok=True)


async def size(engine: AsyncEngine) -> int:
    """Return the size of the database in bytes."""
    async with reading(engine) as connection:
        answer = await connection.execute(text("SELECT pg_database_size(current_database())"))
        return int(answer.scalar_one())
