"""The registry works without the tables and columns that it no longer uses: a later release may drop them."""

import asyncpg

from tests.support.platform.service import Platform
from tests.support.samples import small_office

DROPPED = """
DROP TABLE policy, unit_succession;
ALTER TABLE stage_entry DROP COLUMN precision, DROP COLUMN what, DROP COLUMN late, DROP COLUMN unusual;
"""


async def test_unread_tables_may_be_dropped_while_the_registry_runs(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.databases["registry"])
    await connection.execute(DROPPED)
    await connection.close()
    succession = {"from_code": "BTP", "to_code": "BTC", "kind": "merge", "date": "2025-03-01"}
    await platform.import_rows("units", [small_office.unit("BTP"), small_office.unit("BTC")])
    await platform.import_rows("unit_successions", [succession])
    await platform.import_rows("drafts", [small_office.draft("LUAT-1", "BTP")])
    await platform.import_rows("policies", [small_office.policy("LUAT-1", 1)])
    await platform.import_rows("stages", [small_office.stage("LUAT-1", "drafting", "2025-03-04")])
    history = (await platform.registry.client.get("/drafts/LUAT-1/history")).json()["events"]
    path = f"/drafts/LUAT-1/stages/{history[-1]['event_id']}/correct"
    correction = {"stage": "drafting", "entered_on": "2025-03-05"}
    corrected = await platform.registry.client.post(path, json=correction)
    assert corrected.is_success, corrected.text
    await platform.registry.settled(await platform.head())
    await platform.registry.rebuild()
    assert all(table["same"] for table in (await platform.registry.verify())["tables"])
    (listed,) = (await platform.registry.client.get("/drafts")).json()["items"]
    assert (listed["stage"], listed["entered_on"]) == ("drafting", "2025-03-05")
