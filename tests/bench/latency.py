"""How soon a command can be read: `python -m tests.bench.latency [COMMANDS]`, on a machine that is idle.

The time from sending a stage or a communication until a GET with the `Loa-Position` of its answer as
`min_position` has been answered, one after the other, over kept connections, on throw-away engines with
durable writes; each service is a process of its own, as in production. Beside it stand the append of one event
to the same broker and a GET that waits for nothing: what is left between them is our own.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.registry import DraftRetitled
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.runtime import new_id
from tests.bench.imports import META
from tests.support.platform.bench_platform import Apart, apart, bench_platform
from tests.support.platform.service import Api, Platform
from tests.support.samples import small_office
from tests.support.servers.engines import connected

SERVICES = ("registry", "campaigns", "metrics")
WARM = 20  # commands that are not counted
TARGET = 100.0  # milliseconds, of 99 in 100


async def timed(number: int, once: Callable[[int], Awaitable[Any]]) -> list[float]:
    """Do something again and again; give the milliseconds that each took, sorted."""
    took = []
    for count in range(WARM + number):
        began = time.perf_counter()
        await once(count)
        took.append(1000 * (time.perf_counter() - began))
    return sorted(took[WARM:])


def show(what: str, took: list[float]) -> float:
    p50, p95, p99 = (took[min(len(took) - 1, int(len(took) * share))] for share in (0.5, 0.95, 0.99))
    print(f"{what:44} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  most {took[-1]:6.1f} ms")
    return p99


def written_then_read(write: Api, path: str, read: Api, question: str, body: Callable[[int], Any]) -> Any:
    async def once(number: int) -> None:
        answer = await write.client.post(path.format(number), json=body(number))
        assert answer.status_code == 201, answer.text
        position = answer.headers["Loa-Position"]
        client = await read.client.get(question.format(number), params={"min_position": position})
        assert client.status_code == 200, client.text

    return once


def stage(_: int) -> dict[str, str]:
    return {"stage": "draft_consultation", "entered_on": "2024-02-01"}


def talk(number: int) -> dict[str, Any]:
    defaults = {"held_on": "2024-02-05", "channel": "conference", "title": f"Hội nghị {number}"}
    return defaults | {"policies": [1]}


async def prepare(platform: Platform, number: int) -> None:
    drafts = [f"DT-{count}" for count in range(WARM + number)]
    await platform.import_rows("units", [small_office.unit("DV-0")])
    await platform.import_rows(
        "drafts", [small_office.draft(code, "DV-0", in_scope="yes") for code in drafts]
    )
    await platform.import_rows("policies", [small_office.policy(code, 1) for code in drafts])
    await platform.settled()


async def measure(platform: Platform, number: int) -> list[float]:
    registry, campaigns, metrics = (platform.services[name] for name in SERVICES)
    spoken = "/drafts/DT-{}/communications"
    ways = {
        "stage → registry's list": written_then_read(
            registry, "/drafts/DT-{}/stages", registry, "/drafts?q=DT-{}", stage
        ),
        "communication → campaigns' list": written_then_read(campaigns, spoken, campaigns, spoken, talk),
        "communication → metrics' coverage": written_then_read(
            campaigns, spoken, metrics, "/drafts/DT-{}/coverage", talk
        ),
    }
    return [show(what, await timed(number, way)) for what, way in ways.items()]


async def concurrently(platform: Platform, number: int) -> None:
    async with connected(platform.server, "registry") as nc:
        store = JetStreamEventStore(nc)

        async def append(_: int) -> None:
            event = NewEvent(new_id(), DraftRetitled(title="Luật Đất đai"), META)
            await store.append(AggregateRef("draft", new_id()), NOTHING, [event])

        show("bare append", await timed(number, append))
    get = platform.registry.client.get
    show("bare GET of the same list", await timed(number, lambda count: get(f"/drafts?q=DT-{count}")))


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Platform, Sequence[Apart]]]:
    async with bench_platform(folder, *SERVICES) as platform, AsyncExitStack() as stack:
        processes = []
        for name in SERVICES:
            process = await stack.enter_async_context(apart(platform, name, folder / f"{name}.log"))
            platform.services[name] = process.api
            processes.append(process)
        yield platform, processes


async def main(number: int) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        Path(name).chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        async with serving(Path(name)) as (platform, processes):
            await prepare(platform, number)
            busy = sum(process.busy() for process in processes)
            worst = max(await measure(platform, number))
            busy = sum(process.busy() for process in processes) - busy
            commands = len(SERVICES) * (WARM + number)
            print(f"{1000 * busy / commands:.1f} ms of a processor in the three services for each of them")
            await concurrently(platform, number)
            print(f"target {TARGET:.0f} ms p99: {'met' if worst < TARGET else 'missed'} ({worst:.1f} ms)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", nargs="?", type=int, default=200)
    asyncio.run(main(parser.parse_args().commands))
