"""The first state of 0.1.0 (log, rows of all services, ledger) under today's code: nothing lost, nothing said twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.cli import archive, snapshot
from deploy.local.keys import Keyring
from deploy.local.nats import NatsServer
from shared import database
from shared.eventstore import streams
from tests.support.engines import NewDatabase, connected
from tests.support.service import SERVICES, House, eventually
from tests.support.tokens import Issuer

KEPT = Path(__file__).parents[1] / "upgrade"
DRAFT, UNIT, DAY = "NQ-CU-1", "STP-CU", "2026-11-25"


async def restore_log(server: NatsServer, folder: Path) -> str:
    """Put the log back; returns its creation time, which a restored stream has anew."""
    manifest = archive.unpack(KEPT / "0.1.0-first.loa", folder)
    async with connected(server, "operator") as operator:
        await operator.jetstream().delete_stream(streams.EVENTS)
        await snapshot.load(operator, streams.EVENTS, dict(manifest.stream), folder / archive.STREAM)
        await streams.apply(operator.jetstream(), replicas=1)
        return (await streams.stream_state(operator.jetstream())).created.isoformat()


async def first_state(url: str, service: str, log_created: str) -> dict[str, list[str]]:
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


@asynccontextmanager
async def old_reader(url: str, columns: dict[str, list[str]]) -> AsyncIterator[Counter[str]]:
    """Read every old table again and again, as a replica of the first release does, and find its rows."""
    connection = await asyncpg.connect(url)
    seen: Counter[str] = Counter()

    async def read() -> None:
        while True:
            for table, names in columns.items():
                quoted = ", ".join(f'"{name}"' for name in names)
                rows = await connection.fetch(f'SELECT {quoted} FROM "{table}"')
                seen[table if rows else f"{table}, empty"] += 1
            await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    try:
        yield seen
        assert not reading.done(), reading.exception()
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await connection.close()


@pytest.fixture
async def upgraded(
    new_nats: NatsServer, keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> AsyncIterator[House]:
    """Start today's services on the first release's data, while that release still reads."""
    created = await restore_log(new_nats, tmp_path)
    house = House(new_nats, keys, token_issuer)
    async with AsyncExitStack() as stack:
        for service in SERVICES:
            url = house.databases[service] = await new_database()
            columns = await first_state(url, service, created)
            seen = await stack.enter_async_context(old_reader(url, columns))
            more: dict[str, Any] = {"mail_dir": tmp_path / "mail"} if service == "notifier" else {}
            api = await stack.enter_async_context(house.another(service, **more))
            house.services[service] = api
            await api.settled(await house.head())
            assert seen.keys() == columns.keys(), "no old table was ever empty to its reader"
        yield house


async def test_the_first_release_goes_on_as_todays(upgraded: House, tmp_path: Path) -> None:
    notifier = upgraded.services["notifier"]
    for api in upgraded.services.values():
        await eventually(api._is_rebuilt)  # what the migrations added is filled
        assert all(table["same"] for table in (await api.verify())["tables"])

    gaps = (await upgraded.services["metrics"].client.get("/gaps", params={"as_of": DAY})).json()["gaps"]
    assert [gap["draft_code"] for gap in gaps] == [DRAFT]
    history = (await upgraded.registry.client.get(f"/drafts/{DRAFT}/history")).json()["events"]
    assert len(history) >= 4
    listed = (await notifier.client.get(f"/units/{UNIT}/recipients")).json()["recipients"]
    assert [one["email"] for one in listed] == ["dau.moi@stp.example.vn"]

    preview = (await notifier.client.get("/preview", params={"at": DAY})).json()
    assert preview["mails"] == []
    assert {skip["reason"] for skip in preview["skipped"]} >= {"already_sent"}
    assert list((tmp_path / "mail").glob("*.eml")) == []
    await _write_as_before(upgraded.databases["notifier"])


async def _write_as_before(url: str) -> None:
    """Write a mailbox and a mail as the first release does: with the columns that it knows."""
    connection = await asyncpg.connect(url)
    for line in (KEPT / "0.1.0-first-notifier.ndjson").read_text(encoding="utf-8").splitlines()[:-1]:
        document: dict[str, Any] = json.loads(line)
        if document["table"] not in {"recipient", "digest"}:
            continue
        key = "recipient_id" if document["table"] == "recipient" else "digest_key"
        row = document["row"] | {key: "00000000-0000-0000-0000-000000000001", "unit_code": "STP-KHAC"}
        names = ", ".join(f'"{name}"' for name in row)
        await connection.execute(
            f'INSERT INTO "{document["table"]}" ({names}) '
            f'SELECT {names} FROM json_populate_record(NULL::"{document["table"]}", $1)',
            json.dumps(row),
        )
    await connection.close()
