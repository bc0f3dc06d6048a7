"""A clerk changes a draft with forms; what lowers the unit's own duty is asked for, and may be withdrawn again."""

import re
from datetime import date

from services.registry.adapters.entry.change.form import nothing
from services.registry.adapters.entry.change.kinds import CHANGES
from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import (
    COMMUNE,
    HEALTH,
    JUSTICE,
    PROVINCE,
    SCHOOLS,
    Office,
    date_of,
    filled,
    press,
)
from tests.integration.entry.forms.test_draft_form import registered
from tests.integration.entry.forms.test_stage_form import due_after, entered
from tests.integration.metrics.office import ago

IN_PLACE = "Sở Tư pháp tỉnh T nhập thay Sở Y tế tỉnh T"
PAPER = {"document": "Công văn số 12/VP", "authority": "Văn phòng"}
WITHDRAW = re.compile(r'href="([^"]+/requests/[0-9a-f-]{36}/withdraw)"')
CORRECT_EXEMPTION = re.compile(r'href="([^"]+/exemptions/[0-9a-f-]{36}/correction)"')
EXEMPTION = re.compile(r'href="([^"]+/exemptions/[0-9a-f-]{36}/cancellation)"')
CANCEL = re.compile(r'href="([^"]+/(?:stages|postings)/[0-9a-f-]{36}/cancellation)"')
CORRECT = re.compile(r'href="([^"]+/stages/[0-9a-f-]{36})"')


def test_every_form_about_something_names_it() -> None:
    unnamed = {each.path for each in CHANGES if each.about is nothing}
    assert {path for path in unnamed if "{" in path} == set()
    assert "title" in unnamed


async def test_an_exemption_is_asked_for_and_withdrawn(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    path = f"/entry/drafts/{a_code}/exemption"
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(path)
        wrong = await press(clerk, form, "review", document=PAPER["document"], stages=["appraisal"])
        assert (wrong.status_code, filled(wrong)["document"]) == (422, PAPER["document"])
        for name in ("authority", "decided_on"):
            assert f'id="{name}-error"' in wrong.text, name
        assert filled(wrong)["stages"] == "appraisal"
        review = await press(clerk, wrong, "review", **PAPER | date_of("decided_on", ago(3)))
        assert "Sở Tư pháp tỉnh T xem xét, quyết định trong 05 ngày làm việc" in review.text, review.text
        assert (await office.draft(a_code))["requests"] == []
        stolen = await clerk.post(path, data=filled(review) | {CSRF_FIELD: "x", "step": "record"})
        assert stolen.status_code == 403
        done = await press(clerk, review, "record")
        twice = await press(clerk, review, "record")
        assert (done.status_code, twice.status_code) == (202, 202), twice.text
        (request,) = (await office.draft(a_code))["requests"]
        assert (request["kind"], request["decider_code"]) == ("exemption", JUSTICE)
        page = await clerk.get(f"/entry/drafts/{a_code}")
        (link,) = WITHDRAW.findall(page.text)
        withdrawal = await clerk.get(page.url.join(link))
        review = await press(clerk, withdrawal, "review", reason="Đã truyền thông.")
        assert ["Đề nghị miễn truyền thông" in each.text for each in (withdrawal, review)] == [True] * 2
        assert (await press(clerk, review, "record")).status_code == 200
        over = await clerk.get(page.url.join(link))
        assert (over.status_code, "đã được rút" in over.text) == (409, True)
    (request,) = (await office.draft(a_code))["requests"]
    assert request["state"] == "withdrawn"


async def test_an_exemption_that_was_recorded_wrongly_is_taken_back(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    client, page = office.platform.registry.client, f"/entry/drafts/{a_code}"
    answer = await client.post(f"/drafts/{a_code}/exemptions", json={"document": "QĐ 5"})
    assert answer.status_code == 200, answer.text
    async with office.browser(HEALTH) as clerk:
        shown = await clerk.get(page)
        (link,) = EXEMPTION.findall(shown.text)
        form = await clerk.get(shown.url.join(link))
        wrong = await press(clerk, form, "review", reason="")
        assert (wrong.status_code, 'id="reason-error"' in wrong.text) == (422, True)
        review = await press(clerk, wrong, "review", reason="Ghi nhầm dự thảo")
        assert review.status_code == 200, review.text
        assert ["theo QĐ 5" in each.text for each in (form, wrong, review)] == [True] * 3
        done = await press(clerk, review, "record")
        twice = await press(clerk, review, "record")
        assert (done.status_code, twice.status_code) == (200, 200), done.text
        shown = await clerk.get(page)
        assert EXEMPTION.findall(shown.text) == []
        assert "Hủy nội dung miễn truyền thông: Ghi nhầm dự thảo" in shown.text
        assert (await clerk.get(form.url)).status_code == 404
    assert (await office.draft(a_code))["exemptions"] == []


async def test_a_unit_asks_for_the_correction_of_an_exemption(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    client, page = office.platform.registry.client, f"/entry/drafts/{a_code}"
    answer = await client.post(f"/drafts/{a_code}/exemptions", json={"document": "QĐ 5"})
    assert answer.status_code == 200, answer.text
    async with office.browser(HEALTH) as clerk:
        shown = await clerk.get(page)
        cancel = await clerk.get(shown.url.join(EXEMPTION.findall(shown.text)[0]))
        (instead,) = CORRECT_EXEMPTION.findall(cancel.text)
        form = await clerk.get(cancel.url.join(instead))
        assert filled(form)["document"] == "QĐ 5", "what is on record stands in the form"
        wrong = await press(clerk, form, "review", document="")
        assert [f'id="{name}-error"' in wrong.text for name in ("document", "reason", "authority")] == [
            True,
            True,
            False,
        ]
        review = await press(clerk, wrong, "review", document="QĐ 6", reason="Ghi nhầm", stages=["appraisal"])
        assert "(đang ghi: QĐ 5" in re.sub(r"<[^>]+>", "", review.text), review.text
        assert (await press(clerk, review, "record")).status_code == 202
    draft = await office.draft(a_code)
    assert [each["document"] for each in draft["exemptions"]] == ["QĐ 5"], "it waits for a decision"
    (request,) = draft["requests"]
    assert (request["command"], request["wanted"]["stages"]) == ("correct_exemption", ["appraisal"])


async def test_a_transfer_names_a_unit_that_exists(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(f"/entry/drafts/{a_code}/transfer")
        typed = {"to_unit_code": "T-NOWHERE", "document": "QĐ 5", **date_of("on", ago(1))}
        wrong = await press(clerk, form, "review", **typed)
        assert (wrong.status_code, 'id="to_unit_code-error"' in wrong.text) == (422, True), wrong.text
        review = await press(clerk, wrong, "review", to_unit_code=SCHOOLS.lower())
        assert (await press(clerk, review, "record")).status_code == 202
    (request,) = (await office.draft(a_code))["requests"]
    assert (request["kind"], request["wanted"]["to_unit_code"]) == ("transfer", SCHOOLS)


async def test_the_scope_is_assessed_again(office: Office, a_code: str) -> None:
    await registered(office, a_code, wide_impact="unknown")
    path = f"/entry/drafts/{a_code}/scope"
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(path)
        assert filled(form)["affects_rights"] == "yes"
        same = await press(clerk, form, "review")
        assert ("đã được ghi nhận trước đó" in same.text, 'value="record"' in same.text) == (True, False)
        review = await press(clerk, form, "review", wide_impact="yes")
        assert "Thuộc phạm vi theo Điều 68" in review.text
        assert (await press(clerk, review, "record")).status_code == 200
        lower = await press(clerk, await clerk.get(path), "review", decision="no")
        assert "đề nghị xác định dự thảo không thuộc phạm vi" in lower.text
        assert (await press(clerk, lower, "record")).status_code == 202
    draft = await office.draft(a_code)
    assert (draft["scope"]["wide_impact"], draft["scope"]["in_scope"]) == ("yes", "unknown")


async def test_a_stage_is_corrected(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk, office.browser(SCHOOLS) as other:
        await entered(clerk, a_code, "draft_consultation", ago(5))
        page = await clerk.get(f"/entry/drafts/{a_code}")
        (link,) = CORRECT.findall(page.text)
        cancel = await clerk.get(page.url.join(f"{link}/cancellation"))
        (instead,) = CORRECT.findall(cancel.text)
        assert cancel.url.join(instead) == page.url.join(link), "whoever cancels may correct instead"
        form = await clerk.get(page.url.join(link))
        earlier = await press(clerk, form, "review", reason="Ghi nhầm.", **date_of("entered_on", ago(6)))
        assert due_after(ago(6)) in earlier.text, earlier.text
        before = f"(đang ghi: {date.fromisoformat(ago(5)):%d/%m/%Y}"
        assert before in earlier.text, "what is on record stands beside what was typed"
        assert (await press(clerk, earlier, "record")).status_code == 200
        stale = await press(clerk, form, "review", reason="Ghi nhầm.", **date_of("entered_on", ago(4)))
        assert (stale.status_code, filled(stale)["reason"]) in {(412, "Ghi nhầm."), (422, "Ghi nhầm.")}
        later = await press(clerk, stale, "review")
        assert "đề nghị đính chính giai đoạn" in later.text
        assert (await other.get(page.url.join(link))).status_code == 403
        gone = await clerk.get(f"/entry/drafts/{a_code}/stages/00000000-0000-4000-8000-000000000000")
        assert gone.status_code == 404
    (stage,) = (await office.draft(a_code))["stages"]
    assert stage["entered_on"] == ago(6)


async def test_a_stage_and_a_posting_that_never_were_are_taken_back(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    client, page = office.platform.registry.client, f"/entry/drafts/{a_code}"
    posting = {"stage": "draft_consultation", "opened_on": ago(4)}
    assert (await client.post(f"/drafts/{a_code}/postings", json=posting)).status_code == 201
    async with office.browser(HEALTH) as clerk:
        await entered(clerk, a_code, "draft_consultation", ago(5))
        await entered(clerk, a_code, "appraisal", ago(3))
        shown = await clerk.get(page)
        _, appraisal, posted = CANCEL.findall(shown.text)
        done = {}
        posting_words = f"Đăng tải: Lấy ý kiến dự thảo, từ ngày {date.fromisoformat(ago(4)):%d/%m/%Y}"
        stage_words = f"Thẩm định, ngày {date.fromisoformat(ago(3)):%d/%m/%Y}"
        for link, why, what in (
            (posted, "Chưa đăng tải", posting_words),
            (appraisal, "Chưa gửi thẩm định", stage_words),
        ):
            form = await clerk.get(shown.url.join(link))
            wrong = await press(clerk, form, "review", reason="")
            assert (wrong.status_code, 'id="reason-error"' in wrong.text) == (422, True)
            review = await press(clerk, wrong, "review", reason=why)
            assert review.status_code == 200, review.text
            assert [what in each.text for each in (form, wrong, review)] == [True] * 3
            done[link] = review, await press(clerk, review, "record")
        assert done[posted][1].status_code == 200
        assert "Khi đó dự thảo ở giai đoạn “Lấy ý kiến dự thảo”" in done[appraisal][0].text, done[appraisal][
            0
        ].text
        assert due_after(ago(5)) in done[appraisal][0].text
        assert done[appraisal][1].status_code == 202, "its duty would be less, so it is asked for"
    (request,) = (await office.draft(a_code))["requests"]
    decision = {"decision": "approved", "document": "CV 8"}
    path = f"/drafts/{a_code}/requests/{request['request_id']}/decision"
    assert (await client.post(path, json=decision)).status_code == 200
    draft = await office.draft(a_code)
    assert ([stage["stage"] for stage in draft["stages"]], draft["postings"]) == (["draft_consultation"], [])
    async with office.browser(HEALTH) as clerk:
        shown = await clerk.get(page)
        assert "Hủy lần đăng tải ghi nhầm: Chưa đăng tải" in shown.text
        assert "Hủy giai đoạn ghi nhầm: Thẩm định" in shown.text
        assert "(Chưa gửi thẩm định)" in shown.text
        assert len(CANCEL.findall(shown.text)) == 1
        assert (await clerk.get(shown.url.join(appraisal))).status_code == 404


async def test_the_title_and_the_procedure(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk:
        path = f"/entry/drafts/{a_code}"
        titled = await press(clerk, await clerk.get(f"{path}/title"), "review", title="Nghị quyết mới")
        assert (await press(clerk, titled, "record")).status_code == 200
        typed = {"procedure": "simplified", **PAPER, **date_of("decided_on", ago(2))}
        review = await press(clerk, await clerk.get(f"{path}/procedure"), "review", **typed)
        assert (await press(clerk, review, "record")).status_code in {200, 202}
    draft = await office.draft(a_code)
    assert (draft["title"], draft["procedure"]) == ("Nghị quyết mới", "simplified")


async def test_a_stage_to_come_and_the_opinions_of_a_consultation(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk:
        path = f"/entry/drafts/{a_code}"
        form = await clerk.get(f"{path}/expected")
        passed = await press(clerk, form, "review", stage="adopted", **date_of("expected_on", ago(3)))
        assert (passed.status_code, 'id="expected_on-error"' in passed.text) == (422, True), passed.text
        review = await press(clerk, passed, "review", **date_of("expected_on", ago(-40)))
        assert (await press(clerk, review, "record")).status_code == 200
        form = await clerk.get(f"{path}/opinions")
        typed = {"stage": "draft_consultation", "received": "1.200", **date_of("summarised_on", ago(1))}
        wrong = await press(clerk, form, "review", **typed | {"accepted": "1.300"})
        assert (wrong.status_code, 'id="accepted-error"' in wrong.text) == (422, True), wrong.text
        review = await press(clerk, wrong, "review", accepted="300")
        assert (await press(clerk, review, "record")).status_code == 200
        page = await clerk.get(path)
        assert "Dự kiến: Thông qua, ngày" in page.text
        assert "1200 ý kiến" in page.text


async def test_the_history_names_who_entered_it_in_the_units_place(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    path = f"/drafts/{a_code}"
    async with office.platform.registry.as_(Role.SUPERVISOR, JUSTICE) as justice:
        entered = await justice.post(f"{path}/stages", json={"stage": "appraisal", "entered_on": ago(1)})
        assert entered.status_code == 201, entered.text
    async with office.platform.registry.as_(Role.UNIT, HEALTH) as clerk:
        retitled = await clerk.post(f"{path}/title", json={"title": "Nghị quyết đã đổi tên"})
        assert retitled.status_code == 200, retitled.text
        asked = await clerk.post(f"{path}/exemptions", json={"document": "QĐ 5", "stages": ["verification"]})
        assert asked.status_code == 202, asked.text
    async with office.platform.registry.as_(Role.SUPERVISOR, JUSTICE) as justice:
        request = asked.json()["request"]["request_id"]
        approved = {"decision": "approved", "document": "CV 8"}
        answer = await justice.post(f"{path}/requests/{request}/decision", json=approved)
        assert answer.status_code == 200, answer.text
        history = (await justice.get(f"{path}/history")).json()["events"]
    by = {event["type"].split(".")[3]: event["actor_unit"] for event in history}
    assert by["stage_entered"] == JUSTICE
    assert by["registered"] is by["retitled"] is by["request_raised"] is None
    assert by["request_decided"] == JUSTICE
    async with office.browser(HEALTH) as clerk:
        page = (await clerk.get(f"/entry/drafts/{a_code}")).text
    assert page.count(IN_PLACE) == 1, "a decision is made in nobody's place"


async def test_a_province_enters_for_a_commune_what_the_commune_may(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    held = {"held_on": ago(2), "channel": "commune_loudspeaker", "title": "Phát thanh", "unit_code": COMMUNE}
    path = f"/drafts/{a_code}/communications"
    await office.platform.settled()
    for unit, status in ((PROVINCE, 201), (JUSTICE, 201), (SCHOOLS, 403)):
        async with office.platform.campaigns.as_(Role.SUPERVISOR, unit) as caller:
            answer = await caller.post(path, json=held | {"title": f"Phát thanh do {unit} nhập"})
        assert answer.status_code == status, (unit, answer.text)
