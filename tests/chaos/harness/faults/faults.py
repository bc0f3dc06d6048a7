"""The faults: each holds for a block of time, and says afterwards how many things it touched."""

import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from deploy.local.engines.process import Engine
from shared.eventstore.streams import CONSUMERS
from tests.chaos.harness.effect import Effect, Fault
from tests.chaos.harness.faults.disk_faults import disk_full, disk_full_in_batches, started_full
from tests.chaos.harness.faults.proxy import Line, Proxy
from tests.chaos.harness.faults.service_faults import clock_wrong, killed_at_mail, mail_server, poisoned
from tests.chaos.harness.processes import Replica
from tests.chaos.harness.running_platform import ChaosPlatform
from tests.chaos.unruly_server import Fault as MailFault
from tests.support.servers.engines import connected, declare_streams

SHORTEST, LONGEST = 1.5, 4.0  # seconds that a fault lasts


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
    "broker-disk-full-in-batches": disk_full_in_batches,
    "broker-started-full": started_full,
    "poison": poisoned,
    "clock": clock_wrong,
    **{f"smtp-{fault}": mail_server(fault) for fault in MailFault},
    "notifiers-kill-9-at-mail": killed_at_mail,
    "consumers-deleted": consumers_deleted,
    **{f"broker-{line}": on_line(line, _broker) for line in Line if line is not Line.OPEN},
    **{f"database-{line}": on_line(line, _database) for line in Line if line is not Line.OPEN},
}
