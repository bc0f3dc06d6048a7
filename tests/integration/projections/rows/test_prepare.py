"""`loa prepare`: an empty broker and PostgreSQL become what the services need; again, nothing changes."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from deploy.cli.console import CommandError
from deploy.cli.operate import prepare
from deploy.local.engines.databases import PASSWORDS
from deploy.local.engines.nats import NatsServer
from deploy.local.engines.ports import free_port
from deploy.local.engines.postgres import PostgresServer, database_of
from deploy.local.keys.keyring import keyring
from deploy.local.settings import LocalSettings
from deploy.nats.permissions import OPERATOR
from shared.eventstore import streams
from tests.support.servers.engines import connected


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path))
    keyring(tmp_path / "keys")
    return tmp_path


async def test_makes_databases_and_streams(folder: Path, postgres_server: PostgresServer) -> None:
    broker = NatsServer(folder / "nats", keyring(folder / "keys"), free_port(), free_port())
    settings = LocalSettings(
        nats_url=f"nats://127.0.0.1:{free_port()},nats://127.0.0.1:{broker.port}",  # of a cluster, one is down
        database_url=SecretStr(postgres_server.admin_url),
    )
    waiting = asyncio.create_task(asyncio.to_thread(prepare.prepare, settings))  # the broker comes later
    async with broker:
        await waiting
        await asyncio.to_thread(prepare.prepare, settings)
        async with connected(broker, OPERATOR) as client:
            assert await streams.plan(client.jetstream(), 1) == []
    password = json.loads((folder / PASSWORDS).read_text())["metrics"]
    name = database_of("metrics")
    session = await asyncpg.connect(f"postgresql://{name}:{password}@127.0.0.1:{postgres_server.port}/{name}")
    await session.close()


def test_names_the_missing_settings(folder: Path) -> None:
    with pytest.raises(CommandError, match="LOA_NATS_URL"):
        prepare.prepare(LocalSettings(data_dir=folder))


def test_names_the_engine_that_does_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "TIMEOUT", 0.2)
    nowhere = f"127.0.0.1:{free_port()}"
    settings = LocalSettings(
        nats_url=f"nats://{nowhere}",
        database_url=SecretStr(f"postgresql://postgres:x@{nowhere}/postgres"),
        data_dir=folder,
    )
    with pytest.raises(CommandError, match="PostgreSQL did not answer"):
        prepare.prepare(settings)
