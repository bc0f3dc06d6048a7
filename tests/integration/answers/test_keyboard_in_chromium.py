"""An official with the keyboard alone, from the mail to the closed gap to a correction; and each other answer."""

import pytest
from playwright.async_api import Browser

from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.test_decision_in_chromium import cookie
from tests.integration.entry.browser.test_in_chromium import WAYS, look
from tests.integration.metrics.office import today
from tests.support.platform.service import eventually
from tests.support.servers.browser import in_browser
from tests.support.servers.keyboard import Keyboard

pytestmark = [*in_browser, pytest.mark.timeout(300)]  # days of mails on the whole platform
TITLE = "Hội nghị lấy ý kiến dự thảo Luật"


@pytest.mark.parametrize("way", ["wide", "phone"])
async def test_from_the_mail_to_the_closed_gap_to_a_correction(
    new_owing_unit: NewOwingUnit, chromium: Browser, way: str
) -> None:
    owing_unit = await new_owing_unit()
    address = (await owing_unit.links())[AlertAnswer.DONE]
    context = await chromium.new_context(**WAYS[way], locale="vi-VN")
    context.set_default_timeout(60_000)
    try:
        keys = Keyboard(await context.new_page())
        await keys.page.goto(address)
        await look(keys.page, "keys-done")
        await keys.type_into("Ngày", "31", "Ngày thực hiện")
        await keys.type_into("Tháng", "2", "Ngày thực hiện")
        await keys.press("Ghi nhận")
        await keys.is_at_the_errors()
        await look(keys.page, "keys-done-errors")
        assert await keys.page.get_by_text("có các ngày từ 1 đến").count() == 2
        await keys.type_day("Ngày thực hiện", today())
        await keys.choose_from("Hình thức", "Hội nghị")
        await keys.type_into("Tên hoạt động", TITLE)
        await keys.press("Ghi nhận")
        assert "Đã ghi nhận kết quả" in await keys.page.inner_text("h1")
        await look(keys.page, "keys-done-recorded")
        await eventually(owing_unit.is_closed)

        await context.add_cookies([await cookie(owing_unit.platform, owing_unit.code, Role.UNIT)])  # type: ignore[list-item]  # its TypedDict is not exported
        await keys.page.goto(f"http://127.0.0.1:{owing_unit.platform.ports['registry']}/home")
        await keys.follow("Hoạt động truyền thông")
        await keys.follow("Đính chính", TITLE)
        await look(keys.page, "keys-correction")
        await keys.type_into("Tên hoạt động", f"{TITLE} (sửa đổi)")
        await keys.type_into("Lý do", "Ghi thiếu tên dự thảo")
        await keys.press("Ghi nhận")
        assert "Đã ghi nhận" in await keys.page.inner_text("h1"), await keys.page.inner_text("main")
        await look(keys.page, "keys-corrected")
        keys.asked_no_other_host()
    finally:
        await context.close()
    (recorded,) = await owing_unit.communications()
    assert recorded["title"] == f"{TITLE} (sửa đổi)"
    assert await owing_unit.is_closed()
