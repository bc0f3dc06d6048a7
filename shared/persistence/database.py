"""The database of a service: connections, what is written, and whether its clock agrees with ours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, ExceptionContext, MetaData, Table, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from shared.kernel.errors import TransientError
from shared.kernel.health import Check
from shared.kernel.runtime import Clock
from shared.kernel.transient import TRANSIENT, is_busy_state, is_transient_state
from shared.persistence.driver import DRIVER, connector

if TYPE_CHECKING:
    from alembic.config import Config

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_one_at_a_time = asyncio.Lock()  # Alembic keeps its context in a global: one migration per process

# A session whose other end is gone (a cut cable says no goodbye) must not hold the projector's lock: after three
# seconds without an answer PostgreSQL ends it. The default is two hours.
SESSION = {
    "timezone": "UTC",
    "tcp_keepalives_idle": "1",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "3000",
}
CONNECTIONS = 10  # of one process
NOT_MIGRATED = ("42P01", "42703")  # SQLSTATE: no such table, no such column


class DatabaseAway(TransientError):
    """The database is not there now, or let go of a session: it may be asked again."""


class DatabaseBusy(TransientError):
    """Another transaction was in the way: a deadlock, or a lock that did not come in time."""


def create_engine(url: str, may_lack_tables: Callable[[], bool] = lambda: False) -> AsyncEngine:
    """Make the engine of a service; while `may_lack_tables`, what its migrations have not made yet is a transient fault."""
    engine = create_async_engine(
        DRIVER,
        async_creator=connector(url, SESSION),
        pool_size=CONNECTIONS,
        max_overflow=0,  # one that is opened for a moment costs more than what it is opened for
        json_deserializer=orjson.loads,  # a third of the time of the standard library's
    )
    event.listen(engine.sync_engine, "checkout", _refuse_if_closed)

    def raise_if_not_migrated(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) in NOT_MIGRATED and may_lack_tables():
            raise DatabaseAway("the tables are not up to date yet") from context.original_exception

    event.listen(engine.sync_engine, "handle_error", raise_if_not_migrated)
    return _with_transient_errors(engine)


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a connection for one query, which needs no transaction around it: without BEGIN and ROLLBACK it takes one round trip, not three."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


def _refuse_if_closed(connection: DBAPIConnection, _record: Any, _proxy: Any) -> None:
    """Let the pool open a new connection for one that the database closed meanwhile.

    The driver notices it by itself, so no query checks it each time (`pool_pre_ping`: a round trip, and as much of
    a processor as a small query). A session that fell silent fails at its next use.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the database closed the session")


def _with_transient_errors(engine: AsyncEngine) -> AsyncEngine:
    """Let transient faults be raised as `TransientError`, whatever class the driver gives them."""
    event.listen(engine.sync_engine, "handle_error", _raise_if_transient)
    return engine


def _raise_if_transient(context: ExceptionContext) -> None:
    error = context.original_exception
    if not isinstance(error, Exception):
        return  # our work was cancelled
    state = str(getattr(error, "sqlstate", None) or "")
    if is_busy_state(state):
        raise DatabaseBusy(str(error)) from error
    if context.is_disconnect or is_transient_state(state):
        raise DatabaseAway(str(error)) from error


# What a release adds to its read model is in events that were projected without it: each projection is asked
# for a rebuild (`shared.projections.rebuild`), which readers don't notice.
_REQUEST_REBUILDS = """
INSERT INTO projection_checkpoint (projection, position)
SELECT projection || '.rebuild', 0 FROM projection_checkpoint WHERE projection NOT LIKE '%.%'
ON CONFLICT (projection) DO UPDATE SET position = 0, stream_created = NULL
"""


async def migrate(url: str, folder: Path, revision: str = "head") -> None:
    """Bring the schema to a revision; safe when several replicas start at once, and while others read."""
    engine = _with_transient_errors(
        create_async_engine(DRIVER, async_creator=connector(url, {}), poolclass=NullPool)
    )
    try:
        async with _one_at_a_time, engine.connect() as connection:
            if revision != "head" or await _revision(connection) != newest(folder):
                await connection.run_sync(_upgrade, _config(folder), revision)
    finally:
        await engine.dispose()


def newest(folder: Path) -> str:
    """Give the newest revision of a folder of migrations, which their names begin with."""
    return max((file.name.partition("_")[0] for file in (folder / "versions").glob("[0-9]*.py")), default="")


async def _revision(connection: AsyncConnection) -> str | None:
    """Give the schema's revision; a migration that is under way has not changed it yet."""
    if not await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        return None
    revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _config(folder: Path) -> "Config":
    from alembic.config import Config  # noqa: PLC0415  5 MiB, which a start that migrates nothing does without

    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, config: "Config", revision: str) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    # Of several replicas one migrates, the others wait; the lock goes with the session.
    connection.execute(text("SELECT pg_advisory_lock(hashtext('loa-migrations'))"))
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(config, revision)
    if before not in (None, MigrationContext.configure(connection).get_current_revision()):
        connection.execute(text(_REQUEST_REBUILDS))
    connection.commit()


def is_kept_by(retired: Collection[str]) -> Callable[..., bool]:
    """Leave tables that no code of ours reads or writes any more out of a comparison with the database."""
    return lambda name, type_, _parents: type_ != "table" or name not in retired


def run_migrations(metadata: MetaData, retired: Collection[str] = ()) -> None:
    """Body of every service's Alembic environment; `retired` tables are left as the database has them."""
    from alembic import context  # noqa: PLC0415

    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, include_name=is_kept_by(retired))
    with context.begin_transaction():
        context.run_migrations()


UNUSED = "unused"  # of a column's `info`: no statement names it, so that a later release can drop it


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert whole rows, or replace those whose primary key exists; each key at most once in `rows`.

    All rows name the same columns. They go as one JSON text that PostgreSQL takes apart: INSERT with many
    VALUES, which SQLAlchemy compiles again for each number of rows, takes six times as long.
    """
    if rows:
        await connection.exec_driver_sql(_upsert(table, tuple(rows[0])), (_as_json(rows),))


async def insert(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert whole rows whose primary keys are free, as `upsert` does."""
    if rows:
        await connection.exec_driver_sql(_insert(table, tuple(rows[0])), (_as_json(rows),))


async def add(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], key: str
) -> set[Any]:
    """Insert rows whose primary key is free, as `upsert` does; gives their values of the column `key`."""
    if not rows:
        return set()
    statement = f'{_insert(table, tuple(rows[0]))} ON CONFLICT DO NOTHING RETURNING "{key}"'
    added = await connection.exec_driver_sql(statement, (_as_json(rows),))
    return set(added.scalars())


@lru_cache
def _insert(table: Table, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f'INSERT INTO "{table.name}" ({names}) '  # noqa: S608  names of our own metadata
        f'SELECT {names} FROM json_populate_recordset(NULL::"{table.name}", $1::json)'
    )


@lru_cache
def _upsert(table: Table, columns: Sequence[str]) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    written = (column for column in table.columns if not column.primary_key and not column.info.get(UNUSED))
    others = [f'"{column.name}"' for column in written]
    change = ", ".join(f"{name} = excluded.{name}" for name in others)
    what = f"UPDATE SET {change}" if change else "NOTHING"
    return f"{_insert(table, columns)} ON CONFLICT ({keys}) DO {what}"


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows, default=_written).decode()


def _written(value: Any) -> Any:
    """Write a set, always in the same order, and an id as asyncpg gives it, which is of a class of its own."""
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no value of a column: {type(value)}")


def table_of(model: type[SQLModel]) -> Table:
    """Give the Core table of a SQLModel table class, for set-based statements."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return table


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """`tolerance` is the difference up to which the clock is trusted."""

    engine: AsyncEngine
    now: Clock
    tolerance: timedelta

    async def ahead(self) -> timedelta:
        """Return how far our clock is ahead of PostgreSQL's; negative if it is behind."""
        async with reading(self.engine) as connection:
            sent = self.now()
            theirs = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            received = self.now()
        difference: timedelta = sent + (received - sent) / 2 - theirs
        return difference

    async def problem(self) -> str:
        """Say how far our clock is off; an empty text if it is not."""
        ahead = await self.ahead()
        if abs(ahead) <= self.tolerance:
            return ""
        direction = "ahead of" if ahead > timedelta(0) else "behind"
        return f"our clock is {abs(ahead).total_seconds():.0f} s {direction} PostgreSQL's"

    async def probe(self) -> Check:
        try:
            problem = await self.problem()
        except TRANSIENT:
            return Check(ok=True, detail="not compared: the database does not answer")
        return Check(not problem, problem or "ok")


@dataclass(frozen=True, slots=True)
class EngineClocks:
    """`last_event_time` gives when the broker received the log's last event; None if there is none."""

    check: ClockCheck
    last_event_time: Callable[[], Awaitable[datetime | None]]

    async def problem(self) -> str:
        """Say why the clock is not trusted; an empty text if it is."""
        if problem := await self.check.problem():
            return problem
        last = await self.last_event_time()
        late = (last - self.check.now()) if last else None
        if late is None or late <= self.check.tolerance:
            return ""
        return f"the last event of the log is {late.total_seconds():.0f} s later than our clock"
