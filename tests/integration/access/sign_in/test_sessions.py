"""One session for the pages of all services: its cookie, its CSRF token, its end; and revoked tokens."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import nats.errors
import pytest
from fastapi import Response

from services.notifier.adapters.sign_in.flow import SignIn
from shared.auth import sessions
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Role
from shared.kernel import runtime
from tests.integration.access.sign_in.conftest import SignInOffice
from tests.support.platform.service import eventually


async def test_a_page_without_a_session_leads_to_the_sign_in_page_and_back(office: SignInOffice) -> None:
    async with office.browser() as browser:
        wanted = f"{office.url('metrics')}/?as_of=2026-01-31&unit=SO-TP"
        answer = await browser.get(wanted)
        assert answer.status_code == 303
        place = httpx.URL(answer.headers["location"])
        assert str(place).startswith(f"{office.url('notifier')}/sign-in?")
        assert place.params["return_to"] == wanted
        page = await browser.get(place)
        assert page.status_code == 200
        assert "Đăng nhập" in page.text
        signed_in = await office.sign_in(browser, return_to=wanted)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, wanted)
        assert (await browser.get(wanted)).status_code == 200
        assert (await browser.get(f"{office.url('notifier')}/outbox")).status_code == 200
        assert (await browser.get(f"{office.url('registry')}/units")).status_code == 200


async def test_a_program_still_gets_a_problem_document(office: SignInOffice) -> None:
    async with office.browser() as client:
        for headers in ({"Accept": "application/json"}, {"Accept": "text/html", "Authorization": "Bearer x"}):
            answer = await client.get(f"{office.url('metrics')}/", headers=headers)
            assert answer.status_code == 401
        posted = await client.post(f"{office.url('registry')}/units", json={})
        assert posted.status_code == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(office: SignInOffice) -> None:
    async with office.browser() as browser:
        answer = await office.sign_in(browser)
        (cookie,) = answer.headers.get_list("set-cookie")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= parts
        assert "secure" not in parts, "this machine alone is reached without https"
        assert not any(part.startswith("domain") for part in parts)
        (age,) = [int(part.partition("=")[2]) for part in parts if part.startswith("max-age")]
        assert 0 < age <= 8 * 3600
        value = cookie.partition(";")[0].partition("=")[2]
        assert len(value.partition(".")[2]) * 6 >= 128


async def test_the_broker_holds_no_cookie(office: SignInOffice) -> None:
    async with office.browser() as browser:
        answer = await office.sign_in(browser)
        value = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        entries = office.notifier.app.state.access.sessions.bucket
        keys = await entries.keys()
        assert any(value.partition(".")[0] in key for key in keys), "by a hash of the subject"
        secret = value.partition(".")[2]
        for key in keys:
            assert secret not in key
            assert secret not in str((await entries.get(key)).document)


UNSAFE = (("registry", "/units"), ("metrics", "/projections/rebuild"), ("notifier", "/revoked-tokens"))


@pytest.mark.parametrize(("service", "path"), UNSAFE)
async def test_what_changes_something_needs_the_csrf_token(
    office: SignInOffice, service: str, path: str
) -> None:
    async with office.browser() as browser, office.browser() as other:
        await office.sign_in(browser)
        await office.sign_in(other)
        address = office.url(service) + path
        foreign = await office.csrf(other)
        for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": foreign}, {"X-CSRF-Token": "đ"}):
            raw = {name.encode(): value.encode() for name, value in headers.items()}
            answer = await browser.post(address, json={}, headers=raw)
            assert answer.status_code == 403, headers
            assert answer.json()["type"] == "urn:loa:problem:csrf-token-missing"
        own = {"X-CSRF-Token": await office.csrf(browser)}
        assert (await browser.post(address, json={}, headers=own)).status_code in {202, 422}


async def test_a_session_has_the_rights_of_its_token_and_no_more(office: SignInOffice) -> None:
    async with office.browser() as browser:
        sessions_of = office.notifier.app.state.access.sessions
        principal = sessions_of_principal(Role.READER)
        secret, _ = await sessions_of.start(principal, sessions.Way.MAIL)
        browser.cookies.set(sessions.COOKIE, secret)
        assert (await browser.get(f"{office.url('metrics')}/")).status_code == 200
        csrf = {"X-CSRF-Token": sessions.csrf_token(secret)}
        refused = await browser.post(f"{office.url('registry')}/units", json={}, headers=csrf)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:loa:problem:forbidden")
        assert (await browser.get(f"{office.url('notifier')}/sessions")).status_code == 403


def sessions_of_principal(role: Role) -> Principal:
    return Principal("a-reader", role)


async def test_after_signing_out_the_cookie_is_worth_nothing(office: SignInOffice) -> None:
    async with office.browser() as browser, office.browser() as thief:
        await office.sign_in(browser)
        stolen = dict(browser.cookies)
        csrf = await office.csrf(browser)
        refused = await browser.post(f"{office.url('notifier')}/sign-out", data={"csrf_token": "x"})
        assert refused.status_code == 403
        out = await browser.post(f"{office.url('notifier')}/sign-out", data={"csrf_token": csrf})
        assert (out.status_code, out.headers["location"]) == (303, f"{office.url('notifier')}/sign-in")
        assert not browser.cookies
        assert out.headers["clear-site-data"] == '"cache", "storage"'
        for name, value in stolen.items():
            thief.cookies.set(name, value)
        answer = await thief.get(f"{office.url('metrics')}/")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{office.url('notifier')}/sign-in")
        assert 'loa_session=""' in answer.headers["set-cookie"]


async def test_who_signs_in_again_has_one_session(office: SignInOffice) -> None:
    async with office.browser() as browser, office.browser() as older:
        await office.sign_in(browser, sub="signs-in-twice")
        for name, value in dict(browser.cookies).items():
            older.cookies.set(name, value)
        await office.sign_in(browser, sub="signs-in-twice")
        assert (await browser.get(f"{office.url('metrics')}/")).status_code == 200
        assert (await older.get(f"{office.url('metrics')}/")).status_code == 303


async def test_a_person_sees_and_ends_the_own_sessions_and_nobody_elses(office: SignInOffice) -> None:
    store, pages = office.notifier.app.state.access.sessions, f"{office.url('notifier')}/sign-in"
    address, figures = f"{office.url('notifier')}/sign-out", f"{office.url('metrics')}/"

    async def signed_in(browser: httpx.AsyncClient, name: str) -> str:
        secret, session = await store.start(Principal(name, Role.READER), sessions.Way.MAIL)
        browser.cookies.set(sessions.COOKIE, secret)
        return str(session.session_id)

    async with office.browser() as laptop, office.browser() as phone, office.browser() as other:
        await signed_in(laptop, "one-person")
        of_phone, of_other = await signed_in(phone, "one-person"), await signed_in(other, "another-person")
        shown = re.findall(r'name="session" value="([^"]+)"', (await laptop.get(pages)).text)
        assert shown == [of_phone, "all"]
        csrf = await office.csrf(laptop)
        await laptop.post(address, data={"csrf_token": csrf, "session": of_other})
        assert (await laptop.post(address, data={"session": of_phone})).status_code == 403
        for browser in (laptop, phone, other):
            assert (await browser.get(figures)).status_code == 200
        ended = await laptop.post(address, data={"csrf_token": csrf, "session": of_phone})
        assert "set-cookie" not in ended.headers, "the present one goes on"
        assert (await phone.get(figures)).status_code == 303
        await signed_in(phone, "one-person")
        await laptop.post(address, data={"csrf_token": csrf, "session": "all"})
        for browser, status in ((laptop, 303), (phone, 303), (other, 200)):
            assert (await browser.get(figures)).status_code == status


async def test_a_revoked_session_is_refused_at_its_next_request(office: SignInOffice) -> None:
    async with office.browser() as browser:
        await office.sign_in(browser, sub="to-be-revoked")
        assert (await browser.get(f"{office.url('metrics')}/")).status_code == 200
        listed = (await office.notifier.client.get("/sessions")).json()["sessions"]
        (session,) = [row for row in listed if row["subject"] == "to-be-revoked"]
        ended = await office.notifier.client.post(f"/sessions/{session['session_id']}/end")
        assert ended.status_code == 200
        for service, path in (("metrics", "/"), ("notifier", "/outbox"), ("registry", "/units")):
            assert (await browser.get(office.url(service) + path)).status_code == 303
        again = await office.notifier.client.post(f"/sessions/{session['session_id']}/end")
        assert again.status_code == 404


async def test_of_an_eleventh_session_the_oldest_ends(office: SignInOffice) -> None:
    store = office.notifier.app.state.access.sessions
    person = Principal("signs-in-everywhere", Role.READER)
    started = [await store.start(person, sessions.Way.MAIL) for _ in range(sessions.MOST_OF_SUBJECT + 1)]
    with pytest.raises(sessions.SessionEnded):
        await store.find(started[0][0])
    for secret, session in started[1:]:
        assert await store.find(secret) == session
    await store.end_all_of(person.subject)


async def test_over_https_the_cookie_is_bound_to_this_host() -> None:
    place = sessions.SignInPlace("https://loa.example.vn/notifier", "https://loa.example.vn/registry")
    assert (place.cookie, place.is_secure) == ("__Host-loa_session", True)
    access: Any = SimpleNamespace(place=place)
    nothing: Any = None
    flow = SignIn(access, nothing, nothing, None)
    answer = Response()
    flow.bind(answer, "a-browser")
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"__host-loa_oidc=a-browser", "secure", "httponly", "samesite=lax", "path=/"} <= parts


@pytest.mark.parametrize("how", ["jti", "sub"])
async def test_a_revoked_token_is_refused_by_every_service_and_so_is_its_session(
    office: SignInOffice, how: str
) -> None:
    claims = {"sub": f"leaked-{how}", "jti": f"id-{how}"} if how == "jti" else {"sub": f"leaked-{how}"}
    token = office.platform.issuer.token(Role.OPERATOR, **claims)
    headers = {"Authorization": f"Bearer {token}"}
    async with office.browser() as browser, office.browser() as program:
        await office.sign_in(browser, **claims)
        for service in ("registry", "metrics", "notifier"):
            assert (await program.get(f"{office.url(service)}/log", headers=headers)).status_code == 200
        body = {"token_id": claims[how]}
        assert (await office.notifier.client.post("/revoked-tokens", json=body)).status_code == 200

        async def refused() -> bool:
            answers = [
                await program.get(f"{office.url(s)}/log", headers=headers)
                for s in ("registry", "metrics", "notifier")
            ]
            return {answer.status_code for answer in answers} == {401}

        await eventually(refused, patience=5)

        async def ended() -> bool:
            return (await browser.get(f"{office.url('metrics')}/")).status_code == 303

        await eventually(ended, patience=5)
        listed = (await office.notifier.client.get("/revoked-tokens")).json()["tokens"]
        assert claims[how] in {row["id"] for row in listed}
        assert (await office.notifier.client.get("/log")).status_code == 200


BROKEN = ["", "x", ".", "a.b", "*.x", ">.x", "a.b.c", "x" * 5000, "..", "a b.c", "a/../b.c", "%00.x"]


@pytest.mark.parametrize("value", BROKEN)
async def test_a_broken_cookie_is_no_session(office: SignInOffice, value: str) -> None:
    async with office.browser() as browser:
        headers = {"Cookie": f"loa_session={value}", "Accept": "application/json"}
        for service in ("registry", "metrics", "notifier"):
            answer = await browser.get(f"{office.url(service)}/log", headers=headers)
            assert answer.status_code == 401, value


async def test_a_session_ends_by_itself(office: SignInOffice) -> None:
    store = office.notifier.app.state.access.sessions
    soon = runtime.now() + timedelta(milliseconds=1)
    secret, session = await store.start(sessions_of_principal(Role.READER), sessions.Way.MAIL, until=soon)
    assert session.expires <= soon
    async with office.browser() as browser:
        browser.cookies.set(sessions.COOKIE, secret)

        async def refused() -> bool:
            return (await browser.get(f"{office.url('metrics')}/")).status_code == 303

        await eventually(refused)
    _, longest = await store.start(
        sessions_of_principal(Role.READER), sessions.Way.MAIL, until=runtime.now() + timedelta(days=3)
    )
    assert longest.expires - longest.started <= timedelta(hours=8)


async def test_only_the_notifier_may_start_a_session(office: SignInOffice) -> None:
    """The broker's permissions: another service's key can't forge a session, or read a code."""
    metrics = office.platform.services["metrics"].app.state.access.sessions
    with pytest.raises(nats.errors.TimeoutError):  # a publish that is forbidden is not answered
        await metrics.start(sessions_of_principal(Role.OPERATOR), sessions.Way.MAIL)
