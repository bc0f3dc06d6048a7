"""A snapshot asks whether anything is live once for each state of the log; the service asks what pages ask before any reader does."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.event import listen

from services.metrics.adapters.history import warming
from services.metrics.adapters.history.warming import Ask, Warming
from services.metrics.adapters.lists import routes as lists
from services.metrics.adapters.lists.page import Sources
from services.metrics.adapters.pages import routes as pages
from services.metrics.adapters.read_model import SqlSnapshots
from services.metrics.adapters.reports import routes as reports
from services.metrics.adapters.snapshots.leaders import SqlOverview
from services.metrics.adapters.snapshots.lists import SqlList
from services.metrics.adapters.snapshots.reports import SqlReport
from services.metrics.adapters.tables import checkpoints
from services.metrics.application.leaders import LeadersQueries
from services.metrics.application.queries import Queries
from services.metrics.application.reports import ReportQueries
from shared.contracts.envelope import Recorded
from shared.contracts.registry import DraftRegistered
from shared.contracts.vocabulary import Dataset
from shared.kernel.errors import TransientError
from shared.projections.rows import Checkpoint
from tests.integration.metrics.streams import Stream
from tests.support.platform.projections import RULEBOOK, ReadModel, read_model

NAME = "metrics"


def _of_sample(event: Recorded) -> Recorded:
    if not isinstance(event.data, DraftRegistered):
        return event
    return replace(event, data=event.data.model_copy(update={"dataset": Dataset.SAMPLE}))


async def test_what_is_live_is_asked_again_after_an_event_alone(database_url: str) -> None:
    sample = [_of_sample(each) for each in Stream(1, drafts=1).registrations()]
    live = list(Stream(2, drafts=1).registrations())
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "EXISTS" in statement and "dataset" in statement:
            asked.append(statement)

    async with read_model("metrics", database_url) as model:
        snapshots = SqlSnapshots(model.engine, NAME, local_rules=False)
        listen(model.engine.sync_engine, "before_cursor_execute", note)

        async def seen() -> tuple[Dataset | None, int]:
            asked.clear()
            async with snapshots.snapshot() as snapshot:
                return snapshot.dataset, len(asked)

        async def record(events: list[Any], position: int) -> None:
            await model.project(events)
            async with model.engine.begin() as connection:
                before = await checkpoints.read(connection, NAME)
                await checkpoints.advance(connection, NAME, before, Checkpoint(position), of=NAME)

        await record(sample, 3)
        assert [await seen(), await seen()] == [(None, 1), (None, 0)]
        await record([replace(each, position=each.position + 3) for each in live], 6)
        assert [await seen(), await seen()] == [(Dataset.LIVE, 1), (Dataset.LIVE, 0)]
        async with snapshots.snapshot(3) as earlier:
            assert earlier.dataset is None
        assert await seen() == (Dataset.LIVE, 0)


NOW = datetime(2024, 4, 1, 3, tzinfo=UTC)
OF_ALL = (
    "FROM policy_interval",
    "FROM gap_interval",
    "FROM draft",
    "FROM communication",
    "FROM planned_activity",
)


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


def asks_of(stored: SqlSnapshots) -> list[Ask]:
    queries = Queries(stored.snapshot, RULEBOOK)
    sources = Sources(queries, stored.opening(SqlList), "http://registry", "http://campaigns")
    return [
        *lists.asks(sources),
        *pages.asks(LeadersQueries(queries, stored.opening(SqlOverview))),
        *reports.asks(ReportQueries(queries, stored.opening(SqlReport))),
    ]


async def record(model: ReadModel, events: list[Recorded]) -> None:
    await model.project(events)
    async with model.engine.begin() as connection:
        before = await checkpoints.read(connection, NAME)
        await checkpoints.advance(connection, NAME, before, Checkpoint(events[-1].position), of=NAME)


async def test_a_reader_finds_kept_what_pages_ask_of_the_day(database_url: str) -> None:
    stream, read = Stream(1), list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        read.extend(table for table in OF_ALL if table in statement)

    async with read_model("metrics", database_url) as model:
        stored = SqlSnapshots(model.engine, NAME, local_rules=False)
        await record(model, [*stream.registrations(), *stream.events(30)])
        asks = asks_of(stored)
        listen(model.engine.sync_engine, "before_cursor_execute", note)
        assert await Warming(stored, asks, Clock()).look()
        assert {*OF_ALL} <= {*read}
        for ask in asks[
            :-1
        ]:  # the last one, the page of the report, names the activities of the drafts that it lists
            read.clear()
            await ask(NOW.date())
            assert not read, ask


async def test_it_asks_when_a_day_begins_and_when_the_log_is_quiet_again(database_url: str) -> None:
    stream, clock, asked = Stream(2), Clock(), list[date]()

    async def ask(today: date) -> None:
        asked.append(today)

    async with read_model("metrics", database_url) as model:
        await record(model, [*stream.registrations()])
        of = Warming(SqlSnapshots(model.engine, NAME, local_rules=False), [ask], clock)
        assert [await of.look(), await of.look()] == [True, False]
        for _ in range(2):
            await record(model, [*stream.events(2)])
            assert not await of.look()  # it grows
        assert [await of.look(), await of.look()] == [True, False]
        clock.moment += timedelta(hours=14)
        await record(model, [*stream.events(2)])
        assert [await of.look(), await of.look()] == [True, False]
        assert asked == [date(2024, 4, 1), date(2024, 4, 1), date(2024, 4, 2)]
        local = Warming(SqlSnapshots(model.engine, NAME, local_rules=True), [ask], clock)
        assert not await local.look()  # nothing is kept


@pytest.mark.parametrize("error", [TransientError("the database is away"), RuntimeError("a fault of ours")])
async def test_a_question_that_fails_ends_nothing(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    """Of a fault that passes there is a line; of one of ours the traceback too."""
    monkeypatch.setattr(warming, "FIRST_SECONDS", 0)
    monkeypatch.setattr(warming, "SECONDS", 0)
    twice, times = asyncio.Event(), 0

    async def ask(_: date) -> None:
        nonlocal times
        times += 1
        if times > 1:
            twice.set()
        raise error

    async with read_model("metrics", database_url) as model:
        await record(model, [*Stream(3).registrations()])
        of = Warming(SqlSnapshots(model.engine, NAME, local_rules=False), [ask], Clock())
        running = asyncio.create_task(of.run())
        await asyncio.wait_for(twice.wait(), 30)
        assert not running.done()
        lines = [line for line in caplog.records if line.message == "not_asked_before"]
        assert {bool(line.exc_info) for line in lines} == {not isinstance(error, TransientError)}
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
