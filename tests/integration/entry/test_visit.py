"""Every page of the four services says who has signed in, and signs out with one button; who has not sees where to sign in."""

import re
from html import unescape

import httpx
import pytest

from shared.auth.sessions import CSRF_FIELD
from shared.contracts.vocabulary import Role
from tests.integration.entry.conftest import HEALTH, JUSTICE, Office, filled
from tests.support.servers.plain import NO_AUTHORITIES

BAR = re.compile(r'<aside class="visit".*?</aside>', re.DOTALL)
OUT = re.compile(r'<form method="post" action="([^"]+/sign-out)">')
PAGES = (
    ("metrics", "/"),
    ("metrics", "/details"),
    ("metrics", "/lists/gaps"),
    ("metrics", "/reports"),
    ("registry", "/home"),
    ("registry", "/entry/drafts"),
    ("registry", "/entry/help"),
    ("campaigns", "/entry/communications"),
    ("campaigns", "/entry/programme"),
    ("campaigns", "/entry/decisions"),
    ("notifier", f"/entry/units/{HEALTH}/recipients"),
    ("notifier", "/entry/help"),
    ("notifier", "/outbox"),
)


def bar_of(page: httpx.Response) -> str:
    matched = BAR.findall(page.text)
    assert len(matched) == 1, (page.url, page.status_code, page.text[:3000])
    return unescape(matched[0])


@pytest.mark.parametrize(("service", "path"), PAGES)
async def test_a_page_says_who_has_signed_in_and_signs_out(office: Office, service: str, path: str) -> None:
    async with office.browser(JUSTICE, Role.SUPERVISOR, service) as browser:
        page = await browser.get(path)
        bar = bar_of(page)
        assert page.status_code == 200, page.text
        assert f"đơn vị theo dõi, đôn đốc · {JUSTICE}" in bar
        (out,) = OUT.findall(bar)
        allowed = page.headers["content-security-policy"].partition("form-action ")[2].partition(";")[0]
        assert office.url("notifier") in allowed.split() or (service == "notifier" and "'self'" in allowed)
        refused = await browser.post(out, data={CSRF_FIELD: "x"})
        assert refused.status_code == 403
        field = re.findall(rf'name="{CSRF_FIELD}" value="([^"]+)"', bar)
        assert (await browser.post(out, data={CSRF_FIELD: field[0]})).status_code == 303
        assert "Đăng xuất" not in (await browser.get(path)).text  # help is open to everybody


async def test_a_page_that_says_what_is_wrong_has_the_button_too(office: Office) -> None:
    async with office.browser(HEALTH, Role.UNIT, "notifier") as browser:
        page = await browser.get(f"/entry/units/{HEALTH}/recipients")
        assert page.status_code == 403
        assert "Đăng xuất" in bar_of(page)


async def test_what_somebody_sees_is_of_the_own_session(office: Office) -> None:
    """One after the other on one connection, and a program in between: nothing of a visit outlasts its request."""
    tokens = set()
    async with httpx.AsyncClient(
        base_url=office.url("metrics"),
        headers={"Accept": "text/html"},
        verify=NO_AUTHORITIES,
        timeout=20,
    ) as client:
        for unit, role in ((HEALTH, Role.HEAD), (JUSTICE, Role.SUPERVISOR)):
            client.cookies = httpx.Cookies(dict(await office.cookies(unit, role)))
            page = await client.get("/details")
            assert f"· {unit}" in bar_of(page)
            tokens.add(filled(page)[CSRF_FIELD])
            client.cookies.clear()
            token = office.platform.issuer.token()
            program = await client.get("/details", headers={"Authorization": f"Bearer {token}"})
            assert program.status_code == 200
            assert not BAR.search(program.text)
    assert len(tokens) == 2
