"""An operator sees what is lost and accepts the present log: rows are rebuilt, the fence opens, the decision is kept."""

import json
from typing import Any

import asyncpg

from tests.integration.log.replaced_log import LOG_REPLACED, Store, closed, opened, record, recorded
from tests.support.platform.service import Platform


async def test_what_is_lost_is_listed_and_accepted(platform: Platform, store: Store) -> None:
    await recorded(platform, "A1")
    await store.copy()
    await recorded(platform, "B1", "B2")
    end = await platform.head()
    await store.restore()
    await closed(platform, "registry", "campaigns")
    lost = (await platform.registry.client.get("/log/lost")).json()
    assert (lost["common_position"], lost["events"], lost["first"], lost["last"]) == (
        end - 2,
        2,
        end - 1,
        end,
    )
    assert lost["by_type"] == {"unit.registered": 2}
    assert [event["actor"] is not None for event in lost["newest"]] == [True, True]
    refused = await platform.registry.client.post("/projections/rebuild")
    assert (refused.status_code, refused.json()["type"]) == (503, LOG_REPLACED)
    for api in platform.services.values():
        answer = await api.client.post("/log/decision", json={"reason": "Đĩa hỏng"})
        assert answer.status_code == 202, answer.text
    await opened(platform)
    codes = [unit["unit_code"] for unit in (await platform.registry.client.get("/units")).json()["items"]]
    assert ("A1" in codes, "B1" in codes) == (True, False)
    assert (await record(platform, "B1")).status_code < 300
    await _kept(platform.databases["registry"])


async def _kept(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        row: Any = await connection.fetchrow("SELECT * FROM log_fence")
    finally:
        await connection.close()
    assert (row["decision"], row["reason"]) == ("go_on", "Đĩa hỏng")
    assert row["decided_by"].startswith("operator/")
    assert json.loads(row["lost"])["events"] == 2


async def test_an_empty_log_can_be_accepted(platform: Platform, store: Store) -> None:
    await recorded(platform, "A1")
    await store.wipe()
    await closed(platform, "registry", "campaigns")
    for api in platform.services.values():
        await api.client.post("/log/decision", json={"reason": "Bắt đầu lại"})
    await opened(platform)
    assert (await platform.registry.client.get("/units")).json()["items"] == []
    await recorded(platform, "A1")


async def test_a_verification_by_another_log_ends_and_names_it(platform: Platform, store: Store) -> None:
    await recorded(platform, "A1")
    await store.wipe()
    await closed(platform, "registry")
    await platform.registry.client.post("/projections/verification")
    problem = None
    while problem is None:
        running = (await platform.registry.client.get("/projections/verification")).json()["running"]
        problem = running["problem"]
    assert "loa recover" in problem
