"""A supervisor in Chromium, from the mail to the decision to the next mail of who asked; with the keyboard alone."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser

from shared.auth.sessions import Way
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import AlertAnswer, Role
from tests.integration.answers.conftest import NewOwingUnit
from tests.integration.answers.office import words, working_day
from tests.integration.answers.test_requests import EXEMPT
from tests.integration.entry.test_in_chromium import WAYS, look
from tests.support.platform.service import Platform
from tests.support.servers.browser import in_browser

pytestmark = [*in_browser, pytest.mark.timeout(300)]  # days of mails on the whole platform
REASON = "Văn bản không miễn việc truyền thông"


async def cookie(platform: Platform, unit: str) -> dict[str, Any]:
    access = platform.services["notifier"].app.state.access
    secret, _ = await access.sessions.start(Principal(f"supervisor-{unit}", Role.SUPERVISOR, unit), Way.MAIL)
    address = f"http://127.0.0.1:{platform.ports['registry']}"
    return {"name": access.place.cookie, "value": secret, "url": address}


@pytest.mark.parametrize("way", ["wide", "phone"])
async def test_from_the_mail_to_the_decision_to_the_next_mail(
    new_owing_unit: NewOwingUnit, visitor: httpx.AsyncClient, chromium: Browser, way: str
) -> None:
    above = await new_owing_unit("supervisor", kind="provincial_committee")
    owing_unit = await new_owing_unit(parent_code=above.code)
    asked = await visitor.post((await owing_unit.links())[AlertAnswer.EXEMPT], data=EXEMPT)
    assert asked.status_code == 200, asked.text
    (mail,) = await above.mails_of(working_day(1), "_requests-*")
    (address,) = set(re.findall(r"https?://\S+/decisions\S*", words(mail)))
    context = await chromium.new_context(**WAYS[way], locale="vi-VN")
    context.set_default_timeout(60_000)
    await context.add_cookies([await cookie(owing_unit.platform, above.code)])  # type: ignore[list-item]  # its TypedDict is not exported
    try:
        page = await context.new_page()
        await page.goto(address)
        await look(page, "decide-request")
        region = page.get_by_role("region", name="miễn truyền thông")
        assert await region.get_by_text(EXEMPT["document"]).count()
        await region.get_by_role("radio", name="Không chấp thuận").focus()
        await page.keyboard.press("Space")
        await region.get_by_role("textbox", name="Lý do").focus()
        await page.keyboard.press("Tab")  # to the button, without a reason
        await page.keyboard.press("Enter")
        await page.get_by_text("Không chấp thuận thì đề nghị nêu lý do.").wait_for()
        await look(page, "decide-request-error")
        await region.get_by_role("textbox", name="Lý do").focus()
        await page.keyboard.type(REASON)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.get_by_text("Đã ghi nhận: không chấp thuận").wait_for()
        await look(page, "decided-request")
    finally:
        await context.close()
    (notice,) = await owing_unit.mails_of(working_day(2), "_decision-*")
    assert str(notice["subject"]).startswith("[Kết quả] Không chấp thuận")
    assert REASON in words(notice)
    assert len(await owing_unit.gaps()) == 1
