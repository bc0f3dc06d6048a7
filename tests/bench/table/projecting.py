"""Rows of the projection: a rebuild of metrics beside a bare drain of the same log, and what an event costs in a longer log."""

import asyncio
import time
from pathlib import Path
from statistics import median

from services.metrics.settings import processes_here
from shared.eventstore.log_reader import EVENTS
from tests.bench.metrics import drain, fill, project, settled
from tests.bench.peers import library
from tests.bench.projection import projected
from tests.bench.table.plot import plot
from tests.bench.table.row import Part, Row, Size
from tests.support.platform.bench_platform import Apart, apart, bench_platform
from tests.support.platform.service import Platform
from tests.support.samples.generate import random_drafts
from tests.support.servers.engines import connected

REPEATS = 3
LOOK_SECONDS = 0.1
MOST_MIB = 300.0


async def rebuild_part(size: Size, folder: Path) -> Part:
    async with bench_platform(folder, "metrics", "peer") as platform:
        await fill(platform, random_drafts(1, size.drafts))
        async with apart(platform, "metrics", folder / "metrics.log") as service:
            service.api.client.timeout = 120
            await settled(service.api, await platform.head())
            head = await platform.head()
            bare, feed, ours, held = [], [], [], [0.0]
            watching = asyncio.create_task(watch(service, held))
            for _ in range(REPEATS):
                bare.append(await ordered(platform, head))
                feed.append(await drain(platform, head))
                ours.append(await project(service.api, head))
            watching.cancel()
            most = max(held)
        peer = await asyncio.to_thread(by_the_library, platform.databases["peer"], size.peer_events)
    ratio, times = median(bare) / median(ours), (head / median(ours)) / peer
    return Part(
        [
            Row(
                what=f"rebuild of metrics, {head:,} events, divided among {processes_here()} processes (limit: bare ordered consumer)",
                loa=f"{head / median(ours):,.0f} events/s",
                limit=f"{head / median(bare):,.0f} events/s; Loa's own feed alone {head / median(feed):,.0f}",
                ratio=f"{ratio:.3f}",
                goal="≥ 0.2 of the limit",
                met=ratio >= 0.2,
            ),
            Row(
                what="the same beside a projection that keeps a row for each draft",
                loa=f"{times:.1f} x",
                peer=f"`eventsourcing` {peer:,.0f} events/s",
                goal="≥ 15 x",
                met=times >= 15,
            ),
            Row(
                what="memory of metrics and these processes during the rebuilds, at most",
                loa=f"{most:.0f} MiB",
                goal=f"< {MOST_MIB:.0f} MiB",
                met=most < MOST_MIB,
            ),
        ]
    )


async def watch(service: Apart, held: list[float]) -> None:
    """Note what the service and its processes hold, until it is cancelled."""
    while True:
        held.append(service.held_by_all())
        await asyncio.sleep(LOOK_SECONDS)


async def ordered(platform: Platform, head: int) -> float:
    """Drain the log by the ordered consumer of nats-py, doing nothing with what comes; give the seconds."""
    ended = asyncio.get_running_loop().create_future()
    count = 0

    async def take(_message: object) -> None:
        nonlocal count
        count += 1
        if count == head:
            ended.set_result(None)

    async with connected(platform.server, "operator") as nc:
        started = time.perf_counter()
        subscription = await nc.jetstream().subscribe(
            "loa.>",
            stream=EVENTS,
            ordered_consumer=True,
            cb=take,
            pending_msgs_limit=0,
            pending_bytes_limit=0,
        )
        await asyncio.wait_for(ended, 600)
        took = time.perf_counter() - started
        await subscription.unsubscribe()
        return took


def by_the_library(url: str, events: int) -> float:
    """Record events by the library, project them from the first on; give events a second."""
    env = library.environment(url)
    app = library.Drafts(env)
    recorded = library.record(app, events)
    app.close()
    began = time.perf_counter()
    library.project(env, recorded)
    return recorded / (time.perf_counter() - began)


async def cost_part(size: Size, folder: Path) -> Part:
    costs = await projected(folder, size.events)
    growth = costs[-1].units / costs[0].units
    lengths = " / ".join(f"{cost.size:,}" for cost in costs)
    micro = {
        "metrics": [cost.own for cost in costs],
        "PostgreSQL": [cost.database for cost in costs],
    }
    return Part(
        [
            Row(
                what=f"processor time of metrics for an event, after {lengths} events",
                loa=" / ".join(f"{cost.own:.0f}" for cost in costs) + f" us ({growth:.2f} x)",
                goal="last ≤ 1.2 x first",
                met=growth <= 1.2,
            )
        ],
        {"events.svg": plot("An event in a longer log", "us of a processor", list(size.events), micro)},
    )
