"""A clerk registers a draft with a form: what was typed is never lost, and nothing is recorded before it was shown."""

from typing import Any

import httpx

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, SCHOOLS, Office, filled, press
from tests.support.servers.plain import NO_AUTHORITIES

PATH = "/entry/drafts"
IN_SCOPE = dict.fromkeys(("affects_rights", "contested", "wide_impact"), "yes")
FEES: dict[str, Any] = {
    "title": "Nghị quyết quy định mức hỗ trợ học phí",
    "instrument": "provincial_resolution",
    "policy_1": "Hỗ trợ học phí cho học sinh vùng khó khăn",
    "policy_3": "Miễn học phí mầm non",
    **IN_SCOPE,
}


async def registered(office: Office, code: str, unit: str = HEALTH, **typed: Any) -> httpx.Response:
    async with office.browser(unit) as clerk:
        review = await press(clerk, await clerk.get(PATH), "review", draft_code=code, **FEES | typed)
        assert review.status_code == 200, review.text
        return await press(clerk, review, "record")


async def test_a_draft_with_policies_is_shown_and_then_recorded(office: Office, a_code: str) -> None:
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(PATH)
        assert "Sở Y tế tỉnh T" in form.text, "the own unit is preset"
        review = await press(clerk, form, "review", draft_code=a_code.lower(), **FEES)
        assert review.status_code == 200, review.text
        assert "Thuộc phạm vi theo Điều 68" in review.text
        assert "phải truyền thông 02 chính sách từ giai đoạn “Lấy ý kiến dự thảo”" in review.text
        assert "05 ngày làm việc" in review.text
        absent = await office.platform.registry.client.get(f"/drafts/{a_code}")
        assert absent.status_code == 404, "a review records nothing"
        corrected = await press(clerk, review, "edit")
        assert filled(corrected)["policy_3"] == FEES["policy_3"]
        done = await press(clerk, review, "record")
        assert (done.status_code, f"Đã ghi nhận dự thảo {a_code}" in done.text) == (200, True), done.text
        assert f'href="../entry/drafts/{a_code}/stages"' in done.text
        home = await clerk.get(f"/home?min_position={done.headers['loa-position']}")
        assert a_code in home.text
        twice = await press(clerk, review, "record")
        assert "đã được ghi nhận trước đó" in twice.text
    draft = await office.draft(a_code)
    assert (draft["lead_unit_code"], draft["version"]) == (HEALTH, 4)
    assert [(p["policy_no"], p["title"]) for p in draft["policies"]] == [
        (1, FEES["policy_1"]),
        (2, FEES["policy_3"]),
    ]


async def test_every_error_stands_beside_its_field_and_keeps_the_text(office: Office) -> None:
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(PATH)
        wrong = await press(clerk, form, "review", draft_code="nghị quyết", title="", policy_2="a@b.vn")
        assert wrong.status_code == 422
        for name in ("draft_code", "title", "instrument", "policy_2"):
            assert f'<a href="#{name}">' in wrong.text, name
            assert f'id="{name}-error"' in wrong.text, name
        assert "ví dụ NQ-2026-01" in wrong.text
        assert filled(wrong)["draft_code"] == "nghị quyết"
        assert filled(wrong)["policy_2"] == "a@b.vn"
        assert 'tabindex="-1" autofocus' in wrong.text
        more = await press(clerk, wrong, "more")
        assert filled(more)["policy_2"] == "a@b.vn"
        assert 'name="policy_8"' in more.text


async def test_a_code_that_is_taken_is_refused_beside_it(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(SCHOOLS) as clerk:
        taken = await press(clerk, await clerk.get(PATH), "review", draft_code=a_code, **FEES)
        assert taken.status_code == 409
        assert "đã được dùng cho một dự thảo có nội dung khác" in taken.text
        assert "POST /" not in taken.text
        assert filled(taken)["title"] == FEES["title"]


async def test_a_form_without_its_token_records_nothing_and_keeps_the_text(
    office: Office, a_code: str
) -> None:
    async with office.browser(HEALTH) as clerk:
        typed = filled(await clerk.get(PATH)) | FEES | {"draft_code": a_code, "step": "record"}
        stolen = await clerk.post(PATH, data=typed | {CSRF_FIELD: "x"})
        assert stolen.status_code == 403
        again = await press(clerk, stolen, "edit")
        assert again.status_code == 200
        assert filled(again)["title"] == FEES["title"]
    async with httpx.AsyncClient(
        base_url=office.url("registry"),
        headers={"Accept": "text/html"},
        verify=NO_AUTHORITIES,
    ) as anonymous:
        ended = await anonymous.post(PATH, data=typed)
        assert (ended.status_code, "/sign-in?return_to=" in ended.text) == (401, True)
        assert filled(ended)["policy_3"] == FEES["policy_3"]
        led = await anonymous.get(PATH)
        assert led.status_code == 303
    assert (await office.platform.registry.client.get(f"/drafts/{a_code}")).status_code == 404


async def test_out_of_scope_is_asked_for(office: Office, a_code: str) -> None:
    async with office.browser(HEALTH) as clerk:
        typed = FEES | {"contested": "no", "draft_code": a_code}
        review = await press(clerk, await clerk.get(PATH), "review", **typed)
        assert "Đã ghi nhận đề nghị xác định dự thảo không thuộc phạm vi" in review.text
        assert "Gửi đề nghị" in review.text
        done = await press(clerk, review, "record")
        assert (done.status_code, "Đã gửi đề nghị" in done.text) == (202, True)
    (request,) = (await office.draft(a_code))["requests"]
    assert (request["kind"], request["decider_code"]) == ("scope", JUSTICE)


async def test_a_supervisor_names_the_unit_and_only_one_of_its_own(office: Office, a_code: str) -> None:
    async with office.browser(JUSTICE, Role.SUPERVISOR) as supervisor:
        form = await supervisor.get(PATH)
        assert filled(form)["lead_unit_code"] == JUSTICE
        nowhere = await press(
            supervisor, form, "review", **FEES | {"draft_code": a_code, "lead_unit_code": "T-NOWHERE"}
        )
        assert (nowhere.status_code, 'id="lead_unit_code-error"' in nowhere.text) == (422, True)
        review = await press(supervisor, nowhere, "review", lead_unit_code=HEALTH)
        done = await press(supervisor, review, "record")
        assert done.status_code == 200, done.text
    assert (await office.draft(a_code))["lead_unit_code"] == HEALTH


async def test_a_reader_enters_nothing(office: Office) -> None:
    async with office.browser(COMMUNE, Role.READER) as reader:
        assert (await reader.get(PATH)).status_code == 403
