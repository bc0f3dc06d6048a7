"""Campaigns' door: recording, correcting and retracting a communication, and what is refused."""

from typing import Any

import httpx
import pytest

from shared.contracts.vocabulary import Role
from shared.kernel.runtime import new_id
from tests.integration.campaigns.test_import import listed, office
from tests.integration.metrics.office import ago
from tests.integration.registry.test_api import refused
from tests.support.platform.service import Platform
from tests.support.samples import small_office

HELD = {"held_on": "2024-03-05", "channel": "dialogue", "title": "Đối thoại với người dân"}
NOBODYS = "00000000-0000-0000-0000-000000000000"


async def record(platform: Platform, code: str, **changes: Any) -> httpx.Response:
    headers = changes.pop("headers", {})
    return await platform.campaigns.client.post(
        f"/drafts/{code}/communications",
        json=HELD | changes,
        headers=headers,
        params={"min_position": await platform.head()},
    )


async def recorded(platform: Platform, code: str, **changes: Any) -> str:
    await office(platform, code)
    answer = await record(platform, code, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_communication_is_recorded_and_read_at_once(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    made = await record(shared_platform, a_code, policies=[2, 1, 2], attendance=40, place="Huế")
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json()["events"] == ["vn.loa.communication.recorded.v1"]
    client = await shared_platform.campaigns.client.get(f"/communications/{made.json()['id']}")
    assert client.headers["etag"] == '"1"'
    assert client.headers["loa-position"] == made.headers["loa-position"]
    expected = HELD | {"policies": [1, 2], "attendance": 40, "place": "Huế", "retracted": False}
    assert expected.items() <= client.json().items()
    (item,) = await listed(shared_platform, a_code)
    assert expected.items() <= item.items()


@pytest.mark.parametrize("policies", [[], [0], [1, 0]])
async def test_no_policy_means_the_whole_draft(
    shared_platform: Platform, a_code: str, policies: list[int]
) -> None:
    await recorded(shared_platform, a_code, policies=policies)
    assert (await listed(shared_platform, a_code))[0]["policies"] == []


async def test_a_policy_that_the_draft_lacks_is_refused_with_those_that_exist(
    shared_platform: Platform, a_code: str
) -> None:
    await office(shared_platform, a_code)
    body = refused(await record(shared_platform, a_code, policies=[1, 9]), 422, "policy-not-in-draft")
    assert (body["policies"], body["known_policies"]) == ([9], [1, 2])
    await shared_platform.registry.client.delete(f"/drafts/{a_code}/policies/1")
    refused(await record(shared_platform, a_code, policies=[1]), 422, "policy-not-in-draft")


async def test_a_draft_that_is_not_registered_yet(shared_platform: Platform) -> None:
    answer = await record(shared_platform, "KHONG-CO")
    refused(answer, 409, "draft-not-yet-known")
    assert answer.headers["retry-after"] == "1"
    listing = await shared_platform.campaigns.client.get("/drafts/KHONG-CO/communications")
    refused(listing, 409, "draft-not-yet-known")


async def test_with_the_position_of_the_registration_the_draft_exists(
    shared_platform: Platform, a_code: str
) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    for n in range(10):
        code = f"{a_code}-{n}"
        made = await shared_platform.registry.client.post("/drafts", json=small_office.draft(code, a_code))
        query = {"min_position": made.json()["position"]}
        path = f"/drafts/{code}/communications"
        assert (await shared_platform.campaigns.client.post(path, json=HELD, params=query)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"held_on": ago(-365)}, "day-in-future"),
        ({"held_on": "2024-03-05", "precision": "month"}, "not-first-day"),
        ({"held_on": "2024-03-01", "precision": "year"}, "not-first-day"),
        ({"attendance": -1}, "invalid-request"),
        ({"attendance": 10**10}, "invalid-request"),
        ({"channel": "tin đồn"}, "invalid-request"),
        ({"title": ""}, "invalid-request"),
        ({"policy": [1]}, "invalid-request"),
    ],
)
async def test_what_cannot_be_is_refused(
    shared_platform: Platform, a_code: str, changes: dict[str, Any], code: str
) -> None:
    await office(shared_platform, a_code)
    refused(await record(shared_platform, a_code, **changes), 422, code)
    assert await listed(shared_platform, a_code) == []


async def test_a_key_sent_again_records_once(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    headers = {"Idempotency-Key": f"k-{a_code}"}
    first = await record(shared_platform, a_code, headers=headers)
    again = await record(shared_platform, a_code, headers=headers)
    assert again.json() == first.json()
    without = await record(shared_platform, a_code)
    assert without.json()["id"] != first.json()["id"]
    assert len(await listed(shared_platform, a_code)) == 2


async def test_a_key_stands_for_one_payload(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    headers = {"Idempotency-Key": f"k-{a_code}"}
    await record(shared_platform, a_code, headers=headers)
    refused(
        await record(shared_platform, a_code, headers=headers, title="Khác"), 422, "idempotency-key-reused"
    )
    assert len(await listed(shared_platform, a_code)) == 1


async def test_the_key_of_another_caller_is_another_key(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    headers = {"Idempotency-Key": f"k-{a_code}"}
    first = await record(shared_platform, a_code, headers=headers)
    async with shared_platform.campaigns.as_(Role.UNIT, a_code) as other:
        second = await other.post(f"/drafts/{a_code}/communications", json=HELD, headers=headers)
    assert second.json()["id"] != first.json()["id"]


async def test_an_id_of_ones_own(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    given = str(new_id())
    first = await record(shared_platform, a_code, id=given)
    again = await record(shared_platform, a_code, id=given)
    assert (first.json()["id"], again.json()["events"]) == (given, [])
    refused(await record(shared_platform, a_code, id=given, title="Khác"), 409, "communication-differs")


async def test_a_correction_replaces_every_field(shared_platform: Platform, a_code: str) -> None:
    id_ = await recorded(shared_platform, a_code, place="Huế", policies=[1])
    client = shared_platform.campaigns.client
    body = HELD | {"held_on": "2024-03-06", "policies": [2], "reason": "nhầm ngày"}
    corrected = await client.post(f"/communications/{id_}/correct", json=body, headers={"If-Match": '"1"'})
    assert corrected.json()["version"] == 2
    first = (await client.get(f"/communications/{id_}")).json()
    assert (first["held_on"], first["place"], first["policies"]) == ("2024-03-06", None, [2])
    (item,) = await listed(shared_platform, a_code)
    assert (item["held_on"], item["place"], item["version"]) == ("2024-03-06", None, 2)
    again = await client.post(f"/communications/{id_}/correct", json=body)
    assert again.json()["events"] == []
    stale = await client.post(f"/communications/{id_}/correct", json=HELD, headers={"If-Match": '"1"'})
    refused(stale, 412, "stale-version")


async def test_retracted_is_retracted(shared_platform: Platform, a_code: str) -> None:
    id_ = await recorded(shared_platform, a_code)
    client = shared_platform.campaigns.client
    gone = await client.post(f"/communications/{id_}/retract", json={"reason": "ghi nhầm"})
    assert gone.json()["events"] == ["vn.loa.communication.retracted.v1"]
    again = await client.post(f"/communications/{id_}/retract")
    assert (again.status_code, again.json()["events"]) == (200, [])
    assert await listed(shared_platform, a_code) == []
    first = (await client.get(f"/communications/{id_}")).json()
    assert (first["retracted"], first["retraction_reason"]) == (True, "ghi nhầm")
    refused(
        await client.post(f"/communications/{id_}/correct", json=HELD | {"title": "Khác"}),
        409,
        "communication-retracted",
    )


@pytest.mark.parametrize(("action", "body"), [("correct", HELD), ("retract", {})])
async def test_what_was_never_recorded(shared_platform: Platform, action: str, body: dict[str, Any]) -> None:
    client = shared_platform.campaigns.client
    answer = await client.post(f"/communications/{NOBODYS}/{action}", json=body)
    refused(answer, 404, "communication-not-found")
    refused(await client.get(f"/communications/{NOBODYS}"), 404, "communication-not-found")


async def test_pages_go_by_day_and_give_everything_once(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    days = [f"2024-03-{day:02}" for day in (5, 1, 5, 3, 5)]
    for day in days:
        await record(shared_platform, a_code, held_on=day)
    actual: list[str] = []
    query: dict[str, Any] = {"limit": 2, "min_position": await shared_platform.head()}
    for size in (2, 2, 1):
        answer = await shared_platform.campaigns.client.get(f"/drafts/{a_code}/communications", params=query)
        page = answer.json()
        assert len({item["communication_id"] for item in page["items"]}) == size
        actual += [item["held_on"] for item in page["items"]]
        query["cursor"] = page["next"]
    assert (actual, page["next"]) == (sorted(days), None)


async def test_a_cursor_of_another_list_is_refused(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    path = f"/drafts/{a_code}/communications"
    params: dict[str, Any] = {"cursor": "TFVBVA", "min_position": await shared_platform.head()}
    refused(await shared_platform.campaigns.client.get(path, params=params), 422, "bad-cursor")


async def test_a_units_official_changes_what_its_unit_leads_alone(
    shared_platform: Platform, a_code: str
) -> None:
    id_ = await recorded(shared_platform, a_code)
    path = f"/drafts/{a_code}/communications"
    async with shared_platform.campaigns.as_(Role.UNIT, "KHAC") as other:
        refused(await other.post(path, json=HELD), 409, "unit-not-yet-known")
        refused(await other.post(f"/communications/{id_}/correct", json=HELD), 403, "not-your-draft")
        refused(await other.post(f"/communications/{id_}/retract"), 403, "not-your-draft")
        assert (await other.get(path)).status_code == 200
    async with shared_platform.campaigns.as_(Role.UNIT, a_code) as own:
        assert (await own.post(path, json=HELD)).status_code == 201
        assert (await own.post(f"/communications/{id_}/retract")).status_code == 200
        refused(await own.post("/imports", content=b""), 403, "forbidden")


async def test_the_unit_that_took_over_last_by_day_may_record(shared_platform: Platform, a_code: str) -> None:
    """Transfers are recorded as they come; the latest day holds, not the latest recording."""
    await office(shared_platform, a_code)
    late, early = f"{a_code}-B", f"{a_code}-C"
    await shared_platform.import_rows("units", [small_office.unit(late), small_office.unit(early)])
    for unit, on in ((late, "2024-02-01"), (early, "2024-01-01")):
        body = {"to_unit_code": unit, "on": on}
        await shared_platform.registry.client.post(f"/drafts/{a_code}/transfer", json=body)
    await shared_platform.settled()
    roles = {}
    for unit in (a_code, late, early):
        async with shared_platform.campaigns.as_(Role.UNIT, unit) as official:
            answer = await official.post(f"/drafts/{a_code}/communications", json=HELD)
            assert answer.status_code == 201
            made = await official.get(f"/communications/{answer.json()['id']}")
            roles[unit] = (made.json()["role"], made.json()["unit_code"])
    support = {unit: ("support", unit) for unit in (a_code, early)}
    assert roles == support | {late: (None, None)}


async def test_another_units_support_work_becomes_coordinating_when_the_lead_confirms_it(
    shared_platform: Platform, a_code: str
) -> None:
    await office(shared_platform, a_code)
    commune = f"{a_code}-XA"
    await shared_platform.import_rows("units", [small_office.unit(commune)])
    await shared_platform.settled()
    fields = {
        "role": "coordinating",
        "coordinating_units": ["STP", "Hội Nông dân, Hội Phụ nữ"],
        "audience": ["nông dân"],
        "area": ["Xã A"],
        "items": 12,
        "reach_count": 3000,
        "cost_state": 2_000_000,
        "cost_social": 0,
        "language": "tiếng Mông",
        "activity_code": "PT-03",
    }
    async with shared_platform.campaigns.as_(Role.UNIT, commune) as official:
        made = await official.post(f"/drafts/{a_code}/communications", json=HELD | fields)
        assert made.status_code == 201, made.text
        path = f"/communications/{made.json()['id']}"
        refused(await official.post(f"{path}/confirm"), 403, "not-your-draft")
    entered = fields | {"role": "support", "requested_role": "coordinating", "unit_code": commune}
    assert entered.items() <= (await shared_platform.campaigns.client.get(path)).json().items()
    (item,) = await listed(shared_platform, a_code)
    assert entered.items() <= item.items()
    async with shared_platform.campaigns.as_(Role.UNIT, a_code) as lead:
        refused(await lead.post(f"{path}/retract"), 403, "not-your-communication")
        confirmed = await lead.post(f"{path}/confirm")
        assert confirmed.json()["events"] == ["vn.loa.communication.role_confirmed.v1"]
        assert (await lead.post(f"{path}/confirm")).json()["events"] == []
    (item,) = await listed(shared_platform, a_code)
    assert (item["role"], item["requested_role"], item["version"]) == ("coordinating", None, 2)


async def test_without_a_token_and_as_a_reader(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    path = f"/drafts/{a_code}/communications"
    async with (
        shared_platform.campaigns.as_(None) as anonymous,
        shared_platform.campaigns.as_(Role.READER) as reader,
        shared_platform.another("campaigns", public_read=True) as public,
        public.as_(None) as anybody,
    ):
        refused(await anonymous.get(path), 401, "unauthenticated")
        refused(await anonymous.post(path, json=HELD), 401, "unauthenticated")
        assert (await reader.get(path)).status_code == 200
        refused(await reader.post(path, json=HELD), 403, "forbidden")
        assert (await anybody.get(path)).status_code == 200
        refused(await anybody.post(path, json=HELD), 401, "unauthenticated")
