"""Real engines for tests: one broker and one PostgreSQL for a session, and fresh ones in a moment."""

import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from nats.aio.client import Client

from deploy.local.engines.nats import NatsServer
from deploy.local.engines.postgres import PostgresServer, create_database
from deploy.local.keys.keyring import Keyring, keyring
from deploy.nats.permissions import OPERATOR
from shared.eventstore import streams
from tests.support.ports import free_port

# What a crash could lose doesn't matter to a throw-away database.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_numbers = itertools.count(1)

NewDatabase = Callable[[], Awaitable[str]]


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
    async with NatsServer(folder, keys, free_port(), free_port()) as server:
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


@pytest.fixture
async def new_database(postgres_server: PostgresServer) -> AsyncIterator[NewDatabase]:
    """Make empty databases for one test (about 0.03 s each); the answer is the address, as its owner."""
    made: list[str] = []

    async def make() -> str:
        name = f"test_{next(_numbers)}"
        made.append(name)
        async with _admin(postgres_server) as admin:
            await create_database(admin, name, name)
        return f"postgresql://{name}:{name}@127.0.0.1:{postgres_server.port}/{name}"

    yield make
    async with _admin(postgres_server) as admin:
        for name in made:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            await admin.execute(f'DROP ROLE "{name}"')


@pytest.fixture(scope="session")
def session_database(postgres_server: PostgresServer) -> NewDatabase:
    """Make databases that live as long as the server, for what many tests share."""

    async def make() -> str:
        name = f"shared_{next(_numbers)}"
        async with _admin(postgres_server) as admin:
            await create_database(admin, name, name)
        return f"postgresql://{name}:{name}@127.0.0.1:{postgres_server.port}/{name}"

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
