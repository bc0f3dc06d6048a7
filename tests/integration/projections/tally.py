"""A projection whose rows show each event that was applied twice, and two projectors over it at one moment."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from nats.aio.client import Client
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.envelope import CATALOG, AggregateRef, Metadata, NewEvent, Recorded, encode
from shared.contracts.event import Event, unit_id
from shared.contracts.registry import UnitRegistered
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.observability.signals import Telemetry, Tracing
from shared.persistence import database
from shared.projections.batches import Batches, RawEvent
from shared.projections.projector import Runner
from shared.projections.rows import CheckpointTables
from tests.support.platform.service import eventually

CREATED = datetime(2026, 1, 5, tzinfo=UTC)
METADATA = Metadata(time=CREATED, actor="service/test", correlation_id="c")
EVENTS = 40  # of the log in these tests
METADATA_TABLES = MetaData()
# No key: an event that is applied twice leaves two rows.
TALLY = Table(
    "tally",
    METADATA_TABLES,
    Column("position", BigInteger, nullable=False),
    Column("unit_code", Text, nullable=False),
)
CHECKPOINTS = CheckpointTables(METADATA_TABLES)


async def nothing() -> None:
    """Apply at once."""


@dataclass(slots=True)
class Tally:
    """One row for each event; `before` is awaited before rows are written."""

    name: str = "tally"
    contexts: frozenset[str] = frozenset({"unit"})
    tables: Sequence[Table] = (TALLY,)
    before: Callable[[], Awaitable[None]] = nothing
    broken: set[str] = field(default_factory=set)  # codes of units at which applying fails

    def uses(self, context: str, name: str) -> bool:  # noqa: ARG002  the port's own
        return True

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        await self.before()
        for event in events:
            assert isinstance(event.data, UnitRegistered)
            row = {"position": event.position, "unit_code": event.data.unit_code}
            await connection.execute(insert(TALLY).values(row))
            if event.data.unit_code in self.broken:
                raise ValueError(event.data.unit_code)

    async def began(self) -> None:
        """Nothing is remembered."""

    async def caught_up(self) -> None:
        """Nothing follows."""


@asynccontextmanager
async def tally_tables(url: str) -> AsyncIterator[AsyncEngine]:
    """Make the tables in an empty database."""
    engine = database.create_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(METADATA_TABLES.create_all)
    try:
        yield engine
    finally:
        await engine.dispose()


def batches(engine: AsyncEngine, projection: Tally, row: str = "tally") -> Batches:
    return Batches(projection, engine, CATALOG, CHECKPOINTS, Telemetry(), row=row)


def registered(code: str) -> Event:
    return UnitRegistered(
        unit_code=code, unit_name=f"Sở {code}", level=UnitLevel.PROVINCIAL, kind=UnitKind.DEPARTMENT
    )


def raw(position: int, payload: bytes | None = None) -> RawEvent:
    ref = AggregateRef("unit", unit_id(f"U-{position}"))
    event = NewEvent(UUID(int=position), registered(f"U-{position}"), METADATA)
    content = payload if payload is not None else encode(ref, event, 1)
    return RawEvent(
        position, f"loa.unit.{ref.id}.registered", content, 0, CREATED, message_id=str(event.event_id)
    )


def projector(client: Client, engine: AsyncEngine, projection: Tally | None = None) -> Runner:
    return Runner(
        projection or Tally(),
        client=client,
        engine=engine,
        catalog=CATALOG,
        checkpoints=CHECKPOINTS,
        telemetry=Telemetry(),
        tracing=Tracing(),
    )


async def rows(engine: AsyncEngine) -> list[int]:
    """Give the position of every row, in order."""
    async with engine.connect() as connection:
        result_rows = await connection.execute(TALLY.select().order_by(TALLY.c.position))
        return [row.position for row in result_rows]


async def another_waits(engine: AsyncEngine) -> None:
    """Wait until a second transaction waits for a lock of the first."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    async def waits() -> bool:
        async with engine.connect() as connection:
            return bool(await connection.scalar(query))

    await eventually(waits)
