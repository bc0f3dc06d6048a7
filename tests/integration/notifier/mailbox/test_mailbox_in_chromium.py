"""The page of a mailbox as Chromium shows it: read on a phone and in the dark, chosen and saved without a script."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser

from services.notifier.adapters.delivery.message import MailboxLink, claims_of, seal
from shared.contracts.vocabulary import OptionalMail
from tests.integration.notifier.mails.test_mail_pages import LEAST_CONTRAST, WAYS
from tests.integration.notifier.notifier_fixture import MONDAY, UNIT, NotifierFixture, put_recipient
from tests.support.servers.browser import ENOUGH, in_browser

pytestmark = in_browser


@pytest.mark.parametrize("way", WAYS)
async def test_a_day_is_chosen_and_a_kind_ended(
    chromium: Browser, notifier_env: NotifierFixture, way: str
) -> None:
    async with notifier_env.notifier() as api:
        link = MailboxLink(
            recipient_id=UUID(await put_recipient(api, role="supervisor")),
            unit_code=UNIT,
            expires=MONDAY + timedelta(days=1),
            kind=OptionalMail.MONTHLY_SUMMARY,
        )
        token = seal(notifier_env.links.key).token(claims_of(link))
        page = await chromium.new_page(**WAYS[way])
        await page.goto(f"http://127.0.0.1:{api.settings.port}/mailbox/{token}")
        seen: list[Any] = [await page.evaluate(LEAST_CONTRAST)]
        assert await page.evaluate("document.documentElement.scrollWidth") <= WAYS[way]["viewport"]["width"]
        await page.get_by_text("Mỗi tuần, vào thứ Tư").check()
        await page.get_by_text("Thư chỉ để ghi nhận việc đã hoàn thành").uncheck()
        await page.get_by_role("button", name="Lưu lựa chọn").click()
        saved = await page.get_by_role("status").inner_text()
        seen.append(await page.evaluate(LEAST_CONTRAST))
        await page.go_back()
        await page.get_by_role("button", name="Dừng gửi loại thư này").click()
        ended = await page.get_by_role("status").inner_text()
        await page.close()
    assert "Thư nhắc việc được gửi: mỗi tuần, vào thứ Tư; không gửi: thư chỉ để ghi nhận" in saved
    assert "Địa chỉ này không còn nhận: trang tổng hợp hằng tháng." in ended
    for contrast, texts in seen:
        assert contrast >= ENOUGH, f"{contrast:.1f}: {texts}"
