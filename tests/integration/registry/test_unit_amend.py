"""`POST /units/{code}/amend`: the log, lists and records agree on what was amended, and contradictions are findings."""

from tests.support.platform.service import Platform
from tests.support.samples import small_office

AMENDED = {"kind": "agency", "province_code": "01", "valid_from": "2025-07-01", "reason": "Ghi nhầm."}


async def test_what_is_amended_is_shown_everywhere(shared_platform: Platform, a_code: str) -> None:
    client = shared_platform.registry.client
    await shared_platform.import_rows(
        "units", [small_office.unit(a_code, province_code="27", valid_to="2030-12-31")]
    )
    answer = await client.post(f"/units/{a_code}/amend", json=AMENDED | {"cleared": ["valid_to"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["events"] == ["vn.loa.unit.amended.v1"]
    await shared_platform.settled()
    shown = (await client.get(f"/units/{a_code}")).json()
    (listed,) = (await client.get("/units", params={"q": a_code})).json()["items"]
    for unit in (shown, listed):
        assert {name: unit[name] for name in AMENDED if name != "reason"} == {
            name: value for name, value in AMENDED.items() if name != "reason"
        }
        assert unit["valid_to"] is None
    assert [amendment["reason"] for amendment in shown["amendments"]] == ["Ghi nhầm."]
    repeated = await client.post(f"/units/{a_code}/amend", json=AMENDED)
    assert repeated.json()["events"] == []


async def test_contradictions_are_refused_at_the_api_as_in_files(
    shared_platform: Platform, a_code: str
) -> None:
    client, other = shared_platform.registry.client, f"{a_code}-B"
    for code in (a_code, other):
        assert (await client.post("/units", json=small_office.unit(code))).status_code == 201
    merge = {"kind": "merge", "date": "2025-07-01"}
    assert (
        await client.post(f"/units/{a_code}/successions", json=merge | {"to_code": other})
    ).status_code == 200
    assert (
        await client.post(f"/units/{a_code}/move", json={"parent_code": other, "on": "2025-01-01"})
    ).status_code == 200
    answers = [
        await client.post(f"/units/{other}/successions", json=merge | {"to_code": a_code}),
        await client.post(f"/units/{other}/move", json={"parent_code": a_code, "on": "2024-01-01"}),
        await client.post("/units", json=small_office.unit(f"{a_code}-C", province_code="1")),
        await client.post(f"/units/{other}/successions", json=merge),
    ]
    assert [
        (answer.status_code, answer.json()["type"].rpartition(":")[2].rpartition("/")[2])
        for answer in answers
    ] == [
        (422, "succeeds-itself"),
        (422, "parent-of-itself"),
        (422, "province-not-found"),
        (422, "successor-missing"),
    ]


async def test_a_lead_that_ended_is_a_lasting_finding(shared_platform: Platform, a_code: str) -> None:
    client = shared_platform.registry.client
    await shared_platform.import_rows("units", [small_office.unit(a_code, valid_to="2025-02-28")])
    await shared_platform.import_rows("drafts", [small_office.draft(a_code, a_code)])
    entered = {"stage": "drafting", "entered_on": "2025-03-01"}
    assert (await client.post(f"/drafts/{a_code}/stages", json=entered)).status_code == 201
    shown = (await client.get(f"/drafts/{a_code}")).json()
    (finding,) = [finding for finding in shown["findings"] if finding["kind"] == "lead_ended"]
    assert (finding["about"], finding["is_warning"]) == (shown["stages"][0]["entry_id"], True)
    moved = {"to_unit_code": a_code, "on": "2025-03-01"}
    refused = await client.post(f"/drafts/{a_code}/transfer", json=moved)
    assert (refused.status_code, "28/02/2025" in refused.text or "2025-02-28" in refused.text) == (422, True)
