"""The registry's door: what an official can do, what is refused and how it is said."""

from typing import Any

import httpx
import pytest

from tests.integration.metrics.office import ago
from tests.support.platform.service import Platform
from tests.support.samples import small_office


async def office(platform: Platform, code: str) -> httpx.AsyncClient:
    """Give the client of a registry with one unit and one draft of that code."""
    await platform.import_rows("units", [small_office.unit(code)])
    await platform.import_rows("drafts", [small_office.draft(code, code)])
    return platform.registry.client


async def enter(client: httpx.AsyncClient, code: str, name: str, on: str, **headers: str) -> httpx.Response:
    return await client.post(
        f"/drafts/{code}/stages", json={"stage": name, "entered_on": on}, headers=headers
    )


async def seen(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    answer = await client.get(f"/drafts/{code}")
    assert answer.status_code == 200, answer.text
    draft: dict[str, Any] = answer.json()
    return draft


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem document in both languages."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:loa:problem:{code}"
    assert body["status"] == status
    assert body["messages"]["vi"] != body["messages"]["en"]
    assert body["detail"] == body["messages"]["vi"]
    return body


async def test_a_draft_from_registration_to_withdrawal(shared_platform: Platform, a_code: str) -> None:
    client = shared_platform.registry.client
    await client.post("/units", json=small_office.unit(a_code))
    made = await client.post("/drafts", json=small_office.draft(a_code, a_code, in_scope="yes"))
    assert (made.status_code, made.headers["etag"]) == (201, '"2"')
    assert made.json()["events"] == ["vn.loa.draft.registered.v1", "vn.loa.draft.scope_assessed.v1"]
    assert int(made.headers["loa-position"]) == made.json()["position"]
    added = await client.post(f"/drafts/{a_code}/policies", json={"policy_no": 1, "title": "Giá đất"})
    assert added.status_code == 201
    assert (await enter(client, a_code, "drafting", "2024-01-08")).status_code == 201
    withdrawn = await client.post(f"/drafts/{a_code}/withdraw", json={"on": "2024-02-01"})
    assert withdrawn.json()["version"] == 5
    actual = await seen(client, a_code)
    assert [stage["stage"] for stage in actual["stages"]] == ["drafting", "withdrawn"]
    assert [policy["title"] for policy in actual["policies"]] == ["Giá đất"]
    assert actual["scope"]["in_scope"] == "yes"
    refused(await enter(client, a_code, "appraisal", "2024-03-01"), 409, "stage-after-end")


async def test_a_stale_version_is_refused(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    etag = (await client.get(f"/drafts/{a_code}")).headers["etag"]
    first = await enter(client, a_code, "drafting", "2024-01-08", **{"If-Match": etag})
    assert first.status_code == 201
    body = refused(
        await enter(client, a_code, "appraisal", "2024-02-01", **{"If-Match": etag}), 412, "stale-version"
    )
    assert (body["expected"], body["current"]) == (int(etag.strip('"')), first.json()["version"])
    fresh = {"If-Match": first.headers["etag"]}
    assert (await enter(client, a_code, "appraisal", "2024-02-01", **fresh)).status_code == 201


async def test_a_repeated_key_writes_once(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    key = {"Idempotency-Key": f"k-{a_code}"}
    first = await enter(client, a_code, "drafting", "2024-01-08", **key)
    await enter(client, a_code, "appraisal", "2024-02-01")
    head = await shared_platform.head()
    again = await enter(client, a_code, "drafting", "2024-01-08", **key)
    assert again.json() == first.json()
    assert await shared_platform.head() == head


async def test_a_key_stands_for_one_payload(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    key = {"Idempotency-Key": f"k-{a_code}"}
    await enter(client, a_code, "drafting", "2024-01-08", **key)
    head = await shared_platform.head()
    another_day = await enter(client, a_code, "drafting", "2024-01-09", **key)
    refused(another_day, 422, "idempotency-key-reused")
    elsewhere = await client.post(
        f"/drafts/{a_code}/policies", json={"policy_no": 7, "title": "Khác"}, headers=key
    )
    refused(elsewhere, 422, "idempotency-key-reused")
    assert await shared_platform.head() == head


async def test_the_same_stage_again_is_no_news(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    first = await enter(client, a_code, "drafting", "2024-01-08")
    again = await enter(client, a_code, "drafting", "2024-01-08")
    assert (again.json()["version"], again.json()["events"]) == (first.json()["version"], [])


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (
            "/drafts/KHONG-CO/stages",
            {"stage": "drafting", "entered_on": "2024-01-08"},
            404,
            "draft-not-found",
        ),
        ("/drafts/{}/stages", {"stage": "drafting", "entered_on": ago(-365)}, 422, "day-in-future"),
        ("/drafts/{}/stages", {"stage": "nghỉ", "entered_on": "2024-01-08"}, 422, "invalid-request"),
        ("/drafts/{}/stages", {"stage": "resumed", "entered_on": "2024-01-08"}, 409, "nothing-interrupted"),
        ("/drafts/{}/policies", {"policy_no": 0, "title": "x"}, 422, "invalid-request"),
        ("/drafts/{}/policies", {"policy_no": 1, "titel": "x"}, 422, "invalid-request"),
        ("/drafts/{}/title", {"title": " "}, 422, "invalid-request"),
        ("/drafts/{}/transfer", {"to_unit_code": "KHONG-CO", "on": "2024-01-08"}, 422, "unit-not-found"),
    ],
)
async def test_what_cannot_be_is_a_problem_in_two_languages(
    shared_platform: Platform, a_code: str, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    client = await office(shared_platform, a_code)
    refused(await client.post(path.format(a_code), json=body), status, code)


async def test_the_same_code_with_other_data_is_refused(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    refused(await client.post("/units", json=small_office.unit(a_code, name="Khác")), 409, "unit-differs")
    refused(
        await client.post("/drafts", json=small_office.draft(a_code, a_code, title="Khác")),
        409,
        "draft-differs",
    )
    same = await client.post("/drafts", json=small_office.draft(a_code, a_code))
    assert (same.status_code, same.json()["events"]) == (201, [])


async def test_problems_speak_english_when_asked(shared_platform: Platform) -> None:
    answer = await shared_platform.registry.client.get("/drafts/XX", headers={"Accept-Language": "en"})
    body = answer.json()
    assert (body["detail"], answer.headers["content-language"]) == (body["messages"]["en"], "en")


async def test_a_client_reads_its_own_writes(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    for name, on in (
        ("drafting", "2024-01-08"),
        ("draft_consultation", "2024-02-01"),
        ("appraisal", "2024-03-01"),
    ):
        written = await enter(client, a_code, name, on)
        query = {"unit": a_code, "min_position": written.json()["position"]}
        (item,) = (await client.get("/drafts", params=query)).json()["items"]
        assert (item["stage"], item["entered_on"], item["version"]) == (name, on, written.json()["version"])


async def test_a_position_that_never_comes_is_refused(shared_platform: Platform) -> None:
    answer = await shared_platform.registry.client.get("/drafts", params={"min_position": 10**9})
    body = refused(answer, 503, "position-not-reached")
    assert answer.headers["retry-after"] == "1"
    assert body["position"] < 10**9


async def test_the_history_names_actor_action_and_time(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    await enter(client, a_code, "drafting", "2024-01-08", **{"X-Correlation-Id": "tra-cứu-7".encode().hex()})
    events = (await client.get(f"/drafts/{a_code}/history")).json()["events"]
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    assert [event["position"] for event in events] == sorted(event["position"] for event in events)
    last = events[-1]
    assert (last["type"], last["actor"]) == ("vn.loa.draft.stage_entered.v1", "operator/test-operator")
    assert last["correlation_id"] == "tra-cứu-7".encode().hex()
    assert last["data"]["entered_on"] == "2024-01-08"
    assert last["recorded_at"]


@pytest.mark.parametrize("text", ["nhà ở xã hội", "NHA O XA HOI", "nhà o xã Hội", "{}"])
async def test_search_with_and_without_diacritics(shared_platform: Platform, a_code: str, text: str) -> None:
    await shared_platform.import_rows("units", [small_office.unit(a_code, name="Sở Xây dựng")])
    title = "Nghị định về nhà ở xã hội"
    await shared_platform.import_rows("drafts", [small_office.draft(a_code, a_code, title=title)])
    query: dict[str, Any] = {
        "q": text.format(a_code),
        "unit": a_code,
        "min_position": await shared_platform.head(),
    }
    items = (await shared_platform.registry.client.get("/drafts", params=query)).json()["items"]
    assert [item["draft_code"] for item in items] == [a_code]


@pytest.mark.parametrize("text", ["%", "_", "nhà ở thương mại"])
async def test_search_finds_nothing_else(shared_platform: Platform, a_code: str, text: str) -> None:
    await office(shared_platform, a_code)
    query: dict[str, Any] = {"q": text, "unit": a_code, "min_position": await shared_platform.head()}
    assert (await shared_platform.registry.client.get("/drafts", params=query)).json()["items"] == []


async def test_units_are_searched_by_name(shared_platform: Platform, a_code: str) -> None:
    await shared_platform.import_rows(
        "units", [small_office.unit(a_code, name=f"Ủy ban nhân dân Đắk Lắk {a_code}")]
    )
    query: dict[str, Any] = {
        "q": f"uy ban nhan dan dak lak {a_code}",
        "min_position": await shared_platform.head(),
    }
    (unit,) = (await shared_platform.registry.client.get("/units", params=query)).json()["items"]
    assert unit["unit_code"] == a_code


async def test_a_unit_names_its_successor_and_its_version_guards_the_next_change(
    shared_platform: Platform, a_code: str
) -> None:
    client, other = shared_platform.registry.client, f"{a_code}-B"
    await shared_platform.import_rows("units", [small_office.unit(a_code), small_office.unit(other)])
    merged = {"to_code": other, "kind": "merge", "date": "2025-07-01", "legal_basis": "NQ 1685"}
    assert (await client.post(f"/units/{a_code}/successions", json=merged)).status_code == 200
    target = {"year": 2025, "target_percent": 70, "document": "KH 12"}
    assert (await client.post(f"/units/{a_code}/targets", json=target)).status_code == 200
    read = await client.get(f"/units/{a_code}")
    unit = read.json()
    assert unit["successions"] == [{**merged, "source": None, "notes": {}}]
    assert unit["targets"] == [{**target, "notes": {}}]
    asked = await client.post(f"/units/{a_code}/targets", json={**target, "target_percent": 0.7})
    assert (asked.status_code, "hãy ghi 70" in asked.text) == (422, True)
    headers = {"If-Match": read.headers["ETag"]}
    later = {**target, "target_percent": 80}
    assert (await client.post(f"/units/{a_code}/targets", json=later, headers=headers)).status_code == 200
    assert (await client.post(f"/units/{a_code}/targets", json=target, headers=headers)).status_code == 412
    assert (await client.get(f"/units/{a_code}-NO")).status_code == 404


async def test_pages_give_everything_once(shared_platform: Platform, a_code: str) -> None:
    codes = [f"{a_code}-{n}" for n in range(7)]
    await shared_platform.import_rows("units", [small_office.unit(a_code)])
    await shared_platform.import_rows(
        "drafts", [small_office.draft(code, a_code) for code in reversed(codes)]
    )
    query: dict[str, Any] = {"unit": a_code, "limit": 3, "min_position": await shared_platform.head()}
    pages: list[list[str]] = []
    while True:
        page = (await shared_platform.registry.client.get("/drafts", params=query)).json()
        pages.append([item["draft_code"] for item in page["items"]])
        if not page["next"]:
            break
        query["cursor"] = page["next"]
    assert pages == [codes[:3], codes[3:6], codes[6:]]


@pytest.mark.parametrize("cursor", ["_w", "abcde", "é"])
async def test_an_invalid_cursor_is_refused(shared_platform: Platform, cursor: str) -> None:
    answer = await shared_platform.registry.client.get("/drafts", params={"cursor": cursor})
    refused(answer, 422, "bad-cursor")


async def test_a_correction_changes_the_same_entry(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    await enter(client, a_code, "drafting", "2024-01-08")
    (before,) = (await seen(client, a_code))["stages"]
    correction = {"stage": "drafting", "entered_on": "2024-01-10", "reason": "nhầm ngày"}
    path = f"/drafts/{a_code}/stages/{before['entry_id']}/correct"
    corrected = await client.post(path, json=correction)
    assert corrected.json()["events"] == ["vn.loa.draft.stage_corrected.v1"]
    (after,) = (await seen(client, a_code))["stages"]
    assert (after["entry_id"], after["entered_on"]) == (before["entry_id"], "2024-01-10")
    query = {"unit": a_code, "min_position": corrected.json()["position"]}
    (item,) = (await client.get("/drafts", params=query)).json()["items"]
    assert item["entered_on"] == "2024-01-10"
    again = await client.post(path, json={"stage": "drafting", "entered_on": "2024-01-12"})
    assert again.json()["version"] == corrected.json()["version"] + 1
    missing = f"/drafts/{a_code}/stages/00000000-0000-0000-0000-000000000000/correct"
    refused(await client.post(missing, json=correction), 404, "entry-not-found")


async def test_policies_are_amended_and_removed(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    for number in (1, 2):
        await client.post(f"/drafts/{a_code}/policies", json={"policy_no": number, "title": "Giá đất"})
    await client.put(f"/drafts/{a_code}/policies/1", json={"title": "Bảng giá đất"})
    assert (await client.delete(f"/drafts/{a_code}/policies/2")).status_code == 200
    policies = (await seen(client, a_code))["policies"]
    assert [(policy["policy_no"], policy["title"]) for policy in policies] == [(1, "Bảng giá đất")]
    refused(
        await client.post(f"/drafts/{a_code}/policies", json={"policy_no": 2, "title": "Giá đất"}),
        409,
        "policy-differs",
    )
    refused(await client.delete(f"/drafts/{a_code}/policies/9"), 404, "policy-not-found")


async def test_the_rules_are_shown_with_their_legal_basis(shared_platform: Platform) -> None:
    answer = (await shared_platform.registry.client.get("/procedures")).json()
    assert len(answer["rules_version"]) == 64
    assert all(rule["legal_basis"] and rule["opening"] for rule in answer["procedures"])


async def test_events_of_the_service_can_be_looked_up(shared_platform: Platform) -> None:
    client = shared_platform.registry.client
    schema = (await client.get("/schemas/vn.loa.draft.registered.v1")).json()
    assert "draft_code" in schema["$defs"]["DraftRegistered"]["properties"]
    refused(await client.get("/schemas/vn.loa.draft.unheard.v1"), 404, "unknown-event-type")


async def test_metrics_name_the_route_and_not_the_code(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    await client.get(f"/drafts/{a_code}")
    exposition = (await client.get("/metrics")).text
    assert "/drafts/{draft_code}" in exposition
    assert a_code not in exposition
