"""What was recorded wrongly of a draft is taken back, with what to do first; a file that is imported again doesn't bring it back."""

from typing import Any

from shared.contracts.vocabulary import Role
from tests.integration.registry.test_api import enter, office, refused, seen
from tests.support.platform.service import Platform
from tests.support.samples import small_office

PAPER = {"document": "CV 12/BTP", "authority": "Bộ Tư pháp", "decided_on": "2024-01-09"}
POSTING = {"stage": "draft_consultation", "opened_on": "2024-02-01"}
REASON = {"reason": "Ghi nhầm dự thảo"}


async def test_an_exemption_is_taken_back_without_a_request(shared_platform: Platform, a_code: str) -> None:
    platform, client = shared_platform, shared_platform.registry.client
    await platform.import_rows("units", [small_office.unit(a_code)])
    await platform.import_rows("drafts", [small_office.draft(a_code, a_code)])
    path = f"/drafts/{a_code}"
    assert (await client.post(f"{path}/exemptions", json=PAPER)).status_code == 200
    (shown,) = (await client.get(path)).json()["exemptions"]
    assert shown["document"] == PAPER["document"]
    cancel = f"{path}/exemptions/{shown['exemption_id']}/cancel"
    async with platform.registry.as_(Role.UNIT, a_code) as own:
        answer = await own.post(cancel, json={"reason": "Ghi nhầm dự thảo"})
        assert answer.status_code == 200, answer.text  # it lowers no duty, so it holds at once
        assert answer.json()["events"] == ["vn.loa.draft.exemption_cancelled.v1"]
        assert (await own.post(cancel, json={"reason": "Ghi nhầm dự thảo"})).json()["events"] == []
    assert (await client.get(path)).json()["exemptions"] == []
    await platform.import_rows("exemptions", [{"draft_code": a_code, **PAPER}])
    assert (await client.get(path)).json()["exemptions"] == []
    unknown = cancel.replace(shown["exemption_id"], "00000000-0000-4000-8000-000000000000")
    missing = await client.post(unknown, json={"reason": "x"})
    assert (missing.status_code, "GET /drafts" in missing.text) == (404, True)


async def test_an_exemption_is_corrected_in_one_step_and_by_the_unit_on_request(
    shared_platform: Platform, a_code: str
) -> None:
    platform, client = shared_platform, shared_platform.registry.client
    await platform.import_rows("units", [small_office.unit(a_code)])
    await platform.import_rows("drafts", [small_office.draft(a_code, a_code)])
    path = f"/drafts/{a_code}"
    assert (await client.post(f"{path}/exemptions", json=PAPER)).status_code == 200
    (shown,) = (await client.get(path)).json()["exemptions"]
    correct = f"{path}/exemptions/{shown['exemption_id']}/correct"
    right = PAPER | {"document": "CV 21/BTP", "stages": ["appraisal"], "reason": "Ghi nhầm số văn bản"}
    other = {"document": "CV 30/BTP"}
    assert (await client.post(f"{path}/exemptions", json=other)).status_code == 200
    refused(await client.post(correct, json=other | {"reason": "Ghi nhầm"}), 409, "exemption-exists")
    shown, kept = (await client.get(path)).json()["exemptions"]
    assert kept["document"] == "CV 30/BTP", "what is refused cancels nothing"
    async with platform.registry.as_(Role.UNIT, a_code) as own:
        asked_for = await own.post(correct, json=right)
        assert asked_for.status_code == 202, asked_for.text  # an exemption lowers the unit's own duty
        request = asked_for.json()["request"]
        assert (request["kind"], request["state"]) == ("exemption", "waiting")
        assert (await client.get(path)).json()["exemptions"] == [shown, kept]
    decided = await client.post(
        f"{path}/requests/{request['request_id']}/decision", json={"decision": "approved", "reason": "đúng"}
    )
    assert decided.status_code == 200, decided.text
    _, now = (await client.get(path)).json()["exemptions"]
    assert (now["document"], now["stages"]) == ("CV 21/BTP", ["appraisal"])
    answer = await client.post(correct, json=right)
    assert (answer.status_code, answer.json()["events"]) == (200, []), "it stands so already"
    await platform.import_rows("exemptions", [{"draft_code": a_code, **PAPER}])
    assert (await client.get(path)).json()["exemptions"] == [kept, now], "an older file brings nothing back"


async def test_a_stage_and_a_posting_are_taken_back(shared_platform: Platform, a_code: str) -> None:
    client = await office(shared_platform, a_code)
    path = f"/drafts/{a_code}"
    consulting = "draft_consultation"
    for stage, on in ((consulting, "2024-02-01"), ("suspended", "2024-02-10"), (consulting, "2024-02-20")):
        assert (await enter(client, a_code, stage, on)).status_code == 201
    assert (await client.post(f"{path}/postings", json=POSTING)).status_code == 201
    draft = await seen(client, a_code)
    consulted, suspended, again = (f"{path}/stages/{each['entry_id']}/cancel" for each in draft["stages"])
    body = refused(await client.post(suspended, json=REASON), 409, "resumption-needs-entry")
    assert "hủy lần tiếp tục đó trước" in body["messages"]["vi"]
    for entry in (again, suspended, suspended):
        answer = await client.post(entry, json=REASON)
        assert answer.status_code == 200, answer.text
    assert answer.json()["events"] == [], "it is cancelled already"
    await client.post(f"{path}/amend", json={"outcome": "promulgated", "reason": "bổ sung"})
    await enter(client, a_code, "adopted", "2024-03-01")
    adopted = (await seen(client, a_code))["stages"][-1]["entry_id"]
    refused(await client.post(f"{path}/stages/{adopted}/cancel", json=REASON), 409, "end-is-stated")
    refused(
        await client.post(f"{path}/stages/00000000-0000-4000-8000-000000000000/cancel", json=REASON),
        404,
        "entry-not-found",
    )
    cancelled = await client.post(f"{path}/postings/{draft['postings'][0]['posting_id']}/cancel", json=REASON)
    assert cancelled.json()["events"] == ["vn.loa.draft.posting_cancelled.v1"]
    assert (await client.post(consulted, json=REASON)).status_code == 200
    await imported_again(shared_platform, a_code)
    after = await seen(client, a_code)
    assert [stage["stage"] for stage in after["stages"]] == ["adopted"]
    assert after["postings"] == []
    listed = await client.get(f"/drafts?q={a_code}&min_position={cancelled.json()['position']}")
    assert listed.status_code == 200, listed.text
    reasons = [event["data"].get("reason") for event in (await history(client, path))]
    assert reasons.count(REASON["reason"]) == 4


async def imported_again(platform: Platform, code: str) -> None:
    stage = {"draft_code": code, "stage": "draft_consultation", "entered_on": "2024-02-01"}
    await platform.import_rows("stages", [stage])
    await platform.import_rows("postings", [{"draft_code": code, **POSTING}])


async def history(client: Any, path: str) -> Any:
    return (await client.get(f"{path}/history")).json()["events"]


async def test_a_posting_is_corrected_in_one_step_or_not_at_all(
    shared_platform: Platform, a_code: str
) -> None:
    client = await office(shared_platform, a_code)
    path = f"/drafts/{a_code}"
    wrong = POSTING | {"closes_on": "2024-03-31", "place": "Cổng"}
    opened = await client.post(f"{path}/postings", json=wrong)
    first = opened.json()["posting"]["posting_id"]
    assert (
        await client.post(f"{path}/postings/{first}/close", json={"closed_on": "2024-03-10"})
    ).status_code == 200
    again = POSTING | {"opened_on": "2024-05-01"}
    assert (await client.post(f"{path}/postings", json=again)).status_code == 201
    recorded = await history(client, path)
    right = POSTING | {"closes_on": "2024-04-01", "closed_on": "2024-04-02", "reason": "Ghi nhầm ngày"}
    correct = f"{path}/postings/{first}/correct"
    refused(await client.post(correct, json=right | {"opened_on": "2024-05-01"}), 409, "posting-exists")
    refused(await client.post(correct, json=right | {"closed_on": "2024-01-31"}), 422, "posting-ends-before")
    assert await history(client, path) == recorded, "what is refused cancels nothing"
    async with shared_platform.registry.as_(Role.UNIT, a_code) as own:
        answer = await own.post(correct, json=right | {"opened_on": "2024-02-02"})
        assert answer.status_code == 200, answer.text  # a posting lowers no duty, so it holds at once
        assert (await own.post(correct, json=right | {"opened_on": "2024-02-02"})).json()["events"] == []
    body = answer.json()
    assert body["events"] == [f"vn.loa.draft.posting_{what}.v1" for what in ("cancelled", "opened", "closed")]
    shown = {name: body["posting"][name] for name in ("opened_on", "closes_on", "closed_on", "place")}
    assert shown == {
        "opened_on": "2024-02-02",
        "closes_on": "2024-04-01",
        "closed_on": "2024-04-02",
        "place": None,
    }
    row = {"draft_code": a_code, **wrong, "closed_on": "2024-03-10"}
    await shared_platform.import_rows("postings", [row])
    postings = (await seen(client, a_code))["postings"]
    assert [each["opened_on"] for each in postings] == ["2024-02-02", "2024-05-01"]
    assert len(await history(client, path)) == len(recorded) + 3, "an older file brings nothing back"
