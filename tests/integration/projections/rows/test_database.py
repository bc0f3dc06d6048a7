"""A database that goes away: what is asked then is told as a fault that passes, not as an event that cannot be read."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from deploy.local.engines.ports import free_port
from deploy.local.engines.postgres import PostgresServer
from shared.kernel.errors import TransientError
from shared.persistence.database import DatabaseAway, DatabaseBusy, create_engine, reading
from shared.persistence.database_health import ping
from tests.contract.http.test_endpoints import app_of
from tests.support.platform.service import eventually
from tests.support.servers.engines import THROW_AWAY


def as_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


async def test_a_session_that_is_ended_in_the_middle_passes(
    database_url: str, postgres_server: PostgresServer
) -> None:
    engine = create_engine(as_driver(database_url))
    admin = await asyncpg.connect(postgres_server.admin_url)
    async with engine.connect() as connection:
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
        await admin.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(DatabaseAway):
            await connection.execute(text("SELECT 1"))
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar() == 1
    await admin.close()
    await engine.dispose()


async def test_a_query_alone_has_no_transaction_and_the_next_user_of_its_session_has_one(
    database_url: str,
) -> None:
    engine = create_engine(as_driver(database_url))
    sessions = []
    async with reading(engine) as connection:
        sessions.append((await connection.execute(text("SELECT pg_backend_pid()"))).scalar())
        begun = [(await connection.execute(text("SELECT now()"))).scalar_one() for _ in range(2)]
        assert begun[0] < begun[1], "now() is when the transaction began: each query has its own"
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE left_behind (number int)"))
    async with engine.connect() as connection:
        sessions.append((await connection.execute(text("SELECT pg_backend_pid()"))).scalar())
        await connection.execute(text("INSERT INTO left_behind VALUES (1)"))
        await connection.rollback()
    async with reading(engine) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM left_behind"))).scalar() == 0
    assert len(set(sessions)) == 1, "the session that was read with is the one that wrote"
    await engine.dispose()


async def test_an_idle_session_that_was_ended_is_replaced(
    database_url: str, postgres_server: PostgresServer
) -> None:
    engine = create_engine(as_driver(database_url))
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
    admin = await asyncpg.connect(postgres_server.admin_url)
    await admin.execute("SELECT pg_terminate_backend($1)", pid)

    async def received() -> bool:
        return driver is not None and bool(driver.is_closed())

    await eventually(received)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT pg_backend_pid()"))).scalar() != pid
    await admin.close()
    await engine.dispose()


async def test_a_value_that_does_not_fit_does_not_pass(database_url: str) -> None:
    engine = create_engine(as_driver(database_url))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="out of range") as raised:
            await connection.execute(text("SELECT 100000 * 100000"))
    assert not isinstance(raised.value, TransientError)
    await engine.dispose()


async def test_a_table_that_is_not_there_passes_while_a_service_starts_only(database_url: str) -> None:
    starts = True
    engine = create_engine(as_driver(database_url), lambda: starts)
    async with engine.connect() as connection:
        with pytest.raises(DatabaseAway, match="not up to date"):
            await connection.execute(text("SELECT * FROM not_made_yet"))
        await connection.rollback()
        starts = False
        with pytest.raises(ProgrammingError):
            await connection.execute(text("SELECT * FROM not_made_yet"))
    await engine.dispose()


async def test_who_asks_before_the_tables_are_made_is_told_to_try_again(database_url: str) -> None:
    app = app_of("metrics", public_read=True, database_url=SecretStr(database_url))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get("/compliance")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2"), answer.text


async def test_cancelled_work_is_not_retried(database_url: str) -> None:
    engine = create_engine(as_driver(database_url))

    async def work() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(60)"))

    task = asyncio.create_task(work())
    await eventually(lambda: _asleep(database_url))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await engine.dispose()


async def _asleep(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        sleeping = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
        )
        return bool(await connection.fetchval(sleeping))
    finally:
        await connection.close()


async def test_a_database_that_shuts_down_passes(engines_folder: Path) -> None:
    async with PostgresServer(engines_folder / "leaving", free_port(), settings=THROW_AWAY) as server:
        staying = await asyncpg.connect(server.admin_url)
        os.kill(server.engine.pid, signal.SIGTERM)  # the smart shutdown: nobody new, those inside may finish
        engine = create_engine(as_driver(server.url("registry")))

        async def refused() -> bool:
            try:
                async with engine.connect():
                    return False
            except DatabaseAway as error:
                return "shutting down" in str(error)

        await eventually(refused)
        await staying.close()
        await engine.dispose()


async def test_a_deadlock_and_a_lock_that_does_not_come_are_transient(database_url: str) -> None:
    engine = create_engine(as_driver(database_url))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE held (id int PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO held VALUES (1), (2)"))
    both_connected = asyncio.Barrier(2)

    async def update(first: int, second: int) -> None:
        async with engine.begin() as connection:
            await connection.execute(text(f"UPDATE held SET id = id WHERE id = {first}"))
            await both_connected.wait()
            await connection.execute(text(f"UPDATE held SET id = id WHERE id = {second}"))

    outcomes = await asyncio.gather(update(1, 2), update(2, 1), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [DatabaseBusy]
    async with engine.begin() as holder, engine.connect() as waiter:
        await holder.execute(text("LOCK TABLE held"))
        await waiter.execute(text("SET lock_timeout = '10ms'"))
        with pytest.raises(DatabaseBusy):
            await waiter.execute(text("SELECT * FROM held"))
    await engine.dispose()


async def test_parameters_of_libpq_reach_the_server(database_url: str) -> None:
    query = (
        "sslmode=prefer&application_name=loa-office&connect_timeout=5&options=-c%20statement_timeout%3D77s"
    )
    engine = create_engine(f"{database_url}?{query}&target_session_attrs=read-write")
    async with engine.connect() as connection:
        names = ("application_name", "statement_timeout", "timezone")
        values = [(await connection.execute(text(f"SHOW {name}"))).scalar() for name in names]
    await engine.dispose()
    assert values == ["loa-office", "77s", "UTC"]


async def test_a_server_without_tls_is_refused_where_tls_is_asked_for(database_url: str) -> None:
    engine = create_engine(f"{database_url}?sslmode=require")
    with pytest.raises(Exception, match="rejected SSL upgrade"):
        await ping(engine)
    await engine.dispose()
