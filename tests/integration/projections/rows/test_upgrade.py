"""Kept data of earlier releases (log, rows of all services, ledger) under today's code: nothing lost, nothing sent twice."""

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
from tests.support.platform.first_release import Kept, answers, kept, restore_log, restore_rows, stop_ticking
from tests.support.platform.service import SERVICES, Platform, eventually
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

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


@pytest.fixture(params=kept(), ids=lambda archive: str(archive.name))
def archive(request: pytest.FixtureRequest) -> Kept:
    """Give each kept archive in turn."""
    kept: Kept = request.param
    return kept


@pytest.fixture
async def upgraded(
    new_nats: NatsServer,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
    tmp_path: Path,
    archive: Kept,
) -> AsyncIterator[Platform]:
    """Start today's services on a release's data, while that release still reads."""
    async with connected(new_nats, OPERATOR) as operator:
        created = await restore_log(operator, tmp_path, archive.name)
    await stop_ticking(new_nats)
    platform = Platform(new_nats, keys, token_issuer)
    async with AsyncExitStack() as stack:
        for service in SERVICES:
            url = platform.databases[service] = await new_database()
            columns = await restore_rows(url, service, created, archive)
            seen = await stack.enter_async_context(old_reader(url, columns))
            more: dict[str, Any] = {"mail_dir": tmp_path / "mail"} if service == "notifier" else {}
            api = await stack.enter_async_context(platform.another(service, **more))
            platform.services[service] = api
            await api.settled(await platform.head())
            assert seen.keys() == columns.keys(), "no old table was ever empty to its reader"
        yield platform


async def test_a_release_goes_on_as_todays(upgraded: Platform, archive: Kept, tmp_path: Path) -> None:
    notifier = upgraded.services["notifier"]
    for api in upgraded.services.values():
        await eventually(api._is_rebuilt)  # what the migrations added is filled
        assert all(table["same"] for table in (await api.verify())["tables"])

    sent = {row["row"]["digest_key"] for row in archive.rows("notifier") if row["table"] == "digest"}
    today = await answers(upgraded, archive.day)
    for question, recorded in archive.answers.items():
        # The preview of 0.1.0 listed mails of the day that had gone out already.
        expected = [item for item in recorded if item.get("digest_key") not in sent]
        assert _as_before(today[question], expected) == expected, question

    preview = (await notifier.client.get("/preview", params={"at": archive.day})).json()
    assert {mail["digest_key"] for mail in preview["mails"]} <= sent, "what the ledger has goes out no more"
    assert {skip["reason"] for skip in preview["skipped"]} >= {"already_sent"}
    assert list((tmp_path / "mail").glob("*.eml")) == []
    await _write_as_before(upgraded.databases["notifier"], archive)


def _as_before(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take of each answer what the archive knows of it: fields may have been added since."""
    columns = {field for item in expected for field in item}
    return [{field: value for field, value in row.items() if field in columns} for row in rows]


async def _write_as_before(url: str, archive: Kept) -> None:
    """Write a mailbox and a mail as that release does: with the columns that it knows."""
    connection = await asyncpg.connect(url)
    rows = {document["table"]: document for document in archive.rows("notifier")}
    for document in (rows["recipient"], rows["digest"]):
        key = "recipient_id" if document["table"] == "recipient" else "digest_key"
        own = {key: "00000000-0000-0000-0000-000000000001", "unit_code": "STP-KHAC"}
        own |= {"return_token": "00000000-0000-0000-0000-000000000001"}
        row = document["row"] | {name: value for name, value in own.items() if name in document["row"]}
        names = ", ".join(f'"{name}"' for name in row)
        await connection.execute(
            f'INSERT INTO "{document["table"]}" ({names}) '
            f'SELECT {names} FROM json_populate_record(NULL::"{document["table"]}", $1)',
            json.dumps(row),
        )
    await connection.close()
