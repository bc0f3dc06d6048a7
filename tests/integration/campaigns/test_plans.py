"""Plans over HTTP and through the bulk door: approved, planned, moved, carried out; and the list of all of them."""

from typing import Any

import httpx
import pytest

from services.campaigns.application.commands import plan_ref
from shared.contracts.campaigns import PlanActivityCancelled
from shared.contracts.envelope import CATALOG
from shared.contracts.event import draft_id
from shared.contracts.vocabulary import Role
from shared.eventstore.jetstream import JetStreamEventStore
from tests.integration.campaigns.test_api import HELD
from tests.integration.campaigns.test_import import office
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform, eventually
from tests.support.samples import small_office
from tests.support.servers.engines import connected

DOCUMENT = {"document": "Kế hoạch số 210/KH-UBND", "approved_on": "2025-07-31"}
TALK = {"planned_on": "2025-08-20", "stage": "draft_consultation", "channel": "dialogue", "budget": 15000000}
NOBODYS = "00000000-0000-0000-0000-000000000000"


async def call(platform: Platform, method: str, path: str, **kwargs: Any) -> httpx.Response:
    params = {"min_position": await platform.head()} | kwargs.pop("params", {})
    return await platform.campaigns.client.request(method, path, params=params, **kwargs)


async def plan_of(platform: Platform, code: str, **query: Any) -> dict[str, Any]:
    answer = await call(platform, "GET", f"/drafts/{code}/plan", params=query)
    assert answer.status_code == 200, answer.text
    answer_body: dict[str, Any] = answer.json()
    return answer_body


async def planned(platform: Platform, code: str, **changes: Any) -> str:
    await office(platform, code)
    answer = await call(platform, "POST", f"/drafts/{code}/plan/activities", json=TALK | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def take(platform: Platform, sheet: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return await platform.campaigns.import_rows(sheet, rows, min_position=await platform.head())


async def test_a_plan_is_approved_once_and_read_with_its_version(
    shared_platform: Platform, a_code: str
) -> None:
    await office(shared_platform, a_code)
    empty = await plan_of(shared_platform, a_code)
    assert (empty["approved"], empty["activities"], empty["version"]) == (None, [], 0)
    path = f"/drafts/{a_code}/plan"
    first = await call(shared_platform, "PUT", path, json=DOCUMENT, headers={"If-Match": '"0"'})
    assert first.json()["events"] == ["vn.loa.plan.approved.v1"]
    assert first.json()["id"] == str(draft_id(a_code))
    again = await call(shared_platform, "PUT", path, json=DOCUMENT)
    assert (again.json()["events"], again.headers["etag"]) == ([], '"1"')
    stale = await call(
        shared_platform, "PUT", path, json=DOCUMENT | {"document": "khác"}, headers={"If-Match": '"0"'}
    )
    refused(stale, 412, "stale-version")
    assert (await plan_of(shared_platform, a_code))["approved"]["document"] == DOCUMENT["document"]


async def test_an_activity_is_planned_moved_carried_out_and_cancelled(
    shared_platform: Platform, a_code: str
) -> None:
    id_ = await planned(shared_platform, a_code, gap_id=NOBODYS)
    path = f"/drafts/{a_code}/plan/activities/{id_}"

    async def state(as_of: str = "2025-08-21") -> tuple[str, str]:
        (activity,) = (await plan_of(shared_platform, a_code, as_of=as_of))["activities"]
        return activity["planned_on"], activity["state"]

    assert await state("2025-08-20") == ("2025-08-20", "planned")
    assert await state() == ("2025-08-20", "overdue")
    moved = {"planned_on": "2025-09-05", "reason": "trùng kỳ họp"}
    assert (await call(shared_platform, "POST", f"{path}/reschedule", json=moved)).status_code == 200
    assert await state() == ("2025-09-05", "planned")
    held = HELD | {"activity_id": id_}
    done = await call(shared_platform, "POST", f"/drafts/{a_code}/communications", json=held)
    assert await state() == ("2025-09-05", "carried_out")
    (activity,) = (await plan_of(shared_platform, a_code))["activities"]
    assert activity["carried_out_by"] == done.json()["id"]
    await call(shared_platform, "POST", f"/communications/{done.json()['id']}/retract")
    assert await state() == ("2025-09-05", "planned")
    cancelled = await call(shared_platform, "POST", f"{path}/cancel", json={"reason": "gộp"})
    assert cancelled.json()["events"] == ["vn.loa.plan.activity_cancelled.v1"]
    assert await state() == ("2025-09-05", "cancelled")
    refused(
        await call(shared_platform, "POST", f"{path}/reschedule", json=TALK_AGAIN), 409, "activity-cancelled"
    )


TALK_AGAIN = {"planned_on": "2025-10-01"}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"planned_on": "2035-08-20"}, 422, "planned-too-far"),
        ({"planned_on": "2025-08-20", "precision": "month"}, 422, "not-first-day"),
        ({"responsible_unit_code": "KHONG-CO"}, 409, "unit-not-yet-known"),
        ({"budget": -1}, 422, "invalid-request"),
        ({"stage": "thẩm định"}, 422, "invalid-request"),
        ({"audiences": "x"}, 422, "invalid-request"),
    ],
)
async def test_what_cannot_be_is_refused(
    shared_platform: Platform, a_code: str, changes: dict[str, Any], status: int, code: str
) -> None:
    await office(shared_platform, a_code)
    answer = await call(shared_platform, "POST", f"/drafts/{a_code}/plan/activities", json=TALK | changes)
    refused(answer, status, code)
    assert (await plan_of(shared_platform, a_code))["activities"] == []


async def test_a_plan_of_a_draft_that_is_not_registered_yet(shared_platform: Platform) -> None:
    for method, path, body in (
        ("GET", "plan", None),
        ("PUT", "plan", DOCUMENT),
        ("POST", "plan/activities", TALK),
        ("POST", f"plan/activities/{NOBODYS}/cancel", {}),
    ):
        answer = await call(shared_platform, method, f"/drafts/KHONG-CO/{path}", json=body)
        refused(answer, 409, "draft-not-yet-known")
        assert answer.headers["retry-after"] == "1"


async def test_what_was_never_planned_is_neither_moved_nor_carried_out(
    shared_platform: Platform, a_code: str
) -> None:
    await office(shared_platform, a_code)
    path = f"/drafts/{a_code}/plan/activities/{NOBODYS}"
    refused(await call(shared_platform, "POST", f"{path}/cancel"), 404, "activity-not-found")
    held = HELD | {"activity_id": NOBODYS}
    done = await call(shared_platform, "POST", f"/drafts/{a_code}/communications", json=held)
    refused(done, 404, "activity-not-found")


async def test_a_key_sent_again_plans_once(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    path = f"/drafts/{a_code}/plan/activities"
    first, again = [
        await call(shared_platform, "POST", path, json=TALK, headers={"Idempotency-Key": f"k-{a_code}"})
        for _ in range(2)
    ]
    assert again.json() == first.json()
    assert len((await plan_of(shared_platform, a_code))["activities"]) == 1


async def test_only_the_lead_unit_plans(shared_platform: Platform, a_code: str) -> None:
    id_ = await planned(shared_platform, a_code)
    path = f"/drafts/{a_code}/plan"
    async with shared_platform.campaigns.as_(Role.UNIT, "KHAC") as other:
        refused(await other.put(path, json=DOCUMENT), 403, "not-your-draft")
        refused(await other.post(f"{path}/activities", json=TALK), 403, "not-your-draft")
        refused(await other.post(f"{path}/activities/{id_}/cancel"), 403, "not-your-draft")
    async with shared_platform.campaigns.as_(Role.UNIT, a_code) as own:
        assert (await own.put(path, json=DOCUMENT)).status_code == 200
        assert (await own.post(f"{path}/activities", json=TALK)).status_code == 201


async def test_the_list_of_all_drafts_by_day_and_unit(shared_platform: Platform, a_code: str) -> None:
    other = f"{a_code}-B"
    await office(shared_platform, a_code)
    await shared_platform.import_rows("units", [small_office.unit(other)])
    rows = [
        small_office.activity(a_code, "2025-08-20"),
        small_office.activity(a_code, "2025-08-05", responsible_unit_code=other),
        small_office.activity(a_code, "2025-09"),
    ]
    await take(shared_platform, "activities", *rows)

    async def days(**query: Any) -> list[str]:
        answer = await call(shared_platform, "GET", "/activities", params={"draft": a_code} | query)
        assert answer.status_code == 200, answer.text
        return [item["planned_on"] for item in answer.json()["items"]]

    assert await days() == ["2025-08-05", "2025-08-20", "2025-09-01"]
    assert await days(unit=a_code) == ["2025-08-20", "2025-09-01"]
    assert await days(unit=other) == ["2025-08-05"]
    assert await days(**{"from": "2025-08-06", "to": "2025-08-31"}) == ["2025-08-20"]
    page = (await call(shared_platform, "GET", "/activities", params={"draft": a_code, "limit": 2})).json()
    assert await days(cursor=page["next"]) == ["2025-09-01"]
    held = HELD | {"activity_id": page["items"][0]["activity_id"]}
    await call(shared_platform, "POST", f"/drafts/{a_code}/communications", json=held)
    assert await days(pending=True) == ["2025-08-20", "2025-09-01"]


async def test_rows_of_plans_and_activities_go_in_once(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    plan = {"draft_code": a_code, "document": "210/KH-UBND", "approved_on": "2025-07-31", "so_trang": "4"}
    activity = small_office.activity(
        a_code,
        "2025-08",
        stage="draft_consultation",
        audience="doanh nghiệp",
        area="toàn tỉnh",
        responsible_unit_code=a_code,
        budget="15000000",
        dau_moi="Phòng Pháp chế",
    )
    first = [
        *await take(shared_platform, "plans", plan),
        *await take(shared_platform, "activities", activity),
    ]
    assert [outcome["status"] for outcome in first] == ["taken", "taken"]
    head = await shared_platform.head()
    again = [
        *await take(shared_platform, "plans", plan),
        *await take(shared_platform, "activities", activity),
    ]
    assert [outcome["status"] for outcome in again] == ["unchanged", "unchanged"]
    assert await shared_platform.head() == head
    actual = await plan_of(shared_platform, a_code)
    assert actual["approved"]["notes"] == {"so_trang": "4"}
    (item,) = actual["activities"]
    expected = {"planned_on": "2025-08-01", "precision": "month", "budget": 15000000, "area": "toàn tỉnh"}
    assert expected.items() <= item.items()
    assert item["notes"] == {"dau_moi": "Phòng Pháp chế"}
    (differs,) = await take(shared_platform, "activities", activity | {"area": "một xã"})
    assert "nội dung khác" in differs["reasons"][0]["vi"]


async def test_every_row_that_cannot_be_taken_is_reported(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    good = small_office.activity(a_code, "2025-08-20")
    wrong: dict[str, dict[str, Any]] = {
        "planned_on": good | {"planned_on": "20/08/2025"},
        "stage": good | {"stage": "thẩm định"},
        "channel": good | {"channel": "loa"},
        "budget": good | {"budget": "15 triệu"},
        "responsible_unit_code": good | {"responsible_unit_code": "sở a"},
    }
    unknown = good | {"responsible_unit_code": "KHONG-CO"}
    *bad, without, taken = await take(shared_platform, "activities", *wrong.values(), unknown, good)
    assert [outcome["reasons"][0]["column"] for outcome in bad] == list(wrong)
    assert "KHONG-CO" in without["reasons"][0]["en"]
    assert taken["status"] == "taken"


async def test_a_dry_run_takes_assumed_drafts_and_units(shared_platform: Platform) -> None:
    row = small_office.activity("CHUA-CO", "2025-08-20", responsible_unit_code="DV-CHUA-CO")
    query: Any = {"dry_run": True, "assume_drafts": "CHUA-CO", "assume_units": "DV-CHUA-CO"}
    (outcome,) = await shared_platform.campaigns.import_rows("activities", [row], **query)
    assert (outcome["status"], outcome["warnings"][0]["column"]) == ("taken", "draft_code")
    (outcome,) = await shared_platform.campaigns.import_rows(
        "activities", [row], **{name: value for name, value in query.items() if name != "assume_units"}
    )
    assert outcome["status"] == "refused"


async def test_the_end_of_a_draft_cancels_what_was_planned_for_later(
    shared_platform: Platform, a_code: str
) -> None:
    """The reaction hears the registry's event; what it appends names that event as its cause."""
    await planned(shared_platform, a_code, planned_on="2024-03-01")
    later = await planned(shared_platform, a_code)
    withdrawn = await shared_platform.registry.client.post(
        f"/drafts/{a_code}/withdraw", json={"on": "2024-06-03"}
    )
    assert withdrawn.status_code == 200, withdrawn.text

    async def cancelled() -> list[str]:
        activities = (await plan_of(shared_platform, a_code))["activities"]
        return [activity["activity_id"] for activity in activities if activity["state"] == "cancelled"]

    assert await eventually(cancelled) == [later]
    async with connected(shared_platform.server, "operator") as nc:
        history = await JetStreamEventStore(nc, CATALOG).load(plan_ref(a_code))
    event = history.events[-1]
    ended = await shared_platform.registry.client.get(f"/drafts/{a_code}/history")
    assert event.metadata.causation_id == ended.json()["events"][-1]["event_id"]
    assert event.metadata.actor == "service/campaigns"
    assert isinstance(event.data, PlanActivityCancelled)
    assert event.data.reason == "Dự thảo được rút ngày 03/06/2024."
