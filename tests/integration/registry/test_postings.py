"""Postings and lasting findings through the registry's doors: what is answered, shown, kept in the history."""

from typing import Any

import httpx

from tests.integration.registry.test_api import enter, office, refused, seen
from tests.support.platform.service import Platform
from tests.support.samples import small_office

PORTAL = "https://example.vn/du-thao"


async def decision(platform: Platform, code: str) -> httpx.AsyncClient:
    """Give the client of a registry with a provincial decision under the law of 2025: ten days of posting."""
    await platform.import_rows("units", [small_office.unit(code)])
    form = {"instrument": "provincial_chair_decision", "regime": "law_2025_amended"}
    await platform.import_rows("drafts", [small_office.draft(code, code, **form)])
    return platform.registry.client


async def post(client: httpx.AsyncClient, code: str, path: str = "", **body: Any) -> httpx.Response:
    return await client.post(f"/drafts/{code}/postings{path}", json=body)


async def opened(client: httpx.AsyncClient, code: str, on: str, **more: Any) -> dict[str, Any]:
    answer = await post(client, code, stage="draft_consultation", opened_on=on, place=PORTAL, **more)
    assert answer.status_code == 201, answer.text
    result: dict[str, Any] = answer.json()
    return result


def kinds(answer: dict[str, Any]) -> list[str]:
    return [finding["kind"] for finding in answer["findings"]]


async def test_a_posting_is_extended_closed_and_opened_again(shared_platform: Platform, a_code: str) -> None:
    client = await decision(shared_platform, a_code)
    begun = await opened(client, a_code, "2026-02-09", closes_on="2026-02-15")
    posting = begun["posting"]
    assert (posting["min_days"], posting["lawful_end"], posting["planned_end"]) == (
        10,
        "2026-02-19",
        "2026-02-15",
    )
    assert "Điều 51a" in posting["rule"]["legal_basis"]
    assert posting["rule"]["certainty"] == "secondary"
    assert kinds(begun) == ["posting_planned_short"], "Tết counts, ten days are over on the 19th"
    again = await opened(client, a_code, "2026-02-09", closes_on="2026-02-15")
    assert (again["events"], again["version"]) == ([], begun["version"])
    path = f"/{posting['posting_id']}"
    longer = (await post(client, a_code, f"{path}/extend", closes_on="2026-02-20", reason="Tết")).json()
    assert (longer["posting"]["planned_end"], kinds(longer)) == ("2026-02-20", [])
    ended = (await post(client, a_code, f"{path}/close", closed_on="2026-02-18")).json()
    assert (ended["posting"]["posted_days"], kinds(ended)) == (9, ["posting_short"])
    refused(await post(client, a_code, f"{path}/extend", closes_on="2026-03-20"), 409, "posting-closed")
    await opened(client, a_code, "2026-03-02")
    result = await seen(client, a_code)
    assert [item_value["closed_on"] for item_value in result["postings"]] == ["2026-02-18", None]
    assert result["postings"][0]["extensions"] == [{"closes_on": "2026-02-20", "reason": "Tết"}]
    assert kinds(result) == ["posting_short"]
    history = (await client.get(f"/drafts/{a_code}/history")).json()["events"]
    marked = {event["type"].split(".")[3] for event in history if event["findings"]}
    assert marked == {"posting_opened", "posting_extended", "posting_closed"}


async def test_what_cannot_be_posted_is_said(shared_platform: Platform, a_code: str) -> None:
    client = await decision(shared_platform, a_code)
    wrong = await post(client, a_code, stage="adopted", opened_on="2026-02-09")
    refused(wrong, 422, "nothing-to-post")
    unknown = await post(client, a_code, f"/{small_office.UNKNOWN_ID}/close", closed_on="2026-02-09")
    refused(unknown, 404, "posting-not-found")
    early = await post(
        client, a_code, stage="draft_consultation", opened_on="2026-02-09", closes_on="2026-02-01"
    )
    refused(early, 422, "posting-ends-before")


async def test_returns_are_shown_as_returns_and_disorder_as_a_warning(
    shared_platform: Platform, a_code: str
) -> None:
    client = await office(shared_platform, a_code)
    await enter(client, a_code, "drafting", "2024-01-08")
    await enter(client, a_code, "appraisal", "2024-03-01")
    returned = (await enter(client, a_code, "drafting", "2024-04-01")).json()
    assert [(finding["kind"], finding["is_warning"]) for finding in returned["findings"]] == [
        ("returned", False)
    ]
    await enter(client, a_code, "adopted", "2024-06-03")
    strange = (await enter(client, a_code, "verification", "2024-07-01")).json()
    assert [(finding["kind"], finding["is_warning"]) for finding in strange["findings"]] == [
        ("order_unknown", True)
    ]
    late = (await enter(client, a_code, "policy_building", "2023-12-01")).json()
    assert kinds(late) == ["late"]
    stages = (await seen(client, a_code))["stages"]
    assert [stage["stage"] for stage in stages if stage["returned"]] == ["drafting"]
    assert [stage["stage"] for stage in stages if stage["unusual"]] == ["verification"]
    assert [stage["stage"] for stage in stages if stage["late"]] == ["policy_building"]


async def test_the_simplified_procedure_has_its_document(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    row = small_office.draft(f"{a_code}S", a_code, procedure="simplified")
    await shared_platform.import_rows("drafts", [row])
    assert kinds(await seen(client, f"{a_code}S")) == ["simplified_without_document"]
    body = {"procedure": "simplified", "document": "45/TTg-PL", "authority": "Thủ tướng Chính phủ"}
    answer = await client.post(f"/drafts/{a_code}S/procedure", json=body)
    assert answer.json()["events"] == ["vn.loa.draft.procedure_decided.v1"]
    result = await seen(client, f"{a_code}S")
    assert (kinds(result), result["procedure_decision"]["document"]) == ([], "45/TTg-PL")
    await client.post(f"/drafts/{a_code}/procedure", json=body)
    assert (await seen(client, a_code))["procedure"] == "simplified"
    listed = await client.get("/drafts", params={"q": a_code, "min_position": await shared_platform.head()})
    assert {item["procedure"] for item in listed.json()["items"]} == {"simplified"}


async def test_rows_bring_their_findings_and_run_twice(shared_platform: Platform, a_code: str) -> None:
    client = await decision(shared_platform, a_code)
    stages = [
        small_office.stage(a_code, "draft_consultation", "2026-03-02"),
        small_office.stage(a_code, "appraisal", "2026-03-05"),
    ]
    postings = [
        {"draft_code": a_code, "stage": "draft_consultation", "opened_on": "2026-03-02", "closed_on": "2026-03-04"},
        {"draft_code": a_code, "stage": "draft_consultation", "opened_on": "2026-03-09", "extended_to": "2026-03-20;2026-03-25"},
    ]  # fmt: skip
    outcomes = [
        *await shared_platform.import_rows("stages", stages),
        *await shared_platform.import_rows("postings", postings),
    ]
    assert [len(outcome["warnings"]) for outcome in outcomes] == [0, 1, 1, 0]
    assert "3/10 ngày" in outcomes[1]["warnings"][0]["vi"]
    before = await seen(client, a_code)
    again = await shared_platform.import_rows("postings", postings)
    assert {outcome["status"] for outcome in again} == {"unchanged"}
    assert await seen(client, a_code) == before
    assert before["postings"][1]["planned_end"] == "2026-03-25"
    closed = [postings[1] | {"closed_on": "2026-03-25"}]
    assert (await shared_platform.import_rows("postings", closed))[0]["events"] == [
        "vn.loa.draft.posting_closed.v1"
    ]


async def test_the_table_of_procedures_says_where_its_figures_come_from(shared_platform: Platform) -> None:
    rows = (await shared_platform.registry.client.get("/procedures")).json()["procedures"]
    sure = [
        item_value for row in rows for item_value in row["posting"] if item_value["certainty"] == "secondary"
    ]
    assert sure
    assert all(item_value["source"] and item_value["legal_basis"] for item_value in sure)
    assert {row["general"] for row in rows if row["instrument"] == "law"} == {False}
