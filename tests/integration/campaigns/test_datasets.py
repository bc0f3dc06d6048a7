"""What is recorded about a draft belongs to its data set, whichever way it comes: by a request, a row or a button."""

from typing import Any
from uuid import UUID

import pytest

from services.campaigns.application.commands import plan_ref
from shared.contracts.envelope import CATALOG, AggregateRef
from shared.contracts.event import programme_id
from shared.contracts.vocabulary import Dataset
from shared.eventstore.jetstream import JetStreamEventStore
from tests.integration.campaigns.test_api import record
from tests.integration.campaigns.test_plans import DOCUMENT, TALK, call
from tests.integration.campaigns.test_programmes import TASK
from tests.support.platform.service import Platform
from tests.support.samples import small_office
from tests.support.servers.engines import connected


async def office_of(platform: Platform, code: str, dataset: Dataset) -> None:
    await platform.import_rows("units", [small_office.unit(code, dataset=dataset)])
    await platform.import_rows("drafts", [small_office.draft(code, code, dataset=dataset)])
    await platform.import_rows("policies", [small_office.policy(code, 1)])


async def stored(platform: Platform, *refs: AggregateRef) -> set[tuple[str, str | None, str | None]]:
    """Give type, data set and that of the envelope of every event that has one."""
    async with connected(platform.server, "operator") as client:
        store = JetStreamEventStore(client, CATALOG)
        events = [event for ref in refs for event in (await store.load(ref)).events]
    return {
        (event.type, event.data.dataset, event.metadata.about.dataset if event.metadata.about else None)
        for event in events
        if hasattr(event.data, "dataset")
    }


@pytest.mark.parametrize("dataset", Dataset)
async def test_what_is_recorded_about_a_draft_has_its_data_set(
    shared_platform: Platform, a_code: str, dataset: Dataset
) -> None:
    await office_of(shared_platform, a_code, dataset)
    recorded = (await record(shared_platform, a_code)).json()
    row = small_office.communication(a_code, "2024-03-06")
    await shared_platform.campaigns.import_rows(
        "communications", [row], min_position=await shared_platform.head()
    )
    path = f"/drafts/{a_code}/plan"
    assert (await call(shared_platform, "PUT", path, json=DOCUMENT)).status_code in {200, 201}
    assert (await call(shared_platform, "POST", f"{path}/activities", json=TALK)).status_code == 201
    activity = small_office.activity(a_code, "2025-09-20")
    await shared_platform.campaigns.import_rows(
        "activities", [activity], min_position=await shared_platform.head()
    )
    entry: dict[str, Any] = {**TASK, "draft_code": a_code}
    programme = f"/units/{a_code}/programme/2025"
    assert (await call(shared_platform, "POST", programme, json=entry)).status_code == 201

    items = (await call(shared_platform, "GET", f"/drafts/{a_code}/communications")).json()["items"]
    assert [item["dataset"] for item in items] == [dataset, dataset]
    activities = (await call(shared_platform, "GET", path)).json()["activities"]
    assert {item["dataset"] for item in activities} == {dataset}
    refs = (
        AggregateRef("communication", UUID(recorded["id"])),
        plan_ref(a_code),
        AggregateRef("programme", programme_id(a_code, 2025)),
    )
    seen = await stored(shared_platform, *refs)
    assert len(seen) >= len(refs)
    assert {(own, about) for _, own, about in seen} == {(dataset, dataset)}
