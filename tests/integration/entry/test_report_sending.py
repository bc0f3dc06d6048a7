"""Reports go up from commune to province to ministry: published and sent with one press each, seen, summed, received."""

import re
from html import unescape
from typing import Any

import httpx

from shared.auth.sessions import CSRF_FIELD
from tests.integration.entry.conftest import COMMUNE, HEALTH, PROVINCE, SCHOOLS, Office, filled
from tests.support.platform.service import eventually
from tests.support.samples import small_office

MINISTRY = "T-BTP"
PERIOD = {"from": "2024-12-15", "to": "2025-12-14"}
_FORM = re.compile(r'<form method="post" action="([^"]+/entry/units/[^"]+)">(.*?)</form>', re.DOTALL)
_INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


async def required(office: Office, by: str, of: str) -> None:
    """Enter that a body requires a yearly report of a unit."""
    entry = {
        "kind": "report_required",
        "title": f"Báo cáo năm gửi {by}",
        "happened_on": "2025-01-10",
        "coordinating_unit_codes": [of],
        "report_period": "year",
        "due_days": 10,
    }
    made = await office.platform.campaigns.client.post(f"/units/{by}/programme/2025", json=entry)
    assert made.status_code == 201, made.text


async def published(clerk: httpx.AsyncClient, unit: str, **more: str) -> httpx.Response:
    """Publish the report of a year, and give the page of what was published."""
    form = await clerk.get("/entry/reports/publish", params={**PERIOD, "unit": unit, **more})
    made = await clerk.post("/entry/reports/publish", data=filled(form) | {"step": "record"})
    assert made.status_code == 303, made.text
    address = made.url.join(made.headers["location"])

    async def seen() -> httpx.Response | None:
        shown = await clerk.get(address)
        return shown if shown.status_code == 200 else None  # 503 while the read model is behind

    page: httpx.Response = await eventually(seen)
    return page


def form_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Give where the button of a page sends to, and what."""
    ((address, fields),) = _FORM.findall(page.text)
    return unescape(address), {name: unescape(value) for name, value in _INPUT.findall(fields)}


def number_of(page: httpx.Response) -> str:
    return page.url.path.rpartition("/")[2]


async def pressed(clerk: httpx.AsyncClient, page: httpx.Response, **changes: str) -> httpx.Response:
    address, fields = form_of(page)
    return await clerk.post(address, data=fields | {"step": "record"} | changes)


async def listed(office: Office, **params: Any) -> list[dict[str, Any]]:
    asked = {"year": 2025, "min_position": await office.platform.head(), **params}
    answer = await office.platform.services["metrics"].client.get("/required-reports", params=asked)
    reports: list[dict[str, Any]] = answer.json()["reports"]
    return reports


async def opened(office: Office, code: str) -> None:
    """Have a commune with one activity that reports to its province, which reports to a ministry."""
    ministry = small_office.unit(MINISTRY, level="central", kind="ministry", name="Bộ Tư pháp")
    await office.platform.import_rows("units", [ministry])
    held = {"held_on": "2025-03-03", "channel": "dialogue", "title": "Đối thoại", "attendance": 40}
    await office.platform.import_rows("drafts", [small_office.draft(code, COMMUNE)])
    await office.platform.settled()
    client = office.platform.campaigns.client
    made = await client.post(f"/drafts/{code}/communications", json=held | {"unit_code": COMMUNE})
    assert made.status_code == 201, made.text
    await required(office, PROVINCE, COMMUNE)
    await required(office, MINISTRY, PROVINCE)
    await office.platform.settled()


async def test_from_a_commune_to_the_ministry(office: Office, a_code: str) -> None:
    await opened(office, a_code)
    async with office.browser(COMMUNE, service="metrics") as commune:
        page = await published(commune, COMMUNE)
        assert "Ủy ban nhân dân tỉnh T" in page.text, page.text
        _, fields = form_of(page)
        assert (fields["figure_activities"], fields["figure_attendance"]) == ("1", "40")
        number = number_of(page)
        done = await pressed(commune, page)
        assert "Đã gửi báo cáo đến Ủy ban nhân dân tỉnh T" in done.text, done.text
        assert (await pressed(commune, page)).status_code == 200  # a double press sends once
    (report,) = await listed(office, receiver=PROVINCE)
    assert (report["report_id"], report["figures"][-1]["own"]) == (number, 40)

    async with office.browser(PROVINCE, service="metrics") as province:
        newest: dict[str, Any] = {"unit": PROVINCE, "year": 2025}
        newest["min_position"] = done.headers["loa-position"]
        lists = (await province.get("/lists/reports", params=newest)).text
        assert "1/2 báo cáo đã gửi" in lists
        assert "đã gửi, chờ tiếp nhận" in lists or "gửi sau thời hạn, chờ tiếp nhận" in lists
        report_page = (await province.get("/reports", params=newest)).text
        assert "Báo cáo các đơn vị gửi đến: 1/1" in report_page
        row = re.search(r"Số lượt người tham dự</th>(.*?)</tr>", report_page)
        assert row is not None
        assert re.findall(r">([0-9–]+)<", row[1]) == ["1", "40", "40", "0"]
    async with office.browser(PROVINCE, service="campaigns") as province:
        waiting = await province.get(
            "/entry/decisions", params={"min_position": await office.platform.head()}
        )
        address = re.search(r'action="([^"]+/report_received)"', waiting.text)
        assert address is not None, waiting.text
        received = await province.post(
            waiting.url.join(address[1]), data=filled(waiting) | {"step": "record"}
        )
        assert "Tiếp nhận báo cáo" in received.text, received.text
        after = await province.get(
            "/entry/decisions", params={"min_position": received.headers["loa-position"]}
        )
        assert "/report_received" not in after.text
    (report,) = await listed(office, receiver=PROVINCE)
    assert report["state"].startswith("received")

    async with office.browser(PROVINCE, service="metrics") as province:
        upward = await published(province, PROVINCE, include_descendants="true")
        sent = await pressed(province, upward)
    assert "Đã gửi báo cáo đến Bộ Tư pháp" in sent.text, sent.text
    (last,) = await listed(office, receiver=MINISTRY)
    assert {each["name"]: each["own"] for each in last["figures"]}["attendance"] >= 40
    async with office.browser(COMMUNE, service="metrics") as commune:
        assert "đã tiếp nhận" in (await published(commune, COMMUNE)).text


async def test_only_the_unit_sends_only_its_own_published_report(office: Office) -> None:
    await required(office, PROVINCE, HEALTH)
    await office.platform.settled()
    async with office.browser(COMMUNE, service="metrics") as commune:
        theirs = number_of(await published(commune, COMMUNE))
    async with office.browser(HEALTH, service="metrics") as clerk:
        page = await published(clerk, HEALTH)
        unknown = await pressed(clerk, page, report_id="00000000-0000-0000-0000-000000000001")
        assert (unknown.status_code, "đề nghị chốt báo cáo trước khi gửi" in unknown.text) == (422, True)
        wrong = await pressed(clerk, page, report_id=theirs)
        assert (wrong.status_code, "của đơn vị khác" in wrong.text) == (422, True), wrong.text
        assert (await pressed(clerk, page, figure_items="many")).status_code == 422
        assert (await pressed(clerk, page, **{CSRF_FIELD: "x"})).status_code == 403
    async with office.browser(COMMUNE, service="metrics") as commune:
        own = filled(await commune.get("/entry/calendars"))[CSRF_FIELD]
        other = await pressed(commune, page, **{CSRF_FIELD: own})
        assert other.status_code == 403, other.text
    (report,) = await listed(office, unit=HEALTH)
    assert (report["state"], report["submitted_on"]) == ("late", None)


async def test_without_a_session_the_page_leads_to_the_sign_in(office: Office) -> None:
    await required(office, PROVINCE, SCHOOLS)
    await office.platform.settled()
    async with office.browser(SCHOOLS, service="metrics") as clerk:
        page = await published(clerk, SCHOOLS)
    shown = (await office.platform.services["metrics"].client.get(page.url.path)).text
    assert "Đăng nhập để gửi" in shown, shown
    assert not _FORM.findall(shown)
