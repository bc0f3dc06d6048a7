"""The first state of 0.1.0 (log, rows of all services, ledger) under today's code: nothing lost, nothing said twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import OPERATOR
from tests.support.engines import NewDatabase, connected
from tests.support.first_release import DAY, DRAFT, KEPT, UNIT, restore_log, restore_rows
from tests.support.service import SERVICES, House, eventually
from tests.support.tokens import Issuer

pytestmark = pytest.mark.timeout(300)  # eight services and four migrations beside the engines of other tests


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
    async with connected(new_nats, OPERATOR) as operator:
        created = await restore_log(operator, tmp_path)
    house = House(new_nats, keys, token_issuer)
    async with AsyncExitStack() as stack:
        for service in SERVICES:
            url = house.databases[service] = await new_database()
            columns = await restore_rows(url, service, created)
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
