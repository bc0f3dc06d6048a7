"""A whole platform on engines of its own, and outages that are made for real and end with the block."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.engines.nats import NatsServer
from deploy.local.engines.postgres import PostgresServer
from deploy.local.keys.keyring import Keyring
from shared.contracts.event import draft_id
from shared.eventstore.log_reader import EVENTS
from tests.support.platform.service import SERVICES, Platform, eventually, open_platform
from tests.support.servers.engines import THROW_AWAY, Databases, connected, fresh_nats
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer


@dataclass(frozen=True, slots=True)
class BreakablePlatform:
    """The four services, with a broker and a PostgreSQL that may be stopped."""

    platform: Platform
    broker: NatsServer
    postgres: PostgresServer

    async def all_ready(self) -> bool:
        return all([await api.ready() for api in self.platform.services.values()])

    @asynccontextmanager
    async def outage(self, name: str) -> AsyncIterator[None]:
        async with OUTAGES[name](self):
            yield
        await eventually(self.all_ready, 40)


@asynccontextmanager
async def breakable_platform(folder: Path, keys: Keyring, issuer: Issuer) -> AsyncIterator[BreakablePlatform]:
    async with (
        fresh_nats(folder / "nats", keys) as broker,
        PostgresServer(folder / "postgres", free_port(), settings=THROW_AWAY) as postgres,
    ):
        databases = Databases(postgres)

        async def make(service: str | None = None) -> str:
            return await databases.make(f"of_{service}")

        async with open_platform(
            broker,
            keys,
            issuer,
            make,
            *SERVICES,
            nats_monitor_url=broker.monitor_url,
            mail_dir=folder / "mail",
        ) as platform:
            yield BreakablePlatform(platform, broker, postgres)


Outage = Callable[[BreakablePlatform], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _nothing(_: BreakablePlatform) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _broker_stopped(broken: BreakablePlatform) -> AsyncIterator[None]:
    await broken.broker.stop()
    try:
        yield
    finally:
        await broken.broker.start()


@asynccontextmanager
async def _postgres_stopped(broken: BreakablePlatform) -> AsyncIterator[None]:
    await broken.postgres.stop()
    try:
        yield
    finally:
        await broken.postgres.start()


@asynccontextmanager
async def _frozen(pids: list[int]) -> AsyncIterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _broker_frozen(broken: BreakablePlatform) -> AbstractAsyncContextManager[None]:
    return _frozen([broken.broker.engine.pid])


def _postgres_frozen(broken: BreakablePlatform) -> AbstractAsyncContextManager[None]:
    return _frozen(_with_children(broken.postgres.engine.pid))


def _with_children(pid: int) -> list[int]:
    """Give a process and all processes that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in _with_children(int(child)))]


@asynccontextmanager
async def _registry_database_away(broken: BreakablePlatform) -> AsyncIterator[None]:
    await _sql(broken, "ALTER DATABASE of_registry ALLOW_CONNECTIONS false", ENDED)
    try:
        yield
    finally:
        await _sql(broken, "ALTER DATABASE of_registry ALLOW_CONNECTIONS true")


ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'of_%'"
READ_ONLY = "default_transaction_read_only"


@asynccontextmanager
async def _postgres_read_only(broken: BreakablePlatform) -> AsyncIterator[None]:
    await _sql(broken, f"ALTER SYSTEM SET {READ_ONLY} = on", "SELECT pg_reload_conf()", ENDED)
    try:
        yield
    finally:
        reset = (f"ALTER SYSTEM RESET {READ_ONLY}", "SELECT pg_reload_conf()", ENDED)
        await _sql(broken, f"SET {READ_ONLY} = off", *reset)


async def _sql(broken: BreakablePlatform, *statements: str) -> None:
    connection = await asyncpg.connect(broken.postgres.admin_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def _poison_event(broken: BreakablePlatform) -> AsyncIterator[None]:
    """Write an event about a draft that no service can decode; it is skipped at the end."""
    async with connected(broken.broker, "registry") as nc:
        subject = f"loa.draft.{draft_id('HONG')}.registered"
        ack = await nc.jetstream().publish(subject, b"{ broken", stream=EVENTS)
    services = broken.platform.services.values()

    async def all_halted() -> bool:
        return all([(await api.projection())["state"] == "halted" for api in services])

    await eventually(all_halted)
    try:
        yield
    finally:
        skipped = {"position": ack.seq, "reason": "sự kiện hỏng của kiểm thử"}
        for api in services:
            assert (await api.client.post("/projections/skip", json=skipped)).status_code == 202


OUTAGES: Mapping[str, Outage] = {
    "none": _nothing,
    "broker stopped": _broker_stopped,
    "broker frozen": _broker_frozen,
    "postgres stopped": _postgres_stopped,
    "postgres frozen": _postgres_frozen,
    "registry's database away": _registry_database_away,
    "postgres read-only": _postgres_read_only,
    "poison event": _poison_event,
}
