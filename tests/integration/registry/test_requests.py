"""A unit's own facts that lower its duty: answered 202, listed with who decides, decided or withdrawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from shared.contracts.vocabulary import Role
from tests.integration.metrics.office import ago
from tests.integration.registry.test_api import refused, seen
from tests.support.platform.service import Platform
from tests.support.samples import small_office

EXEMPTION = {"document": "Công văn 12/VP", "authority": "Văn phòng", "decided_on": ago(3)}


async def province(platform: Platform, code: str) -> str:
    """Register a province with its justice department and a department that leads a draft in consultation."""
    lead = f"{code}-A"
    rows = [
        small_office.unit(code, kind="provincial_committee", level="provincial", name=f"UBND {code}"),
        small_office.unit(
            f"{code}-TP",
            kind="provincial_justice_department",
            level="provincial",
            parent_code=code,
            name=f"Sở Tư pháp {code}",
        ),
        small_office.unit(lead, kind="department", level="provincial", parent_code=code, name=f"Sở A {code}"),
    ]
    await platform.import_rows("units", rows)
    await platform.import_rows("drafts", [small_office.draft(code, lead, in_scope="yes")])
    await platform.import_rows("policies", [{"draft_code": code, "policy_no": "1", "title": "Giá đất"}])
    await platform.import_rows(
        "stages", [{"draft_code": code, "stage": "draft_consultation", "entered_on": ago(30)}]
    )
    await platform.registry.settled(await platform.head())
    return lead


@asynccontextmanager
async def as_lead(platform: Platform, code: str) -> AsyncIterator[httpx.AsyncClient]:
    async with platform.registry.as_(Role.UNIT, await province(platform, code)) as client:
        yield client


def asked(answer: httpx.Response, kind: str) -> dict[str, Any]:
    """Check that an answer is a request that waits, and give it."""
    assert answer.status_code == 202, answer.text
    request: dict[str, Any] = answer.json()["request"]
    assert (request["kind"], request["state"]) == (kind, "waiting")
    return request


async def listed(platform: Platform, **query: Any) -> list[dict[str, Any]]:
    position = await platform.head()
    answer = await platform.registry.client.get("/requests", params={"min_position": position, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def decide(
    client: httpx.AsyncClient, code: str, request: dict[str, Any], **body: Any
) -> httpx.Response:
    return await client.post(f"/drafts/{code}/requests/{request['request_id']}/decision", json=body)


async def test_an_exemption_from_request_to_approval(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        answer = await own.post(f"/drafts/{a_code}/exemptions", json=EXEMPTION)
        request = asked(answer, "exemption")
        assert request["decider_code"] == f"{a_code}-TP"
        assert f"Sở Tư pháp {a_code}" in request["messages"]["vi"]
        assert "05 ngày làm việc" in request["messages"]["vi"]
        assert "stays open" in request["messages"]["en"]
        again = await own.post(f"/drafts/{a_code}/exemptions", json=EXEMPTION)
        assert asked(again, "exemption")["request_id"] == request["request_id"]
        assert again.json()["events"] == []
        refused(await decide(own, a_code, request, decision="approved"), 403, "forbidden")
    before = await seen(shared_platform.registry.client, a_code)
    assert before["exemptions"] == []
    assert [each["state"] for each in before["requests"]] == ["waiting"]
    (item,) = await listed(shared_platform, state="waiting", decider=f"{a_code}-TP")
    assert (item["request_id"], item["draft_code"]) == (request["request_id"], a_code)
    assert item["decider_name"] == f"Sở Tư pháp {a_code}"
    async with shared_platform.registry.as_(Role.SUPERVISOR, f"{a_code}-TP") as justice:
        approved = await decide(justice, a_code, request, decision="approved", document="CV 9", reason="Đúng")
    assert approved.status_code == 200, approved.text
    assert approved.json()["events"] == [
        "vn.loa.draft.request_decided.v1",
        "vn.loa.draft.communication_exempted.v1",
    ]
    after = await seen(shared_platform.registry.client, a_code)
    assert [exemption["document"] for exemption in after["exemptions"]] == [EXEMPTION["document"]]
    assert await listed(shared_platform, state="waiting", decider=f"{a_code}-TP") == []
    (settled,) = await listed(shared_platform, draft=a_code)
    assert (settled["state"], settled["settled_by"]) == ("approved", f"{a_code}-TP")
    assert (settled["settlement_document"], settled["settlement_reason"]) == ("CV 9", "Đúng")


LOWERING: list[Any] = [
    pytest.param("exemption", "POST", "/exemptions", EXEMPTION, id="exemption"),
    pytest.param("scope", "POST", "/scope", {"in_scope": "no"}, id="scope"),
    pytest.param("scope", "POST", "/scope", {"contested": "no"}, id="criterion"),
    pytest.param("policy_removal", "DELETE", "/policies/1", None, id="policy"),
    pytest.param(
        "suspension", "POST", "/stages", {"stage": "suspended", "entered_on": ago(1)}, id="suspended"
    ),
    pytest.param("merger", "POST", "/stages", {"stage": "merged", "entered_on": ago(1)}, id="merged"),
    pytest.param("withdrawal", "POST", "/withdraw", {"on": ago(1)}, id="withdrawn"),
    pytest.param(
        "stage_entry", "POST", "/stages", {"stage": "appraisal", "entered_on": ago(29)}, id="left early"
    ),
]


@pytest.mark.parametrize(("kind", "method", "path", "body"), LOWERING)
async def test_a_unit_lowers_no_duty_of_its_own(
    shared_platform: Platform, a_code: str, kind: str, method: str, path: str, body: Any
) -> None:
    async with as_lead(shared_platform, a_code) as own:
        before = await seen(own, a_code)
        answer = await own.request(method, f"/drafts/{a_code}{path}", json=body)
        request = asked(answer, kind)
        after = await seen(own, a_code)
        kept = {"version", "requests", "findings"}
        assert {k: v for k, v in after.items() if k not in kept} == {
            k: v for k, v in before.items() if k not in kept
        }
    client = shared_platform.registry.client
    approved = await decide(client, a_code, request, decision="approved")
    assert approved.status_code == 200, approved.text
    assert len(approved.json()["events"]) == 2


async def test_a_later_stage_is_asked_for_and_corrected(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        (entry,) = (await seen(own, a_code))["stages"]
        path = f"/drafts/{a_code}/stages/{entry['entry_id']}/correct"
        body = {"stage": "draft_consultation", "entered_on": ago(2), "reason": "ghi nhầm"}
        request = asked(await own.post(path, json=body), "stage_correction")
        assert request["reason"] == "ghi nhầm"
        assert (await seen(own, a_code))["stages"] == [entry]
    client = shared_platform.registry.client
    assert (await decide(client, a_code, request, decision="approved")).status_code == 200
    (corrected,) = (await seen(client, a_code))["stages"]
    assert corrected["entered_on"] == ago(2)


async def test_a_transfer_is_asked_for_and_made(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        body = {"to_unit_code": f"{a_code}-TP", "on": ago(1)}
        request = asked(await own.post(f"/drafts/{a_code}/transfer", json=body), "transfer")
        assert (await seen(own, a_code))["lead_unit_code"] == f"{a_code}-A"
    client = shared_platform.registry.client
    assert (await decide(client, a_code, request, decision="approved")).status_code == 200
    assert (await seen(client, a_code))["lead_unit_code"] == f"{a_code}-TP"


async def test_registered_with_a_no_the_no_waits(shared_platform: Platform, a_code: str) -> None:
    lead = await province(shared_platform, a_code)
    code = f"{a_code}-2"
    async with shared_platform.registry.as_(Role.UNIT, lead) as own:
        body = small_office.draft(code, lead, in_scope="unknown", contested="no", affects_rights="yes")
        answer = await own.post("/drafts", json=body)
        asked(answer, "scope")
        scope = (await seen(own, code))["scope"]
        assert (scope["contested"], scope["affects_rights"]) == ("unknown", "yes")
        repeated = await own.post("/drafts", json=body)
        assert (repeated.status_code, repeated.json()["events"]) == (202, [])


async def test_a_refusal_needs_a_reason_and_is_shown_with_it(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        request = asked(await own.post(f"/drafts/{a_code}/exemptions", json=EXEMPTION), "exemption")
    client = shared_platform.registry.client
    refused(await decide(client, a_code, request, decision="refused"), 422, "reason-missing")
    answer = await decide(client, a_code, request, decision="refused", reason="Văn bản không miễn")
    assert answer.json()["events"] == ["vn.loa.draft.request_decided.v1"]
    (shown,) = (await seen(client, a_code))["requests"]
    assert (shown["state"], shown["settlement_reason"]) == ("refused", "Văn bản không miễn")
    refused(await decide(client, a_code, request, decision="approved"), 409, "request-settled")


async def test_it_is_answered_then_passed_on_then_decided(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        request = asked(await own.post(f"/drafts/{a_code}/exemptions", json=EXEMPTION), "exemption")
        path = f"/drafts/{a_code}/requests/{request['request_id']}"
        refused(await own.post(f"{path}/answer", json={"reply": "Xong"}), 403, "forbidden")
    async with shared_platform.registry.as_(Role.SUPERVISOR, f"{a_code}-TP") as justice:
        answer = await justice.post(f"{path}/answer", json={"reply": "Đề nghị gửi kèm văn bản"})
        assert answer.json()["events"] == ["vn.loa.draft.request_answered.v1"]
        (item,) = await listed(shared_platform, state="waiting", decider=f"{a_code}-TP")
        assert (item["reply"], item["replied_by"]) == ("Đề nghị gửi kèm văn bản", f"{a_code}-TP")
        elsewhere = {"to_unit_code": f"{a_code}-A", "reason": "Nhầm"}
        problem = refused(await justice.post(f"{path}/forward", json=elsewhere), 422, "cannot-forward")
        assert a_code in problem["detail"]
        passed_on = {"to_unit_code": a_code, "reason": "Thuộc thẩm quyền của UBND tỉnh"}
        answer = await justice.post(f"{path}/forward", json=passed_on)
        assert answer.json()["events"] == ["vn.loa.draft.request_forwarded.v1"]
    assert await listed(shared_platform, state="waiting", decider=f"{a_code}-TP") == []
    (item,) = await listed(shared_platform, state="waiting", decider=a_code)
    assert (item["answer_by"], item["forwarding_reason"]) == (request["answer_by"], passed_on["reason"])
    (shown,) = (await seen(shared_platform.registry.client, a_code))["requests"]
    assert (shown["state"], shown["decider_code"], shown["forwarded_by"]) == (
        "waiting",
        a_code,
        f"{a_code}-TP",
    )
    async with shared_platform.registry.as_(Role.SUPERVISOR, a_code) as committee:
        decided = await decide(committee, a_code, request, decision="refused", reason="Chưa đủ căn cứ")
    assert decided.status_code == 200, decided.text
    (shown,) = (await seen(shared_platform.registry.client, a_code))["requests"]
    assert (shown["state"], shown["settled_by"]) == ("refused", a_code)


async def test_who_asked_withdraws(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        request = asked(await own.post(f"/drafts/{a_code}/exemptions", json=EXEMPTION), "exemption")
        path = f"/drafts/{a_code}/requests/{request['request_id']}/withdraw"
        async with shared_platform.registry.as_(Role.UNIT, "KHAC") as other:
            refused(await other.post(path, json={}), 403, "not-your-draft")
        assert (await own.post(path, json={})).status_code == 200
        (shown,) = (await seen(own, a_code))["requests"]
        assert shown["state"] == "withdrawn"


async def test_meanwhile_the_draft_ended_so_the_approval_is_refused(
    shared_platform: Platform, a_code: str
) -> None:
    async with as_lead(shared_platform, a_code) as own:
        body = {"stage": "suspended", "entered_on": ago(1)}
        request = asked(await own.post(f"/drafts/{a_code}/stages", json=body), "suspension")
    client = shared_platform.registry.client
    await client.post(f"/drafts/{a_code}/withdraw", json={"on": ago(10)})
    problem = refused(await decide(client, a_code, request, decision="approved"), 409, "request-outdated")
    assert problem["refused_as"] == "stage-after-end"
    (shown,) = (await seen(client, a_code))["requests"]
    assert shown["state"] == "waiting"


async def test_what_an_import_lowers_is_listed(shared_platform: Platform, a_code: str) -> None:
    await province(shared_platform, a_code)
    await shared_platform.import_rows("exemptions", [{"draft_code": a_code, "document": "CV 3"}])
    async with shared_platform.registry.as_(Role.SUPERVISOR, f"{a_code}-TP") as justice:
        await justice.post(f"/drafts/{a_code}/withdraw", json={"on": ago(1)})
    client, after, kinds = shared_platform.registry.client, None, []
    position = await shared_platform.head()
    while True:
        query = {"min_position": position, "limit": 500} | ({"cursor": after} if after else {})
        page = (await client.get("/lowered-duties", params=query)).json()
        kinds += [(i["kind"], i["recorded_by"]) for i in page["items"] if i["draft_code"] == a_code]
        if (after := page["next"]) is None:
            break
    assert kinds == [("exemption", "operator"), ("withdrawal", "supervisor")]


async def test_requests_are_not_for_the_public(shared_platform: Platform, a_code: str) -> None:
    async with as_lead(shared_platform, a_code) as own:
        asked(await own.post(f"/drafts/{a_code}/exemptions", json=EXEMPTION), "exemption")
    async with shared_platform.another("registry", public_read=True) as public, public.as_(None) as anonymous:
        assert (await anonymous.get("/requests")).status_code == 401
        assert (await anonymous.get("/lowered-duties")).status_code == 401
        assert (await seen(anonymous, a_code))["requests"] == []
        history = (await anonymous.get(f"/drafts/{a_code}/history")).text
        assert "draft.request_raised" in history
        assert EXEMPTION["document"] not in history
