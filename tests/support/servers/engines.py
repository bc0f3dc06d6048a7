"""Real engines for tests: one broker and one PostgreSQL for a session, and fresh ones in a moment."""

import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from nats.aio.client import Client

from deploy.local.engines.nats import NatsServer
from deploy.local.engines.postgres import PostgresServer, create_database
from deploy.local.keys.keyring import Keyring, keyring
from deploy.nats.permissions import OPERATOR
from shared.eventstore import streams
from shared.persistence.database import migrate
from tests.support.servers.ports import free_port

# What a crash could lose doesn't matter to a throw-away database.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_numbers = itertools.count(1)


class NewDatabase(Protocol):
    """Makes a database and gives its address; with a `service` it has that service's tables already."""

    def __call__(self, service: str | None = None) -> Awaitable[str]: ...


@pytest.fixture(scope="session")
def engines_folder() -> Iterator[Path]:
    """Give a folder near the root of the disk: PostgreSQL may run under another account."""
    with tempfile.TemporaryDirectory(prefix="loa-tests-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def keys(engines_folder: Path) -> Keyring:
    return keyring(engines_folder / "keys")


@asynccontextmanager
async def fresh_nats(folder: Path, keys: Keyring) -> AsyncIterator[NatsServer]:
    """Run an empty broker of a test's own (0.1 s), with the streams declared."""
    async with NatsServer(folder, keys, free_port(), free_port(), sync_interval="2m") as server:
        await declare_streams(server)
        yield server


@asynccontextmanager
async def connected(server: NatsServer, user: str, **options: Any) -> AsyncIterator[Client]:
    connection = await server.connect(user, **options)
    try:
        yield connection
    finally:
        await connection.close()


async def declare_streams(server: NatsServer) -> None:
    async with connected(server, OPERATOR) as operator:
        await streams.apply(operator.jetstream(), replicas=1)


@pytest.fixture(scope="session")
async def nats_server(engines_folder: Path, keys: Keyring) -> AsyncIterator[NatsServer]:
    """Share one broker: use aggregates with ids of your own, the log is never emptied."""
    async with fresh_nats(engines_folder / "nats", keys) as server:
        yield server


@pytest.fixture
async def new_nats(tmp_path_factory: pytest.TempPathFactory, keys: Keyring) -> AsyncIterator[NatsServer]:
    """Give a broker with an empty log to one test."""
    async with fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server:
        yield server


@pytest.fixture(scope="session")
async def postgres_server(engines_folder: Path) -> AsyncIterator[PostgresServer]:
    async with PostgresServer(engines_folder / "postgres", free_port(), settings=THROW_AWAY) as server:
        yield server


@dataclass(slots=True)
class Databases:
    """Makes databases on one server: empty ones, or copies of one that a service's migrations were run on once."""

    server: PostgresServer
    templates: dict[str, str] = field(default_factory=dict)

    async def make(self, name: str, service: str | None = None) -> str:
        """Give the address of a new database, as its owner; with a `service` it has that service's tables."""
        template = await self._template(service) if service else None
        async with _admin(self.server) as admin:
            if template is None:
                await create_database(admin, name, name)
            else:
                await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{template}"')
        return self._address(template or name, name)

    async def drop(self, names: Iterable[str]) -> None:
        async with _admin(self.server) as admin:
            for name in names:
                await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
                await admin.execute(f'DROP ROLE IF EXISTS "{name}"')

    async def _template(self, service: str) -> str:
        if service not in self.templates:
            name = f"migrated_{service}"
            address = await self.make(name)
            migrations = import_module(f"services.{service}.app").MIGRATIONS
            await migrate(address.replace("postgresql:", "postgresql+asyncpg:"), migrations)
            self.templates[service] = name
        return self.templates[service]

    def _address(self, owner: str, name: str) -> str:
        return f"postgresql://{owner}:{owner}@127.0.0.1:{self.server.port}/{name}"


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresServer) -> Databases:
    return Databases(postgres_server)


@pytest.fixture
async def new_database(databases: Databases) -> AsyncIterator[NewDatabase]:
    """Make databases for one test (about 0.03 s each): empty ones, or with the tables of a service."""
    made: list[str] = []

    async def make(service: str | None = None) -> str:
        made.append(f"test_{next(_numbers)}")
        return await databases.make(made[-1], service)

    yield make
    await databases.drop(made)


@pytest.fixture(scope="session")
def session_database(databases: Databases) -> NewDatabase:
    """Make databases that live as long as the server, for what many tests share."""

    async def make(service: str | None = None) -> str:
        return await databases.make(f"shared_{next(_numbers)}", service)

    return make


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    """Give one empty database to one test."""
    return await new_database()


@asynccontextmanager
async def _admin(server: PostgresServer) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(server.admin_url)
    try:
        yield connection
    finally:
        await connection.close()
