"""Starts and stops the whole platform on one machine in order: engines, streams, keys, services."""

import asyncio
import fcntl
import importlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from deploy.local import state
from deploy.local.engines import databases
from deploy.local.engines.nats import NatsServer
from deploy.local.engines.operator_client import apply_streams
from deploy.local.engines.ports import LOOPBACK, refuse_taken
from deploy.local.engines.postgres import PostgresServer
from deploy.local.engines.process import FolderInUse, FolderUnusable
from deploy.local.keys import signing, tokens
from deploy.local.keys.keyring import Keyring, keyring, private_folder
from deploy.local.processes import orphans, service_process
from deploy.local.processes.supervisor import Notice, Server, Service, supervise_engines, supervise_services
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import SERVICES
from shared.auth.service_tokens import service_token
from shared.contracts.vocabulary import Role
from shared.kernel import runtime

TOKEN_DAYS = 90
PUBLIC_READ = "LOA_PUBLIC_READ"


@dataclass(frozen=True, slots=True)
class Engines:
    """Addresses of broker and databases: embedded, or from the settings."""

    nats_url: str
    monitor_url: str
    database_urls: Mapping[str, str]


@asynccontextmanager
async def running(folder: Path, settings: LocalSettings, notice: Notice) -> AsyncIterator[state.Current]:
    """Start everything, without waiting until services are ready; at the end stop services first, engines last.

    `folder` is absolute: it identifies our processes.
    """
    refuse_settings(settings)
    with _locked(folder):
        await orphans.stop_services(folder / "run", folder)
        refuse_taken(settings.service_ports())
        with _preloaded(folder):
            ring = keyring(folder / "keys")
            async with _engines(folder, settings, ring, notice) as engines:
                await apply_streams(engines.nats_url, ring, settings.nats_replicas)
                current = _current(folder, settings, engines)
                async with _in_background(
                    supervise_services(_services(folder, settings, engines, ring), notice)
                ):
                    state.write(current, folder)
                    yield current


def refuse_settings(settings: LocalSettings) -> None:
    """Raise the error of the first service that cannot start with the environment, before anything is started."""
    own = {  # what `_services` sets, whatever the environment says
        **dict.fromkeys(("nats_seed", "link_key", "link_jwks", "service_token")),
        **dict.fromkeys(("jwks", "nats_monitor_url", "internal_url_notifier"), ""),
        "nats_url": f"nats://{LOOPBACK}",
        "database_url": f"postgresql://{LOOPBACK}",
        "host": LOOPBACK,
        "port": 0,
        "mail_dir": tempfile.gettempdir(),
    }
    for name in service_process.installed_services():
        importlib.import_module(f"services.{name}.settings").Settings(
            **own, **{f"url_{name}": settings.url(name) for name in SERVICES}
        )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder against a second run; the lock ends with this process."""
    try:
        private_folder(folder)
        opened = (folder / "loa.lock").open("ab")
    except OSError as error:
        raise FolderUnusable(folder, error) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FolderInUse(folder) from error
        yield


@contextmanager
def _preloaded(folder: Path) -> Iterator[None]:
    service_process.preload(folder)
    try:
        yield
    finally:
        service_process.unload()


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run it beside the body; its error ends the body, and is raised in its place."""
    body, task = asyncio.current_task(), asyncio.create_task(work)

    def ended(task: asyncio.Task[None]) -> None:
        if body is not None and not task.cancelled() and task.exception() is not None:
            body.cancel()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, ExceptionGroup):
            raise outcome.exceptions[0]


@asynccontextmanager
async def _engines(
    folder: Path, settings: LocalSettings, ring: Keyring, notice: Notice
) -> AsyncIterator[Engines]:
    broker = NatsServer(folder / "nats", ring, settings.nats_port, settings.nats_monitor_port)
    postgres = PostgresServer(folder / "postgres", settings.postgres_port)
    servers: list[Server] = []
    if settings.nats_url is None:
        servers.append(broker)
    if settings.database_url is None:
        servers.append(postgres)
    async with AsyncExitStack() as stack:
        for server in servers:
            stack.push_async_callback(server.stop)
        await _all(*(server.start() for server in servers))
        engines = Engines(
            settings.nats_url or broker.url,
            os.environ.get("LOA_NATS_MONITOR_URL", "") if settings.nats_url else broker.monitor_url,
            await _database_urls(folder, settings, postgres),
        )
        async with _in_background(supervise_engines(servers, notice)):
            yield engines


async def _all(*starting: Awaitable[None]) -> None:
    """Wait for all of them, then raise the first error: no start is left running in the background."""
    for outcome in await asyncio.gather(*starting, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def _database_urls(
    folder: Path, settings: LocalSettings, postgres: PostgresServer
) -> Mapping[str, str]:
    if settings.database_url is None:
        return {name: postgres.url(name) for name in service_process.installed_services()}
    admin = settings.database_url.get_secret_value()
    return await databases.provide(admin, folder / databases.PASSWORDS)


def _current(folder: Path, settings: LocalSettings, engines: Engines) -> state.Current:
    expires = runtime.now() + timedelta(days=TOKEN_DAYS)
    return state.Current(
        urls={name: settings.url(name) for name in service_process.installed_services()},
        token=tokens.signer(folder / "keys").token("loa-up", Role.OPERATOR, expires),
        data_dir=str(folder),
        nats_url=engines.nats_url,
        nats_monitor_url=engines.monitor_url,
    )


def _services(folder: Path, settings: LocalSettings, engines: Engines, ring: Keyring) -> list[Service]:
    for name in ("run", "logs"):
        private_folder(folder / name)
    jwks = tokens.write_jwks(folder / "keys")
    links = _link_keys(folder / "keys", settings)
    return [
        Service(
            name,
            folder,
            _environment(name, folder, settings)
            | {
                "LOA_NATS_URL": engines.nats_url,
                "LOA_NATS_MONITOR_URL": engines.monitor_url,
                "LOA_NATS_SEED": ring.seed_file(name).read_text().strip(),
                "LOA_DATABASE_URL": engines.database_urls[name],
                "LOA_JWKS": str(jwks),
            }
            | links.get(name, {}),
        )
        for name in service_process.installed_services()
    ]


def _link_keys(folder: Path, settings: LocalSettings) -> Mapping[str, dict[str, str]]:
    """Settings of links: the key for the notifier, which issues and resolves them; what campaigns asks it with."""
    private = folder / "links.pem"
    key = signing.private_key(private)
    jwks = str(signing.write_jwks(key, folder / "links.json"))
    asks = {
        "LOA_SERVICE_TOKEN": service_token(key, "campaigns"),
        "LOA_INTERNAL_URL_NOTIFIER": f"http://{LOOPBACK}:{settings.port('notifier')}",
    }
    issues = {"LOA_LINK_KEY": private.read_text(), "LOA_LINK_JWKS": jwks}
    return {"notifier": issues, "campaigns": asks, "registry": {"LOA_LINK_JWKS": jwks}}


def _environment(name: str, folder: Path, settings: LocalSettings) -> dict[str, str]:
    addresses = {
        f"LOA_URL_{other.upper()}": settings.url(other) for other in service_process.installed_services()
    }
    return {
        **_public_read(os.environ),
        **addresses,
        "LOA_DATA_DIR": str(folder),
        "LOA_MAIL_DIR": str(folder / "mail"),
        "LOA_EVIDENCE_URL": os.environ.get("LOA_EVIDENCE_URL") or (folder / "evidence").absolute().as_uri(),
        "LOA_HOST": LOOPBACK,
        "LOA_PORT": str(settings.port(name)),
    }


def _public_read(environment: Mapping[str, str]) -> dict[str, str]:
    """Let reads without a token be the default on this machine; what the environment says wins, in any case of letters."""
    is_set = any(name.upper() == PUBLIC_READ for name in environment)
    return {**environment} if is_set else {**environment, PUBLIC_READ: "true"}
