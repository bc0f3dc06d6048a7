"""Pages that are open show what others record, without a reload: focus, scroll, open parts and what was typed stay."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.integration.entry.conftest import HEALTH, Office
from tests.integration.entry.forms.test_communication_form import in_consultation, recorded
from tests.integration.metrics.office import ago
from tests.support.axe import axe_findings
from tests.support.servers.browser import in_browser

pytestmark = in_browser
SOON = 30_000  # ms
NOTICE = "Số liệu vừa được cập nhật lúc"


@pytest.fixture(scope="module")
async def late(office: Office) -> Office:
    """Two drafts that lack communication since long."""
    for code in ("MOT", "HAI"):
        await in_consultation(office, code, ago(12))
    await office.platform.settled()
    return office


@pytest.fixture
async def page(late: Office, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 500}, locale="vi-VN")
    cookies = await late.cookies(HEALTH)
    await context.add_cookies(
        [{"name": key, "value": value, "url": late.url("metrics")} for key, value in cookies.items()]
    )
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield page
    await context.close()
    assert problems == [], "of the policy, or of the script"


async def open_page(office: Office, page: Page, path: str) -> None:
    """Open a page, and mark the document: a reload would lose the mark."""
    await page.goto(f"{office.url('metrics')}{path}")
    await page.evaluate("document.marked = true")


async def test_the_first_page_renews_itself_and_keeps_focus_scroll_and_what_was_typed(
    late: Office, page: Page
) -> None:
    await open_page(late, page, "/")
    covered = page.locator(".owing a[href^='/drafts/MOT']")
    await expect(covered.first).to_be_visible()
    before = await page.locator("h1").inner_text()
    await page.locator("#chon").evaluate(
        "node => node.closest('details') && (node.closest('details').open = true)"
    )
    await page.locator("#unit").evaluate("node => { node.value = 'Sở đang gõ dở'; }")
    link = page.locator(".owing a[href^='/drafts/HAI']").first
    await link.focus()
    await page.evaluate("scrollTo(0, 120)")
    assert (await recorded(late, "MOT", policies=["1", "2"])).status_code == 200
    await expect(covered).to_have_count(0, timeout=SOON)
    await expect(page.locator("#live")).to_contain_text(NOTICE)
    assert await page.locator("h1").inner_text() != before
    assert await page.evaluate("document.activeElement.getAttribute('href')") == await link.get_attribute(
        "href"
    )
    assert await page.evaluate("document.marked") is True
    assert await page.evaluate("scrollY") == 120
    assert await page.locator("#unit").input_value() == "Sở đang gõ dở"
    assert await page.locator("#live").get_attribute("role") == "status"
    assert await axe_findings(page) == []


async def test_the_page_of_a_draft_and_the_list_of_gaps_do_too(late: Office, page: Page) -> None:
    await in_consultation(late, "BA", ago(12))
    await late.platform.settled()
    other = await page.context.new_page()
    await open_page(late, page, "/drafts/BA")
    await open_page(late, other, "/lists/gaps")
    await expect(other.locator("main a[href^='/drafts/BA']").first).to_be_visible()
    before = await page.locator("#ket-luan").inner_text()
    assert (await recorded(late, "BA", policies=["1", "2"])).status_code == 200
    await expect(page.locator("#ket-luan")).not_to_have_text(before, timeout=SOON)
    await expect(other.locator("main a[href^='/drafts/BA']")).to_have_count(0, timeout=SOON)
    assert await page.evaluate("document.marked") is True
    assert await other.evaluate("document.marked") is True


async def test_a_page_as_known_earlier_and_one_without_scripts_ask_for_nothing(
    late: Office, page: Page, chromium: Browser
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await open_page(late, page, "/?known_at=5")
    assert len(asked) == 1
    context = await chromium.new_context(java_script_enabled=False)
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
    plain = await context.new_page()
    await plain.goto(f"{late.url('metrics')}/")
    await expect(plain.locator(".owing tbody tr").first).to_be_visible()
    await context.close()
