"""What a service keeps beside the log: read out as of one moment, put back whole or not at all."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import orjson
import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.persistence import database
from shared.persistence.owned_state import ROWS, CutShort, OwnedState, UnknownTable

BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
TABLES = MetaData()
CHILD = Table(  # its name comes before that of its parent
    "a_child",
    TABLES,
    Column("number", BigInteger, primary_key=True),
    Column("parent_id", Uuid, ForeignKey("parent.parent_id"), nullable=False),
    Column("content", LargeBinary),
)
PARENT = Table(
    "parent",
    TABLES,
    Column("parent_id", Uuid, primary_key=True),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
)
DERIVED = Table("derived", TABLES, Column("key", Text, primary_key=True))


async def settle_nothing(_: AsyncConnection, begun: datetime) -> None:
    assert begun == BEGUN


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = database.create_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with made.begin() as connection:
        await connection.run_sync(TABLES.create_all)
    yield made
    await made.dispose()


@pytest.fixture
def own(engine: AsyncEngine) -> OwnedState:
    return OwnedState.of(engine, TABLES, [DERIVED], settle_nothing)


async def fill(engine: AsyncEngine, *numbers: int) -> None:
    async with engine.begin() as connection:
        for n in numbers:
            row = {"parent_id": UUID(int=n), "day": date(2026, 1, n % 28 + 1), "at": BEGUN}
            await connection.execute(insert(PARENT).values(row))
            await connection.execute(insert(CHILD).values(parent_id=UUID(int=n), content=bytes([n % 256])))
        await connection.execute(insert(DERIVED).values(key=str(numbers[0])))


async def lines_of(own: OwnedState) -> list[bytes]:
    return [line async for line in own.lines()]


async def each(lines: list[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


async def children(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(CHILD.c.number).order_by(CHILD.c.number))).scalars())


async def test_all_rows_are_of_one_moment(engine: AsyncEngine, own: OwnedState) -> None:
    """Rows that are written while it is read are in none of the tables."""
    await fill(engine, *range(1, 4))
    reading = own.lines()
    first = await anext(reading)
    await fill(engine, *range(4, 8))
    lines = [orjson.loads(line) for line in (first, *[line async for line in reading])]
    assert [line.get("table") for line in lines] == ["parent"] * 3 + ["a_child"] * 3 + [None]
    assert lines[-1] == {"rows": 6}


async def test_rows_come_back_in_place_of_others(engine: AsyncEngine, own: OwnedState) -> None:
    """More than one statement takes, with their values of every type; numbers go on after them."""
    await fill(engine, *range(1, ROWS + 10))
    kept = await lines_of(own)
    await fill(engine, *range(ROWS + 10, ROWS + 20))
    async with engine.begin() as connection:  # as in an installation that never gave a number
        await connection.execute(text("ALTER SEQUENCE a_child_number_seq RESTART"))
    assert await own.restore(each(kept), BEGUN) == len(kept) - 1
    assert await lines_of(own) == kept
    await fill(engine, 5000)
    assert len(await children(engine)) == ROWS + 10


@pytest.mark.parametrize("missing", [1, 5])
async def test_rows_that_break_off_change_nothing(engine: AsyncEngine, own: OwnedState, missing: int) -> None:
    await fill(engine, *range(1, 10))
    kept = await lines_of(own)
    with pytest.raises(CutShort):
        await own.restore(each(kept[:-missing]), BEGUN)
    with pytest.raises(CutShort):
        await own.restore(each([*kept[:3], kept[-1]]), BEGUN)
    assert await lines_of(own) == kept


async def test_a_table_of_a_later_release_changes_nothing(engine: AsyncEngine, own: OwnedState) -> None:
    await fill(engine, 1, 2)
    kept = await lines_of(own)
    later = orjson.dumps({"table": "derived", "row": {"key": "x"}})
    with pytest.raises(UnknownTable):
        await own.restore(each([*kept[:-1], later, b'{"rows": 5}']), BEGUN)
    assert await lines_of(own) == kept
