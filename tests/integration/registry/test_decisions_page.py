"""The page for decisions: a supervising body sees what waits in its area, decides with a form, and nobody else does."""

import re
from datetime import date
from typing import Any

import httpx

from shared.auth.sessions import CSRF_FIELD, Way
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from tests.integration.metrics.office import ago
from tests.integration.registry.test_api import seen
from tests.integration.registry.test_requests import EXEMPTION, as_lead, asked
from tests.support.platform.service import Platform
from tests.support.servers.plain import NO_AUTHORITIES

FORM = re.compile(r'<form method="post" action="([^"]+)(?<!/sign-out)"')
CSRF = re.compile(rf'name="{CSRF_FIELD}" value="([^"]+)"')


async def raised(platform: Platform, code: str) -> dict[str, Any]:
    async with as_lead(platform, code) as own:
        request = asked(await own.post(f"/drafts/{code}/exemptions", json=EXEMPTION), "exemption")
    await platform.registry.settled(await platform.head())
    return request


async def session_of(platform: Platform, role: Role, unit: str) -> httpx.AsyncClient:
    """Sign somebody in, and give the browser."""
    access = platform.services["notifier"].app.state.access  # alone may write sessions
    secret, _ = await access.sessions.start(Principal(f"person-{unit}", role, unit), Way.MAIL)
    url = str(platform.registry.client.base_url)
    return httpx.AsyncClient(
        base_url=url,
        cookies={access.place.cookie: secret},
        headers={"Accept": "text/html"},
        verify=NO_AUTHORITIES,
    )


async def test_a_supervisor_decides_in_the_browser(whole_platform: Platform, a_code: str) -> None:
    await raised(whole_platform, a_code)
    async with await session_of(whole_platform, Role.SUPERVISOR, f"{a_code}-TP") as browser:
        page = await browser.get("/decisions")
        assert page.status_code == 200, page.text
        assert f"Sở A {a_code}: miễn truyền thông" in page.text
        assert EXEMPTION["document"] in page.text
        (action,), csrf = FORM.findall(page.text), CSRF.findall(page.text)[0]
        address = page.url.join(action)
        stolen = await browser.post(address, data={"decision": "approved"})
        assert (stolen.status_code, "tải lại trang" in stolen.text) == (403, True)
        empty = await browser.post(address, data={CSRF_FIELD: csrf, "document": "CV 9"})
        assert (empty.status_code, 'value="CV 9"' in empty.text) == (422, True)
        (again,) = FORM.findall(empty.text)
        assert empty.url.join(again) == address
        unexplained = await browser.post(address, data={CSRF_FIELD: csrf, "decision": "refused"})
        assert (unexplained.status_code, "đề nghị nêu lý do" in unexplained.text) == (422, True)
        assert (await seen(whole_platform.registry.client, a_code))["exemptions"] == []
        done = await browser.post(
            address, data={CSRF_FIELD: csrf, "decision": "approved", "document": "CV 9"}
        )
        assert done.status_code == 200, done.text
        assert f"Đã ghi nhận: chấp thuận – dự thảo {a_code}" in done.text
        assert "Hiện không có đề nghị nào chờ quyết định" in done.text
        twice = await browser.post(address, data={CSRF_FIELD: csrf, "decision": "refused", "reason": "Nhầm"})
    after = await seen(whole_platform.registry.client, a_code)
    assert [exemption["document"] for exemption in after["exemptions"]] == [EXEMPTION["document"]]
    assert twice.status_code == 409
    (settled,) = after["requests"]
    assert (settled["state"], settled["settlement_document"]) == ("approved", "CV 9")


async def test_the_page_shows_what_an_approval_would_record(whole_platform: Platform, a_code: str) -> None:
    """For each kind of request in the words of the history, and why one can't be approved any more."""
    client, path = whole_platform.registry.client, f"/drafts/{a_code}"
    async with as_lead(whole_platform, a_code) as own:
        (entry,) = (await seen(client, a_code))["stages"]
        wrong = {"stage": "draft_consultation", "entered_on": ago(10), "reason": "Ghi nhầm ngày"}
        corrected = f"{path}/stages/{entry['entry_id']}"
        for method, address, body in (
            ("POST", f"{path}/exemptions", EXEMPTION | {"stages": ["appraisal"]}),
            ("POST", f"{corrected}/correct", wrong),
            ("POST", f"{path}/scope", {"in_scope": "no", "wide_impact": "no"}),
            ("DELETE", f"{path}/policies/1", None),
            ("POST", f"{path}/transfer", {"to_unit_code": f"{a_code}-TP", "on": ago(1)}),
            ("POST", f"{path}/amend", {"instrument": "provincial_decision", "reason": "Ghi nhầm"}),
            ("POST", f"{path}/withdraw", {"on": ago(1)}),
        ):
            answer = await own.request(method, address, json=body)
            assert answer.status_code in {200, 202}, (address, answer.text)
    await whole_platform.registry.settled(await whole_platform.head())
    before = await seen(client, a_code)
    async with await session_of(whole_platform, Role.SUPERVISOR, f"{a_code}-TP") as browser:
        page = re.sub(r"<[^>]+>", "", (await browser.get("/decisions")).text)
        assert f"Dự thảo {a_code} “" in page, "the title stands beside the code"
        for sentence in (
            f"Miễn truyền thông (thẩm định), theo {EXEMPTION['document']}",
            f"Đính chính giai đoạn: Lấy ý kiến dự thảo, ngày {written(ago(10))} (trước đó",
            "Đánh giá phạm vi theo bốn tiêu chí (tiêu chí 4: không; kết luận: không thuộc phạm vi)",
            "Bỏ chính sách 1: Giá đất",
            f"Chuyển cho Sở Tư pháp {a_code} chủ trì từ ngày {written(ago(1))}",
            f"Rút khỏi chương trình, ngày {written(ago(1))}",
        ):
            assert sentence in page, sentence
        now, then = re.findall(r"(?:Hiện nay|Nếu chấp thuận): (Lấy ý kiến dự thảo\..*?hết ngày \S+)", page)[
            :2
        ]
        assert (now.startswith("Lấy ý kiến dự thảo. Hạn truyền thông"), now != then) == (True, True), page
        assert "Nếu chấp thuận: Lấy ý kiến dự thảo. Dự thảo không thuộc phạm vi" in page
        assert await seen(client, a_code) == before, "nothing was recorded"
        taken_back = await client.post(f"{corrected}/cancel", json={"reason": "Ghi nhầm"})
        assert taken_back.status_code == 200, taken_back.text
        await whole_platform.registry.settled(await whole_platform.head())
        page = re.sub(r"<[^>]+>", "", (await browser.get("/decisions")).text)
        assert "Hiện chưa thể chấp thuận: " in page, page


def written(day: str) -> str:
    return f"{date.fromisoformat(day):%d/%m/%Y}"


async def test_a_supervisor_answers_then_passes_it_on_in_the_browser(
    whole_platform: Platform, a_code: str
) -> None:
    await raised(whole_platform, a_code)
    async with await session_of(whole_platform, Role.SUPERVISOR, f"{a_code}-TP") as browser:
        page = await browser.get("/decisions")
        (action,), csrf = FORM.findall(page.text), CSRF.findall(page.text)[0]
        address = page.url.join(action)
        sent = {CSRF_FIELD: csrf, "decision": "answered"}
        wordless = await browser.post(address, data=sent)
        assert (wordless.status_code, "Đề nghị ghi nội dung trả lời" in wordless.text) == (422, True)
        answered = await browser.post(address, data=sent | {"reason": "Đề nghị gửi kèm văn bản"})
        assert "trả lời, chưa quyết định" in answered.text, answered.text
        assert "Đề nghị vẫn chờ quyết định" in answered.text
        position = await whole_platform.head()
        await whole_platform.registry.settled(position)
        assert "Đề nghị chờ quyết định: 1 " in (await browser.get("/home")).text
        page = await browser.get("/decisions")
        assert "đã trả lời, chưa quyết định: Đề nghị gửi kèm văn bản" in page.text
        sent = {CSRF_FIELD: csrf, "decision": "forwarded", "reason": "Thuộc thẩm quyền của UBND"}
        nowhere = await browser.post(address, data=sent)
        assert (nowhere.status_code, "chọn cơ quan được chuyển đến" in nowhere.text) == (422, True)
        assert 'value="forwarded" checked' in nowhere.text
        forwarded = await browser.post(address, data=sent | {"to_body": a_code})
        assert (forwarded.status_code, "Đã ghi nhận: chuyển tiếp" in forwarded.text) == (200, True)
    (shown,) = (await seen(whole_platform.registry.client, a_code))["requests"]
    assert (shown["state"], shown["decider_code"]) == ("waiting", a_code)
    assert (shown["reply"], shown["forwarding_reason"]) == ("Đề nghị gửi kèm văn bản", sent["reason"])


async def test_a_form_that_is_opened_again_decides_nothing(whole_platform: Platform, a_code: str) -> None:
    """The page of a session that has ended keeps what was typed, and promises that nothing is recorded yet."""
    await raised(whole_platform, a_code)
    async with await session_of(whole_platform, Role.SUPERVISOR, f"{a_code}-TP") as browser:
        page = await browser.get("/decisions")
        (action,), csrf = FORM.findall(page.text), CSRF.findall(page.text)[0]
        address = page.url.join(action)
        typed = {"decision": "approved", "document": "CV 9"}
        async with httpx.AsyncClient(headers={"Accept": "text/html"}, verify=NO_AUTHORITIES) as signed_out:
            lost = await signed_out.post(address, data=typed | {CSRF_FIELD: csrf})
        assert (lost.status_code, 'name="document" value="CV 9"' in lost.text) == (401, True)
        again = await browser.post(address, data=typed | {CSRF_FIELD: csrf, "step": "edit"})
        assert (again.status_code, 'value="CV 9"' in again.text) == (200, True)
        assert 'value="approved" checked' in again.text
    (shown,) = (await seen(whole_platform.registry.client, a_code))["requests"]
    assert shown["state"] == "waiting"


async def test_nobody_else_sees_or_decides_it(whole_platform: Platform, a_code: str) -> None:
    request = await raised(whole_platform, a_code)
    address = f"/decisions/{a_code}/{request['request_id']}"
    other = await raised(whole_platform, f"{a_code}Z")
    assert other["request_id"] != request["request_id"]
    async with await session_of(whole_platform, Role.SUPERVISOR, f"{a_code}Z-TP") as elsewhere:
        page = await elsewhere.get("/decisions")
        csrf = CSRF.findall(page.text)[0]
        assert (page.status_code, f"Sở A {a_code}:" in page.text, f"Sở A {a_code}Z:" in page.text) == (
            200,
            False,
            True,
        )
        foreign = await elsewhere.post(address, data={CSRF_FIELD: csrf, "decision": "approved"})
        assert foreign.status_code == 403
    async with await session_of(whole_platform, Role.UNIT, f"{a_code}-A") as own:
        assert (await own.get("/decisions")).status_code == 403
    url = str(whole_platform.registry.client.base_url)
    async with httpx.AsyncClient(
        base_url=url, headers={"Accept": "text/html"}, verify=NO_AUTHORITIES
    ) as anonymous:
        led = await anonymous.get("/decisions")
        assert (led.status_code, "/sign-in?return_to=" in led.headers["location"]) == (303, True)
        assert (await anonymous.post(address, data={"decision": "approved"})).status_code == 401
    assert (await seen(whole_platform.registry.client, a_code))["exemptions"] == []
