"""PostgreSQL: engine, migrations, and how rows of read models are written in bulk."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from shared.health import Check

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_one_at_a_time = asyncio.Lock()  # Alembic keeps its context in a global: one migration per process

MAX_PARAMETERS = 32_000  # of one statement; PostgreSQL's wire protocol allows 32,767


def create_engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={"server_settings": {"timezone": "UTC"}, "timeout": 10},
    )


async def migrate(url: str, folder: Path) -> None:
    """Bring the schema to its newest revision; safe when several replicas start at once."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with _one_at_a_time, engine.connect() as connection:
            await connection.run_sync(_upgrade, config)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, config: Config) -> None:
    # Of several replicas one migrates, the others wait; the lock goes with the session.
    connection.execute(text("SELECT pg_advisory_lock(hashtext('loa-migrations'))"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()


def run_migrations(metadata: MetaData) -> None:
    """Body of every service's Alembic environment."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert whole rows, or replace those whose primary key exists; each key at most once in `rows`."""
    keys = [column.name for column in table.primary_key.columns]
    for part in _parts(rows, len(table.columns)):
        statement = insert(table).values(part)
        others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=others)
            if others
            else statement.on_conflict_do_nothing()
        )


def _parts(rows: Sequence[Mapping[str, Any]], columns: int) -> Iterable[list[dict[str, Any]]]:
    size = max(1, MAX_PARAMETERS // columns)
    for start in range(0, len(rows), size):
        yield [dict(row) for row in rows[start : start + size]]


def table_of(model: type[SQLModel]) -> Table:
    """Give the Core table of a SQLModel table class, for set-based statements."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return table


async def ping(engine: AsyncEngine) -> Check:
    async with asyncio.timeout(2), engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return Check(ok=True)
