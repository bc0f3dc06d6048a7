"""What an answer reads does not grow with the number of drafts: rows that PostgreSQL reads are counted, not time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.history import versions
from services.metrics.adapters.history.standing import Standing
from services.metrics.adapters.lists.page import Asked, Sources
from services.metrics.adapters.lists.routes import MADE_BY
from services.metrics.adapters.pages.choice import Choice
from services.metrics.adapters.snapshots.lists import SqlList
from services.metrics.adapters.snapshots.reports import SqlReport
from services.metrics.adapters.tables import DRAFT, units
from services.metrics.application.counts import CountQueries, CountQuestion
from services.metrics.application.draft_counts import DraftCountQueries, DraftQuestion
from services.metrics.application.leaders import LeadersQueries
from services.metrics.application.queries import Queries, Question
from services.metrics.application.reports import ReportQueries
from services.metrics.application.waiting import WaitingQueries, WaitingQuestion
from services.metrics.domain.grouping import GroupBy, View
from shared.contracts.vocabulary import Dataset
from shared.directory import datasets
from shared.rules.figures import year_period
from tests.bench.growth import fill, more, multiply
from tests.support.platform.projections import RULEBOOK, read_model

DRAFTS, COPIES = 60, 20
DAY, YEAR = date(2024, 6, 3), year_period(2024)
MOST = 0.1  # rows for each draft that is there besides: a linear answer reads one of each at least
SHOWN = 300  # rows of a page
REPLANNED = 5  # times that PostgreSQL plans a prepared statement for the values that it is given
LISTED = 5  # drafts that the page of the report has, of as many as there are

QUESTION = Question(as_of=DAY, period=YEAR, year=2024)
CHOICE = Choice(as_of=DAY, year=2024, unit=None, include_descendants=False, area_of=None, view=View.ORIGINAL)


class Rows(SqlList, SqlReport):
    """A snapshot with the rows of all pages."""

    __slots__ = ()


Opened = Callable[..., AbstractAsyncContextManager[Rows]]
Ask = Callable[[Opened], Awaitable[Any]]


def queries(opened: Opened) -> Queries:
    return Queries(opened, RULEBOOK)


def page(path: str) -> Ask:
    async def ask(opened: Opened) -> Any:
        sources = Sources(queries(opened), opened, "http://registry", "http://campaigns")
        made = await MADE_BY[path](sources, Asked(chosen=CHOICE, today=DAY))
        return [table.rows[:SHOWN] for table in made.tables]

    return ask


ASKED: dict[str, Ask] = {
    "compliance": lambda opened: queries(opened).compliance(QUESTION),
    "compliance by unit": lambda opened: queries(opened).compliance(
        Question(as_of=DAY, group_by=GroupBy.UNIT)
    ),
    "gaps": lambda opened: queries(opened).gaps(Question(as_of=DAY)),
    "todos": lambda opened: queries(opened).todos(Question(as_of=DAY)),
    "what waits": lambda opened: WaitingQueries(opened).waiting(
        WaitingQuestion(of_units=Question(as_of=DAY))
    ),
    "counts": lambda opened: CountQueries(opened).counts(CountQuestion(as_of=DAY, period=YEAR)),
    "counts of drafts": lambda opened: DraftCountQueries(opened).drafts(DraftQuestion(of_units=QUESTION)),
    "counts of opinions": lambda opened: DraftCountQueries(opened).opinions(DraftQuestion(of_units=QUESTION)),
    "page of the report": lambda opened: ReportQueries(queries(opened), opened).report(
        QUESTION, YEAR, DAY, LISTED
    ),
    "page for leaders": lambda opened: LeadersQueries(queries(opened), opened).page(QUESTION, DAY),
    **{path: page(path) for path in MADE_BY},
}

# What this connection has read since it was opened, tables of the system left out.
_READ = text(
    "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
)


@pytest.mark.timeout(600)
async def test_an_answer_reads_as_many_rows_with_twenty_times_as_many_drafts(database_url: str) -> None:
    await fill(database_url, DRAFTS)
    async with read_model("metrics", database_url) as model:
        versions.enable(model.engine)
        position = 1

        async def read(standing: Standing, ask: Ask) -> int:
            """Give the rows read for an answer, after a draft changed."""
            async with model.engine.connect() as connection:
                await _by_index(connection)
                before = (await connection.execute(_READ)).scalar_one()
                await ask(_opens(connection, position, standing))
                return int((await connection.execute(_READ)).scalar_one() - before)

        async def asked() -> dict[str, int]:
            nonlocal position
            standing = {name: Standing("metrics.rebuild") for name in ASKED}
            for name, ask in ASKED.items():
                await read(standing[name], ask)
            events = more(position)
            await model.project(events)
            position = events[-1].position
            return {name: await read(standing[name], ask) for name, ask in ASKED.items()}

        few = await asked()
        await multiply(model.engine, 1, COPIES - 1)
        many = await asked()
    assert sum(few.values()) > len(few), few
    allowed = MOST * DRAFTS * (COPIES - 1)
    grown = {name: (few[name], rows) for name, rows in many.items() if rows > few[name] + allowed}
    assert not grown, "\n".join(f"{name}: {rows}" for name, rows in grown.items())


@pytest.mark.timeout(600)
async def test_the_data_sets_are_looked_up_however_often_they_are_asked_for(database_url: str) -> None:
    """PostgreSQL plans a statement anew five times, then once for all values: that plan must not read every draft either."""
    await fill(database_url, DRAFTS)
    async with read_model("metrics", database_url) as model:
        await multiply(model.engine, 1, COPIES - 1)
        async with model.engine.connect() as connection:
            read = []
            for _ in range(REPLANNED + 2):
                before = (await connection.execute(_READ)).scalar_one()
                assert await datasets.present(connection, units.unit, DRAFT) == {Dataset.LIVE}
                read.append((await connection.execute(_READ)).scalar_one() - before)
    assert max(read) < DRAFTS, read


async def _by_index(connection: AsyncConnection) -> None:
    """Have indexes used where there is one: of few rows all are read, as that is cheaper."""
    await connection.execution_options(isolation_level="REPEATABLE READ")
    await connection.execute(text("SET LOCAL enable_seqscan = off"))


def _opens(connection: AsyncConnection, position: int, standing: Standing) -> Opened:
    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Rows]:
        yield Rows(connection, position, standing)

    return opened
