"""A commune with its programme, a supervisor with what waits, a head with recipients: in Chromium, wide and on a phone."""

from collections.abc import Callable

from playwright.async_api import BrowserContext, Page, Request

from shared.contracts.vocabulary import Role
from tests.integration.entry.browser.test_in_chromium import context, fill_day, look
from tests.integration.entry.conftest import COMMUNE, HEALTH, JUSTICE, PROVINCE, Office
from tests.integration.entry.forms.test_communication_form import in_consultation, recorded
from tests.integration.metrics.office import ago
from tests.support.servers.browser import in_browser

pytestmark = in_browser
__all__ = ["context"]  # the fixture


async def signed_in(context: BrowserContext, office: Office, unit: str, role: Role) -> Page:
    await context.clear_cookies()
    for name, value in (await office.cookies(unit, role)).items():
        await context.add_cookies([{"name": name, "value": value, "url": office.url("registry")}])
    return await context.new_page()


def watched(context: BrowserContext) -> Callable[[], set[str]]:
    """Give the hosts that were asked for anything until now."""
    hosts: set[str] = set()

    def seen(request: Request) -> None:
        if not request.url.startswith("data:"):
            hosts.add(request.url.split("/")[2].partition(":")[0])

    context.on("request", seen)
    return lambda: hosts


async def keyboard(page: Page, name: str) -> None:
    """Press a button that is reached with the Tab key alone."""
    button = page.get_by_role("button", name=name).first
    for _ in range(200):
        await page.keyboard.press("Tab")
        if await button.evaluate("e => e === document.activeElement"):
            await page.keyboard.press("Enter")
            return
    raise AssertionError(name)


async def test_a_commune_enters_its_programme_and_an_obstacle_is_decided(
    office: Office, context: BrowserContext, a_code: str
) -> None:
    hosts = watched(context)
    page = await signed_in(context, office, COMMUNE, Role.UNIT)
    await page.goto(f"{office.url('registry')}/home")
    await page.get_by_role("link", name="Chương trình, việc được giao").click()
    await look(page, "programme-empty")
    await page.get_by_role("link", name="Ban hành kế hoạch").click()
    await look(page, "programme-form")
    await keyboard(page, "Ghi nhận")
    await page.locator(".errors:focus").wait_for()
    await look(page, "programme-errors")
    await page.locator("#title").fill(f"Kế hoạch truyền thông {a_code}")
    await page.locator("#document").fill("Kế hoạch số 5/KH-UBND")
    await page.locator("#document").focus()
    await keyboard(page, "Ghi nhận")
    await page.get_by_role("heading", name="Việc tiếp theo").wait_for()
    await look(page, "programme-done")
    await page.get_by_role("link", name="Chương trình của đơn vị").click()
    await look(page, "programme")
    await page.get_by_role("link", name="Khó khăn, vướng mắc được phản ánh").click()
    await page.get_by_role("link", name="Hướng dẫn biểu mẫu này").click()
    await look(page, "help")
    await page.go_back()
    await page.locator("#title").fill(f"Vướng mắc {a_code}")
    await page.locator("#lead_unit_code").fill(PROVINCE)
    await page.get_by_role("button", name="Ghi nhận").click()
    await page.get_by_role("heading", name="Việc tiếp theo").wait_for()
    province = await signed_in(context, office, PROVINCE, Role.UNIT)
    await province.goto(f"{office.url('registry')}/home")
    await province.get_by_role("link", name="Chờ quyết định").click()
    await look(province, "decisions-obstacle")
    obstacle = province.get_by_role("region", name=f"Vướng mắc {a_code}")
    await obstacle.get_by_role("link", name="Quyết định giải quyết").click()
    await look(province, "decide-obstacle")
    await province.locator("#note").fill("Bố trí kinh phí trong quý IV")
    await keyboard(province, "Ghi nhận")
    await province.get_by_text("Tình trạng: đã giải quyết").wait_for()
    await province.get_by_role("link", name="Việc chờ quyết định").click()
    assert not await province.get_by_role("region", name=f"Vướng mắc {a_code}").count()
    assert hosts() == {"127.0.0.1"}


async def test_a_supervisor_verifies_urges_and_reorganises(
    office: Office, context: BrowserContext, a_code: str
) -> None:
    hosts = watched(context)
    await in_consultation(office, a_code, ago(20))
    title = f"Hội nghị {a_code}"
    assert (await recorded(office, a_code, title=title)).status_code == 200
    await office.platform.settled()
    page = await signed_in(context, office, JUSTICE, Role.SUPERVISOR)
    await page.goto(f"{office.url('registry')}/decisions")
    await look(page, "decisions")
    await page.get_by_role("link", name="Vướng mắc, kết quả nhiệm vụ").click()
    await look(page, "decisions-of-campaigns")
    region = page.locator("section").filter(has=page.get_by_role("heading", name=title))
    await region.get_by_label("Ghi chú").fill("Đã đối chiếu")
    await region.get_by_role("button", name="Xác minh").first.focus()
    await page.keyboard.press("Enter")
    await page.get_by_text(f"Đã xác minh: “{title}”").wait_for()
    await page.goto(f"{office.url('registry')}/entry/units/{HEALTH}/reorganisation")
    await look(page, "reorganisation")
    await page.get_by_role("button", name="Xem trước khi ghi nhận").click()
    await look(page, "reorganisation-errors")
    await page.locator("input[name=kind][value=rename]").check()
    await fill_day(page, "on")
    await page.locator("#legal_basis").fill("Nghị quyết số 9/NQ-HĐND")
    await page.locator("#name").fill("Sở Y tế tỉnh T (mới)")
    await keyboard(page, "Xem trước khi ghi nhận")
    await page.get_by_role("heading", name="Dự thảo đang soạn thảo").wait_for()
    await look(page, "reorganisation-review")
    await page.goto(f"{office.url('notifier')}/entry/urging")
    await look(page, "urging")
    await page.goto(f"{office.url('notifier')}/entry/units/{HEALTH}/recipients")
    await look(page, "recipients")
    await page.locator("#email").fill("không phải địa chỉ")
    await keyboard(page, "Thêm người nhận")
    await page.locator(".errors:focus").wait_for()
    await look(page, "recipients-errors")
    assert hosts() == {"127.0.0.1"}


async def test_a_clerk_begins_training_and_ends_it_with_one_press(
    office: Office, context: BrowserContext
) -> None:
    page = await signed_in(context, office, HEALTH, Role.UNIT)
    await page.goto(f"{office.url('notifier')}/sign-in")
    await look(page, "training-account")
    await page.get_by_role("button", name="Tập nhập liệu").click()
    await page.wait_for_url("**/home")
    await page.get_by_text("Đang tập nhập liệu.").wait_for()
    await look(page, "training-home")
    await page.goto(f"{office.url('metrics')}/")
    await look(page, "training-figures")
    await page.get_by_role("button", name="Kết thúc tập nhập liệu").click()
    await page.get_by_role("button", name="Tập nhập liệu").wait_for()
    await page.goto(f"{office.url('registry')}/home")
    assert await page.get_by_text("Đang tập nhập liệu").count() == 0
