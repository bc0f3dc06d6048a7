"""The pages of lists from real rows: in both languages, sorted, filtered, as CSV; and the calendar behind a secret address."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import pytest
from icalendar import Calendar

from deploy.local.keys.keyring import Keyring
from services.metrics.adapters.lists import routes
from services.metrics.adapters.pages.navigation import PAGES, ListedPage
from shared.contracts.vocabulary import Role
from tests.integration.metrics.office import Office, ago, today
from tests.support.platform.service import Api, Platform, open_platform
from tests.support.servers.engines import NewDatabase, fresh_nats
from tests.support.servers.tokens import Issuer


@pytest.fixture(scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory,
    keys: Keyring,
    token_issuer: Issuer,
    session_database: NewDatabase,
) -> AsyncIterator[Platform]:
    """A draft that is late, one in time with a plan and an expected stage, and one whose scope is undetermined."""
    async with (
        fresh_nats(tmp_path_factory.mktemp("nats"), keys) as server,
        open_platform(
            server, keys, token_issuer, session_database, "registry", "campaigns", "metrics"
        ) as result,
    ):
        late = Office(result, "LATE")
        await late.open()
        await late.enter("draft_consultation", ago(40))
        planned = Office(result, "PLANNED")
        await planned.open(policies=0)
        await planned.enter("draft_consultation", ago(1))
        coming = {"stage": "appraisal", "expected_on": ago(-10)}
        await planned.draft("expected-stages", **coming)
        plan = {"planned_on": ago(-2), "channel": "conference", "stage": "draft_consultation"}
        answer = await result.campaigns.client.post(
            "/drafts/PLANNED/plan/activities", json=plan, params={"min_position": await result.head()}
        )
        assert answer.is_success, answer.text
        unclear = Office(result, "UNCLEAR")
        await unclear.open(in_scope="unknown")
        await result.settled()
        yield result


@pytest.fixture
def metrics(platform: Platform) -> Api:
    return platform.services["metrics"]


async def page(metrics: Api, path: str, status: int = 200, **query: str) -> str:
    answer = await metrics.client.get(path, params=query)
    assert answer.status_code == status, answer.text
    return answer.text


@pytest.mark.parametrize("listed", PAGES)
@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_every_page_is_there_in_both_languages(metrics: Api, listed: ListedPage, lang: str) -> None:
    html = await page(metrics, listed.path, lang=lang)
    assert f'<html lang="{lang}">' in html
    assert 'aria-current="page"' in html
    assert (listed.name.en if lang == "en" else listed.name.vi) in html
    future = await page(metrics, listed.path, lang=lang, as_of=(today() + timedelta(days=30)).isoformat())
    assert ("Forecast for" if lang == "en" else "Dự kiến đến ngày") in future


async def test_gaps_are_filtered_and_sorted(metrics: Api) -> None:
    overdue = await page(metrics, "/lists/gaps", state="overdue")
    assert "/drafts/LATE" in overdue
    assert "/drafts/PLANNED" not in overdue
    assert "1 dự thảo đang thiếu truyền thông" in overdue
    table = await page(metrics, "/lists/gaps", format="csv", sort="-draft_code")
    codes = [line.split(",")[1] for line in table.splitlines()[1:]]
    assert codes == ["PLANNED", "LATE"]
    html = await page(metrics, "/lists/gaps", sort="-draft_code")
    assert 'aria-sort="descending"' in html
    refused = await page(metrics, "/lists/gaps", 422, sort="size")
    assert "draft_code" in refused


async def test_all_rows_are_reached_part_by_part(metrics: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of 300 rows a table was half a megabyte on a phone, and those after them stood in the file alone."""
    monkeypatch.setattr(routes, "MOST_SHOWN", 1)
    table = await page(metrics, "/lists/gaps", format="csv", sort="-draft_code")
    codes = [line.split(",")[1] for line in table.splitlines()[1:]]
    address, html = "/lists/gaps?sort=-draft_code", ""
    seen: list[str] = []
    ranges: list[tuple[str, ...]] = []
    while address and len(ranges) <= len(codes):
        html = (await metrics.client.get(address)).text
        seen += re.findall(r'<th scope="row"[^>]*><a href="/drafts/(\w+)', html)
        ranges += re.findall(r"Dòng (\d+)–(\d+) trên (\d+)", html)
        following = re.search(r'<a href="([^"]+)"[^>]*>Các dòng tiếp theo', html)
        address = unescape(following.group(1)) if following else ""
    assert seen == codes
    assert ranges == [(str(place), str(place), str(len(codes))) for place in range(1, len(codes) + 1)]
    assert "Các dòng trước" in html
    beyond = await page(metrics, "/lists/gaps", first="900")
    assert f"Dòng {len(codes)}–{len(codes)}" in beyond
    for wrong in ({"first": "0"}, {"first": "x"}, {"first": "2", "table": "size"}):
        await page(metrics, "/lists/gaps", 422, **wrong)


async def test_units_show_debt_and_rate_and_what_is_done_instead(metrics: Api) -> None:
    table = await page(metrics, "/lists/units", format="csv", table="units", sort="-overdue")
    first, *_ = table.splitlines()[1:]
    assert first.startswith("Sở Tư pháp LATE,Cấp tỉnh,,1,1,2,0.0,")
    html = await page(metrics, "/lists/units", unit="PLANNED")
    assert "không áp dụng" in html
    assert 'href="/lists/units?' in html


async def test_what_comes_names_stages_plans_and_consultations_without_a_plan(metrics: Api) -> None:
    stages = await page(metrics, "/lists/coming", format="csv", table="stages")
    assert "PLANNED" in stages
    unplanned = await page(metrics, "/lists/coming", format="csv", table="unplanned")
    assert [line.split(",")[1] for line in unplanned.splitlines()[1:]] == ["LATE"]
    planned = await page(metrics, "/lists/coming", format="csv", table="planned")
    assert "PLANNED" in planned


async def test_quality_gives_each_list_its_owner_and_action(metrics: Api) -> None:
    html = await page(metrics, "/lists/quality")
    assert "/entry/drafts/UNCLEAR" in html
    scope = await page(metrics, "/lists/quality", format="csv", table="scope_undetermined")
    assert [line.split(",")[1] for line in scope.splitlines()[1:]] == ["UNCLEAR"]


async def test_a_calendar_is_read_by_its_secret_address_alone(metrics: Api, token_issuer: Issuer) -> None:
    clerk = {"Authorization": f"Bearer {token_issuer.token(Role.UNIT, 'LATE')}"}
    made = await metrics.client.post("/calendars", json={"unit": "LATE"}, headers=clerk)
    assert made.status_code == 201, made.text
    other = await metrics.client.post("/calendars", json={"unit": "PLANNED"}, headers=clerk)
    assert other.status_code == 403
    path = made.json()["path"]
    answer = await metrics.client.get(path, headers={"Authorization": ""})
    assert answer.status_code == 200, answer.text
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert "Hạn truyền thông" in str(event["summary"])
    assert str(event["url"]).endswith("/drafts/LATE")
    again = await metrics.client.post("/calendars", json={"unit": "LATE"}, headers=clerk)
    assert (await metrics.client.get(path)).status_code == 404
    assert (await metrics.client.get(again.json()["path"])).status_code == 200
