"""Papers of stages, stages to come, the law in force that a draft changes, and opinions: entered, shown, exported, imported."""

from typing import Any

from shared.kernel.runtime import now
from tests.integration.registry.test_api import office, refused, seen
from tests.support.platform.service import Platform

NEXT = now().year + 1
PAPER = {"document_no": "12/TTr-STP", "document_date": "2024-01-08", "issuer": "Sở Tư pháp"}
LAW = {
    "handling": "replace",
    "replaces": ["12/2018/NQ-HĐND", "07/2020/NQ-HĐND"],
    "amends": None,
    "external_ref": "VB-77",
}
OPINIONS: dict[str, Any] = {
    "stage": "draft_consultation",
    "summarised_on": "2024-02-01",
    "received": 1200,
    "accepted": 300,
    "agree": 1100,
    "disagree": 100,
    "groups": {"VNeID": 1000, "tổ chức": 200},
    "published_at": "https://example.vn/tong-hop",
}


async def test_what_accompanies_a_draft_is_shown(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    entered = {"stage": "draft_consultation", "entered_on": "2024-01-08", **PAPER}
    assert (await client.post(f"/drafts/{a_code}/stages", json=entered)).status_code == 201
    coming = {"stage": "adopted", "expected_on": f"{NEXT}-12", "precision": "day"}
    refused(await client.post(f"/drafts/{a_code}/expected-stages", json=coming), 422, "invalid-request")
    coming = {
        "stage": "adopted",
        "expected_on": f"{NEXT}-12-01",
        "precision": "month",
        "session": "Kỳ họp thứ 30",
    }
    assert (await client.post(f"/drafts/{a_code}/expected-stages", json=coming)).status_code == 200
    assert (await client.post(f"/drafts/{a_code}/opinions", json=OPINIONS)).status_code == 200
    amended = await client.post(f"/drafts/{a_code}/amend", json={**LAW, "reason": "Bổ sung"})
    assert amended.status_code == 200, amended.text
    shown = await seen(client, a_code)
    assert PAPER.items() <= shown["stages"][0].items()
    assert LAW.items() <= shown.items()
    assert shown["expected"][0].items() >= coming.items()
    assert shown["opinions"][0].items() >= OPINIONS.items()
    more = {"stage": "draft_consultation", "entered_on": "2024-01-08", "document_no": "13/TTr-STP"}
    problem = refused(await client.post(f"/drafts/{a_code}/stages", json=more), 409, "paper-differs")
    assert "/correct" in problem["messages"]["vi"]
    entry = shown["stages"][0]["entry_id"]
    assert (await client.post(f"/drafts/{a_code}/stages/{entry}/correct", json=more)).status_code == 200
    stage = (await seen(client, a_code))["stages"][0]
    assert (stage["document_no"], stage["issuer"]) == ("13/TTr-STP", "Sở Tư pháp")


async def test_rows_bring_them_too_and_a_second_time_nothing(shared_platform: Platform, a_code: str) -> None:
    await office(shared_platform, a_code)
    stage = {"draft_code": a_code, "stage": "appraisal", "entered_on": "2024-01-08", **PAPER}
    coming = {"draft_code": a_code, "stage": "adopted", "entered_on": f"{NEXT}-12", "expected": "yes"}
    opinions = OPINIONS | {"draft_code": a_code, "groups": "VNeID: 1000; tổ chức: 200"}
    for status in ("taken", "unchanged"):
        for sheet, row in (("stages", stage), ("stages", coming), ("opinions", opinions)):
            outcomes = await shared_platform.import_rows(sheet, [row])
            assert [outcome["status"] for outcome in outcomes] == [status], outcomes
    shown = await seen(shared_platform.registry.client, a_code)
    assert shown["opinions"][0]["groups"] == {"VNeID": 1000, "tổ chức": 200}
    assert shown["expected"][0]["precision"] == "month"
