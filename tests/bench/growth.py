"""What an answer costs with more drafts: `python -m tests.bench.growth [--sizes 1000,100000] [--runs 2] [--plot FILE.svg] [--pages 20]`.

Drafts made up at random are projected once and multiplied by statements of PostgreSQL, so the units stay the same. Before each
question an event is recorded, so that nothing is answered from an answer of before. Printed are, by size, the best milliseconds of
the runs, and beside them the milliseconds of processor time of service, client and database; then the ratio of the last size to the first, and
to reading the very same bytes from a row that was prepared. The first question of a day reads everything: `first` is that one.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.adapters.history import warming
from services.metrics.adapters.pages.navigation import PAGES
from services.metrics.adapters.tables import KEPT, SUPERSEDED
from shared.contracts.campaigns import CommunicationRecorded, PlanActivityPlanned
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.contracts.event import Event, draft_id, unit_id
from shared.contracts.registry import (
    DraftOpinionsSummarised,
    DraftRegistered,
    DraftScopeAssessed,
    DraftStageEntered,
    DraftStageExpected,
    UnitRegistered,
)
from shared.contracts.vocabulary import Answer, Channel, Instrument, Regime, Stage, UnitKind, UnitLevel
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id, tune_gc
from shared.rules.facts import DraftFacts
from tests.bench.metrics import communication_events, draft_events, settled
from tests.bench.table.plot import plot
from tests.support.platform.bench_platform import bench_platform
from tests.support.platform.projections import read_model
from tests.support.platform.service import Api, Platform
from tests.support.samples.generate import FIRST_DAY, UNITS, random_drafts
from tests.support.servers.engines import connected

META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="bench", correlation_id="bench")
DAY = date(2024, 6, 1)
BATCH = 500
ASKED: Sequence[tuple[str, dict[str, str]]] = (
    ("/compliance", {}),
    ("/compliance", {"group_by": "unit"}),
    ("/compliance", {"unit": "BTP", "include_descendants": "true"}),
    ("/compliance", {"year": "2024"}),
    ("/drafts/BENCH-1/coverage", {}),
    ("/gaps", {"unit": "BTP"}),
    ("/todos", {"unit": "BTP"}),
    ("/gaps", {"limit": "50"}),
    ("/todos", {"limit": "50"}),
    ("/waiting", {}),
    ("/counts", {"year": "2024"}),
    ("/counts", {"year": "2024", "group_by": "channel"}),
    ("/counts/drafts", {"year": "2024"}),
    ("/counts/opinions", {"year": "2024"}),
    ("/programme", {"year": "2024"}),
    *((path, {"year": "2024"}) for path in ("/", "/details", "/drafts/BENCH-1", "/reports")),
    *((page.path, {"year": "2024"}) for page in PAGES),
)
_IDS = {"draft_id", "entry_id", "gap_id", "communication_id", "activity_id"}
_CODES = {"draft_code", "activity_code"}


def recorded(number: int, facts: DraftFacts, positions: Iterator[int]) -> Iterator[Recorded]:
    """Give the events of a draft; each takes the next position when it is asked for."""
    code = f"BENCH-{number}"
    for key, data in (*draft_events(code, facts), *communication_events(code, facts)):
        yield _recorded(next(positions), facts, key, data)


def _recorded(position: int, facts: DraftFacts, key: UUID, data: Event) -> Recorded:
    ref = AggregateRef(data.context, facts.draft_id if data.context == "draft" else key)
    return Recorded(position, ref, position, key, data, META, type(data).type_name())


def _more_of(number: int, facts: DraftFacts) -> Iterator[tuple[UUID, Event]]:
    """Give a third of the drafts an expected stage, a fifth a consultation, a fourth a planned activity."""
    day = FIRST_DAY + timedelta(days=number % 900)
    if number % 3 == 0:
        session = f"K{number % 4}"
        yield (
            UUID(int=facts.draft_id.int ^ 4),
            DraftStageExpected(stage=Stage.ADOPTED, expected_on=day, session=session),
        )
    if number % 5 == 0:
        of = {"received": number, "agree": number, "groups": {"people": number}}
        summary = DraftOpinionsSummarised(stage=Stage.DRAFT_CONSULTATION, summarised_on=day, **of)
        yield UUID(int=facts.draft_id.int ^ 5), summary
    if number % 4 == 0:
        key, code = UUID(int=facts.draft_id.int ^ 6), f"BENCH-{number}"
        yield (
            key,
            PlanActivityPlanned(activity_id=key, draft_id=facts.draft_id, draft_code=code, planned_on=day),
        )


def _fuller(number: int, event: Recorded) -> Recorded:
    """Give a third of the communications to activities on ten drafts or so, and each a form and whom it was for."""
    data = event.data
    if not isinstance(data, CommunicationRecorded):
        return event
    key = data.communication_id.int
    changes = {
        "channel": list(Channel)[key % 5],
        "audience": ("people", "enterprises")[: key % 3],
        "activity_code": f"HN-{number // 10}" if key % 3 == 0 else None,
        "attendance": 10 * (key % 6) or None,
    }
    return replace(event, data=data.model_copy(update=changes))


async def fill(url: str, number: int) -> None:
    """Project some drafts, as if they had been known before the log began, and keep their rows to be multiplied."""
    positions = count(1)
    events: list[Recorded] = []
    for index, facts in enumerate(random_drafts(1, number)):
        events += [_fuller(index, event) for event in recorded(index, facts, positions)]
        events += [_recorded(next(positions), facts, key, data) for key, data in _more_of(index, facts)]
    async with read_model("metrics", url) as model:
        for start in range(0, len(events), BATCH):
            await model.project(events[start : start + BATCH])
        async with model.engine.begin() as connection:
            await connection.execute(text("CREATE SCHEMA base"))
            for table in KEPT:
                await connection.execute(text(f'TRUNCATE "{SUPERSEDED[table.name].name}"'))
                await connection.execute(text(f'UPDATE "{table.name}" SET known_from = 0'))
            await connection.execute(text("UPDATE draft SET position = 0"))
            for table in KEPT:
                await connection.execute(text(f'CREATE TABLE base."{table.name}" AS TABLE "{table.name}"'))


async def multiply(engine: AsyncEngine, first: int, last: int) -> None:
    """Add the copies `first` to `last` of the rows."""
    async with engine.begin() as connection:
        for table in KEPT:
            columns = [column.name for column in table.columns]
            if "draft_id" not in columns:
                continue
            values = ", ".join(_copied(name) for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            await connection.execute(
                text(
                    f'INSERT INTO "{table.name}" ({names}) SELECT {values} '
                    f'FROM base."{table.name}", generate_series({first}, {last}) AS k'
                )
            )
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


def _copied(name: str) -> str:
    if name in _IDS:
        return f'CAST(md5(CAST("{name}" AS text) || k) AS uuid)'
    return f"\"{name}\" || '-' || k" if name in _CODES else f'"{name}"'


def one_more(number: int) -> tuple[UUID, list[Event]]:
    """Make the events of one more draft."""
    code = f"MORE-{number}"
    of = draft_id(code)
    return of, [
        DraftRegistered(
            draft_id=of, draft_code=code, title="Dự thảo", instrument=Instrument.LAW,
            lead_unit_code="BTP", regime=Regime.LAW_2015,
        ),
        DraftScopeAssessed(in_scope=Answer.YES),
        DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=date(2024, 5, 6)),
    ]  # fmt: skip


def more(position: int) -> list[Recorded]:
    """Make the events of one more draft as they stand in the log after a position."""
    of, events = one_more(position)
    return [
        Recorded(at, AggregateRef("draft", of), at, new_id(), data, META, type(data).type_name())
        for at, data in enumerate(events, start=position + 1)
    ]


class Writer:
    """Records what moves the position: one more draft, each time."""

    def __init__(self, store: JetStreamEventStore) -> None:
        self._store = store
        self._number = 0

    async def units(self) -> None:
        for code in UNITS:
            unit = UnitRegistered(
                unit_code=code, unit_name=code, level=UnitLevel.CENTRAL, kind=UnitKind.MINISTRY
            )
            await self._add(AggregateRef("unit", unit_id(code)), [unit])

    async def draft(self) -> int:
        self._number += 1
        of, events = one_more(self._number)
        return await self._add(AggregateRef("draft", of), events)

    async def _add(self, ref: AggregateRef, events: Sequence[Event]) -> int:
        appended = await self._store.append(ref, NOTHING, [NewEvent(new_id(), data, META) for data in events])
        return appended.position


Took = tuple[float, float]  # milliseconds, and milliseconds of processor time
REFUSED = (float("inf"), float("inf"))  # it took longer than the service waits for its database


def busy(folder: Path) -> float:
    """Give the seconds of a processor that this process and the connections of the database in a folder have used."""
    used = time.process_time()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if not (process / "cmdline").read_bytes().startswith(b"postgres: metrics metrics"):
                continue
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if str(folder).encode() in Path(f"/proc/{parent}/cmdline").read_bytes():
                used += int((process / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue  # it has just ended
    return used


async def timed(api: Api, folder: Path, path: str, query: dict[str, Any]) -> tuple[Took, bytes]:
    used, started = busy(folder), time.perf_counter()
    answer = await api.client.get(path, params=query, timeout=120)
    took = 1000 * (time.perf_counter() - started), 1000 * (busy(folder) - used)
    return (took if answer.is_success else REFUSED), answer.content


async def prepared(engine: AsyncEngine, body: bytes) -> float:
    """Read the bytes of an answer from a row, as a table of prepared answers would."""
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE IF NOT EXISTS prepared (path text PRIMARY KEY, body bytea)")
        )
        await connection.execute(text("INSERT INTO prepared VALUES ('x', :body)"), {"body": body})
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        async with engine.connect() as connection:
            await connection.execute(text("SELECT body FROM prepared WHERE path = 'x'"))
        best = min(best, 1000 * (time.perf_counter() - started))
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE prepared"))
    return best


@dataclass(frozen=True, slots=True)
class Answers:
    """The first answer to a question, the later ones, and the milliseconds of reading the same bytes from a prepared row."""

    first: Took
    later: Sequence[Took]
    prepared: float

    @property
    def best(self) -> Took:
        return min(self.later)


Question = tuple[str, dict[str, str]]
BySize = dict[int, list[Answers]]  # by the number of drafts, in the order of the questions


async def measure(
    api: Api,
    folder: Path,
    engine: AsyncEngine,
    writer: Writer,
    runs: int,
    day: date,
    questions: Sequence[Question],
) -> list[Answers]:
    """Ask each question once, and `runs` times more, each after one more draft."""
    results = []
    for path, query in questions:
        asked = {"as_of": day.isoformat(), **query}
        first, body = await timed(api, folder, path, asked)
        later = []
        for _ in range(runs):
            position = await writer.draft()
            await api.client.get("/gaps", params={"as_of": "2020-01-01", "min_position": str(position)})
            took, body = await timed(api, folder, path, asked)
            later.append(took)
        results.append(Answers(first, later, await prepared(engine, body)))
    return results


async def pages(api: Api, folder: Path, writer: Writer, times: int, day: date) -> None:
    """Print of each page its first answer of the day and what 95 of a hundred of the others take at most."""
    print(f"{'page: wall ms (processor ms)':40}{'first':>18}{'median':>18}{'p95':>18}")
    of_pages = ["/", "/details", "/drafts/BENCH-1", "/reports", *(page.path for page in PAGES)]
    for path in [*of_pages, "/reports/407", "/reports/407 without drafts"]:
        query = {"as_of": day.isoformat(), "year": "2024"}
        query |= {"drafts": "none"} if "without" in path else {}
        first, _ = await timed(api, folder, path.partition(" ")[0], query)
        others = []
        for _ in range(times):
            position = await writer.draft()
            await api.client.get("/gaps", params={"as_of": "2020-01-01", "min_position": str(position)})
            others.append((await timed(api, folder, path.partition(" ")[0], query))[0])
        wall, busy_for = (sorted(took[part] for took in others) for part in (0, 1))
        at = [first, *((wall[place], busy_for[place]) for place in (times // 2, -(-times * 95 // 100) - 1))]
        print(f"{path:40}" + "".join(f"{took[0]:10.0f} ({took[1]:5.0f})" for took in at), flush=True)


async def main(sizes: Sequence[int], runs: int, plotted: Path | None, times: int) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        async with bench_platform(Path(name), "metrics") as platform:
            if times:
                async with aclosing(at_each_size(platform, sizes)) as standing:
                    async for at in standing:
                        if at.size == sizes[-1]:
                            await pages(at.api, Path(name), at.writer, times, at.day)
                return
            by_size = await grow(platform, Path(name), sizes, runs)
    show(by_size)
    if plotted:
        plotted.write_text(drawn(by_size), encoding="utf-8")  # noqa: ASYNC240  nothing else runs any more


@dataclass(frozen=True, slots=True)
class Standing:
    """Metrics with a number of drafts, and the day to ask about: rows that were put there move no position."""

    size: int
    day: date
    api: Api
    engine: AsyncEngine
    writer: Writer


async def at_each_size(platform: Platform, sizes: Sequence[int]) -> AsyncGenerator[Standing, None]:
    """Run an empty platform's metrics with each number of drafts, from the smallest on."""
    warming.FIRST_SECONDS = 1_000_000  # what the service asks by itself is not to be measured
    url = platform.databases["metrics"]
    await fill(url, sizes[0])
    async with (
        read_model("metrics", url) as model,
        connected(platform.server, "registry") as registry,
        platform.another("metrics") as api,
    ):
        writer = Writer(JetStreamEventStore(registry))
        await writer.units()
        await writer.draft()
        await settled(api, await platform.head())
        copies = 1
        for number, size in enumerate(sizes):
            if size > sizes[0]:
                await multiply(model.engine, copies, size // sizes[0] - 1)
                copies = size // sizes[0]
            async with model.engine.connect() as connection:
                taken = await connection.scalar(text("SELECT pg_database_size(current_database()) / 1e6"))
            print(f"{size:,} drafts stand, {taken:,.0f} MB", flush=True)
            yield Standing(size, DAY.replace(day=1 + number), api, model.engine, writer)


async def grow(
    platform: Platform, folder: Path, sizes: Sequence[int], runs: int, questions: Sequence[Question] = ASKED
) -> BySize:
    """Ask the questions at each number of drafts."""
    by_size: BySize = {}
    async with aclosing(at_each_size(platform, sizes)) as standing:
        async for at in standing:
            by_size[at.size] = await measure(at.api, folder, at.engine, at.writer, runs, at.day, questions)
    return by_size


def named(question: Question) -> str:
    path, query = question
    return path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")


def drawn(by_size: BySize, questions: Sequence[Question] = ASKED) -> str:
    """Plot the processor milliseconds of each answer by the number of drafts, as an SVG."""
    series = {
        named(question): [min(cpu for _, cpu in by_size[size][number].later) for size in by_size]
        for number, question in enumerate(questions)
    }
    return plot("Answers with more drafts", "ms of a processor, best answer", list(by_size), series)


def show(by_size: BySize) -> None:
    print(
        f"{'best ms (processor ms)':50}"
        + "".join(f"{size:>18,}" for size in by_size)
        + "   last/first   last/prepared"
    )
    for number, question in enumerate(ASKED):
        cells = [answers[number] for answers in by_size.values()]
        best = [cell.best for cell in cells]
        shown = "".join(f"{wall:10.0f} ({cpu:5.0f})" for wall, cpu in best)
        growth = f"{best[-1][0] / best[0][0]:10.1f} ({best[-1][1] / best[0][1]:.1f})"
        print(f"{named(question):50}{shown}{growth}{best[-1][0] / cells[-1].prepared:12.1f}")
        firsts = "".join(f"{wall:10.0f} ({cpu:5.0f})" for wall, cpu in (cell.first for cell in cells))
        print(f"{'  first of the day':50}{firsts}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    parser.add_argument(
        "--pages", type=int, default=0, help="ask each page so often, at the last size, instead"
    )
    arguments = parser.parse_args()
    tune_gc()  # as services do
    sizes = [int(size) for size in arguments.sizes.split(",")]
    asyncio.run(main(sizes, arguments.runs, arguments.plot, arguments.pages))
