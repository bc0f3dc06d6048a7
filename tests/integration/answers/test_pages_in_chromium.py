"""The answer pages in a real browser, on a phone and without JavaScript, as an official meets them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from shared.contracts.vocabulary import AlertAnswer
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.metrics.office import today
from tests.support.axe import axe_findings
from tests.support.platform.service import eventually
from tests.support.servers.browser import CONTRAST, ENOUGH, in_browser

PHONE = {"width": 390, "height": 844}
SMALLEST = 16  # px: no text that must be read is smaller
THUMB = 44  # px: what is pressed is at least so high (WCAG 2.5.5)

pytestmark = in_browser


@pytest.fixture(params=["light", "dark"])
async def context(chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[BrowserContext]:
    """A phone that runs no script, by day and by night."""
    context = await chromium.new_context(
        viewport=PHONE,  # type: ignore[arg-type]  # its TypedDict is not exported
        locale="vi-VN",
        color_scheme=request.param,
        java_script_enabled=False,
    )
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


async def is_readable(page: Page, chromium: Browser) -> None:
    """Hold what every page owes its readers: names, labels, sizes, contrast, no scrolling sideways."""
    html = await page.content()
    scheme = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    context = await chromium.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        copy = await context.new_page()
        await copy.set_content(html)
        measured: dict[str, Any] = await copy.evaluate(MEASURED)
        assert await axe_findings(copy) == []
    finally:
        await context.close()
    assert measured["language"] == "vi"
    assert measured["title"]
    assert measured["headings"] == 1
    assert measured["unlabelled"] == []
    assert measured["wider"] is False
    assert measured["small"] == []
    assert measured["low"] == []
    assert measured["faint"] == []


# The copy of the page runs no script of its own either.
MEASURED = f"""() => {{
  const visible = e => e.offsetParent !== null && getComputedStyle(e).visibility !== 'hidden';
  const all = s => [...document.querySelectorAll(s)].filter(visible);
{CONTRAST}
  const texts = all('body *').filter(e => !e.matches('option, script, style') &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
  return {{
    language: document.documentElement.lang,
    title: document.title,
    headings: all('h1').length,
    unlabelled: all('input, select, textarea').filter(e => !e.labels.length).map(e => e.name),
    wider: document.documentElement.scrollWidth > innerWidth,
    small: texts.filter(e => parseFloat(getComputedStyle(e).fontSize) < {SMALLEST}).map(e => e.textContent),
    low: all('button, select, input:not([type=checkbox])').filter(e => e.offsetHeight < {THUMB}).map(e => e.name),
    faint: texts.filter(e => contrast(e) < {ENOUGH}).map(e => [e.textContent, contrast(e)]),
  }};
}}"""


async def test_done_from_the_first_fault_to_the_thanks(
    new_owing_unit: NewOwingUnit, page: Page, chromium: Browser
) -> None:
    owing_unit = await new_owing_unit()
    await page.goto((await owing_unit.links())[AlertAnswer.DONE])
    await is_readable(page, chromium)
    day = page.get_by_role("group", name="Ngày thực hiện")
    await expect(day.get_by_label("Ngày", exact=False)).to_have_value(str(today().day))
    await expect(day.get_by_label("Năm")).to_have_value(str(today().year))
    await page.get_by_label("Địa điểm").fill("Hội trường tỉnh")
    await page.get_by_role("button", name="Ghi nhận").click()

    await is_readable(page, chromium)
    await expect(page.get_by_role("alert")).to_contain_text("Cần sửa 2 chỗ")
    title = page.get_by_label("Tên hoạt động hoặc tên bài")
    await expect(title).to_have_accessible_description(
        "Ví dụ: Hội nghị lấy ý kiến dự thảo Nghị quyết Đề nghị điền nội dung này. Please fill this in."
    )
    await expect(page.get_by_label("Địa điểm")).to_have_value("Hội trường tỉnh")
    await page.get_by_role("link", name="Tên hoạt động hoặc tên bài").click()
    await title.fill("Hội nghị lấy ý kiến")
    await page.get_by_label("Hình thức").select_option("Hội nghị, hội thảo")
    await page.get_by_role("button", name="Ghi nhận").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Đã ghi nhận kết quả truyền thông")
    await is_readable(page, chromium)
    await eventually(owing_unit.is_closed)
    assert [communication["place"] for communication in await owing_unit.communications()] == [
        "Hội trường tỉnh"
    ]


DAY = {"Ngày Day": str(today().day), "Tháng Month": str(today().month), "Năm Year": str(today().year)}
PRESSED: dict[AlertAnswer, tuple[dict[str, str], str]] = {
    AlertAnswer.PLANNED: (DAY, "Xác nhận sẽ thực hiện"),
    AlertAnswer.NOT_OURS: ({"Lý do": "Theo phân công mới"}, "Gửi đề nghị chuyển"),
    AlertAnswer.EXEMPT: (
        {
            "Số, ký hiệu và tên văn bản": "Công văn 1/VPCP-PL",
            "Cơ quan ban hành văn bản": "Văn phòng Chính phủ",
            **DAY,
        },
        "Gửi đề nghị miễn",
    ),
    AlertAnswer.OBSTACLE: ({"Nội dung khó khăn": "Chưa có kinh phí"}, "Gửi đến cơ quan tư pháp"),
}


@pytest.mark.parametrize("answer", PRESSED)
async def test_the_other_answers_with_one_press(
    new_owing_unit: NewOwingUnit, page: Page, chromium: Browser, answer: AlertAnswer
) -> None:
    owing_unit = await new_owing_unit()
    address = (await owing_unit.links())[answer]
    typed, button = PRESSED[answer]
    await page.goto(address)
    await is_readable(page, chromium)
    await page.get_by_role("button", name=button).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await is_readable(page, chromium)
    for label, text in typed.items():
        await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name=button).click()
    await expect(page.get_by_role("status")).to_contain_text("Đã ghi nhận")
    await is_readable(page, chromium)

    await page.goto(address)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Liên kết đã được sử dụng")
    await is_readable(page, chromium)


@pytest.mark.parametrize("answer", [AlertAnswer.DONE, AlertAnswer.PLANNED])
async def test_an_expired_or_broken_link_is_explained(
    new_owing_unit: NewOwingUnit, page: Page, chromium: Browser, answer: AlertAnswer
) -> None:
    owing_unit = await new_owing_unit()
    link = (await owing_unit.links())[answer]
    await page.goto(link[:-4])
    await expect(page.get_by_role("heading", level=1)).to_have_text("Liên kết không đúng")
    await is_readable(page, chromium)
    await owing_unit.end(link)
    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Liên kết đã hết hiệu lực")
    await is_readable(page, chromium)
    await owing_unit.platform.settled()
    # The button leads to the notifier, whichever service the page is of: the policy of the page must allow it.
    await page.get_by_role("button", name="Gửi liên kết mới qua thư").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Đã nhận yêu cầu")
    await is_readable(page, chromium)
