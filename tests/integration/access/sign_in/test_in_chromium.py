"""Chromium signs in in three ways, on a desk and on a phone, with the keyboard alone; signs out; is revoked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.integration.access.sign_in.conftest import CLERK, HEAD, SignInOffice
from tests.integration.access.sign_in.oidc_provider import open_provider
from tests.integration.notifier.mails.test_mail_pages import LEAST_CONTRAST
from tests.support.axe import axe_findings
from tests.support.servers.browser import ENOUGH, in_browser

pytestmark = in_browser

SCREENSHOTS = Path(__file__).parents[4] / ".screenshots"
WAYS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.fixture(params=WAYS)
async def context(request: pytest.FixtureRequest, chromium: Browser) -> AsyncIterator[BrowserContext]:
    opened = await chromium.new_context(**WAYS[request.param], locale="vi-VN")
    opened.set_default_timeout(60_000)
    yield opened
    await opened.close()


async def look(page: Page, name: str) -> None:
    """Keep what is seen, and check that it fits and can be read."""
    width = await page.evaluate("innerWidth")
    dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    if SCREENSHOTS.exists():
        file = SCREENSHOTS / f"{name}-{width}{'-dark' if dark else ''}.png"
        await page.screenshot(path=file, full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await axe_findings(page) == [], name
    contrast, texts = await page.evaluate(LEAST_CONTRAST)
    assert contrast >= ENOUGH, f"{contrast:.1f}: {texts}"


async def signed_in(office: SignInOffice, page: Page) -> None:
    """See that the pages of all services take the cookie, and that no script could read it."""
    for service, path in (("registry", "/units"), ("metrics", "/"), ("notifier", "/outbox")):
        answer = await page.goto(office.url(service) + path)
        assert answer
        assert (answer.status, page.url) == (200, office.url(service) + path)
    assert await page.evaluate("document.cookie") == ""


async def sign_out(office: SignInOffice, page: Page) -> None:
    await page.goto(f"{office.url('notifier')}/sign-in")
    await look(page, "signed-in")
    await page.get_by_role("button", name="Đăng xuất").click()
    assert await page.get_by_role("heading", name="Đăng nhập Sign in", exact=True).count()
    await page.goto(f"{office.url('metrics')}/")
    assert page.url.startswith(f"{office.url('notifier')}/sign-in")


async def test_by_mail_with_the_keyboard(office: SignInOffice, context: BrowserContext) -> None:
    page = await context.new_page()
    wanted = f"{office.url('metrics')}/?year=2026"
    await page.goto(wanted)
    assert page.url.startswith(f"{office.url('notifier')}/sign-in?return_to=")
    await look(page, "sign-in")
    await page.get_by_label("Địa chỉ thư điện tử").focus()
    before = len(office.links())
    await page.keyboard.type(HEAD)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="kiểm tra hộp thư").wait_for()
    await look(page, "sign-in-sent")
    link = (await office.mailed(before + 1))[-1]
    other = await context.new_page()
    await other.goto(link)
    await look(other, "sign-in-confirm")
    await other.keyboard.press("Tab")
    await other.get_by_role("radio").first.focus()
    await other.keyboard.press("ArrowDown")
    await other.get_by_role("button", name="Đăng nhập").focus()
    await other.keyboard.press("Enter")
    await other.wait_for_url(wanted)
    await signed_in(office, other)
    await other.goto(link)
    assert await other.get_by_text("không còn dùng được").count()
    await look(other, "sign-in-link-is-over")
    await sign_out(office, other)


async def test_at_an_identity_provider(office: SignInOffice, context: BrowserContext) -> None:
    page = await context.new_page()
    callback = f"{office.url('notifier')}/sign-in/oidc/callback"
    async with open_provider(office.provider_port, callback):
        await page.goto(f"{office.url('metrics')}/")
        await page.get_by_role("link", name="Đăng nhập bằng tài khoản cơ quan").click()
        await page.locator("input[name=login]").fill("giam-sat:SO-TP")
        await page.locator("input[name=password]").fill("x")
        await page.locator("button[type=submit]").click()
        await page.locator("button[type=submit]", has_text="Continue").click()
        await page.wait_for_url(f"{office.url('metrics')}/")
    await signed_in(office, page)
    await sign_out(office, page)


async def test_with_a_one_time_address_and_revoked(office: SignInOffice, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(await office.login_address(sub="operator-in-chromium"))
    await look(page, "sign-in-operator")
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.wait_for_url(f"{office.url('metrics')}/")
    await signed_in(office, page)
    listed = (await office.notifier.client.get("/sessions")).json()["sessions"]
    (mine,) = [row for row in listed if row["subject"] == "operator-in-chromium"]
    assert (await office.notifier.client.post(f"/sessions/{mine['session_id']}/end")).status_code == 200
    await page.goto(f"{office.url('metrics')}/")
    assert page.url.startswith(f"{office.url('notifier')}/sign-in")
    assert await context.cookies(office.url("metrics")) == []


async def test_another_site_can_not_use_the_session(office: SignInOffice, context: BrowserContext) -> None:
    """A page of another host posts a form with whatever cookies the browser sends along."""
    page = await context.new_page()
    await page.goto(await office.login_address())
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.wait_for_url(f"{office.url('metrics')}/")
    foreign = await context.new_page()
    target = f"{office.url('metrics')}/projections/rebuild"
    page_of_attacker = f'<form id="f" method="post" action="{target}"></form>'
    await foreign.route(
        "http://attacker.test/", lambda route: route.fulfill(body=page_of_attacker, content_type="text/html")
    )
    await foreign.goto("http://attacker.test/")
    async with foreign.expect_response(target) as answered:
        await foreign.evaluate("document.getElementById('f').submit()")
    assert (await answered.value).status in {401, 403}


async def test_a_clerk_sees_which_unit(office: SignInOffice, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{office.url('notifier')}/sign-in")
    before = len(office.links())
    await page.get_by_label("Địa chỉ thư điện tử").fill(CLERK)
    await page.get_by_role("button", name="Gửi liên kết").click()
    await page.get_by_role("heading", name="kiểm tra hộp thư").wait_for()
    await page.goto((await office.mailed(before + 1))[-1])
    assert await page.get_by_text("Sở SO-TP").count()
    await look(page, "sign-in-clerk")
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.goto(f"{office.url('notifier')}/sign-in")
    await page.get_by_role("link", name="Trang của đơn vị").click()
    assert page.url == f"{office.url('registry')}/home"
