"""How fast rows come in: `python -m tests.bench.imports [ROWS] [--profile]`.

Rows made up for the registry (units, drafts, policies, stages) go through `POST /imports` in parts of 1,000, as
`loa import` sends them, on throw-away engines, to a service that is a process of its own, as in production; the
broker makes every write durable (sync_interval always), and the projection follows in the service. Beside it stands
what the same broker takes in the same run from one writer, and from 32, that wait for each acknowledgement, and in
atomic batches that wait for theirs.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import os
import pstats
import tempfile
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import orjson

from services.registry.adapters.import_sheets import DraftRow, PolicyRow, Rows, StageRow, UnitRow
from services.registry.application.commands import Commands
from services.registry.domain.draft_commands import Given
from shared.bulk_import import pipeline
from shared.bulk_import.pipeline import Carrier
from shared.bulk_import.routes import _outcomes
from shared.bulk_import.sheet import Session, Sheet
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import SUPERVISION
from shared.contracts.registry import DraftRetitled
from shared.eventstore.handle import NOTHING, Append, BulkStore, OverlayEventStore
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.platform.bench_platform import MODULE, Apart, apart, bench_platform
from tests.support.platform.service import Platform, Row, eventually
from tests.support.samples import thousands
from tests.support.servers.engines import connected

PART = 1000  # rows
APPENDS = 3000
BATCHES = 40
TURNS = 4
META = Metadata(time=datetime(2026, 7, 1, tzinfo=UTC), actor="bench", correlation_id="bench")


def parts(rows: int) -> Iterator[tuple[str, Sequence[Row]]]:
    """Make about so many rows of the registry, with those of campaigns that are left out."""
    sheets = thousands.office(rows)
    del sheets["communications"]  # of another service
    for sheet, left in sheets.items():
        while part := list(islice(left, PART)):
            yield sheet, part


async def appends(platform: Platform, writers: int) -> float:
    """Measure single appends to new aggregates, each of them awaited."""
    async with connected(platform.server, "registry") as nc:
        store = JetStreamEventStore(nc)

        async def write() -> None:
            for _ in range(APPENDS // writers):
                event = NewEvent(new_id(), DraftRetitled(title="Luật Đất đai"), META)
                await store.append(AggregateRef("draft", new_id()), NOTHING, [event])

        started = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(writers)))
        return APPENDS / (time.perf_counter() - started)


async def batches(platform: Platform) -> float:
    """Measure what the door itself writes, with nothing around it: an event of 250 new aggregates a batch."""
    async with connected(platform.server, "registry") as nc:
        store, started = JetStreamEventStore(nc), time.perf_counter()
        for _ in range(BATCHES):
            first = [
                NewEvent(new_id(), DraftRetitled(title="Luật Đất đai"), META) for _ in range(pipeline.WINDOW)
            ]
            await store.append_all(
                [Append(AggregateRef("draft", new_id()), NOTHING, [event]) for event in first]
            )
        return BATCHES * pipeline.WINDOW / (time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one turn, by the clock and of a processor."""

    wall: float
    busy: float


async def _timed(work: Awaitable[object]) -> Took:
    wall, busy = time.perf_counter(), time.process_time()
    await work
    return Took(time.perf_counter() - wall, time.process_time() - busy)


def _of_turn(rows: int, turn: str) -> list[tuple[str, Sequence[Row]]]:
    """Make the rows of a turn, about units and drafts of its own."""
    return [
        (sheet, [{name: _renamed(str(value), turn) for name, value in row.items()} for row in part])
        for sheet, part in parts(rows)
    ]


def _renamed(value: str, turn: str) -> str:
    return f"{turn}-{value}" if value.startswith(("DT-", "DV-")) else value


async def by_the_route(store: BulkStore, rows: Sequence[tuple[str, Sequence[Row]]]) -> None:
    for sheet, part in rows:
        session = Session(OverlayEventStore(store))
        lines = [orjson.dumps({"sheet": sheet, "line": line, "row": row}) for line, row in enumerate(part)]
        carrier = Carrier(session, META, lambda: META.time)
        async for answer in _outcomes(lines, _sheets(session.store), carrier):
            assert b"refused" not in answer, answer[:300]


async def by_the_simplest_loop(store: BulkStore, rows: Sequence[tuple[str, Sequence[Row]]]) -> None:
    given = Given(by=SUPERVISION, today=META.time.date())
    for sheet, part in rows:
        for start in range(0, len(part), pipeline.WINDOW):
            window = OverlayEventStore(store)
            commands = Commands(window, new_id, load_rulebook(), lambda: META.time, once=True)
            sheets = _sheets(window)
            read = [sheets[sheet].model.model_validate(row) for row in part[start : start + pipeline.WINDOW]]
            await window.expect(ref for row in read for ref in sheets[sheet].about(row))
            for row in read:
                match row:
                    case UnitRow():
                        await commands.on_unit(row.command(), META)
                    case DraftRow():
                        await commands.register_draft(row.command(given), META)
                    case PolicyRow() | StageRow():
                        await commands.on_draft(row.draft_code, row.command(given), META)
            assert not (await window.write()).conflicted


async def by_bare_batches(store: BulkStore, events: int) -> None:
    left = events
    while left:
        size = min(left, pipeline.WINDOW)
        new = [NewEvent(new_id(), DraftRetitled(title="Luật Đất đai"), META) for _ in range(size)]
        await store.append_all([Append(AggregateRef("draft", new_id()), NOTHING, [event]) for event in new])
        left -= size


def _sheets(store: OverlayEventStore) -> Mapping[str, Sheet[Any]]:
    return Rows(Commands(store, new_id, load_rulebook(), lambda: META.time, once=True)).sheets()


@dataclass(frozen=True, slots=True)
class Loops:
    """Turns of the same rows by the route, by the simplest loop, and their events in bare batches."""

    rows: int
    events: int
    route: Sequence[Took]
    simplest: Sequence[Took]
    bare: Sequence[Took]


async def loops(platform: Platform, rows: int, turns: int = TURNS) -> Loops:
    route, simplest, bare = [], [], []
    async with connected(platform.server, "registry") as nc:
        store = JetStreamEventStore(nc)
        for turn in range(turns):
            before = await platform.head()
            route.append(await _timed(by_the_route(store, _of_turn(rows, f"R{turn}"))))
            events = await platform.head() - before
            simplest.append(await _timed(by_the_simplest_loop(store, _of_turn(rows, f"S{turn}"))))
            assert await platform.head() - before == 2 * events
            bare.append(await _timed(by_bare_batches(store, events)))
    return Loops(sum(len(part) for _, part in _of_turn(rows, "")), events, route, simplest, bare)


def show_loops(loops: Loops) -> None:
    """Print the best turn of each, and their ratios."""
    count, each = loops.rows, (loops.route, loops.simplest, loops.bare)
    print(
        f"{count:,} rows, {loops.events:,} events, the best of {len(loops.route)} turns; load {os.getloadavg()[0]:.0f}"
    )
    for name, turns in zip(("the route", "the simplest loop", "bare batches"), each, strict=True):
        wall, busy = (min(getattr(took, which) for took in turns) for which in ("wall", "busy"))
        print(f"  {name:18} {count / wall:8,.0f} rows/s  {1e6 * busy / count:6,.0f} us of a processor a row")
    for which in ("wall", "busy"):
        ours, plain, limit = (min(getattr(took, which) for took in turns) for turns in each)
        print(
            f"  {which}: {plain / ours:.2f} of the simplest loop, {limit / ours:.2f} of bare batches; simplest loop {limit / plain:.2f}"
        )


async def send(platform: Platform, service: Apart, rows: int, title: str) -> None:
    head, started, worked, sent = await platform.head(), time.perf_counter(), service.busy(), 0
    for sheet, of_sheet in groupby(parts(rows), key=lambda part: part[0]):
        began, count = time.perf_counter(), 0
        for _, part in of_sheet:
            outcomes = await service.api.import_rows(sheet, part)
            assert not [outcome for outcome in outcomes if outcome["status"] == "refused"]
            count += len(part)
        sent += count
        print(f"  {sheet:18} {count / (time.perf_counter() - began):10,.0f} rows/s")
    took, end = time.perf_counter() - started, await platform.head()
    await eventually(lambda: _is_at(service, end), 600)
    worked = service.busy() - worked
    print(f"{title:20} {sent / took:10,.0f} rows/s {(end - head) / took:10,.0f} events/s")
    print(
        f"  {worked:.1f} s of a processor in the service, {1e6 * worked / sent:,.0f} us a row, projected as well"
    )


async def _is_at(service: Apart, position: int) -> bool:
    return bool((await service.api.projection())["position"] >= position)


async def measure(platform: Platform, folder: Path, rows: int, *, profile: bool) -> None:
    stats = folder / "profile"
    run = ("-m", "cProfile", "-o", str(stats), "-m") if profile else MODULE
    async with apart(platform, "registry", folder / "registry.log", run) as service:
        print(f"memory before        {service.most_held():,.0f} MiB at most")
        await send(platform, service, rows, "import")
        await send(platform, service, rows, "the same again")
        print(f"memory after         {service.most_held():,.0f} MiB at most")
    if profile:
        pstats.Stats(str(stats)).sort_stats("tottime").print_stats(40)


async def main(rows: int, *, profile: bool, loop: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        async with bench_platform(Path(name), "registry") as platform:
            if loop:
                show_loops(await loops(platform, rows))
                return
            await measure(platform, Path(name), rows, profile=profile)
            print(f"atomic batches       {await batches(platform):10,.0f} events/s, each batch awaited")
            print(f"one writer           {await appends(platform, 1):10,.0f} awaited appends/s")
            print(f"32 writers           {await appends(platform, 32):10,.0f} awaited appends/s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=5000)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--loop", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.rows, profile=arguments.profile, loop=arguments.loop))
