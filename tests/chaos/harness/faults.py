"""The faults: each holds for a block of time, and says afterwards how many things it touched."""

import asyncio
import errno
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.engines.process import Engine, EngineFailed
from shared.eventstore.streams import CONSUMERS
from tests.chaos.harness.processes import Replica
from tests.chaos.harness.proxy import Line, Proxy
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.support.servers.engines import connected, declare_streams

FILLER = "filler"
SHORTEST, LONGEST = 2.0, 5.0  # seconds that a fault lasts


@dataclass(slots=True)
class Effect:
    """What a fault touched; a fault with 0 `hits` is not counted as tried."""

    name: str
    target: str = ""
    hits: int = 0


Fault = Callable[[ChaosPlatform, random.Random, Effect], AbstractAsyncContextManager[None]]


def ended(number: signal.Signals) -> Fault:
    """A replica ends by a signal and is started again at the end of the block."""

    @asynccontextmanager
    async def fault(platform: ChaosPlatform, choose: random.Random, effect: Effect) -> AsyncIterator[None]:
        replica = choose.choice(platform.replicas)
        effect.target = replica.name
        await replica.end(number)
        effect.hits += 1
        yield
        await replica.start()

    return fault


@asynccontextmanager
async def stopped(platform: ChaosPlatform, choose: random.Random, effect: Effect) -> AsyncIterator[None]:
    """A replica stands still (SIGSTOP) and goes on later, as a machine that was suspended does."""
    replica = choose.choice(platform.replicas)
    effect.target = replica.name
    replica.send_signal(signal.SIGSTOP)
    effect.hits += 1
    try:
        yield
    finally:
        replica.send_signal(signal.SIGCONT)


def on_line(line: Line, of: Callable[[Replica], Proxy]) -> Fault:
    """The line between one or all replicas and an engine is bad."""

    @asynccontextmanager
    async def fault(platform: ChaosPlatform, choose: random.Random, effect: Effect) -> AsyncIterator[None]:
        everywhere = choose.random() < 0.3
        replicas = platform.replicas if everywhere else [choose.choice(platform.replicas)]
        effect.target = "all" if everywhere else replicas[0].name
        before = sum(of(replica).hits for replica in replicas)
        managers = [of(replica).fault(line) for replica in replicas]
        for manager in managers:
            manager.__enter__()
        try:
            yield
        finally:
            for manager in managers:
                manager.__exit__(None, None, None)
            effect.hits += sum(of(replica).hits for replica in replicas) - before

    return fault


@asynccontextmanager
async def broker_killed(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    platform.nats.engine.kill()
    effect.hits += 1
    try:
        yield
    finally:
        await platform.nats.start()


@asynccontextmanager
async def database_killed(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    platform.postgres.engine.kill()
    effect.hits += 1
    try:
        yield
    finally:
        await platform.postgres.start()


def frozen(engine_of: Callable[[ChaosPlatform], Engine]) -> Fault:
    """An engine stands still for a while: no connection breaks, no answer comes."""

    @asynccontextmanager
    async def fault(platform: ChaosPlatform, _choose: random.Random, effect: Effect) -> AsyncIterator[None]:
        process = engine_of(platform).process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        effect.hits += 1
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    return fault


def _fill(disk: Path) -> int:
    """Write until a disk is full; gives the bytes written, 0 if it is no disk of its own."""
    if not disk.is_mount():
        return 0
    written = 0
    with (disk / FILLER).open("ab", buffering=0) as filler:
        try:
            while True:
                written += filler.write(b"\0" * 65536)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return written


async def _free_disk(platform: ChaosPlatform) -> None:
    """Do what the runbook says after a full disk: make room, and start the broker again."""
    (platform.disk / FILLER).unlink(missing_ok=True)
    await platform.nats.stop()
    await platform.nats.start()


@asynccontextmanager
async def disk_full(platform: ChaosPlatform, _choose: random.Random, effect: Effect) -> AsyncIterator[None]:
    """The broker's disk is full while commands come; an operator makes room and starts the broker again."""
    effect.hits += bool(_fill(platform.disk))
    try:
        yield
    finally:
        await _free_disk(platform)


@asynccontextmanager
async def started_full(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    """The broker starts while its disk is full; an operator makes room and starts it again."""
    await platform.nats.stop()
    effect.hits += bool(_fill(platform.disk))
    with suppress(EngineFailed, OSError):
        await platform.nats.start()
    try:
        yield
    finally:
        await _free_disk(platform)


@asynccontextmanager
async def consumers_deleted(
    platform: ChaosPlatform, _choose: random.Random, effect: Effect
) -> AsyncIterator[None]:
    """Somebody deletes the durable consumers; an operator declares them again (`loa streams apply`)."""
    async with connected(platform.nats, "operator") as operator:
        for consumer in CONSUMERS:
            await operator.jetstream().delete_consumer(consumer.stream, consumer.name)
            effect.hits += 1
    try:
        yield
    finally:
        await declare_streams(platform.nats)


def _broker(replica: Replica) -> Proxy:
    return replica.broker


def _database(replica: Replica) -> Proxy:
    return replica.database


FAULTS: dict[str, Fault] = {
    "replica-kill-9": ended(signal.SIGKILL),
    "replica-sigterm": ended(signal.SIGTERM),
    "replica-sigstop": stopped,
    "broker-kill-9": broker_killed,
    "broker-sigstop": frozen(lambda platform: platform.nats.engine),
    "database-kill-9": database_killed,
    "broker-disk-full": disk_full,
    "broker-started-full": started_full,
    "consumers-deleted": consumers_deleted,
    **{f"broker-{line}": on_line(line, _broker) for line in Line if line is not Line.OPEN},
    **{f"database-{line}": on_line(line, _database) for line in Line if line is not Line.OPEN},
}


async def inject(name: str, platform: ChaosPlatform, choose: random.Random) -> Effect:
    """Let a fault happen for a few seconds and heal it; give what it touched."""
    effect = Effect(name)
    async with FAULTS[name](platform, choose, effect):
        await asyncio.sleep(choose.uniform(SHORTEST, LONGEST))
    return effect
