"""Lifecycle of a service: start, background work, shutdown; the same for all four."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast

import uvicorn
from fastapi import FastAPI
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.auth.callers import Access
from shared.auth.sessions import Sessions, SignInPlace
from shared.auth.tokens import OWN_NAMES, Mapped, RevokedTokens, Verifier
from shared.contracts.envelope import CATALOG, Catalog
from shared.eventstore.buckets import AnswerBucket, Bucket
from shared.eventstore.jetstream import (
    Connection,
    JetStreamEventStore,
    LogWrites,
    ObservedEventStore,
    StoreMetrics,
)
from shared.eventstore.streams import REVOKED_BUCKET, SESSIONS_BUCKET
from shared.http.overload.connections import (
    BACKLOG,
    KEEP_ALIVE_SECONDS,
    ConnectionLimits,
    Connections,
    bounded_by_files,
)
from shared.http.overload.limits import RequestLimits
from shared.kernel import runtime
from shared.kernel.errors import PermanentError
from shared.kernel.health import Check, Health, Needs, Probe, Purpose, all_of
from shared.kernel.runtime import Clock, together, tune_gc
from shared.kernel.settings import DatabaseSettings, ServiceSettings, from_environment, refuse
from shared.kernel.transient import BROKER
from shared.messaging import faststream_broker
from shared.messaging.message_metrics import message_metrics
from shared.messaging.subscribers import Subscribers
from shared.observability import signals
from shared.observability.signals import Telemetry, Tracing
from shared.persistence import database, database_health
from shared.persistence.database import ClockCheck
from shared.persistence.waiting import until_available
from shared.projections.division import Division
from shared.projections.log_fence import FencedEventStore, FenceRows, LogFence
from shared.projections.projection_health import Notices, disk_problem, notices_of, probe_of
from shared.projections.projector import Runner
from shared.projections.rows import CheckpointTables, Projection

logger = signals.get_logger(__name__)

S = TypeVar("S", bound=ServiceSettings)
Background = Callable[[], Awaitable[None]]
MIGRATE = "migrate"  # the one argument that a service takes
DRAIN_SECONDS = 10
STARTUP_FAILED = 3  # as uvicorn ends then
READS = all_of("started", "database")
WRITES = all_of("started", "nats", "log_writes", "log", "database", "database_writes")


@dataclass(slots=True)
class Platform:
    """The connections and clients of a service; created unconnected, so that HTTP answers (with "not ready") at once."""

    settings: ServiceSettings
    catalog: Catalog = CATALOG
    client: Client = field(default_factory=Connection)
    metrics: Telemetry = field(default_factory=Telemetry)
    engine: AsyncEngine = field(init=False)
    tracing: Tracing = field(init=False)
    writes: LogWrites = field(init=False)
    migrated: bool = False
    fence: LogFence = field(init=False)
    store: FencedEventStore = field(init=False)
    connected: bool = False
    stopping: bool = False

    def __post_init__(self) -> None:
        url = self.settings.database_url.get_secret_value()
        self.engine = database.create_engine(url, may_lack_tables=lambda: not self.migrated)
        self.tracing = Tracing.configured(self.settings.service)
        self.writes = LogWrites(self.client, self.settings.nats_monitors)
        events = JetStreamEventStore(self.client, self.catalog)
        self.fence = LogFence(self.client, self.settings.service, events.newest_seen.forget)
        self.store = FencedEventStore(
            ObservedEventStore(events, self.metrics, self.tracing, self.writes), self.fence
        )

    def access(self) -> Access:
        """Make what finds out who calls: by tokens, and by the sessions of people."""
        settings = self.settings
        mapped = _mapped(settings)
        revoked = RevokedTokens(Bucket(self.client, REVOKED_BUCKET))
        verifier = Verifier(settings.jwks, public_read=settings.public_read, mapped=mapped, revoked=revoked)
        addresses = settings.page_addresses
        place = SignInPlace(addresses["notifier"], addresses[settings.service], tuple(addresses.values()))
        idle = timedelta(minutes=settings.session_idle_minutes)
        sessions = Sessions(Bucket(self.client, SESSIONS_BUCKET), revoked, runtime.now, idle)
        return Access(verifier, mapped, revoked, sessions, place)

    @property
    def answers(self) -> AnswerBucket:
        """The kept answers to idempotency keys."""
        return AnswerBucket(self.client, self.settings.service)

    def runner(
        self, projection: Projection, checkpoints: CheckpointTables, division: Division | None = None
    ) -> Runner:
        """Make the projector, whose rows the fence compares with the log from now on."""
        self.fence.rows = FenceRows(self.engine, checkpoints, projection.name)
        return Runner(
            projection,
            client=self.client,
            engine=self.engine,
            catalog=self.catalog,
            checkpoints=checkpoints,
            telemetry=self.metrics,
            tracing=self.tracing,
            fence=self.fence.require_open,
            permit_rebuild=self.fence.require_decision,
            division=division,
        )

    def subscribers(self) -> Subscribers:
        """Make the service's FastStream broker and its subscribers (none yet)."""
        broker = faststream_broker.create_broker(self.settings)
        broker.add_middleware(message_metrics(self.metrics.registry))
        inbox = f"{self.settings.inbox_prefix}.".encode()
        subscribers = Subscribers(broker, self.client, inbox, self.catalog, self.metrics, self.tracing)
        self.metrics.before_scrape("subscribers", subscribers.read)
        return subscribers

    def health(
        self, runner: Runner, now: Clock, reads: Needs = READS, writes: Needs = WRITES, **more: Probe
    ) -> Health:
        """Put together the checks of a service, and which of them its reads and writes need; sets their metrics."""
        probes: dict[str, Probe] = {
            "started": self._is_started,
            "nats": lambda: faststream_broker.ping(self.client),
            "log_writes": self.writes.probe,
            "database": lambda: database_health.ping(self.engine),
            "database_writes": lambda: database_health.ping_writes(self.engine, disk_problem(runner)),
            "projection": probe_of(runner),
            "clock": self.clock_check(now).probe,
            "log": self.fence.check,
            **more,
        }
        health = Health(probes, {Purpose.READS: reads, Purpose.WRITES: writes})
        self.metrics.before_scrape("readiness", lambda: self.metrics.set_readiness(health))
        self.metrics.before_scrape("broker_store", StoreMetrics(self.writes, self.metrics).read)
        self.metrics.fence_closed.set_function(lambda: not self.fence.is_open)
        self.metrics.before_scrape("database", lambda: self._read_database(now))
        return health

    def notices(self, runner: Runner) -> Notices:
        """Make what pages show while the log is not as it should be."""
        return notices_of(self.fence, runner, self.writes)

    def clock_check(self, now: Clock) -> ClockCheck:
        return ClockCheck(self.engine, now, timedelta(seconds=self.settings.clock_tolerance_seconds))

    async def _is_started(self) -> Check:
        return Check(self.migrated, "ok" if self.migrated else "the tables are not up to date yet")

    async def _read_database(self, now: Clock) -> None:
        self.metrics.clock_ahead.set((await self.clock_check(now).ahead()).total_seconds())
        self.metrics.database_bytes.set(await database_health.size(self.engine))

    @asynccontextmanager
    async def lifespan(self, migrations: Path, background: Sequence[Background]) -> AsyncIterator[None]:
        """Migrate, connect and run the background work while the service answers; then stop it in order."""
        tasks = asyncio.create_task(self._run(migrations, background))
        tasks.add_done_callback(self._end_if_broken)
        try:
            yield
        finally:
            self.stopping = True
            tasks.cancel()
            await asyncio.gather(tasks, return_exceptions=True)
            await self._disconnect()

    async def _run(self, migrations: Path, background: Sequence[Background]) -> None:
        if self.settings.migrate_on_start:
            await until_available(lambda: self._migrate(migrations))
        self.migrated = True
        await faststream_broker.connect(self.client, self.settings, self.closed)
        self.connected = True
        logger.info("service_started")
        await together(self.fence.run, *background)

    async def _migrate(self, migrations: Path) -> None:
        await database.migrate(self.settings.database_url.get_secret_value(), migrations)

    async def closed(self) -> None:
        # A closed client never comes back; a process that went on without it would look alive and do nothing.
        if not self.stopping:
            _end_process("nats_connection_closed")

    def _end_if_broken(self, task: asyncio.Task[None]) -> None:
        if not (self.stopping or task.cancelled()) and (error := task.exception()) is not None:
            _end_process("background_work_failed", error)

    async def _disconnect(self) -> None:
        if self.connected:
            with suppress(*BROKER):  # the broker may be gone by now
                await self.client.close()
        await self.engine.dispose()
        await asyncio.to_thread(self.tracing.close)
        logger.info("service_stopped")


def _mapped(settings: ServiceSettings) -> Mapped:
    named = settings.oidc_roles or {}
    if unknown := set(named.values()) - OWN_NAMES.keys():
        wrong, ours = ", ".join(sorted(unknown)), ", ".join(OWN_NAMES)
        refuse(f"LOA_OIDC_ROLES: {wrong}: không phải là vai trò; chỉ nhận / is no role; one of: {ours}")
    roles = {name: OWN_NAMES[role] for name, role in named.items()} or OWN_NAMES
    return Mapped(settings.oidc_issuer, roles, settings.oidc_role_claim, settings.oidc_unit_claim)


_broken: list[str] = []  # why this process ended itself; one process is one service


def _end_process(reason: str, error: BaseException | None = None) -> None:
    logger.critical(reason, exc_info=error)
    _broken.append(reason)
    os.kill(os.getpid(), signal.SIGTERM)


def main(settings_class: type[S], create_app: Callable[[S], FastAPI], migrations: Path) -> None:
    """Read the settings, compose the service and start it; what no setting can mean ends it with a sentence.

    With `migrate` on the command line run the migrations alone, and exit.
    """
    if sys.argv[1:] == [MIGRATE]:
        needed = from_environment(DatabaseSettings)
        signals.configure(settings_class.service, needed.log_format, needed.log_level)
        migrate(needed, migrations)
        return
    settings = from_environment(settings_class)
    signals.configure(settings.service, settings.log_format, settings.log_level)
    try:
        app = create_app(settings)
    except PermanentError as error:  # a file of rules that a setting names
        refuse(
            f"Tệp mà thiết lập chỉ đến không dùng được / a file that a setting names cannot be used: {error.detail}"
        )
    start(app, settings, migrations)


def start(app: FastAPI, settings: ServiceSettings, migrations: Path) -> None:
    """Run the service, or with `migrate` on the command line run the migrations and exit."""
    if sys.argv[1:] == [MIGRATE]:
        migrate(settings, migrations)
    else:
        serve(app, settings)


def migrate(settings: DatabaseSettings, migrations: Path) -> None:
    """Bring the tables up to date, as soon as the database is there."""
    gc.enable()  # it rested since `shared.kernel.lean_start`; the database may be away for hours
    asyncio.run(
        until_available(lambda: database.migrate(settings.database_url.get_secret_value(), migrations))
    )


def _exit(*_: object) -> None:
    """End as it was asked for: uvicorn raises the signal again once it has shut down."""
    sys.exit(1 if _broken else 0)


class Server(uvicorn.Server):
    """Ends the streams of open pages before it waits for the requests that are under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = cast("FastAPI", self.config.app)
        app.state.streams.close()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve HTTP until SIGTERM or SIGINT; the exit status is 0 then, and 1 if the service broke down."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)
    tune_gc()
    server = Server(server_config(app, settings))
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILED)
    if _broken:
        sys.exit(1)


def server_config(app: FastAPI, settings: ServiceSettings) -> uvicorn.Config:
    """Put together uvicorn's settings: its protocol has our ceilings, and only named proxies say who a client is."""
    closed = app.state.metrics.connections_closed
    limits = ConnectionLimits(settings.most_connections, settings.most_connections_of_address)
    app.state.request_limits = RequestLimits(
        settings.requests_per_second,
        burst=round(10 * settings.requests_per_second),
        queue_seconds=settings.queue_seconds,
    )
    guard = Connections(bounded_by_files(limits), lambda reason: closed.labels(reason).inc())
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=cast("type[asyncio.Protocol]", guard.protocol),  # it is called as a class is
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        backlog=BACKLOG,
    )
