"""A clerk amends policies and records how long the draft is posted for comment; each with a form."""

import re
from datetime import date

from tests.integration.entry.conftest import HEALTH, SCHOOLS, Office, date_of, filled, press
from tests.integration.entry.forms.test_communication_form import in_consultation
from tests.integration.metrics.office import ago

CORRECT = re.compile(r'href="([^"]+/postings/[0-9a-f-]{36}/correction)"')
LINK = re.compile(r'href="([^"]+/postings/[0-9a-f-]{36}/\w+)"')


async def test_a_policy_is_amended_and_its_removal_asked_for(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    path = f"/entry/drafts/{a_code}/policies/1"
    async with office.browser(HEALTH) as clerk:
        assert f"entry/drafts/{a_code}/policies/1" in (await clerk.get(f"/entry/drafts/{a_code}")).text
        form = await clerk.get(path)
        assert filled(form)["title"] == "Hỗ trợ học phí cho học sinh vùng khó khăn"
        empty = await press(clerk, form, "review", title="", affected_groups="học sinh; ; hộ nghèo")
        assert (empty.status_code, filled(empty)["affected_groups"]) == (422, "học sinh; ; hộ nghèo")
        review = await press(clerk, empty, "review", title="Hỗ trợ học phí toàn tỉnh")
        assert (await press(clerk, review, "record")).status_code == 200
        removal = await clerk.get(f"{path}/removal")
        unexplained = await press(clerk, removal, "review")
        assert (unexplained.status_code, 'id="reason-error"' in unexplained.text) == (422, True)
        review = await press(clerk, unexplained, "review", reason="Không còn trong dự thảo")
        asked = await press(clerk, review, "record")
        assert asked.status_code == 202, asked.text
        assert (await clerk.get(f"/entry/drafts/{a_code}/policies/77")).status_code == 404
    draft = await office.draft(a_code)
    policy = draft["policies"][0]
    assert (policy["title"], policy["affected_groups"]) == (
        "Hỗ trợ học phí toàn tỉnh",
        ["học sinh", "hộ nghèo"],
    )
    assert [request["kind"] for request in draft["requests"]] == ["policy_removal"]
    async with office.browser(SCHOOLS) as other:
        assert (await other.get(path)).status_code == 403


async def test_a_posting_is_opened_extended_and_ended(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code, ago(30))
    path = f"/entry/drafts/{a_code}"
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(f"{path}/postings")
        typed = {"stage": "draft_consultation", "place": "https://t.gov.vn/du-thao"}
        days = date_of("opened_on", ago(25)) | date_of("closes_on", ago(26))
        wrong = await press(clerk, form, "review", **typed, **days)
        assert (wrong.status_code, 'id="closes_on-error"' in wrong.text) == (422, True), wrong.text
        review = await press(clerk, wrong, "review", **date_of("closes_on", ago(-2)))
        done = await press(clerk, review, "record")
        assert done.status_code == 200, done.text
        (posting,) = (await office.draft(a_code))["postings"]
        assert (posting["opened_on"], posting["closes_on"]) == (ago(25), ago(-2))
        page = await clerk.get(path)
        extension, closure, _, _ = (page.url.join(link) for link in LINK.findall(page.text))
        earlier = await press(clerk, await clerk.get(extension), "review", reason="Ít ý kiến")
        assert 'id="closes_on-error"' in earlier.text, earlier.text
        review = await press(clerk, earlier, "review", **date_of("closes_on", ago(-9)))
        assert (await press(clerk, review, "record")).status_code == 200
        review = await press(clerk, await clerk.get(closure), "review", **date_of("closed_on", ago(1)))
        assert (await press(clerk, review, "record")).status_code == 200, review.text
        over = await clerk.get(closure)
        assert (over.status_code, "đã kết thúc" in over.text) == (409, True)
    (posting,) = (await office.draft(a_code))["postings"]
    assert (posting["closed_on"], len(posting["extensions"])) == (ago(1), 1)


async def test_a_posting_that_was_recorded_wrongly_is_corrected(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code, ago(30))
    page = f"/entry/drafts/{a_code}"
    client = office.platform.registry.client
    posting = {"stage": "draft_consultation", "opened_on": ago(25), "closes_on": ago(4), "place": "Cổng"}
    opened = await client.post(f"/drafts/{a_code}/postings", json=posting)
    number = opened.json()["posting"]["posting_id"]
    closed = await client.post(f"/drafts/{a_code}/postings/{number}/close", json={"closed_on": ago(5)})
    assert closed.status_code == 200, closed.text
    async with office.browser(HEALTH) as clerk, office.browser(SCHOOLS) as other:
        cancel = await clerk.get(f"{page}/postings/{number}/cancellation")
        (instead,) = CORRECT.findall(cancel.text)
        form = await clerk.get(cancel.url.join(instead))
        assert filled(form)["place"] == "Cổng", form.text
        assert filled(form).items() >= date_of("closed_on", ago(5)).items()
        empty = await press(clerk, form, "review", stage="")
        assert (empty.status_code, *(f'id="{name}-error"' in empty.text for name in ("stage", "reason"))) == (
            422,
            True,
            True,
        )
        same = await press(clerk, form, "review", reason="Ghi nhầm")
        assert ("đã được ghi nhận trước đó" in same.text, 'value="record"' in same.text) == (True, False)
        days = date_of("opened_on", ago(20)) | dict.fromkeys(date_of("closed_on", ago(5)), "")
        review = await press(clerk, form, "review", reason="Ghi nhầm", place="", **days)
        shown = re.sub(r"<[^>]+>", "", review.text)
        for recorded in (f"{vietnamese(ago(20))} (đang ghi: {vietnamese(ago(25))}", "(đang ghi: Cổng"):
            assert recorded in shown, shown
        assert shown.count("để trống") == 2
        assert shown.count("đang ghi") == 3, "what stays is not named twice"
        assert (await office.draft(a_code))["postings"][0]["opened_on"] == ago(25)
        done = [await press(clerk, review, "record") for _ in range(2)]
        assert [each.status_code for each in done] == [200, 200], done[1].text
        assert (await clerk.get(form.url)).status_code == 404, "it is another one now"
        whole = await clerk.get(page)
        assert "Hủy lần đăng tải ghi nhầm: Ghi nhầm" in whole.text
        (link,) = CORRECT.findall(whole.text)
        assert (await other.get(whole.url.join(link))).status_code == 403
    (posting,) = (await office.draft(a_code))["postings"]
    assert (posting["opened_on"], posting["closes_on"]) == (ago(20), ago(4))
    assert (posting["closed_on"], posting["place"]) == (None, None)


def vietnamese(day: str) -> str:
    return f"{date.fromisoformat(day):%d/%m/%Y}"
