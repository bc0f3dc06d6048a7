"""The first state of 0.1.0, kept in tests/upgrade: its log and the rows of its services, put into engines of today."""

import json
from importlib import import_module
from pathlib import Path

import asyncpg
from nats.aio.client import Client

from deploy.cli.backup import archive, snapshot
from shared import database
from shared.eventstore import streams

KEPT = Path(__file__).parents[1] / "upgrade"
BACKUP = KEPT / "0.1.0-first.loa"
DRAFT, UNIT, DAY = "NQ-CU-1", "STP-CU", "2026-11-25"


async def restore_log(operator: Client, folder: Path) -> str:
    """Put the log back; returns its creation time, which a restored stream has anew."""
    manifest = archive.unpack(BACKUP, folder)
    await operator.jetstream().delete_stream(streams.EVENTS)
    await snapshot.load(operator, streams.EVENTS, dict(manifest.stream), folder / archive.STREAM)
    await streams.apply(operator.jetstream(), replicas=1)
    return (await streams.stream_state(operator.jetstream())).created.isoformat()


async def restore_rows(url: str, service: str, log_created: str) -> dict[str, list[str]]:
    """Give a database the tables and rows of the first release; returns the columns of its tables."""
    folder = Path(import_module(f"services.{service}").__path__[0]) / "adapters" / "migrations"
    await database.migrate(url.replace("postgresql://", "postgresql+asyncpg://"), folder, "0001")
    columns: dict[str, list[str]] = {}
    connection = await asyncpg.connect(url)
    for line in (KEPT / f"0.1.0-first-{service}.ndjson").read_text(encoding="utf-8").splitlines()[:-1]:
        document = json.loads(line)
        table, row = document["table"], document["row"]
        columns[table] = list(row)
        if table == "projection_checkpoint":
            row["stream_created"] = log_created
        insert = f'INSERT INTO "{table}" SELECT * FROM json_populate_record(NULL::"{table}", $1)'
        await connection.execute(insert, json.dumps(row))
    await connection.close()
    return columns
