"""Services on real engines, in this process, each on a free port; and a platform of several on one log."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from pydantic import SecretStr

from deploy.cli.data.columns import ORDER
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.auth.service_tokens import service_token
from shared.contracts.vocabulary import Role
from shared.eventstore.log_reader import stream_state
from shared.kernel.settings import ServiceSettings
from shared.service import Server, server_config
from tests.support.readiness import is_all_ready
from tests.support.servers.engines import NewDatabase, _numbers, connected, fresh_nats
from tests.support.servers.links import LinkKeys, link_keys
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port
from tests.support.servers.tokens import Issuer, issuer

# Services in this process log warnings only: rendering the rest takes time in every test, and floods the report of a failure.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

MOST_PAUSE = 0.1  # seconds between two questions
PATIENCE = 20.0  # seconds until a test gives up waiting for something that should come
SERVICES = ("registry", "campaigns", "metrics", "notifier")

CreateApp = Callable[[Any], FastAPI]
Row = Mapping[str, Any]
Outcome = dict[str, Any]


async def eventually(check: Callable[[], Awaitable[Any]], patience: float = PATIENCE) -> Any:
    """Ask until the answer is true, and give it; an `AssertionError` if that takes longer than `patience`."""
    deadline, pause = time.monotonic() + patience, 0.01
    while not (answer := await check()):
        assert time.monotonic() < deadline, f"not so within {patience} s: {check}"
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, MOST_PAUSE)  # each question costs the services a request
    return answer


@dataclass(frozen=True, slots=True)
class Api:
    """A running service: `client` is an operator, `as_` gives other callers."""

    app: FastAPI
    settings: ServiceSettings
    client: httpx.AsyncClient
    issuer: Issuer

    @asynccontextmanager
    async def as_(self, role: Role | None, unit: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Call with the token of a role, or with no token at all."""
        token = self.issuer.token(role, unit) if role else None
        async with _client(self.settings.port, token) as client:
            yield client

    async def import_rows(self, sheet: str, rows: Sequence[Row], **query: int) -> list[Outcome]:
        lines = [{"sheet": sheet, "line": n, "row": dict(row)} for n, row in enumerate(rows, start=2)]
        body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        answer = await self.client.post("/imports", content=body, params=query)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def ready(self) -> bool:
        """Say whether every part is ready, also those that reads do not need."""
        try:
            return is_all_ready(await self.client.get("/readyz"))
        except httpx.TransportError:
            return False

    async def settled(self, position: int) -> None:
        """Wait until the read model has a position."""
        await eventually(lambda: self._is_at(position))

    async def rebuild(self) -> None:
        """Have the read model filled anew, and wait until it has taken the old one's place."""
        answer = await self.client.post("/projections/rebuild")
        assert answer.status_code == 202, answer.text
        await eventually(self._is_rebuilt)

    async def _is_rebuilt(self) -> bool:
        return (await self.projection())["rebuild"] is None

    async def verify(self) -> dict[str, Any]:
        """Have the read model compared with the log, and give the outcome."""
        answer = await self.client.post("/projections/verification")
        assert answer.status_code == 202, answer.text
        verification: dict[str, Any] = await eventually(self._verified)
        return verification

    async def _verified(self) -> Any:
        return (await self.client.get("/projections/verification")).json()["outcome"]

    async def _is_at(self, position: int) -> bool:
        answer = await self.client.get("/projections")
        return bool(answer.json()["position"] >= position)

    async def projection(self) -> dict[str, Any]:
        status: dict[str, Any] = (await self.client.get("/projections")).json()
        return status


@asynccontextmanager
async def running(
    create_app: CreateApp, settings: ServiceSettings, issuer: Issuer, *, until_ready: bool = True
) -> AsyncIterator[Api]:
    """Run one service until the block ends."""
    app = create_app(settings)
    config = server_config(app, settings)
    server = Server(config)
    task = asyncio.create_task(server.serve())
    try:
        async with _client(settings.port, issuer.token()) as client:
            api = Api(app, settings, client, issuer)
            await eventually(api.ready if until_ready else _answers(client))
            yield api
    finally:
        server.should_exit = True
        await task


def _client(port: int, token: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE, verify=NO_AUTHORITIES
    )


def _answers(client: httpx.AsyncClient) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            return (await client.get("/livez")).status_code == 200
        except httpx.TransportError:
            return False

    return answers


@dataclass(slots=True)
class Platform:
    """Several services on one broker, each with a database of its own."""

    server: NatsServer
    keys: Keyring
    issuer: Issuer
    services: dict[str, Api] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def registry(self) -> Api:
        return self.services["registry"]

    @property
    def campaigns(self) -> Api:
        return self.services["campaigns"]

    @property
    def links(self) -> LinkKeys:
        """The keys of the links in this platform's mails."""
        return link_keys(self.keys.folder)

    def settings(self, service: str, **changes: Any) -> ServiceSettings:
        """Give the settings of (one more process of) a service."""
        settings: type[ServiceSettings] = import_module(f"services.{service}.settings").Settings
        defaults: dict[str, Any] = {
            "nats_url": self.server.url,
            "nats_seed": SecretStr(self.keys.seed_file(service).read_text()),
            "database_url": SecretStr(self.databases[service]),
            "jwks": str(self.issuer.jwks),
            "port": self._port(service),
            "link_key": SecretStr(self.links.pem),
            "link_jwks": self.links.jwks,
            "service_token": SecretStr(service_token(self.links.key, service)),
        }
        if service == "registry":
            others = {"metrics", "campaigns", "notifier"} - self.ports.keys()
            defaults |= {f"{name}_api": "http://127.0.0.1:9" for name in others}  # nobody, as below
        if service == "notifier":
            defaults["mail_dir"] = self.server.folder / "mail"
            metrics = self.services.get("metrics")  # else nobody: what runs on this machine must not answer
            defaults["metrics_api"] = str(metrics.client.base_url) if metrics else "http://127.0.0.1:9"
            if "registry" in self.services:
                defaults["registry_api"] = str(self.registry.client.base_url)
        if service == "campaigns" and "notifier" in self.services:
            defaults["internal_url_notifier"] = str(self.services["notifier"].client.base_url)
        return settings(**(defaults | changes))

    def _port(self, service: str) -> int:
        """The first process of a service takes the port that was named for it."""
        named = None if service in self.services else self.ports.get(service)
        return named or free_port()

    @asynccontextmanager
    async def another(self, service: str, *, until_ready: bool = True, **changes: Any) -> AsyncIterator[Api]:
        """Run one more process of a service, beside those that run."""
        settings = self.settings(service, **changes)
        create_app = create_app_of(service)
        async with running(create_app, settings, self.issuer, until_ready=until_ready) as api:
            yield api

    async def import_rows(self, sheet: str, rows: Sequence[Row], service: str | None = None) -> list[Outcome]:
        """Send rows to the service that takes their sheet, as `loa import` does; nothing may be refused."""
        service = service or ORDER.get(sheet, "registry")
        query = {"min_position": await self.head()} if service != "registry" else {}
        outcomes = await self.services[service].import_rows(sheet, rows, **query)
        if any(outcome.get("again") for outcome in outcomes):  # broker or database was away
            outcomes = await self.services[service].import_rows(sheet, rows, **query)
        assert [o for o in outcomes if o["status"] == "refused"] == []
        return outcomes

    async def head(self) -> int:
        """Tell the position of the last event of the log."""
        async with connected(self.server, "operator") as nc:
            return (await stream_state(nc.jetstream())).last

    async def settled(self, position: int | None = None) -> int:
        """Wait until every service has projected `position` (default: the whole log as it is now)."""
        wanted = await self.head() if position is None else position
        await asyncio.gather(*(api.settled(wanted) for api in self.services.values()))
        return wanted


def create_app_of(service: str) -> CreateApp:
    create_app: CreateApp = import_module(f"services.{service}.app").create_app
    return create_app


def existing(*services: str) -> tuple[str, ...]:
    return tuple(service for service in services if find_spec(f"services.{service}.app"))


@asynccontextmanager
async def open_platform(
    server: NatsServer,
    keys: Keyring,
    issuer: Issuer,
    new_database: NewDatabase,
    *services: str,
    ports: Mapping[str, int] | None = None,
    **changes: Any,
) -> AsyncIterator[Platform]:
    platform = Platform(server, keys, issuer, ports=ports or {})
    async with AsyncExitStack() as stack:
        for service in services:
            platform.databases[service] = await new_database(service)
            platform.services[service] = await stack.enter_async_context(platform.another(service, **changes))
        yield platform


@pytest.fixture(scope="session")
def token_issuer(engines_folder: Path) -> Issuer:
    return issuer(engines_folder)


@pytest.fixture
async def platform(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    """Registry and campaigns on an empty log of the test's own."""
    async with open_platform(new_nats, keys, token_issuer, new_database, "registry", "campaigns") as opened:
        yield opened


@pytest.fixture(scope="session")
async def shared_platform(
    engines_folder: Path, keys: Keyring, token_issuer: Issuer, session_database: NewDatabase
) -> AsyncIterator[Platform]:
    """Registry and campaigns for many tests: use codes of your own (`a_code`), the log is never emptied."""
    async with (
        fresh_nats(engines_folder / "platform", keys) as server,
        open_platform(server, keys, token_issuer, session_database, "registry", "campaigns") as opened,
    ):
        yield opened


@pytest.fixture
def a_code() -> str:
    """Give a code that no other test uses."""
    return f"T{next(_numbers)}"


@pytest.fixture
async def whole_platform(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase
) -> AsyncIterator[Platform]:
    """Every service that exists, on an empty log of the test's own."""
    services = existing(*SERVICES)
    async with open_platform(new_nats, keys, token_issuer, new_database, *services) as opened:
        yield opened
