"""What the notifier keeps beside the log is read out whole and put back; what waited is never sent again by that."""

import json
from pathlib import Path
from typing import Any

from deploy.local.keys.keyring import Keyring
from shared.contracts.vocabulary import Role
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    NotifierFixture,
    open_notifier_env,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer

BEGUN = {"begun": MONDAY.isoformat()}


async def read(api: Api) -> list[str]:
    answer = await api.client.get("/own-data")
    assert answer.status_code == 200
    return answer.text.splitlines()


async def filled(notifier_env: NotifierFixture) -> list[str]:
    """Have one mail sent, one that waits, and read everything out."""
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        await api.client.post("/sending/hold", json={"reason": "Tuần đầu: xem trước"})
        await api.client.post("/sending/release", json={"reason": "Đã xem"})
        position = await notifier_env.gap(opened(new_id()))
        assert len((await tick(api, position))["sent"]) == 1
        await tick(api, position, "2026-12-01")
        await notifier_env.change(
            "UPDATE digest SET state = 'queued', sent_at = NULL, announced = false WHERE day = '2026-12-01'",
        )
        return await read(api)


async def test_own_rows_come_back_and_what_waited_is_unsure_and_held(
    notifier_env: NotifierFixture,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
    tmp_path: Path,
) -> None:
    kept = await filled(notifier_env)
    tables = {json.loads(line)["table"] for line in kept[:-1]}
    assert {"recipient", "digest", "digest_line", "sending"} <= tables
    assert json.loads(kept[-1]) == {"rows": len(kept) - 1}
    async with (
        fresh_nats(tmp_path / "nats", keys) as server,
        open_notifier_env(
            server, keys, token_issuer, await new_database("notifier"), tmp_path / "other"
        ) as other,
        other.notifier() as api,
    ):
        await other.stop_ticking()
        body = "\n".join(kept)
        cut = await api.client.put("/own-data", params=BEGUN, content="\n".join(kept[:-1]))
        assert (cut.status_code, cut.json()["type"]) == (422, "urn:loa:problem:rows-cut-short")
        answer = await api.client.put("/own-data", params=BEGUN, content=body)
        assert answer.json() == {"rows": len(kept) - 1}
        again = await read(api)
        states = await other.rows("SELECT day::text, state FROM digest ORDER BY day")
        held = (await api.client.get("/sending")).json()
        released = await api.client.post("/sending/release", json={"reason": "Đã xem trước"})
        await tick(api, 0)
        events = await other.log("alert")
    assert [line for line in again[:-1] if of(line) in SAME] == [line for line in kept if of(line) in SAME]
    assert [tuple(row.values()) for row in states] == [
        ("2026-11-23", "sent"),
        ("2026-12-01", "unsure"),
    ]
    sent_days = [event["data"]["day"] for event in events if event["type"] == "vn.loa.alert.sent.v1"]
    assert sent_days == ["2026-11-23"], "the log of the backup ends before it; of the other nobody knows"
    assert held["held"]
    assert "loa preview" in held["reason"]
    assert released.status_code == 200, "numbers that the database gives go on after those put in"
    assert other.mails() == []


SAME = {"recipient", "digest_line", "silence", "projection_skipped_event"}


def of(line: str) -> str:
    document: dict[str, Any] = json.loads(line)
    return str(document.get("table"))


async def test_a_log_with_events_takes_nothing(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        answer = await api.client.put("/own-data", params=BEGUN, content='{"rows": 0}')
        async with api.as_(Role.UNIT, "STP-01") as unit:
            refused = await unit.get("/own-data")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:loa:problem:log-not-empty")
    assert refused.status_code == 403
