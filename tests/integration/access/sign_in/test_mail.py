"""Signing in with a link by mail: used once, by POST, for a registered address; the answer tells nobody who is registered."""

import asyncio
import re
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from services.notifier.adapters.rendering.templates import ROLES as ROLE_WORDS
from services.notifier.adapters.sign_in import flow, mailing
from services.notifier.adapters.tables import RECIPIENT as MAILBOXES
from shared.contracts.vocabulary import RecipientRole, Role
from shared.eventstore.buckets import hashed
from shared.http import problems
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.persistence.database import create_engine
from tests.integration.access.sign_in.conftest import (
    CLERK,
    HEAD,
    OTHER,
    SUPERVISOR,
    UNIT,
    SignInOffice,
    put_recipients,
)
from tests.integration.entry.conftest import filled
from tests.support.platform.service import eventually

RECIPIENT = re.compile(r'name="recipient" value="([^"]+)"')


@pytest.fixture(autouse=True)
async def unlimited(office: SignInOffice) -> None:
    """Start each test with nothing counted and no mails."""
    bucket = office.notifier.app.state.access.sessions.bucket
    for key in await bucket.keys("count-mailbox.*") | await bucket.keys("count-client.*"):
        await bucket.end(key)
    for path in office.mail_dir.glob("*sign_in*.eml"):
        path.unlink()


async def ask(
    office: SignInOffice, browser: httpx.AsyncClient, email: str, return_to: str = "", **headers: str
) -> httpx.Response:
    address = f"{office.url('notifier')}/sign-in/mail"
    return await browser.post(address, data={"email": email, "return_to": return_to}, headers=headers)


async def test_a_registered_address_gets_a_link_that_works_once(office: SignInOffice) -> None:
    async with office.browser() as browser, office.browser() as scanner:
        wanted = f"{office.url('metrics')}/"
        answer = await ask(office, browser, f" {CLERK.upper()} ", wanted)
        assert answer.status_code == 200
        (link,) = await office.mailed(1)
        for _ in range(3):  # programs that look through mails follow links
            assert (await scanner.get(link)).status_code == 200
            assert (await scanner.head(link)).status_code in {200, 405}
        assert "set-cookie" not in (await scanner.get(link)).headers
        page = await browser.get(link)
        assert "Sở SO-TP" in page.text
        answer = await browser.post(link)
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)
        assert (await browser.get(wanted)).status_code == 200
        for spent in (await scanner.get(link), await scanner.post(link)):
            assert spent.status_code == 410
            assert "không còn dùng được" in spent.text
        listed = (await office.notifier.client.get("/sessions")).json()["sessions"]
        assert (listed[0]["way"], listed[0]["role"], listed[0]["unit"]) == ("mail", "unit", UNIT)


async def test_of_two_at_once_one_is_signed_in(office: SignInOffice) -> None:
    async with office.browser() as browser:
        await ask(office, browser, CLERK)
        (link,) = await office.mailed(1)
        answers = await asyncio.gather(*(browser.post(link) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7


async def test_the_answer_is_the_same_for_an_unknown_address(office: SignInOffice) -> None:
    async with office.browser() as browser:
        registered, unknown = (
            await ask(office, browser, CLERK),
            await ask(office, browser, "nobody@so.example.vn"),
        )
        assert registered.status_code == unknown.status_code == 200
        assert registered.text.replace(CLERK, "X") == unknown.text.replace("nobody@so.example.vn", "X")
        assert set(registered.headers) == set(unknown.headers)
        assert len(await office.mailed(1)) == 1


async def test_how_a_sign_in_by_mail_ended_is_logged_without_the_address(
    office: SignInOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    log = SimpleNamespace(
        info=lambda event, **facts: lines.append((event, facts)),
        warning=lambda event, **facts: lines.append((event, facts)),
    )
    for module in (mailing, flow, problems):
        monkeypatch.setattr(module, "logger", log)
    async with office.browser() as browser:
        await ask(office, browser, "nobody@so.example.vn")
        await eventually(lambda: _of(lines, "sign_in_mail_refused", 1))
        for _ in range(mailing.MOST_TO_MAILBOX + 1):
            await ask(office, browser, CLERK)
        await eventually(lambda: _of(lines, "sign_in_mail_refused", 2))
        link = (await office.mailed(mailing.MOST_TO_MAILBOX))[0]
        assert [(await browser.post(link)).status_code for _ in range(2)] == [303, 410]
    assert len(link.rpartition("/")[2]) * 6 >= 128
    facts = dict(lines)
    assert [given["why"] for event, given in lines if event == "sign_in_mail_refused"] == [
        "no registered address",
        "too many mails to an address",
    ]
    assert (facts["session_started"]["way"], facts["session_started"]["unit"]) == ("mail", UNIT)
    assert (facts["access_refused"]["code"], facts["access_refused"]["path"]) == (
        "sign-in-link-is-over",
        "/sign-in/link/…",
    )
    for secret in (CLERK, "nobody@", link.rpartition("/")[2]):
        assert secret not in str(lines)


async def _of(lines: list[tuple[str, dict[str, Any]]], event: str, count: int) -> bool:
    return [name for name, _ in lines].count(event) >= count


async def test_a_role_is_taken_from_the_table(office: SignInOffice) -> None:
    async with office.browser() as browser:
        await ask(office, browser, SUPERVISOR)
        (link,) = await office.mailed(1)
        (path,) = office.mail_dir.glob("*sign_in*.eml")
        assert message_from_bytes(path.read_bytes(), policy=policy.default)["Subject"] == "[Loa] Sign-in link"
        assert (await browser.post(link)).status_code == 303
        listed = (await office.notifier.client.get("/sessions")).json()["sessions"]
        assert (listed[0]["role"], listed[0]["unit"]) == ("supervisor", UNIT)
    assert set(mailing.ROLES) == set(RecipientRole)
    assert "operator" not in {role.value for role in mailing.ROLES.values()}


async def test_an_address_of_two_units_chooses_one(office: SignInOffice) -> None:
    async with office.browser() as browser:
        await ask(office, browser, HEAD)
        (link,) = await office.mailed(1)
        choices = RECIPIENT.findall((await browser.get(link)).text)
        assert len(choices) == 2
        answer = await browser.post(link, data={"recipient": choices[1]})
        assert answer.status_code == 303


async def test_a_mailbox_that_the_link_was_not_for_can_not_be_chosen(office: SignInOffice) -> None:
    async with office.browser() as browser:
        await ask(office, browser, HEAD)
        (link,) = await office.mailed(1)
        other = "00000000-0000-4000-8000-000000000000"
        assert (await browser.post(link, data={"recipient": other})).status_code == 410


async def test_a_recipient_who_was_replaced_can_not_use_the_link_and_is_signed_out(
    office: SignInOffice,
) -> None:
    leaving = {"email": "leaving@so.example.vn", "role": "focal_point"}
    await put_recipients(office, OTHER, [leaving, {"email": HEAD, "role": "head"}])
    async with office.browser() as browser:
        for _ in range(2):
            await ask(office, browser, leaving["email"])
        first, second = await office.mailed(2)
        assert (await browser.post(first)).status_code == 303
        assert (await browser.get(f"{office.url('metrics')}/")).status_code == 200
        await put_recipients(office, OTHER, [{"email": HEAD, "role": "head"}])
        assert (await browser.post(second)).status_code == 410
        assert (await browser.get(f"{office.url('metrics')}/")).status_code == 303


async def test_who_stands_in_for_some_days_is_signed_out_at_the_end_of_the_last_one(
    office: SignInOffice,
) -> None:
    sessions = office.notifier.app.state.access.sessions
    last = day_in_vietnam(sessions.now())
    deputy = {"email": "thay@so.example.vn", "role": "head", "valid_to": last.isoformat()}
    await put_recipients(office, OTHER, [deputy, {"email": HEAD, "role": "head"}])
    async with office.browser() as browser:
        await ask(office, browser, deputy["email"])
        (link,) = await office.mailed(1)
        assert (await browser.post(link)).status_code == 303
        listed = (await office.notifier.client.get("/sessions")).json()["sessions"]
    end = datetime.combine(last + timedelta(days=1), time.min, VIETNAM)
    assert (listed[0]["role"], listed[0]["unit"]) == ("head", OTHER)
    expires = datetime.fromisoformat(listed[0]["expires"])
    assert expires == min(end, datetime.fromisoformat(listed[0]["started"]) + timedelta(hours=8))


async def test_who_stands_in_has_no_more_than_who_is_absent_and_names_nobody(office: SignInOffice) -> None:
    last = day_in_vietnam(office.notifier.app.state.access.sessions.now()) + timedelta(days=1)
    absent = {"email": "absent@so.example.vn", "role": "head"}
    deputy = {"email": "thay@so.example.vn", "role": "head", "stands_in_for": absent["email"]}
    deputy["valid_to"] = last.isoformat()
    more = [absent | {"role": "focal_point"}, deputy]
    path = f"/units/{OTHER}/recipients"
    refused = await office.notifier.client.put(path, json=more)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:loa:problem:stand-in-with-more")
    await put_recipients(office, OTHER, [absent, deputy])
    async with office.browser() as browser:
        await ask(office, browser, deputy["email"])
        (link,) = await office.mailed(1)
        assert (await browser.post(link)).status_code == 303
        sessions = (await office.notifier.client.get("/sessions")).json()["sessions"]
        assert (sessions[0]["role"], sessions[0]["unit"]) == ("head", OTHER)
        page = f"{office.url('notifier')}/entry/units/{OTHER}/recipients"
        form = await browser.get(page)
        assert "Nhận thay cho absent@so.example.vn" in form.text
        typed = filled(form) | {"email": "rieng@so.example.vn", "role": "head", "step": "record"}
        answer = await browser.post(page, data=typed)
        assert (answer.status_code, "đang nhận thay" in answer.text) == (403, True)
        await put_recipients(
            office, OTHER, [absent | {"role": "focal_point"}, deputy | {"role": "focal_point"}]
        )
        assert (await browser.get(page)).status_code in {303, 401}


async def test_who_stands_in_is_gone_with_who_is_absent(office: SignInOffice) -> None:
    """Also where the rows of an import have changed the absent one meanwhile."""
    last = day_in_vietnam(office.notifier.app.state.access.sessions.now()) + timedelta(days=1)
    absent = {"email": "absent@so.example.vn", "role": "head"}
    deputy = {"email": "thay@so.example.vn", "role": "head", "stands_in_for": absent["email"]}
    await put_recipients(office, OTHER, [absent, deputy | {"valid_to": last.isoformat()}])
    async with office.browser() as browser:
        await ask(office, browser, deputy["email"])
        (link,) = await office.mailed(1)
        engine = create_engine(office.notifier.settings.database_url.get_secret_value())
        change = update(MAILBOXES).where(MAILBOXES.c.email == absent["email"])
        try:
            async with engine.begin() as connection:  # past the checks of the list
                await connection.execute(change.values(role="focal_point"))
            assert ROLE_WORDS[RecipientRole.FOCAL_POINT].vi in (await browser.get(link)).text
            async with engine.begin() as connection:
                await connection.execute(change.values(valid_to=last - timedelta(days=9)))
            assert (await browser.post(link)).status_code == 410
        finally:
            await engine.dispose()


async def test_a_head_makes_nobody_a_supervisor(office: SignInOffice) -> None:
    path = f"/units/{OTHER}/recipients"
    await put_recipients(office, OTHER, [{"email": HEAD, "role": "head"}])
    wanted = [{"email": HEAD, "role": "head"}, {"email": "own@so.example.vn", "role": "supervisor"}]
    async with office.notifier.as_(Role.HEAD, OTHER) as head:
        refused = await head.put(path, json=wanted)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:loa:problem:names-more-than-own")
        wanted[1]["role"] = "head"
        assert (await head.put(path, json=wanted)).status_code == 200


@pytest.mark.parametrize(
    ("last_day", "end"),
    [(None, None), (date(2026, 11, 30), datetime(2026, 11, 30, 17, tzinfo=UTC))],
)
def test_a_mailbox_ends_with_its_last_day_in_vietnam(last_day: date | None, end: datetime | None) -> None:
    assert mailing.end_of(last_day) == end


async def test_a_mailbox_gets_three_links_in_a_quarter_of_an_hour(office: SignInOffice) -> None:
    async with office.browser() as browser:
        answers = [await ask(office, browser, CLERK) for _ in range(6)]
        assert {answer.status_code for answer in answers} == {200}
        await ask(office, browser, SUPERVISOR)
        links = await office.mailed(4)
        assert len(links) == 4


async def test_a_client_asks_sixty_times_in_a_quarter_of_an_hour(office: SignInOffice) -> None:
    async with office.browser() as browser:
        statuses = [(await ask(office, browser, "nobody@so.example.vn")).status_code for _ in range(62)]
        assert statuses == [200] * mailing.MOST_BY_CLIENT + [503] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_another_site_signs_nobody_in(office: SignInOffice, headers: dict[str, str]) -> None:
    async with office.browser() as browser:
        assert (await ask(office, browser, CLERK, **headers)).status_code == 403
        await ask(office, browser, CLERK)
        (link,) = await office.mailed(1)
        assert (await browser.post(link, headers=headers)).status_code == 403
        assert (await browser.post(link, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 303


RETURNS = [
    "https://attacker.example/",
    "//attacker.example/",
    "http://127.0.0.1:1/",
    "javascript:alert(1)",
    "{metrics}.attacker.example/",
    "{metrics}@attacker.example/",
    "{metrics}\\@attacker.example/",
    "{metrics}/\r\nSet-Cookie: x=y",
    "/relative",
]


@pytest.mark.parametrize("return_to", RETURNS)
async def test_it_leads_back_to_our_pages_only(office: SignInOffice, return_to: str) -> None:
    address = return_to.format(metrics=office.url("metrics"))
    async with office.browser() as browser:
        answer = await browser.post(await office.login_address(return_to=address))
        assert (answer.status_code, answer.headers["location"]) == (303, f"{office.url('notifier')}/sign-in")


async def test_no_working_link_is_kept_anywhere(office: SignInOffice) -> None:
    async with office.browser() as browser:
        await ask(office, browser, CLERK)
        (link,) = await office.mailed(1)
        code = link.rpartition("/")[2]
        bucket = office.notifier.app.state.access.sessions.bucket
        keys = await bucket.keys()
        assert f"mail.{hashed(code)}" in keys
        documents = [str((await bucket.get(key)).document) for key in keys]
        assert not any(code in text for text in (*keys, *documents))
        outbox = await office.notifier.client.get("/outbox")
        assert code not in outbox.text


@pytest.mark.parametrize("code", ["x", "x" * 150, "*", ">", "a.b", "%00", "mail.x"])
async def test_a_made_up_code_is_none(office: SignInOffice, code: str) -> None:
    async with office.browser() as browser:
        address = f"{office.url('notifier')}/sign-in/link/{code}"
        for answer in (await browser.get(address), await browser.post(address)):
            assert answer.status_code in {404, 410, 422, 405}
            assert "set-cookie" not in answer.headers


async def test_the_code_is_in_no_problem_document(office: SignInOffice) -> None:
    async with office.browser() as browser:
        address = f"{office.url('notifier')}/sign-in/link/{'s3cret' * 5}"
        answer = await browser.put(address, headers={"Accept": "application/json"})
        assert "s3cret" not in answer.text


async def test_sessions_of_a_unit_are_listed_to_the_operator_alone(office: SignInOffice) -> None:
    async with office.notifier.as_(None) as anonymous:
        assert (await anonymous.get("/sessions")).status_code == 401

    async def listed() -> bool:
        return (await office.notifier.client.get("/sessions")).status_code == 200

    await eventually(listed)
