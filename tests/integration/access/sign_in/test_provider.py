"""Signing in at a real OpenID provider, and every way in which its answer can be wrong."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.notifier.adapters.sign_in.provider import Provider
from shared.auth.key_sets import IssuerUnavailable
from shared.auth.tokens import Mapped
from tests.integration.access.sign_in.conftest import SignInOffice
from tests.integration.access.sign_in.oidc_provider import OpenIdProvider, open_provider, sign_in_at
from tests.support.servers.ports import free_port

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture(scope="module")
async def provider(office: SignInOffice) -> AsyncIterator[OpenIdProvider]:
    callback = f"{office.url('notifier')}/sign-in/oidc/callback"
    async with open_provider(office.provider_port, callback) as opened:
        yield opened


async def begun(office: SignInOffice, browser: httpx.AsyncClient, return_to: str = "") -> str:
    answer = await browser.get(
        f"{office.url('notifier')}/sign-in/oidc", params={"return_to": return_to} if return_to else {}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_an_account_signs_in_with_its_role_and_unit(office: SignInOffice) -> None:
    async with office.browser() as browser:
        wanted = f"{office.url('metrics')}/?year=2026"
        address = await begun(office, browser, wanted)
        query = parse_qs(urlsplit(address).query)
        assert query["code_challenge_method"] == ["S256"]
        assert len(query["state"][0]) >= 22
        assert len(query["nonce"][0]) >= 22
        back = await sign_in_at(browser, address, "giam-sat:SO-TP")
        answer = await browser.get(back.headers["location"])
        assert (answer.status_code, answer.headers["location"]) == (303, wanted), answer.text
        assert (await browser.get(wanted)).status_code == 200
        ours = [cookie for cookie in browser.cookies.jar if cookie.name.startswith("loa_")]
        assert {(cookie.name, (cookie.value or "").count(".")) for cookie in ours} == {("loa_session", 1)}, (
            "no token of the provider"
        )
        page = await browser.get(f"{office.url('notifier')}/sign-in")
        assert "SO-TP" in page.text
        listed = (await office.notifier.client.get("/sessions")).json()["sessions"]
        (session,) = [row for row in listed if row["way"] == "oidc" and row["role"] == "supervisor"]
        assert session["unit"] == "SO-TP"
        assert "giam-sat" not in session["subject"]
        again = await browser.get(back.headers["location"])
        assert again.status_code == 410, "a code and its state work once"


@pytest.mark.parametrize("account", ["admin", "don-vi", "operator", "don-vi:so-tp", "doc:*"])
async def test_an_account_without_a_role_of_ours_is_not_let_in(office: SignInOffice, account: str) -> None:
    async with office.browser() as browser:
        back = await sign_in_at(browser, await begun(office, browser), account)
        answer = await browser.get(back.headers["location"])
        assert answer.status_code == 403
        assert "chưa được giao vai trò" in answer.text
        assert "set-cookie" not in answer.headers
        assert (await browser.get(f"{office.url('metrics')}/")).status_code == 303


def changed(address: str, **changes: str | None) -> str:
    url = httpx.URL(address)
    kept = {name: value for name, value in url.params.items() if name not in changes}
    return str(
        url.copy_with(params=kept | {name: value for name, value in changes.items() if value is not None})
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": None}, 410),
        ({"state": "forged"}, 410),
        ({"state": "x" * 1500}, 410),
        ({"iss": "https://attacker.example"}, 403),
        ({"code": "forged"}, 403),
        ({"code": None, "error": "access_denied"}, 403),
        ({"code": None}, 403),
    ],
    ids=str,
)
async def test_a_forged_answer_starts_no_session(
    office: SignInOffice, changes: dict[str, str | None], status: int
) -> None:
    async with office.browser() as browser:
        back = await sign_in_at(browser, await begun(office, browser), "doc")
        answer = await browser.get(changed(back.headers["location"], **changes))
        assert answer.status_code == status, answer.text
        assert "loa_session=" not in str(answer.headers)


async def test_another_browser_can_not_use_the_answer(office: SignInOffice) -> None:
    """Nobody is signed in under the name of who began (login CSRF)."""
    async with office.browser() as attacker, office.browser() as victim:
        back = await sign_in_at(attacker, await begun(office, attacker), "doc")
        await begun(office, victim)
        answer = await victim.get(back.headers["location"])
        assert answer.status_code == 410
        assert "loa_session=" not in str(answer.headers)


async def test_the_verifier_is_asked_for_by_the_provider(office: SignInOffice) -> None:
    """PKCE: a code that was begun with another challenge is refused."""
    async with office.browser() as browser:
        address = await begun(office, browser)
        other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        back = await sign_in_at(browser, changed(address, code_challenge=other), "doc")
        answer = await browser.get(back.headers["location"])
        assert answer.status_code == 403
        assert "loa_session=" not in str(answer.headers)


async def test_a_nonce_of_another_sign_in_is_refused(office: SignInOffice) -> None:
    async with office.browser() as browser:
        address = changed(await begun(office, browser), nonce="another")
        back = await sign_in_at(browser, address, "doc")
        assert (await browser.get(back.headers["location"])).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)]
)
async def test_no_other_site_starts_a_sign_in(office: SignInOffice, site: str, status: int) -> None:
    """A provider with a session of its own asks nobody, so that a link elsewhere would sign somebody in."""
    async with office.browser() as browser:
        answer = await browser.get(f"{office.url('notifier')}/sign-in/oidc", headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, "set-cookie" in answer.headers) == (status, status == 303)


@pytest.mark.parametrize(
    "return_to", ["https://attacker.example/", "//attacker.example", "javascript:alert(1)"]
)
async def test_it_leads_back_to_our_pages_only(office: SignInOffice, return_to: str) -> None:
    async with office.browser() as browser:
        back = await sign_in_at(browser, await begun(office, browser, return_to), "doc")
        answer = await browser.get(back.headers["location"])
        assert answer.headers["location"] == f"{office.url('notifier')}/sign-in"


async def test_a_provider_that_is_away_is_no_fault_of_the_person(office: SignInOffice) -> None:
    away = Provider(
        client_id="loa",
        client_secret="",
        mapped=Mapped(f"http://127.0.0.1:{free_port()}"),
        own=office.url("notifier"),
        states=None,  # type: ignore[arg-type]  # nothing is begun
        now=office.notifier.app.state.clock,
    )
    with pytest.raises(IssuerUnavailable):
        await away.begin("")
