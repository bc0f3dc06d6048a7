"""Every page on a phone, in print and in a closed network: nothing scrolls sideways, is cut, folded or asked elsewhere."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from services.metrics.adapters.pages.navigation import PAGES
from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import OwingUnit
from tests.integration.metrics.office import today
from tests.support.axe import axe_findings
from tests.support.platform.service import SERVICES
from tests.support.servers.browser import in_browser

PHONE = {"width": 390, "height": 844}
A4 = {"width": 718, "height": 1046}  # A4 at 96 dpi, less a centimetre on each side
LONG = "NguyễnThịTrườngHợpKhôngCóDấuCách" * 6
SCREENSHOTS = Path(__file__).parents[3] / ".screenshots"

pytestmark = in_browser

CUT = """() => [...document.querySelectorAll('td, th, dd, dt, p, li, summary, h1, h2, h3, .mark')]
  .filter(e => e.offsetParent !== null && !e.closest('.unseen, .skip') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.textContent.trim().slice(0, 60))"""
FOLDED = """() => [...document.querySelectorAll('details:not(.panel) > :not(summary)')]
  .filter(e => e.getBoundingClientRect().height === 0 || !e.checkVisibility({contentVisibilityAuto: true}))
  .map(e => e.textContent.trim().slice(0, 60))"""
DUE = """() => [...document.querySelectorAll('td.day')].map(e => {
  const range = document.createRange(); range.selectNodeContents(e);
  const [text, cell, next] = [range.getBoundingClientRect(), e.getBoundingClientRect(), e.nextElementSibling];
  return [e.textContent.trim(), text.width > 0 && text.right <= cell.right + 1 && text.height < 2 * parseFloat(getComputedStyle(e).lineHeight)];
})"""

BROKEN_NUMBERS = r"""() => [...document.querySelectorAll('body *')]
  .filter(e => e.children.length === 0 && /^\d[\d.,]*(\s?%)?$/.test(e.textContent.trim()) && e.offsetParent !== null)
  .filter(e => {
    e.textContent = '12.345';  // as in a ministry: figures of samples have one digit
    const range = document.createRange(); range.selectNodeContents(e);
    return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > 1;
  }).map(e => (e.parentElement.textContent.trim() + ' ' + e.tagName).slice(0, 80))"""
WIDTHS = (390, 768, 1200)
CUT = """() => [...document.querySelectorAll('.across:has(.slim), .across:has(.even)')]
  .filter(e => e.scrollWidth > e.clientWidth).map(e => e.getAttribute('aria-labelledby') + ' ' + e.scrollWidth + ' of ' + e.clientWidth)"""
NARROW = (640, 390, 320)  # a screen of 1280 at 200%, a phone, and what WCAG 2.2 (1.4.10) asks for


@pytest.fixture
async def owing_unit(new_owing_unit: NewOwingUnit) -> OwingUnit:
    """A unit with names and titles that don't break by themselves, many communications, and mails."""
    unit = await new_owing_unit("focal_point", "supervisor", name=f"Sở {LONG}")
    for number in range(5):
        await unit.office.communicate((today() - timedelta(days=30 + number)).isoformat(), 1)
    await unit.office.draft("title", title=f"Nghị quyết {LONG} quy định chi tiết")
    await unit.office.draft(
        "exemptions",
        stages=["appraisal"],
        document=f"Công văn {LONG}",
        authority=LONG,
        decided_on="2025-03-03",
    )
    await unit.office.draft(
        "postings",
        stage="draft_consultation",
        opened_on=(today() - timedelta(days=40)).isoformat(),
        place=f"https://example.vn/{LONG}",
    )
    await unit.platform.settled()
    return unit


@pytest.fixture
async def page(chromium: Browser, owing_unit: OwingUnit) -> AsyncIterator[Page]:
    """An operator's browser on a phone: the token goes along in a header, as a proxy of an office sends it."""
    token = owing_unit.platform.issuer.token(Role.OPERATOR)
    context = await chromium.new_context(
        viewport=PHONE,  # type: ignore[arg-type]  # its TypedDict is not exported
        extra_http_headers={"Authorization": f"Bearer {token}"},
    )
    yield await context.new_page()
    await context.close()


def base(unit: OwingUnit, service: str) -> str:
    return f"http://127.0.0.1:{unit.platform.services[service].settings.port}"


async def addresses(unit: OwingUnit) -> list[str]:
    links = await unit.links()
    metrics, notifier = base(unit, "metrics"), base(unit, "notifier")
    later = (today() + timedelta(days=60)).isoformat()
    preview = (await unit.platform.services["notifier"].client.get("/outbox")).text
    keys = {part.partition('"')[0] for part in preview.split('href="/outbox/')[1:]}
    assert keys
    return [
        f"{metrics}/",
        f"{metrics}/?unit={unit.code}&include_descendants=true&view=successor&year=2026",
        f"{metrics}/?as_of={later}",
        f"{metrics}/?as_of=1024-01-01",
        f"{metrics}/?lang=en&unit={unit.code}",
        f"{metrics}/details",
        *(f"{metrics}/reports?lang={lang}" for lang in ("vi", "en")),
        f"{metrics}/entry/reports/publish?unit={unit.code}",
        f"{metrics}/entry/calendars?unit={unit.code}",
        *(f"{metrics}{listed.path}?lang={lang}" for listed in PAGES for lang in ("vi", "en")),
        f"{metrics}/drafts/{unit.code}?lang=en",
        f"{metrics}/drafts/{unit.code}",
        f"{metrics}/drafts/{unit.code}?as_of={later}",
        f"{metrics}/drafts/{'X' * 60}",
        f"{notifier}/outbox",
        *(f"{notifier}/outbox/{key}" for key in sorted(keys)),
        *links.values(),
        *(f"{link}?utm_source=mail" for link in links.values()),
        *(f"{link[:-4]}" for link in links.values()),
        f"{links[AlertAnswer.PLANNED]}?khong_co=1",
        f"{notifier}/mailbox/{'x' * 40}",
        *(f"{base(unit, service)}/asyncapi" for service in SERVICES),
    ]


@pytest.mark.timeout(300)
async def test_no_page_scrolls_sideways_on_a_phone(page: Page, owing_unit: OwingUnit) -> None:
    wide: list[tuple[str, int]] = []
    cut: list[tuple[str, str]] = []
    for number, address in enumerate(await addresses(owing_unit)):
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        answer = await page.goto(address)
        assert answer is not None
        assert "text/html" in answer.headers["content-type"], address
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], address
        await page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        for width in NARROW:
            await page.set_viewport_size({"width": width, "height": PHONE["height"]})
            if (needed := await page.evaluate("document.documentElement.scrollWidth")) > width:
                wide.append((address, needed))
            cut += [(address, table) for table in await page.evaluate(CUT)]
        if SCREENSHOTS.exists():
            await page.screenshot(path=SCREENSHOTS / f"phone-{number}.png", full_page=True)
    assert (wide, cut) == ([], [])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", [PHONE["width"], 1280])
async def test_axe_finds_nothing_amiss_on_any_page(page: Page, owing_unit: OwingUnit, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    amiss: dict[str, list[str]] = {}
    for address in await addresses(owing_unit):
        await page.goto(address)
        if findings := await axe_findings(page):
            amiss[address] = findings
    assert amiss == {}


async def test_axe_is_at_work(page: Page) -> None:
    await page.set_content('<html lang="vi"><title>Trang</title><main><h1>Trang</h1><input></main></html>')
    assert [finding.partition(":")[0] for finding in await axe_findings(page)] == ["label"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", WIDTHS)
async def test_no_number_is_broken_into_lines(page: Page, owing_unit: OwingUnit, width: int) -> None:
    """“32” over two lines reads as a 3 and a 2."""
    await page.set_viewport_size({"width": width, "height": 900})
    metrics = base(owing_unit, "metrics")
    for path in ("/", f"/?unit={owing_unit.code}", "/details", f"/drafts/{owing_unit.code}"):
        await page.goto(f"{metrics}{path}")
        await page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert await page.evaluate(BROKEN_NUMBERS) == [], path


@pytest.mark.timeout(300)
async def test_print_shows_everything_within_the_paper(page: Page, owing_unit: OwingUnit) -> None:
    await page.set_viewport_size(A4)  # type: ignore[arg-type]
    await page.emulate_media(media="print")
    metrics = base(owing_unit, "metrics")
    for number, path in enumerate(
        (
            *("/", f"/?unit={owing_unit.code}", "/details", f"/drafts/{owing_unit.code}"),
            *("/reports", "/reports?lang=en", *(listed.path for listed in PAGES)),
        )
    ):
        await page.goto(f"{metrics}{path}")
        assert await page.evaluate(CUT) == [], path
        assert await page.evaluate(FOLDED) == [], path
        dues = await page.evaluate(DUE)
        assert dues or path != "/details"
        assert [text for text, whole in dues if not whole] == []
        assert len(await page.pdf(format="A4")) > 5000
        if SCREENSHOTS.exists():
            await page.screenshot(path=SCREENSHOTS / f"print-{number}.png", full_page=True)


TEN_SECONDS = """() => Object.fromEntries(
  ['h1', '.stack', '.legend', '.owing tbody tr:last-child', '.owing .all a'].map(name => {
    const box = document.querySelector(name)?.getBoundingClientRect();
    return [name, box && box.height > 0 ? Math.round(box.bottom) : null];
  }))"""
SHEETS = """() => document.documentElement.scrollHeight"""


@pytest.mark.timeout(300)
async def test_the_first_screen_of_a_phone_says_where_it_stands_and_who_owes_what(
    page: Page, owing_unit: OwingUnit, new_owing_unit: NewOwingUnit
) -> None:
    for _ in range(6):
        await new_owing_unit()
    await page.goto(f"{base(owing_unit, 'metrics')}/")
    bottoms = await page.evaluate(TEN_SECONDS)
    assert "chính sách" in await page.inner_text("h1")
    assert await page.locator(".owing tbody tr").count() == 5
    assert {name for name, bottom in bottoms.items() if bottom is None or bottom > PHONE["height"]} == set()
    await page.emulate_media(media="print")
    await page.set_viewport_size(A4)  # type: ignore[arg-type]
    assert await page.evaluate(SHEETS) <= A4["height"]


async def test_a_day_to_come_is_a_forecast(page: Page, owing_unit: OwingUnit) -> None:
    later = today() + timedelta(days=60)
    metrics = owing_unit.platform.services["metrics"].client
    for path in ("/", "/details", f"/drafts/{owing_unit.code}"):
        for day, is_forecast in ((later, True), (today(), False), (today() - timedelta(days=1), False)):
            await page.goto(f"{base(owing_unit, 'metrics')}{path}?as_of={day}")
            text = await page.inner_text("body")
            assert (f"Dự kiến đến ngày {later:%d/%m/%Y} theo dữ liệu hiện có" in text) is is_forecast
            assert ("Forecast for" in text) is is_forecast
            assert (f"ính đến ngày {day:%d/%m/%Y}" in text) is not is_forecast
    for path in ("/compliance", "/gaps", "/todos", f"/drafts/{owing_unit.code}/coverage"):
        for day, is_forecast in ((later, True), (today(), False)):
            answer = (await metrics.get(path, params={"as_of": day.isoformat()})).json()
            assert answer["forecast"] is is_forecast
        assert (await metrics.get(path)).json()["forecast"] is False
    campaigns = owing_unit.platform.campaigns.client
    for path in (f"/drafts/{owing_unit.code}/plan", f"/units/{owing_unit.code}/programme/2026"):
        assert (await campaigns.get(path, params={"as_of": later.isoformat()})).json()["forecast"] is True
        assert (await campaigns.get(path)).json()["forecast"] is False


@pytest.mark.parametrize("service", SERVICES)
async def test_the_documentation_asks_no_other_host(page: Page, owing_unit: OwingUnit, service: str) -> None:
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.set_viewport_size({"width": 1200, "height": 900})
    home = base(owing_unit, service)
    await page.goto(f"{home}/docs")
    await page.wait_for_selector(".opblock")
    assert await page.locator(".opblock").count() >= 10
    assert "/projections" in await page.inner_text("#swagger-ui")
    if SCREENSHOTS.exists():
        await page.screenshot(path=SCREENSHOTS / f"docs-{service}.png")
    await page.goto(f"{home}/asyncapi")
    assert await page.locator("h1").count() == 1
    assert {
        f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in asked if not url.startswith("data:")
    } == {home}
    assert faults == []
