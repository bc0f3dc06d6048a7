"""A projection over tables of its own, and two projectors over it at one moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.envelope import CATALOG, AggregateRef, Metadata, NewEvent, encode
from shared.contracts.event import Event, unit_id
from shared.contracts.registry import UnitRegistered
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.observability.signals import Telemetry, Tracing
from shared.persistence import database
from shared.projections.batches import Batches, RawEvent
from shared.projections.division import Division
from shared.projections.projector import Runner
from shared.projections.rows import CheckpointTables
from tests.integration.projections.tally_rows import METADATA_TABLES, TALLY, Tally
from tests.support.platform.service import eventually

CREATED = datetime(2026, 1, 5, tzinfo=UTC)
METADATA = Metadata(time=CREATED, actor="service/test", correlation_id="c")
EVENTS = 40  # of the log in these tests
CHECKPOINTS = CheckpointTables(METADATA_TABLES)


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


def projector(
    client: Client,
    engine: AsyncEngine,
    projection: Tally | None = None,
    division: Division | None = None,
) -> Runner:
    return Runner(
        projection or Tally(),
        client=client,
        engine=engine,
        catalog=CATALOG,
        checkpoints=CHECKPOINTS,
        telemetry=Telemetry(),
        tracing=Tracing(),
        division=division,
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
