"""Rows of the read side: from an event to the read model, a steady stream of events, and answers with more drafts."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from statistics import median

import asyncpg

from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.registry import DraftStageEntered
from shared.contracts.vocabulary import Stage
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from tests.bench.growth import ASKED, Answers, Question, drawn, grow, named
from tests.bench.history import OPENED, UNIT, Draft, Log, another, changed, changing, communication
from tests.bench.metrics import settled
from tests.bench.table.row import Part, Row, Size, percentile
from tests.support.platform.bench_platform import Apart, apart, bench_platform
from tests.support.servers.engines import connected

LAG = 500.0  # milliseconds
RATE = 500  # events a second
STREAM_DRAFTS = 1000
LOOK_SECONDS = 0.1  # between two questions how far the read model is
PAGES_MS, JSON_MS = 300.0, 60.0  # the 95th percentile of a page for people, and of JSON
GROWTH = 1.5  # processor time at the last size beside the first
QUESTIONS: Sequence[Question] = (
    ("/compliance", {}),
    ("/compliance", {"unit": "BTP", "include_descendants": "true"}),
    ("/compliance", {"year": "2024"}),
    ("/gaps", {"limit": "50"}),
    ("/drafts/BENCH-1/coverage", {}),
    ("/counts", {"year": "2024"}),
    ("/", {"year": "2024"}),
)
assert all(question in ASKED for question in QUESTIONS)


async def change_part(size: Size, folder: Path) -> Part:
    """Measure a communication more, from its append to an answer that has it, on drafts with few and many."""
    few, many = size.communications
    async with (
        bench_platform(folder, "metrics") as platform,
        changing(platform, size.communications) as (api, log, drafts),
        connected(platform.server, "registry") as nc,
    ):
        postgres = await asyncpg.connect(platform.databases["metrics"])
        await postgres.execute("CREATE TABLE bench_commit (number int)")
        taken = await changed(api, log, drafts, size.turns, {"more": another})
        limits = []
        for turn in range(size.turns):
            began = time.perf_counter()
            await nc.flush()  # PING and PONG: a round trip of the core
            await postgres.execute("INSERT INTO bench_commit VALUES ($1)", turn)
            limits.append(1000 * (time.perf_counter() - began))
        await postgres.close()
    slow, limit = median(taken["more", many]), median(limits)
    worst = max(percentile(taken["more", count], 0.99) for count in (few, many))
    ratio = slow / median(taken["more", few])
    p99 = ", ".join(f"{percentile(taken['more', count], 0.99):.0f}" for count in (few, many))
    p50 = ", ".join(f"{median(taken['more', count]):.0f}" for count in (few, many))
    what = f"event → read model, a draft with {few} and with {many:,} communications"
    return Part(
        [
            Row(
                what=f"{what}: p99 (median)",
                loa=f"{p99} ms ({p50})",
                limit=f"{limit:.1f} ms (core round trip and a commit)",
                ratio=f"{limit / slow:.2f}",
                goal="p99 ≤ 60 ms",
                met=worst <= 60,
            ),
            Row(what="the same: many beside few", loa=f"{ratio:.2f} x", goal="≤ 1.2 x", met=ratio <= 1.2),
        ]
    )


async def stream_part(size: Size, folder: Path) -> Part:
    """Send 500 events a second, a tenth stages, and ask again and again how long the newest takes to be readable."""
    async with bench_platform(folder, "metrics") as platform, AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connected(platform.server, name))
            for name in ("registry", "campaigns")
        ]
        log = Log(*(JetStreamEventStore(client) for client in clients))
        drafts = [Draft(f"DONG-{number}") for number in range(STREAM_DRAFTS)]
        await log.lead_unit()
        for draft in drafts:
            await log.register(draft)
        async with apart(platform, "metrics", folder / "metrics.log") as service:
            await settled(service.api, await platform.head())
            before = resident(service)
            lags, rate = await streamed(service, log, drafts, size.stream_seconds)
            after = resident(service)
    p99 = percentile(lags, 0.99)
    return Part(
        [
            Row(
                what=f"{rate:.0f} events a second for {size.stream_seconds:.0f} s, {STREAM_DRAFTS} drafts: lag p99 (median)",
                loa=f"{p99:,.0f} ms ({median(lags):,.0f}); {before:.0f} → {after:.0f} MiB",
                goal=f"{RATE}/s, p99 < {LAG:.0f} ms",
                met=p99 < LAG and rate > 0.95 * RATE,
            )
        ]
    )


async def streamed(
    service: Apart, log: Log, drafts: Sequence[Draft], seconds: float
) -> tuple[list[float], float]:
    """Give the milliseconds of each look at the newest event, and the rate that was reached."""
    lags, newest = list[float](), 0

    async def record(number: int) -> None:
        nonlocal newest
        position = await _record(log, drafts[number % len(drafts)], number)
        newest = max(newest, position)

    async def look() -> None:
        while True:
            question = {"unit": UNIT, "min_position": str(newest)}
            began, status = time.perf_counter(), 0
            while newest and status != HTTPStatus.OK:  # 503: not there within the time of a request
                status = (await service.api.client.get("/gaps", params=question)).status_code
                assert status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}, status
            if newest:
                lags.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(LOOK_SECONDS)

    looking, began, tasks = asyncio.create_task(look()), time.perf_counter(), list[asyncio.Task[None]]()
    for number in range(round(RATE * seconds)):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        tasks.append(asyncio.create_task(record(number)))
    await asyncio.gather(*tasks)
    took = time.perf_counter() - began
    if looking.done():
        looking.result()  # raises what ended it
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    return lags, len(tasks) / took


async def _record(log: Log, draft: Draft, number: int) -> int:
    """Record a stage or a communication; give its position."""
    turn = number // STREAM_DRAFTS
    if turn % 10 == 9:
        entered = OPENED + timedelta(days=1 + turn % 29)
        data = DraftStageEntered(stage=Stage.SOCIAL_CRITICISM, entered_on=entered)
        position, draft.draft_version = await log.add("draft", draft.draft_id, draft.draft_version, data)
    else:
        of = new_id()
        held = CommunicationRecorded(**communication(draft, of, OPENED + timedelta(days=1 + turn % 170)))
        position, _ = await log.add("communication", of, NOTHING, held)
    return position


def resident(service: Apart) -> float:
    """Give the MiB that a service holds now."""
    lines = Path(f"/proc/{service.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def answers_part(size: Size, folder: Path) -> Part:
    async with bench_platform(folder, "metrics") as platform:
        by_size = await grow(platform, folder, size.growth, size.answers, QUESTIONS)
    rows = [
        _answer_row(named(question), [answers[number] for answers in by_size.values()], size.growth)
        for number, question in enumerate(QUESTIONS)
    ]
    return Part(rows, {"growth.svg": drawn(by_size, QUESTIONS)})


def _answer_row(name: str, answers: Sequence[Answers], sizes: Sequence[int]) -> Row:
    slow = [percentile((wall for wall, _ in at.later), 0.95) for at in answers]
    cpu = [min(busy for _, busy in at.later) for at in answers]
    middle = median(wall for wall, _ in answers[-1].later)
    goal, growth = PAGES_MS if name.startswith("/?") else JSON_MS, cpu[-1] / cpu[0]
    at_sizes = " / ".join(f"{count:,}" for count in sizes)
    p95, busy = (" / ".join(f"{value:.0f}" for value in values) for values in (slow, cpu))
    return Row(
        what=f"`{name}` at {at_sizes} drafts: p95, and processor time",
        loa=f"{p95} ms; {busy} ms of a processor ({growth:.2f} x)",
        limit=f"{answers[-1].prepared:.1f} ms (the same bytes from a row)",
        ratio=f"{answers[-1].prepared / middle:.2f}",
        goal=f"p95 ≤ {goal:.0f} ms, growth ≤ {GROWTH} x",
        met=max(slow) <= goal and growth <= GROWTH,
    )
