"""What the read models of a platform hold, whatever was drawn at random: to compare two platforms."""

from importlib import import_module
from typing import Any

import asyncpg

from deploy.local.engines.postgres import PostgresServer
from tests.support.platform.home import Home

DRAWN = (
    "change_id",
    "entry_id",
    "event_id",
    "version",
    "position",
)  # of the moment, and how often something was said


async def dump(home: Home, *services: str) -> dict[str, list[str]]:
    """Give every row of the services' read models as one text, sorted; by table."""
    server = PostgresServer(home.data / "postgres", home.ports["POSTGRES"])
    dumped: dict[str, list[str]] = {}
    for service in services:
        connection: Any = await asyncpg.connect(server.url(service))
        try:
            for table in import_module(f"services.{service}.adapters.tables").READ_MODEL:
                rows = await connection.fetch(
                    f'SELECT (to_jsonb(t) - $1::text[])::text FROM "{table.name}" t', DRAWN
                )
                dumped[f"{service}.{table.name}"] = sorted(row[0] for row in rows)
        finally:
            await connection.close()
    return dumped
