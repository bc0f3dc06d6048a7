"""The signed links in the ledger of a kept release: rows that work, and no token in the ledger after the migration."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from deploy.local.keys.keyring import Keyring
from services.notifier.app import MIGRATIONS
from shared.kernel.local_day import VIETNAM
from shared.kernel.runtime import new_id
from shared.persistence import database
from shared.signed_links.short_links import token_hash
from tests.integration.notifier.notifier_fixture import (
    NotifierFixture,
    open_notifier_env,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.first_release import Kept, kept, restore_rows
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

SIGNED = re.compile(r"/(answers|mailbox)/(ey[\w-]+\.[\w-]+\.[\w-]+)")
ARCHIVE = next(archive for archive in kept() if archive.name == "0.1.0")


@pytest.fixture
async def restored(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a database with the rows of release 0.1.0, one of its mails still waiting."""
    await restore_rows(database_url, "notifier", "2026-01-01T00:00:00+00:00", ARCHIVE)
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def tokens(archive: Kept) -> dict[str, set[str]]:
    mails = (row["row"] for row in archive.rows("notifier") if row["table"] == "digest")
    return {mail["digest_key"]: {match[1] for match in SIGNED.findall(json.dumps(mail))} for mail in mails}


async def test_the_ledger_has_no_token_and_every_link_is_a_row(
    restored: asyncpg.Connection, database_url: str
) -> None:
    before = {key: of_mail for key, of_mail in tokens(ARCHIVE).items() if of_mail}
    waiting = next(iter(before))
    await restored.execute("UPDATE digest SET state = 'queued' WHERE digest_key = $1", waiting)
    await database.migrate(database_url, MIGRATIONS)

    mails = await restored.fetch("SELECT digest_key, text, html, unsubscribe FROM digest")
    assert [mail["digest_key"] for mail in mails if SIGNED.search(str(dict(mail)))] == []
    rows = {row["token_hash"]: row for row in await restored.fetch("SELECT * FROM link")}
    assert sum(map(len, before.values())) > 20
    for key, of_mail in before.items():
        for token in of_mail:
            row = rows[token_hash(token)]
            assert row["purpose"] in {"answer", "mailbox"}
            assert (row["reference"] is not None) == (row["mail_key"] == waiting), key
    (mail,) = (mail for mail in mails if mail["digest_key"] == waiting)
    references = {row["reference"] for row in rows.values() if row["mail_key"] == waiting}
    assert all(reference in mail["text"] + mail["html"] for reference in references)


async def test_a_migrated_link_opens_its_page_until_its_recipient_is_replaced(
    notifier_env: NotifierFixture,
) -> None:
    """By its hash alone: the key that signed it is not there any more."""
    document = next(row["row"] for row in ARCHIVE.rows("notifier") if row["table"] == "recipient")
    async with notifier_env.notifier() as api, api.as_(None) as visitor:
        recipient = await put_recipient(api, email=document["email"])
        token = next(token for of_mail in tokens(ARCHIVE).values() for token in of_mail)
        expires = datetime(2027, 1, 1, tzinfo=VIETNAM) + timedelta(days=1)
        await notifier_env.change(
            "INSERT INTO link (link_id, token_hash, purpose, recipient_id, unit_code, claims, created_at, expires_at) "
            f"VALUES (gen_random_uuid(), '{token_hash(token)}', 'mailbox', '{recipient}', 'STP-01', '{{}}', now(), "
            f"'{expires.isoformat()}')"
        )
        assert (await visitor.get(f"/mailbox/{token}")).status_code == 200
        await api.client.put("/units/STP-01/recipients", json=[])
        assert (await visitor.get(f"/mailbox/{token}")).status_code == 410


async def test_a_restored_backup_of_before_has_no_token(
    keys: Keyring, token_issuer: Issuer, new_database: NewDatabase, tmp_path: Path
) -> None:
    lines = [row for row in ARCHIVE.rows("notifier") if row["table"] in {"recipient", "digest"}]
    content = "\n".join(json.dumps(line) for line in [*lines, {"rows": len(lines)}])
    assert SIGNED.search(content)
    database_url = await new_database("notifier")
    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_notifier_env(server, keys, token_issuer, database_url, tmp_path / "other") as env,
        env.notifier() as api,
    ):
        answer = await api.client.put("/own-data", params={"begun": "2026-11-23T00:00:00Z"}, content=content)
        assert answer.status_code == 200, answer.text
        assert not SIGNED.search((await api.client.get("/own-data")).text)


async def test_a_mail_that_an_old_replica_queued_goes_out_and_leaves_no_token(
    notifier_env: NotifierFixture,
) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await tick(api, await notifier_env.gap(opened(new_id())))
        address = "http://127.0.0.1:8004/answers/eyJh.eyJi.c-_1"
        await notifier_env.change(
            f"UPDATE digest SET state = 'queued', text = 'Mở {address}', html = '<body>{address}</body>'"
        )
        await tick(api, 0)
        (mail,) = notifier_env.mails()
        assert address in mail.as_string().replace("=\n", "")
        (row,) = await notifier_env.rows("SELECT state, text, html FROM digest")
    assert row == {
        "state": "sent",
        "text": "Mở http://127.0.0.1:8004/answers/…",
        "html": "<body>http://127.0.0.1:8004/answers/…</body>",
    }
