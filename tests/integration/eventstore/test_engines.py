"""The embedded engines: ports, restarts, crashes, left-overs, rights."""

import stat
from pathlib import Path

import asyncpg
import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.engines.ports import PortTaken
from deploy.local.engines.postgres import PostgresServer
from deploy.local.engines.postgres_wheel import WHEELS, Wheel
from deploy.local.engines.process import EngineFailed, FolderInUse, command_line
from deploy.local.keys.keyring import Keyring, keyring
from deploy.nats.permissions import OPERATOR, SERVICES, USERS
from shared.eventstore.log_reader import stream_state
from tests.support.servers.engines import NewDatabase, connected, declare_streams
from tests.support.servers.ports import free_port


async def test_a_broker_keeps_its_log_through_a_kill(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc:
        before = await stream_state(nc.jetstream())
    new_nats.engine.kill()
    await new_nats.start()
    async with connected(new_nats, OPERATOR) as nc:
        assert await stream_state(nc.jetstream()) == before


async def test_a_taken_port_is_named_with_its_setting(
    tmp_path: Path, keys: Keyring, nats_server: NatsServer
) -> None:
    broker = NatsServer(tmp_path / "nats", keys, nats_server.port, free_port())
    with pytest.raises(PortTaken) as refused:
        await broker.start()
    assert (refused.value.port, refused.value.setting) == (nats_server.port, "LOA_NATS_PORT")
    assert str(nats_server.port) in refused.value.message.vi
    assert "LOA_NATS_PORT" in refused.value.message.vi
    database = PostgresServer(tmp_path / "postgres", nats_server.port)
    with pytest.raises(PortTaken, match="LOA_POSTGRES_PORT"):
        await database.start()


async def test_a_broker_left_by_a_killed_run_is_ended(new_nats: NatsServer) -> None:
    left_over, new_nats.engine.process = new_nats.engine.process, None
    assert left_over is not None
    await new_nats.start()
    assert left_over.wait(timeout=10) is not None
    assert new_nats.engine.pid != left_over.pid


async def test_a_folder_in_use_is_left_to_its_user(
    new_nats: NatsServer, postgres_server: PostgresServer, keys: Keyring
) -> None:
    """A second run on the same data must not take the engine of the first for a left-over."""
    for second in (
        NatsServer(new_nats.folder, keys, free_port(), free_port()),
        PostgresServer(postgres_server.folder, free_port()),
    ):
        with pytest.raises(FolderInUse, match=str(second.folder)):
            await second.start()
    async with connected(new_nats, OPERATOR) as nc:
        assert await stream_state(nc.jetstream())


async def test_a_failed_start_leaves_the_folder_free(tmp_path: Path, keys: Keyring) -> None:
    (tmp_path / "jetstream").write_text("a file where the store should be")
    server = NatsServer(tmp_path, keys, free_port(), free_port())
    with pytest.raises(EngineFailed):
        await server.start()
    (tmp_path / "jetstream").unlink()
    async with NatsServer(tmp_path, keys, free_port(), free_port()):
        pass


async def test_a_foreign_process_is_left_alone(
    tmp_path: Path, keys: Keyring, nats_server: NatsServer
) -> None:
    """The pid file names a living process, but it was not started on our folder."""
    broker = NatsServer(tmp_path, keys, free_port(), free_port())
    (tmp_path / "nats.pid").write_text(f"{nats_server.engine.pid}\n")
    async with broker:
        assert "nats-server" in command_line(nats_server.engine.pid)


async def test_stopping_leaves_no_process(new_nats: NatsServer) -> None:
    pid = new_nats.engine.pid
    await new_nats.stop()
    await new_nats.stop()
    assert not command_line(pid)


async def test_a_broker_that_cannot_start_shows_its_log(tmp_path: Path, keys: Keyring) -> None:
    (tmp_path / "jetstream").write_text("a file where the store should be")
    with pytest.raises(EngineFailed, match="JetStream"):
        await NatsServer(tmp_path, keys, free_port(), free_port()).start()


def test_seeds_are_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    first = keyring(tmp_path).public_keys()
    assert keyring(tmp_path).public_keys() == first
    assert len(set(first.values())) == len(USERS)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


@pytest.fixture(params=list(WHEELS))
def wheel(request: pytest.FixtureRequest) -> Wheel:
    chosen: Wheel = request.param
    return chosen


async def test_postgres_of_either_wheel_keeps_data_through_a_kill(engines_folder: Path, wheel: Wheel) -> None:
    server = PostgresServer(engines_folder / wheel, free_port(), wheel=wheel)
    async with server:
        await _write(server.url("registry"))
        server.engine.kill()
        await server.start()
        connection = await asyncpg.connect(server.url("registry"))
        assert await connection.fetchval("SELECT word FROM kept") == "giữ"
        assert await connection.fetchval("SHOW timezone") == "UTC"
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        await connection.close()
    assert stat.S_IMODE((server.folder / "passwords.json").stat().st_mode) == 0o600


async def test_a_folder_closed_to_others_will_do(tmp_path: Path) -> None:
    """As root PostgreSQL runs under another account, and must reach a home that is closed to it."""
    (tmp_path / "home").mkdir(mode=0o700)
    async with PostgresServer(tmp_path / "home" / "postgres", free_port()) as server:
        assert await _database_seen_by(server.url("metrics")) == "loa_metrics"
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


async def test_postgres_left_by_a_killed_run_is_ended(engines_folder: Path) -> None:
    server = PostgresServer(engines_folder / "left-over", free_port())
    await server.start()
    left_over, server.engine.process = server.engine.process, None
    assert left_over is not None
    async with server:
        assert left_over.wait(timeout=10) is not None
        assert await _database_seen_by(server.url("metrics")) == "loa_metrics"


async def test_postgres_is_not_held_up_by_a_reused_process_id(
    engines_folder: Path, postgres_server: PostgresServer
) -> None:
    server = PostgresServer(engines_folder / "reused", free_port())
    async with server:
        pass
    (server.data / "postmaster.pid").write_text(f"{postgres_server.engine.pid}\n{server.data}\n0\n0\n\n\n")
    async with server:
        assert await _database_seen_by(server.url("metrics")) == "loa_metrics"
    assert await _database_seen_by(postgres_server.url("metrics")) == "loa_metrics"


async def test_a_service_enters_its_own_database_only(postgres_server: PostgresServer) -> None:
    for service in SERVICES:
        assert await _database_seen_by(postgres_server.url(service)) == f"loa_{service}"
    foreign = postgres_server.url("metrics").removesuffix("loa_metrics") + "loa_registry"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)


async def test_fresh_databases_are_apart(new_database: NewDatabase) -> None:
    first, second = await new_database(), await new_database()
    await _write(first)
    await _write(second)


async def test_streams_survive_a_clean_restart(new_nats: NatsServer) -> None:
    await new_nats.stop()
    await new_nats.start()
    await declare_streams(new_nats)


async def _write(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept (word text)")
    await connection.execute("INSERT INTO kept VALUES ('giữ')")
    await connection.close()


async def _database_seen_by(url: str) -> str:
    connection = await asyncpg.connect(url)
    name: str = await connection.fetchval("SELECT current_database()")
    await connection.close()
    return name
