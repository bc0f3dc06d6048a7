"""What can go wrong between the ledger and a mailbox, and what is left in the ledger then."""

import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.notifier.adapters.delivery.ledger import SqlLedger
from services.notifier.application import ticks
from services.notifier.application.pipeline import Pipeline, Plan, Written
from services.notifier.application.ports import Claim, Outcome
from services.notifier.application.ticks import WORKERS
from shared.contracts.vocabulary import Role
from shared.kernel.errors import TransientError
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import (
    MONDAY,
    UNIT,
    NotifierFixture,
    alerts,
    opened,
    put_recipient,
    tick,
)
from tests.support.platform.service import Api, eventually
from tests.support.servers.certificate import certificate
from tests.support.servers.ports import free_port
from tests.support.servers.smtp_server import Mailbox, only, serving


async def test_a_crash_after_delivery_ends_in_a_single_mail_with_the_same_identity(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is out, the ledger doesn't know: when the lease ends it goes out again as the same one."""

    async def crash(_self: SqlLedger, _ended: Sequence[tuple[Claim, Outcome]], _now: Any) -> None:
        raise TransientError("the database went away")

    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        with monkeypatch.context() as broken:
            broken.setattr(SqlLedger, "finish", crash)
            assert (await api.client.post("/tick", params={"min_position": position})).status_code == 503
        (mail,) = notifier_env.mails()
        assert [r["state"] for r in await notifier_env.rows("SELECT state FROM digest")] == ["claimed"]
        await tick(api, position)
        assert [r["state"] for r in await notifier_env.rows("SELECT state FROM digest")] == ["claimed"]
        notifier_env.clock.moment = MONDAY + timedelta(minutes=6)
        await tick(api, position)
        (again,) = notifier_env.mails()
        (row,) = await notifier_env.rows("SELECT state, attempts, delivery FROM digest")
    assert again["Message-ID"] == mail["Message-ID"]
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert row["delivery"]["possible_duplicate"] is True


async def test_a_mail_in_doubt_after_its_day_is_unsure_and_repeated_the_next_day(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(_self: SqlLedger, _ended: Sequence[tuple[Claim, Outcome]], _now: Any) -> None:
        raise TransientError("the database went away")

    async with notifier_env.notifier() as api:
        await put_recipient(api)
        position = await notifier_env.gap(opened(new_id()))
        with monkeypatch.context() as broken:
            broken.setattr(SqlLedger, "finish", crash)
            await api.client.post("/tick", params={"min_position": position})
        notifier_env.clock.moment = MONDAY + timedelta(days=2)
        answer = await tick(api, position)
        states = await notifier_env.rows("SELECT day, state, delivery FROM digest ORDER BY day")
    assert [(str(r["day"]), r["state"]) for r in states] == [("2026-11-23", "unsure"), ("2026-11-25", "sent")]
    assert states[0]["delivery"]["reason"] == "time_over"
    assert [line["reason"] for m in answer["sent"] for line in m["lines"]] == ["overdue_first"]


async def test_smtp_hands_the_mail_over_once(notifier_env: NotifierFixture) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            answer = await tick(api, position)
            await tick(api, position)
    assert len(answer["sent"]) == 1
    assert len(mailbox.taken) == 1
    assert b"Auto-Submitted: auto-generated" in mailbox.taken[0]
    assert notifier_env.mails() == []


async def test_smtp_never_mails_ahead_of_its_day(notifier_env: NotifierFixture) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            answer = await api.client.post("/tick", json={"at": "2026-11-25"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:loa:problem:tick-in-future"
    assert mailbox.taken == []


async def test_an_invalid_address_is_marked_until_it_is_listed_again(
    notifier_env: NotifierFixture,
) -> None:
    mailbox = Mailbox(["550 5.1.1 no such mailbox"])
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            refused = await tick(api, position)
            (row,) = await notifier_env.rows("SELECT state, delivery, announced FROM digest")
            (alert,) = await eventually(lambda: alerts(api))
            notifier_env.clock.moment = MONDAY + timedelta(days=2)
            next_day = await tick(api, position)
            (listed,) = (await api.client.get(f"/units/{UNIT}/recipients")).json()["recipients"]
            await put_recipient(api)
            again = await tick(api, position)
        log = await notifier_env.log("alert")
    assert [s["reason"] for s in refused["skipped"]] == ["delivery_failed"]
    assert (row["state"], row["delivery"]["reason"], row["announced"]) == ("failed", "mailbox_refused", True)
    assert alert["last_sent_day"] is None
    assert [e["type"] for e in log] == [
        f"vn.loa.alert.{name}.v1" for name in ("raised", "undeliverable", "sent")
    ]
    assert log[1]["data"] | {"reason": "mailbox_refused", "on": "2026-11-23"} == log[1]["data"]
    assert listed["undeliverable_on"] == "2026-11-23"
    assert (next_day["sent"], [s["reason"] for s in next_day["skipped"]]) == ([], ["no_recipient"])
    assert [line["reason"] for m in again["sent"] for line in m["lines"]] == ["overdue_first"]


async def test_a_refused_message_fails_and_its_address_is_not_marked(
    notifier_env: NotifierFixture,
) -> None:
    mailbox = Mailbox(["550 5.7.1 looks like advertising"])
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            await tick(api, position)
            (row,) = await notifier_env.rows("SELECT state, delivery, announced FROM digest")
            notifier_env.clock.moment = MONDAY + timedelta(days=2)
            next_day = await tick(api, position)
        log = await notifier_env.log("alert")
    assert (row["state"], row["delivery"]["reason"], row["announced"]) == ("failed", "mailbox_refused", False)
    assert [line["reason"] for m in next_day["sent"] for line in m["lines"]] == ["overdue_first"]
    assert [e["type"] for e in log] == ["vn.loa.alert.raised.v1", "vn.loa.alert.sent.v1"]


async def test_an_operator_tries_a_refused_mail_again_or_notes_that_it_was_seen(
    notifier_env: NotifierFixture,
) -> None:
    mailbox = Mailbox(["550 5.1.1 no such mailbox"])
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            await tick(api, position)
            (row,) = await notifier_env.rows("SELECT digest_key FROM digest")
            path = f"/outbox/{row['digest_key']}"
            async with api.as_(Role.READER) as reader:
                forbidden = [
                    (await reader.post(f"{path}/{what}")).status_code for what in ("retry", "acknowledge")
                ]
            before = (await api.client.get("/digests/counts")).json()
            seen = [(await api.client.post(f"{path}/acknowledge")).json() for _ in range(2)]
            counted = (await api.client.get("/digests/counts")).json()
            page = (await api.client.get("/outbox")).text
            retried = await api.client.post(f"{path}/retry")
            await tick(api, position)
            twice = await api.client.post(f"{path}/retry")
            unknown = await api.client.post("/outbox/nothing/retry")
            await notifier_env.change("UPDATE digest SET state = 'failed'")
            notifier_env.clock.moment = MONDAY + timedelta(days=2)
            over = await api.client.post(f"{path}/retry")
    assert forbidden == [403, 403]
    assert (before, counted) == ({"failed": 1}, {"acknowledged": 1})
    assert [item["mails"] for item in seen] == [1, 0]
    assert "550 5.1.1 no such mailbox" in page
    assert "người vận hành đã xem" in page
    assert (retried.status_code, len(mailbox.taken)) == (200, 1)
    assert [a.status_code for a in (twice, over, unknown)] == [409, 409, 404]
    assert over.json()["type"] == "urn:loa:problem:mail-is-over"


async def test_an_address_that_puts_off_for_three_days_is_given_up(notifier_env: NotifierFixture) -> None:
    """Each day's digest is good for its day; what it said is said again, until nobody believes the address."""
    mailbox = Mailbox(by_address={"dau.moi@stp.example.vn": "450 4.2.1 try later"})
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            for day in (0, 2, 3, 4):
                notifier_env.clock.moment = MONDAY + timedelta(days=day)
                await tick(api, position)
            rows = await notifier_env.rows("SELECT day, state, delivery FROM digest ORDER BY day")
            (mailbox_row,) = await notifier_env.rows(
                "SELECT undeliverable_on, undeliverable_why FROM recipient"
            )
        log = await notifier_env.log("alert")
    assert [r["state"] for r in rows] == [
        "expired",
        "expired",
    ]  # Monday's on Wednesday, Wednesday's on Thursday
    assert {(r["delivery"]["reason"], r["delivery"]["last"]) for r in rows} == {("time_over", "deferred")}
    assert str(mailbox_row["undeliverable_on"]) == "2026-11-26"
    assert mailbox_row["undeliverable_why"] == "retries_exhausted"
    assert [e["type"] for e in log] == ["vn.loa.alert.raised.v1", "vn.loa.alert.undeliverable.v1"]


async def test_connections_are_few_and_used_again(notifier_env: NotifierFixture) -> None:
    mailbox = Mailbox(slow=0.05)
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url, smtp_rate=1000) as api:
            await _heads(api, 40)
            answer = await tick(api, await notifier_env.gap(opened(new_id())))
    assert len(answer["sent"]) == 40
    assert set(mailbox.ids().values()) == {1}
    assert 1 < mailbox.most_at_once <= WORKERS
    assert len(mailbox.sessions) <= WORKERS


async def test_a_run_ends_with_the_first_claim_that_is_not_full(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    below = SqlLedger.claim

    async def counted(self: SqlLedger, now: datetime, limit: int) -> Sequence[Claim]:
        claims = await below(self, now, limit)
        sizes.append(len(claims))
        return claims

    monkeypatch.setattr(SqlLedger, "claim", counted)
    mailbox = Mailbox()
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url, smtp_rate=1000) as api:
            await _heads(api, 2 * WORKERS + 4)
            await tick(api, await notifier_env.gap(opened(new_id())))
    assert [size for size in sizes if size] == [WORKERS, WORKERS, 4]
    assert sizes.count(0) < WORKERS, "an empty claim for each run, not for each worker"
    assert set(mailbox.ids().values()) == {1}


async def _heads(api: Api, number: int) -> None:
    bodies = [{"role": "head", "email": f"a{n}@stp.example.vn"} for n in range(number)]
    await api.client.put(f"/units/{UNIT}/recipients", json=bodies)


async def test_the_first_mails_go_out_while_the_last_are_written(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()

    async def first_out() -> bool:
        return len(mailbox.taken) >= 5

    async def stopped(self: Pipeline, plan: Plan) -> AsyncIterator[Written]:
        for number, notice in enumerate(plan.notices):
            if number == 12:
                await eventually(first_out)
            yield self._written(notice, plan.tree, plan.at)

    monkeypatch.setattr(ticks, "PART", 5)
    monkeypatch.setattr(Pipeline, "mails", stopped)
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url, smtp_rate=1000) as api:
            await _heads(api, 20)
            answer = await tick(api, await notifier_env.gap(opened(new_id())))
    assert len(answer["sent"]) == 20
    assert set(mailbox.ids().values()) == {1}


async def test_a_server_that_is_gone_is_not_asked_for_every_part(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "PART", 2)
    nowhere = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    async with notifier_env.notifier(smtp_url=nowhere) as api:
        await _heads(api, 40)
        await tick(api, await notifier_env.gap(opened(new_id())))
        rows = await notifier_env.rows("SELECT state, attempts FROM digest")
    assert [row["state"] for row in rows] == ["queued"] * 40
    assert 0 < sum(row["attempts"] for row in rows) <= 2 * WORKERS


async def test_what_fails_while_mails_are_written_loses_none_that_are_queued(
    notifier_env: NotifierFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox()
    whole = Pipeline.mails

    async def broken(self: Pipeline, plan: Plan) -> AsyncIterator[Written]:
        for number, notice in enumerate(plan.notices):
            if number == 7:
                raise TransientError("the database went away")
            yield self._written(notice, plan.tree, plan.at)

    monkeypatch.setattr(ticks, "PART", 5)
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url, smtp_rate=1000) as api:
            await _heads(api, 10)
            position = await notifier_env.gap(opened(new_id()))
            monkeypatch.setattr(Pipeline, "mails", broken)
            refused = await api.client.post("/tick", params={"min_position": position})
            assert (refused.status_code, len(mailbox.taken)) == (503, 5), "those of the first part are out"
            monkeypatch.setattr(Pipeline, "mails", whole)
            answer = await tick(api, position)
    assert len(answer["sent"]) == 5
    assert sorted(mailbox.ids().values()) == [1] * 10


async def test_a_domain_is_written_to_at_its_pace(notifier_env: NotifierFixture) -> None:
    with serving(Mailbox()) as url:
        async with notifier_env.notifier(smtp_url=url, smtp_rate=10) as api:
            await _heads(api, 11)
            position = await notifier_env.gap(opened(new_id()))
            began = time.monotonic()
            await tick(api, position)
    assert time.monotonic() - began >= 1.0


@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # TLS is there from the first byte
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize(("password", "state"), [("right", "sent"), ("wrong", "queued")])
async def test_tls_and_login(
    notifier_env: NotifierFixture, tmp_path: Path, scheme: str, password: str, state: str
) -> None:
    made = certificate(tmp_path)
    context = {"ssl_context" if scheme == "smtps" else "tls_context": made.server}
    options = {
        "authenticator": only("loa", "right"),
        "auth_required": True,
        "auth_require_tls": scheme != "smtps",
    }
    mailbox = Mailbox()
    with serving(mailbox, scheme, f"loa:{password}@", **context, **options) as url:
        async with notifier_env.notifier(smtp_url=url, smtp_ca=made.authority) as api:
            await put_recipient(api)
            await tick(api, await notifier_env.gap(opened(new_id())))
            (row,) = await notifier_env.rows("SELECT state, delivery FROM digest")
    assert (row["state"], len(mailbox.taken)) == (state, 1 if state == "sent" else 0)
    assert row["delivery"].get("reason") == (None if state == "sent" else "unreachable")


async def test_a_server_whose_certificate_is_unknown_gets_nothing(
    notifier_env: NotifierFixture, tmp_path: Path
) -> None:
    mailbox = Mailbox()
    with serving(mailbox, "smtps", ssl_context=certificate(tmp_path).server) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            await tick(api, await notifier_env.gap(opened(new_id())))
            (row,) = await notifier_env.rows("SELECT state, delivery FROM digest")
    assert (row["state"], row["delivery"]["reason"], mailbox.taken) == ("queued", "unreachable", [])


async def test_a_temporary_refusal_is_retried(notifier_env: NotifierFixture) -> None:
    mailbox = Mailbox(["451 4.3.0 try later"])
    with serving(mailbox) as url:
        async with notifier_env.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            first = await tick(api, position)
            too_early = await tick(api, position)
            taken_early = len(mailbox.taken)
            notifier_env.clock.moment = MONDAY + timedelta(minutes=1)
            await tick(api, position)
            (row,) = await notifier_env.rows("SELECT state, attempts FROM digest")
    assert [s["reason"] for s in first["skipped"]] == ["delivery_waiting"]
    assert too_early["sent"] == []
    assert taken_early == 0
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert len(mailbox.taken) == 1


async def test_a_server_that_is_not_there_leaves_the_mail_waiting(notifier_env: NotifierFixture) -> None:
    nowhere = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    async with notifier_env.notifier(smtp_url=nowhere) as api:
        await put_recipient(api)
        answer = await tick(api, await notifier_env.gap(opened(new_id())))
        (row,) = await notifier_env.rows("SELECT state, delivery FROM digest")
    assert [s["reason"] for s in answer["skipped"]] == ["delivery_waiting"]
    assert (row["state"], row["delivery"]["unsure"]) == ("queued", False)


async def test_a_title_cannot_begin_a_header(notifier_env: NotifierFixture) -> None:
    async with notifier_env.notifier() as api:
        await put_recipient(api)
        title = "Luật A\r\nBcc: ke.xau@example.com\r\n\r\n<script>alert(1)</script>"
        await tick(api, await notifier_env.gap(opened(new_id(), title=title)))
    (mail,) = notifier_env.mails()
    html = mail.get_body(("html",))
    assert html is not None
    assert mail["Bcc"] is None
    assert "Bcc: ke.xau@example.com" in mail["Subject"]
    assert "<script>" not in html.get_content()
