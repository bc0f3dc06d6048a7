"""Every page has a search for drafts and units: without diacritics, words in any order, Ð as Đ."""

import re

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import HEALTH, JUSTICE, SCHOOLS, Office
from tests.integration.entry.forms.test_communication_form import in_consultation

ACTION = re.compile(r'<form class="search" method="get" action="([^"]+)"')


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("registry", "/entry/drafts"),
        ("campaigns", "/entry/programme"),
        ("campaigns", "/entry/decisions"),
        ("notifier", "/entry/help"),
    ],
)
async def test_each_page_leads_to_the_search(office: Office, service: str, path: str) -> None:
    async with office.browser(HEALTH, service=service) as clerk:
        page = await clerk.get(path)
        (action,) = ACTION.findall(page.text)
        address = page.url.join(action)
        assert str(address) == f"{office.url('registry')}/home"
        policy = page.headers["content-security-policy"]
        own = f"{page.url.scheme}://{page.url.host}:{page.url.port}"
        allowed = "'self'" if str(address).startswith(own) else office.url("registry")
        assert allowed in policy[policy.index("form-action") :]


async def test_drafts_and_units_are_listed(office: Office, a_code: str) -> None:
    await in_consultation(office, a_code)
    await office.platform.settled()
    async with office.browser(SCHOOLS) as clerk:
        for text in ("Giao duc va Ðao tao", "đào tạo giáo dục", "tao DAO"):
            page = await clerk.get("/home", params={"q": text, "every": "yes"})
            assert "Sở Giáo dục và Đào tạo tỉnh T" in page.text, text
            assert "reorganisation" not in page.text
        draft = await clerk.get("/home", params={"q": a_code.lower(), "every": "yes"})
        assert f"entry/drafts/{a_code}" in draft.text
    async with office.browser(JUSTICE, Role.SUPERVISOR) as justice:
        page = await justice.get("/home", params={"q": "dao tao", "every": "yes"})
        assert f"entry/units/{SCHOOLS}/reorganisation" in page.text
