"""A clerk in Chromium, with units alone to begin with: registers a draft, enters a stage, records a communication; no shell."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import now
from tests.integration.entry.conftest import HEALTH, Office
from tests.integration.notifier.mails.test_mail_pages import LEAST_CONTRAST
from tests.support.axe import axe_findings
from tests.support.servers.browser import ENOUGH, in_browser

pytestmark = in_browser

SCREENSHOTS = Path(__file__).parents[4] / ".screenshots"
WAYS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "small": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
}
UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(e => !e.labels.length).map(e => e.name)"""

AMISS = """() => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const named = e => (e.getAttribute('aria-label') || e.textContent).trim();
  const refers = ['aria-describedby', 'aria-labelledby'].flatMap(name =>
    [...document.querySelectorAll(`[${name}]`)].flatMap(e => e.getAttribute(name).trim().split(/ +/)));
  return [
    ...ids.filter((id, place) => ids.indexOf(id) !== place).map(id => `twice: ${id}`),
    ...refers.filter(id => !document.getElementById(id)).map(id => `nowhere: ${id}`),
    ...[...document.querySelectorAll('a, button')].filter(e => !named(e)).map(e => `no name: ${e.outerHTML}`),
    ...[...document.querySelectorAll('a[href^="#"]')].map(e => e.hash.slice(1))
      .filter(id => id && !document.getElementById(id)).map(id => `leads nowhere: ${id}`),
    ...(document.querySelectorAll('h1').length === 1 ? [] : ['not one h1']),
    ...(document.documentElement.lang === 'vi' && document.title ? [] : ['no language or title']),
  ];
}"""  # what a screen reader stumbles over


@pytest.fixture(params=WAYS)
async def context(request: pytest.FixtureRequest, chromium: Browser) -> AsyncIterator[BrowserContext]:
    opened = await chromium.new_context(**WAYS[request.param], locale="vi-VN", java_script_enabled=True)
    opened.set_default_timeout(60_000)
    yield opened
    await opened.close()


async def look(page: Page, name: str) -> None:
    """Keep what is seen, and check that it fits, can be read, and names its fields."""
    await page.wait_for_load_state()
    width = await page.evaluate("innerWidth")
    if SCREENSHOTS.exists():
        await page.screenshot(path=SCREENSHOTS / f"entry-{name}-{width}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert await page.evaluate(UNLABELLED) == []
    assert await page.evaluate(AMISS) == [], name
    assert await page.locator("script:not([src$='live.js'])").count() == 0
    assert await axe_findings(page) == [], name
    contrast, texts = await page.evaluate(LEAST_CONTRAST)
    assert contrast >= ENOUGH, f"{name} {contrast:.1f}: {texts}"


async def fill_day(page: Page, name: str) -> None:
    today = day_in_vietnam(now())
    for part, value in (("day", today.day), ("month", today.month), ("year", today.year)):
        await page.locator(f"#{name}_{part}").fill(str(value))


async def test_from_nothing_to_a_recorded_communication(
    office: Office, context: BrowserContext, a_code: str
) -> None:
    (cookie,) = (await office.cookies(HEALTH)).items()
    await context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": office.url("registry")}])
    page = await context.new_page()
    await page.goto(f"{office.url('registry')}/home")
    await look(page, "home-empty")
    await page.get_by_role("link", name="Đăng ký dự thảo").click()
    await register(page, a_code)
    await page.get_by_role("link", name="Vào giai đoạn").click()
    await enter_stage(page)
    await page.get_by_role("link", name="Ghi nhận truyền thông").click()
    await communicate(page)
    await page.get_by_role("link", name="Hoạt động đã ghi nhận").click()
    await look(page, "communications")
    await page.get_by_role("link", name="Đính chính").first.click()
    await look(page, "correction")
    await page.go_back()
    await page.get_by_role("link", name="Rút").first.click()
    await look(page, "retraction")
    await page.get_by_role("link", name="Trang của đơn vị").click()
    await look(page, "home")
    await page.get_by_role("link", name="Lịch sử").first.click()
    await look(page, "draft")
    await see_the_other_forms(page)
    draft = await office.draft(a_code)
    assert [policy["title"] for policy in draft["policies"]] == ["Hỗ trợ học phí", "Miễn học phí mầm non"]
    assert [stage["stage"] for stage in draft["stages"]] == ["draft_consultation"]
    held = await office.platform.campaigns.client.get(f"/drafts/{a_code}/communications")
    assert [row["policies"] for row in held.json()["items"]] == [[1, 2]]


async def register(page: Page, code: str) -> None:
    await look(page, "draft-form")
    await page.get_by_role("button", name="Xem trước khi ghi nhận").click()
    await page.wait_for_function("document.activeElement.className === 'errors'")
    await look(page, "draft-form-errors")
    await page.locator("#draft_code").fill(code)
    await page.locator("#title").fill("Nghị quyết quy định mức hỗ trợ học phí trên địa bàn tỉnh")
    await page.locator("#instrument").select_option("provincial_resolution")
    for name in ("affects_rights", "contested", "wide_impact"):
        await page.locator(f"input[name={name}][value=yes]").check()
    await page.locator("#policy_1").fill("Hỗ trợ học phí")
    await page.locator("#policy_2").fill("Miễn học phí mầm non")
    await page.get_by_role("button", name="Thêm dòng chính sách").click()
    assert await page.locator("#policy_2").input_value() == "Miễn học phí mầm non"
    await page.get_by_role("button", name="Xem trước khi ghi nhận").click()
    await look(page, "draft-review")
    assert await page.get_by_text("phải truyền thông 02 chính sách").count()
    await page.get_by_role("button", name="Ghi nhận").click()
    await look(page, "draft-done")


async def enter_stage(page: Page) -> None:
    """With the keyboard alone."""
    await look(page, "stage-form")
    await page.locator("#stage").focus()
    await page.keyboard.type("Lấy ý kiến dự")
    today = day_in_vietnam(now())
    for value in (today.day, today.month, today.year):
        await page.keyboard.press("Tab")
        await page.keyboard.type(str(value))
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Hệ quả").wait_for()
    await look(page, "stage-review")
    assert await page.get_by_text("Hạn truyền thông của giai đoạn này sẽ là hết ngày").count()
    await page.get_by_role("button", name="Ghi nhận").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Việc tiếp theo").wait_for()
    await look(page, "stage-done")


async def communicate(page: Page) -> None:
    await look(page, "communication-form")
    await fill_day(page, "held_on")
    await page.locator("#channel").select_option("conference")
    await page.get_by_role("button", name="Ghi nhận").click()
    await look(page, "communication-errors")
    await page.locator("#title").fill("Hội nghị lấy ý kiến dự thảo Nghị quyết")
    for number in (1, 2):
        await page.locator("#policies").get_by_text(f"Chính sách {number}.").click()
    await page.locator("#content").get_by_text("Sự cần thiết").click()
    await page.get_by_role("button", name="Ghi nhận").click()
    await page.get_by_role("heading", name="Việc tiếp theo").wait_for()
    await look(page, "communication-done")
    assert await page.get_by_text("được tính cho giai đoạn “Lấy ý kiến dự thảo”").count()


async def see_the_other_forms(page: Page) -> None:
    """Open each form that the page of a draft leads to."""
    address = page.url
    links = page.get_by_role("region", name="Việc có thể làm").get_by_role("link")
    names = [await link.get_attribute("href") for link in await links.all()]
    corrections = page.get_by_role("region", name="Các giai đoạn").get_by_role("link")
    names += [await link.get_attribute("href") for link in await corrections.all()]
    for name in names:
        if name and "entry/drafts/" in name:
            await page.goto(address)
            await page.locator(f'a[href="{name}"]').click()
            await look(page, f"form-{name.rpartition('/')[2][:12]}")
            await page.get_by_role("button").first.click()
            await look(page, f"form-{name.rpartition('/')[2][:12]}-sent")
