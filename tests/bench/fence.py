"""What the fence before the log costs an append: `python -m tests.bench.fence [APPENDS]`.

Appends of one event with and without the fence take turns on one broker with durable writes, while the fence compares the
log with the rows of a database every second, as in a service. The ratio of their medians is printed.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nats.aio.client import Client

from deploy.local.engines.nats import NatsServer
from deploy.local.engines.postgres import PostgresServer
from deploy.local.keys.keyring import keyring
from services.registry.adapters import tables
from services.registry.app import MIGRATIONS
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.registry import DraftRetitled
from shared.eventstore.handle import NOTHING, EventStore
from shared.eventstore.jetstream import JetStreamEventStore, ObservedEventStore
from shared.kernel.runtime import new_id
from shared.observability.signals import Telemetry, Tracing
from shared.persistence import database
from shared.projections.log_fence import FencedEventStore, FenceRows, LogFence
from tests.bench.imports import META
from tests.bench.latency import show
from tests.support.servers.engines import connected, declare_streams
from tests.support.servers.ports import free_port

WARM = 50  # appends that are not counted


async def append(store: EventStore) -> float:
    """Append one event to an aggregate of its own; give the milliseconds that it took."""
    event = NewEvent(new_id(), DraftRetitled(title="Luật Đất đai"), META)
    began = time.perf_counter()
    await store.append(AggregateRef("draft", new_id()), NOTHING, [event])
    return 1000 * (time.perf_counter() - began)


async def measure(bare: JetStreamEventStore, fenced: FencedEventStore, number: int) -> float:
    """Let both take turns; give the ratio of the medians."""
    without, with_fence = [], []
    for count in range(WARM + number):
        took = await append(bare), await append(fenced)
        if count >= WARM:
            without.append(took[0])
            with_fence.append(took[1])
    show("append without the fence", sorted(without))
    show("append with the fence", sorted(with_fence))
    return sorted(with_fence)[number // 2] / sorted(without)[number // 2]


@dataclass(frozen=True, slots=True)
class Stores:
    """Engines with durable writes, and the event store of a service on them: bare, and as a service uses it."""

    nats: NatsServer
    postgres: PostgresServer
    client: Client
    bare: JetStreamEventStore
    fenced: FencedEventStore


@asynccontextmanager
async def stores(folder: Path) -> AsyncIterator[Stores]:
    async with AsyncExitStack() as stack:
        nats = NatsServer(folder / "nats", keyring(folder / "keys"), free_port(), free_port())
        postgres = PostgresServer(folder / "postgres", free_port())
        await stack.enter_async_context(nats)
        await stack.enter_async_context(postgres)
        await declare_streams(nats)
        url = postgres.url("registry").replace("postgresql:", "postgresql+asyncpg:")
        await database.migrate(url, MIGRATIONS)
        client = await stack.enter_async_context(connected(nats, "registry"))
        fence = LogFence(client, "registry")
        fence.rows = FenceRows(database.create_engine(url), tables.checkpoints, "registry")
        comparing = asyncio.create_task(fence.run())
        bare = JetStreamEventStore(client)
        observed = ObservedEventStore(JetStreamEventStore(client), Telemetry(), Tracing())
        try:
            yield Stores(nats, postgres, client, bare, FencedEventStore(observed, fence))
        finally:
            comparing.cancel()
            await asyncio.gather(comparing, return_exceptions=True)
            await fence.rows.engine.dispose()


async def main(number: int) -> None:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240  nothing else runs yet
        async with stores(folder) as at:
            fenced = FencedEventStore(JetStreamEventStore(at.client), at.fenced.fence)
            print(f"ratio of the medians: {await measure(at.bare, fenced, number):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("appends", nargs="?", type=int, default=1000)
    asyncio.run(main(parser.parse_args().appends))
