"""The forms of metrics: a unit publishes its report with one press, and makes, changes and withdraws its calendar address."""

import re
from typing import Any
from urllib.parse import urlsplit

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, SCHOOLS, Office, filled
from tests.integration.metrics.office import today

PUBLISH, CALENDARS = "/entry/reports/publish", "/entry/calendars"
_ADDRESS = re.compile(r'id="dia-chi" value="([^"]+)"')


async def test_a_report_is_published_from_its_page(office: Office) -> None:
    asked: dict[str, Any] = {"year": 2025, "as_of": "2026-01-31"}
    async with office.browser(HEALTH, service="metrics") as clerk:
        report = await clerk.get("/reports", params=asked | {"unit": HEALTH})
        (link,) = re.findall(r'href="(/entry/reports/publish[^"]*)"', report.text)
        page = await clerk.get(link.replace("&amp;", "&"))
        assert page.status_code == 200, page.text
        assert "15/12/2024–14/12/2025, số liệu đến ngày 31/01/2026" in page.text
        assert "không thu hồi được" in page.text
        form = filled(page) | {"step": "record", "document": "12/BC-SYT"}
        personal = await clerk.post(PUBLISH, data=form | {"document": "Gọi 0912345678"})
        assert (personal.status_code, "số điện thoại" in personal.text) == (422, True), personal.text
        stolen = await clerk.post(PUBLISH, data=form | {CSRF_FIELD: "x"})
        assert stolen.status_code == 403
        looked = await clerk.post(PUBLISH, data=form | {"step": "edit"})
        assert (looked.status_code, "12/BC-SYT" in looked.text) == (200, True)
        made = await clerk.post(PUBLISH, data=form)
        assert made.status_code == 303, made.text
        shown = await clerk.get(made.url.join(made.headers["location"]))
        assert (shown.status_code, "12/BC-SYT" in shown.text) == (200, True), shown.text
        again = await clerk.get(link.replace("&amp;", "&"))
        assert "Kỳ này đã có bản chốt" in again.text
        listed = (await clerk.get("/reports/407/published", params={"unit": HEALTH})).json()["items"]
    (row,) = [each for each in listed if each["document"] == "12/BC-SYT"]
    assert (row["year"], row["as_of"], row["unit_code"]) == (2025, "2026-01-31", HEALTH)


async def test_whoever_names_no_unit_publishes_the_own_report(office: Office) -> None:
    async with office.browser(SCHOOLS, service="metrics") as clerk:
        page = await clerk.get(PUBLISH, params={"from": "2025-01-15", "to": "2025-03-31"})
        assert "Sở Giáo dục và Đào tạo tỉnh T" in page.text, page.text
        assert filled(page)["from"] == "2025-01-15"
        made = await clerk.post(PUBLISH, data=filled(page) | {"step": "record"})
        assert made.status_code == 303, made.text
        newest = {"unit": SCHOOLS, "min_position": made.headers["loa-position"]}
        (row, *_) = (await clerk.get("/reports/407/published", params=newest)).json()["items"]
        assert (row["period_from"], row["period_to"], row["year"]) == ("2025-01-15", "2025-03-31", None)
        wrong = await clerk.post(PUBLISH, data=filled(page) | {"step": "record", "from": "yesterday"})
        assert wrong.status_code == 422


async def test_nobody_publishes_for_another_unit(office: Office) -> None:
    asked: dict[str, Any] = {"year": 2025, "as_of": "2026-01-31", "unit": HEALTH}
    async with office.browser(HEALTH, service="metrics") as clerk:
        own = filled(await clerk.get(PUBLISH, params=asked))
    async with office.browser(COMMUNE, service="metrics") as other:
        assert (await other.get(PUBLISH, params=asked)).status_code == 403
        theirs = filled(await other.get(CALENDARS))
        sent = own | {CSRF_FIELD: theirs[CSRF_FIELD], "step": "record"}
        assert (await other.post(PUBLISH, data=sent)).status_code == 403
    async with office.browser(JUSTICE, Role.SUPERVISOR, "metrics") as justice:
        assert (await justice.get(PUBLISH, params=asked)).status_code == 200
    async with office.browser(HEALTH, Role.READER, "metrics") as reader:
        assert (await reader.get(PUBLISH, params=asked)).status_code == 403


async def test_a_calendar_address_is_made_changed_and_withdrawn(office: Office) -> None:
    async with office.browser(HEALTH, service="metrics") as clerk:
        page = await clerk.get(CALENDARS)
        assert "Đơn vị chưa có địa chỉ lịch" in page.text, page.text
        assert "địa chỉ cũ hết tác dụng ngay" in page.text
        form = filled(page) | {"step": "record"}
        assert (await clerk.post(CALENDARS, data=form | {CSRF_FIELD: "x"})).status_code == 403
        assert (await clerk.post(CALENDARS, data=form | {"unit": SCHOOLS})).status_code == 403
        made = await clerk.post(CALENDARS, data=form)
        assert (made.status_code, made.headers["cache-control"]) == (200, "no-store"), made.text
        (first,) = _ADDRESS.findall(made.text)
        assert (await clerk.get(urlsplit(first).path)).headers["content-type"].startswith("text/calendar")
        present = await clerk.get(CALENDARS)
        assert f"được tạo ngày {today():%d/%m/%Y}" in present.text
        assert not _ADDRESS.findall(present.text)  # shown once
        (second,) = _ADDRESS.findall((await clerk.post(CALENDARS, data=form)).text)
        assert (await clerk.get(urlsplit(first).path)).status_code == 404
        assert (await clerk.get(urlsplit(second).path)).status_code == 200
        withdrawn = await clerk.post(f"{CALENDARS}/withdraw", data=form)
        assert withdrawn.status_code == 303
        after = await clerk.get(withdrawn.url.join(withdrawn.headers["location"]))
        assert "Đơn vị chưa có địa chỉ lịch" in after.text
        assert (await clerk.get(urlsplit(second).path)).status_code == 404


async def test_a_calendar_is_withdrawn_by_the_api_once(office: Office) -> None:
    metrics = office.platform.services["metrics"]
    async with metrics.as_(Role.UNIT, SCHOOLS) as own:
        assert (await own.post("/calendars", json={"unit": SCHOOLS})).status_code == 201
        gone = [await own.post("/calendars/withdraw", json={"unit": SCHOOLS}) for _ in range(2)]
        assert [each.json()["withdrawn"] for each in gone] == [True, False]
        assert (await own.get(CALENDARS, params={"unit": "NO-UNIT"})).status_code == 403
    unregistered = await metrics.client.get(CALENDARS, params={"unit": "NO-UNIT"})
    assert unregistered.status_code == 404
