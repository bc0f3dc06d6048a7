"""Writes the next Alembic revision of a service from its table definitions: `python -m deploy.revision registry "why"`."""

import asyncio
import importlib
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.engines.ports import free_port
from deploy.local.engines.postgres import PostgresServer
from shared.persistence import database

TEMPLATE = Path(__file__).with_name("script.py.mako")


async def revise(service: str, folder: Path, message: str) -> None:
    """Migrate an empty database to the newest revision, then write the difference to the tables."""
    with tempfile.TemporaryDirectory(prefix="loa-revision-") as data:
        async with PostgresServer(Path(data), free_port()) as server:
            url = server.url(service).replace("postgresql://", "postgresql+asyncpg://")
            await database.migrate(url, folder)
            engine = create_async_engine(url)
            async with engine.connect() as connection:
                await connection.run_sync(_write, folder, message)
            await engine.dispose()


def _write(connection: Connection, folder: Path, message: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    number = len(list((folder / "versions").glob("[0-9]*.py"))) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def main(service: str, message: str) -> None:
    package = importlib.import_module(f"services.{service}")
    folder = Path(package.__path__[0]) / "adapters" / "migrations"
    template = folder / TEMPLATE.name  # Alembic expects it in this folder; one file serves all services
    template.write_text(TEMPLATE.read_text())
    try:
        asyncio.run(revise(service, folder, message))
    finally:
        template.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
