"""For whom a unit carries on: what a service asks of its tables is what the fold gives, in chains, splits and rings too."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from shared.contracts.vocabulary import Dataset, UnitChange, UnitKind, UnitLevel
from shared.directory.projection import carried_on_by, unit_directory, units_carrying_on
from shared.kernel.runtime import new_id
from tests.integration.directory.histories import few_examples
from tests.support.platform.projections import ReadModel, read_model, tables_of
from tests.support.servers.engines import NewDatabase

Succession = tuple[str, str, date]  # from, to, on
CODES = ("A", "B", "C", "D", "E")
FIRST, SECOND, THIRD = date(2024, 1, 1), date(2025, 3, 1), date(2025, 7, 1)
DAYS = (date(2023, 12, 31), FIRST, SECOND, THIRD)


@pytest.fixture(scope="module")
async def model(session_database: NewDatabase) -> AsyncIterator[ReadModel]:
    async with read_model("registry", await session_database()) as model:
        yield model


async def write(model: ReadModel, successions: Sequence[Succession]) -> None:
    """Write five units, and their successions, as the projection of a service does."""
    await model.clear()
    tables = tables_of("registry").units
    empty = {column.name: None for column in tables.unit.columns}
    kinds = {"level": UnitLevel.CENTRAL, "kind": UnitKind.MINISTRY, "dataset": Dataset.LIVE, "search": ""}
    rows = [{**empty, **kinds, "unit_code": code, "unit_name": code} for code in CODES]
    changes = [
        {"change_id": new_id(), "position": number, "unit_code": former, "change": UnitChange.SUCCEEDED}
        | {"to_code": to, "on": on}
        for number, (former, to, on) in enumerate(successions)
    ]
    async with model.engine.begin() as connection:
        await connection.execute(insert(tables.unit), rows)
        if changes:
            await connection.execute(insert(tables.change), changes)


async def carried(model: ReadModel, day: date) -> dict[str, set[str]]:
    """Ask the tables for each unit, and hold the answers against the fold over all units."""
    tables = tables_of("registry").units
    async with model.engine.connect() as connection:
        asked = {code: set(await carried_on_by(connection, tables, code, day)) for code in CODES}
        units = (await unit_directory(connection, tables)).on(day)
        assert asked == {code: set(units.predecessors(code)) for code in CODES}
        for former in CODES:
            by = {code for code in CODES if former in asked[code]}
            assert by == set(units.successors(former)), former
            some = (await units_carrying_on(connection, tables, {former})).on(day)
            assert set(some.successors(former)) == by
    return {code: former for code, former in asked.items() if former}


async def test_the_last_of_a_chain_carries_on_for_all_before_it(model: ReadModel) -> None:
    """The one in the middle has ended itself: what it took over went on with its own work."""
    await write(model, [("A", "B", FIRST), ("B", "C", SECOND), ("C", "D", THIRD)])
    assert await carried(model, FIRST) == {"B": {"A"}}
    assert await carried(model, SECOND) == {"C": {"A", "B"}}
    assert await carried(model, THIRD) == {"D": {"A", "B", "C"}}


async def test_each_part_of_a_split_carries_on_and_a_ring_ends(model: ReadModel) -> None:
    await write(model, [("A", "B", FIRST), ("A", "C", FIRST), ("C", "D", SECOND)])
    assert await carried(model, FIRST) == {"B": {"A"}, "C": {"A"}}
    assert await carried(model, SECOND) == {"B": {"A"}, "D": {"A", "C"}}
    await write(model, [("A", "B", FIRST), ("B", "A", FIRST)])
    assert await carried(model, FIRST) == {"A": {"B"}, "B": {"A"}}


@given(
    st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.sampled_from(DAYS[1:])), max_size=7)
)
@few_examples
async def test_tables_and_fold_agree(model: ReadModel, successions: list[Succession]) -> None:
    await write(model, successions)
    for day in DAYS:
        await carried(model, day)
