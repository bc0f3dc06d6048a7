"""A clerk enters a stage with a form: possible stages alone, the due day by the rules before anything is recorded."""

import asyncio
import re
from datetime import date

import httpx
import pytest

from services.registry.application.commands import Commands
from shared.contracts.vocabulary import Role
from shared.kernel.errors import TransientError
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.entry.conftest import COMMUNE, HEALTH, SCHOOLS, Office, date_of, filled, press
from tests.integration.entry.forms.test_draft_form import registered
from tests.integration.metrics.office import ago

OPTION = re.compile(r'<option value="(\w+)"')


def path_of(code: str) -> str:
    return f"/entry/drafts/{code}/stages"


def due_after(day: str) -> str:
    due = load_rulebook().calendar.add_working_days(date.fromisoformat(day), 5)
    return f"{due:%d/%m/%Y}"


async def entered(client: httpx.AsyncClient, code: str, stage: str, day: str) -> httpx.Response:
    typed = {"stage": stage, **date_of("entered_on", day)}
    review = await press(client, await client.get(path_of(code)), "review", **typed)
    assert review.status_code == 200, review.text
    return await press(client, review, "record")


async def test_the_due_day_is_shown_before_it_is_recorded(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    today = day_in_vietnam(now()).isoformat()
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(path_of(a_code))
        assert "Chưa ghi nhận giai đoạn nào" in form.text
        assert "policy_appraisal" not in OPTION.findall(form.text), "not of this procedure"
        paper = {"document_no": "12/SYT-VP", "issuer": "Sở Y tế", **date_of("document_date", ago(2))}
        typed = {"stage": "draft_consultation", **date_of("entered_on", today), **paper}
        review = await press(clerk, form, "review", **typed)
        assert f"sẽ là hết ngày {due_after(today)} (05 ngày làm việc)" in review.text, review.text
        assert (await office.draft(a_code))["stages"] == []
        done = await press(clerk, review, "record")
        twice = await press(clerk, review, "record")
        assert (done.status_code, twice.status_code) == (200, 200), twice.text
        assert due_after(today) in twice.text, "a double press shows what was recorded"
        after = await clerk.get(path_of(a_code))
        assert "Hiện nay: <strong>Lấy ý kiến dự thảo</strong>" in after.text
    (stage,) = (await office.draft(a_code))["stages"]
    assert (stage["stage"], stage["entered_on"]) == ("draft_consultation", today)
    assert (stage["document_no"], stage["document_date"], stage["issuer"]) == ("12/SYT-VP", ago(2), "Sở Y tế")


async def test_a_month_alone(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk:
        done = await entered(clerk, a_code, "drafting", "2026-03")
        assert "tháng 03/2026" in done.text
        assert (
            "Hiện nay: <strong>Soạn thảo</strong>, từ tháng 03/2026."
            in (await clerk.get(path_of(a_code))).text
        )
    (stage,) = (await office.draft(a_code))["stages"]
    assert (stage["entered_on"], stage["precision"]) == ("2026-03-01", "month")


async def test_wrong_days_stand_beside_the_boxes_and_are_kept(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    future = f"{day_in_vietnam(now()).year + 1}-02-03"
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(path_of(a_code))
        for day, words in (
            ("2026-02-30", "Tháng 02/2026 có các ngày từ 1 đến 28"),
            (future, "ở tương lai"),
            ("26-02-03", "bốn chữ số"),
        ):
            wrong = await press(clerk, form, "review", stage="drafting", **date_of("entered_on", day))
            assert (wrong.status_code, words in wrong.text) == (422, True), day
            assert 'id="entered_on-error"' in wrong.text
            assert filled(wrong) | date_of("entered_on", day) == filled(wrong)
        unset = await press(clerk, form, "review")
        assert '<a href="#stage">' in unset.text
        assert '<a href="#entered_on">' in unset.text
    assert (await office.draft(a_code))["stages"] == []


async def test_a_conflict_shows_the_newer_state_and_keeps_the_text(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk, office.browser(HEALTH, Role.HEAD) as head:
        form = await clerk.get(path_of(a_code))
        await entered(head, a_code, "drafting", ago(9))
        typed = {"stage": "draft_consultation", "what": "Công văn 7", **date_of("entered_on", ago(2))}
        stale = await press(clerk, form, "review", **typed)
        assert stale.status_code == 412
        assert "Dữ liệu đã có thay đổi" in stale.text
        assert "Hiện nay: <strong>Soạn thảo</strong>" in stale.text
        assert filled(stale)["what"] == "Công văn 7"
        review = await press(clerk, stale, "review")
        assert (await press(clerk, review, "record")).status_code == 200
    assert [stage["stage"] for stage in (await office.draft(a_code))["stages"]] == [
        "drafting",
        "draft_consultation",
    ]


async def test_suspending_is_asked_for_and_a_resumption_is_offered(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(HEALTH) as clerk:
        await entered(clerk, a_code, "draft_consultation", ago(9))
        typed = {"stage": "suspended", **date_of("entered_on", ago(3))}
        review = await press(clerk, await clerk.get(path_of(a_code)), "review", **typed)
        assert "đề nghị tạm dừng dự thảo" in review.text
        asked = await press(clerk, review, "record")
        assert (asked.status_code, "Đã gửi đề nghị: Tạm dừng" in asked.text) == (202, True)
        page = await clerk.get(f"/entry/drafts/{a_code}")
        assert "Đề nghị tạm dừng dự thảo, gửi ngày" in page.text
        supervised = office.platform.registry.client  # an operator records it at once
        path = f"/drafts/{a_code}/stages"
        await supervised.post(path, json={"stage": "suspended", "entered_on": ago(3)})
        form = await clerk.get(path_of(a_code))
        offered = OPTION.findall(form.text)
        assert (offered[0], "suspended" in offered) == ("resumed", False)
        done = await entered(clerk, a_code, "resumed", ago(1))
        assert due_after(ago(1)) in done.text
        await supervised.post(f"/drafts/{a_code}/withdraw", json={"on": ago(0)})
        ended = await clerk.get(path_of(a_code))
        assert "Dự thảo đã kết thúc" in ended.text
        assert not {"suspended", "withdrawn", "merged"} & {*OPTION.findall(ended.text)}


async def test_two_presses_at_the_same_moment_record_once(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    typed = {"stage": "drafting", "what": "Quyết định 5", **date_of("entered_on", ago(1))}
    async with office.browser(HEALTH) as clerk:
        review = await press(clerk, await clerk.get(path_of(a_code)), "review", **typed)
        answers = await asyncio.gather(*(press(clerk, review, "record") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    draft = await office.draft(a_code)
    assert (len(draft["stages"]), draft["version"]) == (1, 5)


async def test_what_was_typed_survives_an_outage(
    office: Office, a_code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service runs in this process: its commands meet a broker that does not answer."""
    await registered(office, a_code)
    typed = {"stage": "drafting", "what": "Quyết định 5", **date_of("entered_on", ago(1))}
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(path_of(a_code))
        with monkeypatch.context() as broken:
            broken.setattr(Commands, "on_draft", _no_answer)
            away = await press(clerk, form, "review", **typed)
        assert (away.status_code, "thử lại sau ít giây" in away.text) == (503, True)
        again = await press(clerk, away, "edit")
        assert filled(again) | typed == filled(again)
        review = await press(clerk, again, "review")
        assert (await press(clerk, review, "record")).status_code == 200


async def _no_answer(*_: object, **__: object) -> None:
    raise TransientError("no answer in time")


async def test_another_unit_may_not(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    async with office.browser(SCHOOLS) as other, office.browser(HEALTH) as clerk:
        page = await other.get(path_of(a_code))
        assert (page.status_code, f"do đơn vị “{HEALTH}” chủ trì" in page.text) == (403, True)
        own = filled(await clerk.get(path_of(a_code)))
        typed = own | {"stage": "drafting", **date_of("entered_on", ago(1)), "step": "record"}
        token = filled(await other.get("/entry/drafts"))["csrf_token"]
        refused = await other.post(path_of(a_code), data=typed | {"csrf_token": token})
        assert refused.status_code == 403
        absent = await clerk.get(path_of("T-NO-SUCH"))
        assert (absent.status_code, "POST /drafts" in absent.text) == (404, False)
    assert (await office.draft(a_code))["stages"] == []


async def test_a_policy_is_added_once(office: Office, a_code: str) -> None:
    await registered(office, a_code)
    path = f"/entry/drafts/{a_code}/policies"
    async with office.browser(HEALTH) as clerk:
        form = await clerk.get(path)
        unnamed = await press(clerk, form, "record", title=" ")
        assert (unnamed.status_code, 'id="title-error"' in unnamed.text) == (422, True)
        done = await press(clerk, form, "record", title="Hỗ trợ sách giáo khoa")
        assert (done.status_code, "Đã ghi nhận chính sách 3" in done.text) == (200, True), done.text
        assert (await press(clerk, form, "record", title="Hỗ trợ sách giáo khoa")).status_code == 200
        other = await press(clerk, form, "record", title="Hỗ trợ xe đạp")
        assert (other.status_code, filled(other)["title"]) == (409, "Hỗ trợ xe đạp")
        assert (await press(clerk, other, "record")).status_code == 200
    assert [policy["policy_no"] for policy in (await office.draft(a_code))["policies"]] == [1, 2, 3, 4]


async def test_the_home_page_lists_the_units_drafts_and_searches_all(office: Office, a_code: str) -> None:
    done = await registered(office, a_code, SCHOOLS, title=f"Nghị quyết về Đường Sữa {a_code}")
    newest = {"min_position": done.headers["loa-position"]}
    async with office.browser(SCHOOLS) as clerk:
        home = await clerk.get("/home", params={**newest, "q": f"duong sua {a_code}"})
        assert f'href="./entry/drafts/{a_code}/stages"' in home.text, home.text
        assert f"/entry/drafts/{a_code}/communications" in home.text
        assert 'href="./decisions"' not in home.text
        draft = await clerk.get(f"/entry/drafts/{a_code}")
        assert "Đăng ký dự thảo “Nghị quyết về Đường Sữa" in draft.text
    async with office.browser(COMMUNE) as commune:
        assert a_code not in (await commune.get("/home", params=newest)).text
        every = await commune.get("/home", params={**newest, "every": "yes", "q": a_code})
        assert (f"/{a_code}/communications" in every.text, f"/{a_code}/stages" in every.text) == (True, False)
    async with office.browser("T-STP", Role.SUPERVISOR) as supervisor:
        assert 'href="./decisions"' in (await supervisor.get("/home")).text
