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
from tests.integration.entry.browser.test_in_chromium import WAYS, look
from tests.support.platform.service import Platform
from tests.support.servers.browser import in_browser
from tests.support.servers.keyboard import Keyboard

pytestmark = [*in_browser, pytest.mark.timeout(300)]  # days of mails on the whole platform
REASON = "Văn bản không miễn việc truyền thông"


async def cookie(platform: Platform, unit: str, role: Role = Role.SUPERVISOR) -> dict[str, Any]:
    access = platform.services["notifier"].app.state.access
    secret, _ = await access.sessions.start(Principal(f"{role}-{unit}", role, unit), Way.MAIL)
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
        keys = Keyboard(await context.new_page())
        page = keys.page
        await page.goto(address)
        await look(page, "decide-request")
        assert await page.get_by_text(EXEMPT["document"]).count()
        await keys.choose("Quyết định", "Không chấp thuận")
        await keys.press("Ghi nhận quyết định")
        at = await keys.focused()
        assert (at["tag"], at["seen"]) == ("textarea", True), "the reason that is missing has the focus"
        assert await page.get_by_text("Không chấp thuận thì đề nghị nêu lý do.").count()
        await look(page, "decide-request-error")
        await page.keyboard.type(REASON)
        await keys.press("Ghi nhận quyết định")
        await page.get_by_text("Đã ghi nhận: không chấp thuận").wait_for()
        await look(page, "decided-request")
        keys.asked_no_other_host()
    finally:
        await context.close()
    (notice,) = await owing_unit.mails_of(working_day(2), "_decision-*")
    assert str(notice["subject"]).startswith("[Kết quả] Không chấp thuận")
    assert REASON in words(notice)
    assert len(await owing_unit.gaps()) == 1
