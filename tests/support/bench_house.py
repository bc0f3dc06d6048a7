"""Engines of a benchmark's own: a broker and databases in a folder that is thrown away, nothing served yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.keys import keyring
from deploy.local.postgres import PostgresServer, create_database
from tests.support.engines import THROW_AWAY, _admin, fresh_nats
from tests.support.ports import free_port
from tests.support.service import House
from tests.support.tokens import issuer


@asynccontextmanager
async def bench_house(folder: Path, *services: str) -> AsyncIterator[House]:
    keys = keyring(folder / "keys")
    async with (
        fresh_nats(folder / "nats", keys) as server,
        PostgresServer(folder / "postgres", free_port(), settings=THROW_AWAY) as postgres,
    ):
        async with _admin(postgres) as admin:
            for name in services:
                await create_database(admin, name, name)
        at = f"127.0.0.1:{postgres.port}"
        urls = {name: f"postgresql://{name}:{name}@{at}/{name}" for name in services}
        yield House(server, keys, issuer(folder), databases=urls)
