"""Each service's migrations lead to exactly the tables that its code declares."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.persistence import database
from tests.support.platform.first_release import first_state, restore_rows

ROOT = Path(__file__).parents[4]
SERVICES = ("registry", "campaigns", "metrics", "notifier")


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_lead_to_the_declared_tables(service: str, database_url: str) -> None:
    url = database_url.replace("postgresql://", "postgresql+asyncpg://")
    folder = Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    await database.migrate(url, folder)
    tables = import_module(f"services.{service}.adapters.tables")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences, tables.metadata, tables.RETIRED) == []
        read_model = {table.name for table in tables.READ_MODEL}
        assert not read_model & await connection.run_sync(_numbered_by_sequence), "a rebuild can't drop them"
    await engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_a_job_that_migrates_needs_the_database_alone(
    service: str, database_url: str, tmp_path: Path
) -> None:
    """The job has no keys and no folder to write: the notifier's ended because of the folder of mails that it never uses."""
    (tmp_path / "mail").touch()
    environment = {
        "PATH": os.environ["PATH"],
        "LOA_DATABASE_URL": database_url,
        "LOA_MAIL_DIR": str(tmp_path / "mail" / "none"),
        "LOA_LINK_KEY": "no key",
    }
    command = [sys.executable, "-m", f"services.{service}", "migrate"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


class _Migrated(Exception):
    """Alembic was asked."""


def _migrating(*_: object) -> None:
    raise _Migrated


async def test_a_schema_that_is_new_is_not_migrated(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(import_module("services.registry").__path__[0]) / "adapters" / "migrations"
    await database.migrate(database_url, folder)
    monkeypatch.setattr(database, "_upgrade", _migrating)
    await database.migrate(database_url, folder)
    with pytest.raises(_Migrated):
        await database.migrate(database_url, folder, "0001")
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE alembic_version SET version_num = '0001'")
    await connection.close()
    with pytest.raises(_Migrated):
        await database.migrate(database_url, folder)


@pytest.mark.parametrize("service", SERVICES)
def test_the_newest_migration_is_the_one_that_alembic_ends_with(service: str) -> None:
    folder = Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    assert database.newest(folder) == ScriptDirectory(str(folder)).get_current_head()


def _numbered_by_sequence(connection: Connection) -> set[str]:
    """Give the tables of which a column takes its numbers from a sequence."""
    rows = connection.execute(
        text("SELECT table_name FROM information_schema.columns WHERE column_default LIKE 'nextval(%'")
    )
    return set(rows.scalars())


SEQUENCES = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = ANY($1) AND (column_default LIKE 'nextval%' OR is_identity = 'YES')
"""


@pytest.mark.parametrize("service", SERVICES)
async def test_no_sequence_numbers_the_rows_of_a_read_model(service: str, database_url: str) -> None:
    """A rebuilt table would need the sequence of the table that it replaces, which then cannot be dropped."""
    url = database_url.replace("postgresql://", "postgresql+asyncpg://")
    folder = Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    await database.migrate(url, folder)
    names = [table.name for table in import_module(f"services.{service}.adapters.tables").READ_MODEL]
    connection = await asyncpg.connect(database_url)
    try:
        assert [tuple(row) for row in await connection.fetch(SEQUENCES, names)] == []
    finally:
        await connection.close()


def _differences(connection: Connection, metadata: MetaData, retired: frozenset[str]) -> list[object]:
    assert not retired & metadata.tables.keys()
    kept = {"compare_type": True, "include_name": database.is_kept_by(retired)}
    context = MigrationContext.configure(connection, opts=kept)
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("service", SERVICES)
async def test_queries_return_units_before_the_rebuild(service: str, database_url: str) -> None:
    """The rows of the first release fill the directory, which a rebuild then writes as the log has it."""
    await restore_rows(database_url, service, "2026-01-01T00:00:00+00:00", first_state())
    url = database_url.replace("postgresql://", "postgresql+asyncpg://")
    await database.migrate(
        url, Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    )
    connection = await asyncpg.connect(database_url)
    old = "known_unit" if service == "campaigns" else "unit"
    try:
        rows = await connection.fetch("SELECT unit_code, unit_name FROM directory_unit")
        assert rows or service == "campaigns"  # whose rows of then have a draft alone
        assert rows == await connection.fetch(f'SELECT unit_code, unit_name FROM "{old}"')
        if service in {"registry", "campaigns"}:
            assert await connection.fetchval("SELECT count(*) FROM directory_draft_lead") > 0
    finally:
        await connection.close()
