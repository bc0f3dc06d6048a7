"""What can go wrong between the ledger and a mailbox, and what is left in the ledger then."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from deploy.local.engine import free_port
from services.notifier.adapters.ledger import SqlLedger
from services.notifier.application.ports import Claim, Outcome
from shared.clock import new_id
from shared.errors import TransientError
from tests.integration.notifier.desk import MONDAY, Desk, alerts, opened, put_recipient, tick
from tests.support.service import eventually


@dataclass(slots=True)
class Mailbox:
    """An SMTP server of a test's own; `answers` are given to RCPT first, in order."""

    answers: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  the library's name and arguments
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return "250 taken"


@contextmanager
def serving(mailbox: Mailbox) -> Iterator[SecretStr]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield SecretStr(f"smtp://127.0.0.1:{controller.port}")
    finally:
        controller.stop()


async def test_a_crash_after_delivery_ends_in_one_mail_with_the_same_identity(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is out, the ledger doesn't know: when the lease ends it goes out again as the same one."""

    async def crash(_self: SqlLedger, _claim: Claim, _outcome: Outcome, _now: Any) -> bool:
        raise TransientError("the database went away")

    async with desk.notifier() as api:
        await put_recipient(api)
        position = await desk.gap(opened(new_id()))
        with monkeypatch.context() as broken:
            broken.setattr(SqlLedger, "finish", crash)
            assert (await api.client.post("/tick", params={"min_position": position})).status_code == 503
        (mail,) = desk.mails()
        assert [r["state"] for r in await desk.rows("SELECT state FROM digest")] == ["claimed"]
        await tick(api, position)
        assert [r["state"] for r in await desk.rows("SELECT state FROM digest")] == ["claimed"]
        desk.clock.moment = MONDAY + timedelta(minutes=6)
        await tick(api, position)
        (again,) = desk.mails()
        (row,) = await desk.rows("SELECT state, attempts, delivery FROM digest")
    assert again["Message-ID"] == mail["Message-ID"]
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert row["delivery"]["possible_duplicate"] is True


async def test_a_mail_in_doubt_whose_day_is_over_is_unsure_and_said_again_next_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(_self: SqlLedger, _claim: Claim, _outcome: Outcome, _now: Any) -> bool:
        raise TransientError("the database went away")

    async with desk.notifier() as api:
        await put_recipient(api)
        position = await desk.gap(opened(new_id()))
        with monkeypatch.context() as broken:
            broken.setattr(SqlLedger, "finish", crash)
            await api.client.post("/tick", params={"min_position": position})
        desk.clock.moment = MONDAY + timedelta(days=2)
        answer = await tick(api, position)
        states = await desk.rows("SELECT day, state, delivery FROM digest ORDER BY day")
    assert [(str(r["day"]), r["state"]) for r in states] == [("2026-11-23", "unsure"), ("2026-11-25", "sent")]
    assert states[0]["delivery"]["reason"] == "time_over"
    assert [line["reason"] for m in answer["sent"] for line in m["lines"]] == ["overdue_first"]


async def test_smtp_hands_the_mail_over_once(desk: Desk) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as url:
        async with desk.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await desk.gap(opened(new_id()))
            answer = await tick(api, position)
            await tick(api, position)
    assert len(answer["sent"]) == 1
    assert len(mailbox.taken) == 1
    assert b"Auto-Submitted: auto-generated" in mailbox.taken[0]
    assert desk.mails() == []


async def test_smtp_never_mails_ahead_of_its_day(desk: Desk) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as url:
        async with desk.notifier(smtp_url=url) as api:
            answer = await api.client.post("/tick", json={"at": "2026-11-25"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:loa:problem:tick-in-future"
    assert mailbox.taken == []


async def test_a_refused_mailbox_fails_with_its_reason_and_is_not_told(desk: Desk) -> None:
    mailbox = Mailbox(["550 5.1.1 no such mailbox"])
    with serving(mailbox) as url:
        async with desk.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await desk.gap(opened(new_id()))
            refused = await tick(api, position)
            (row,) = await desk.rows("SELECT state, delivery FROM digest")
            (alert,) = await eventually(lambda: alerts(api))
            desk.clock.moment = MONDAY + timedelta(days=2)
            next_day = await tick(api, position)
    assert [s["reason"] for s in refused["skipped"]] == ["delivery_failed"]
    assert (row["state"], row["delivery"]["reason"]) == ("failed", "mailbox_refused")
    assert alert["last_sent_day"] is None
    assert [line["reason"] for m in next_day["sent"] for line in m["lines"]] == ["overdue_first"]


async def test_a_server_that_says_later_is_asked_again(desk: Desk) -> None:
    mailbox = Mailbox(["451 4.3.0 try later"])
    with serving(mailbox) as url:
        async with desk.notifier(smtp_url=url) as api:
            await put_recipient(api)
            position = await desk.gap(opened(new_id()))
            first = await tick(api, position)
            too_early = await tick(api, position)
            taken_early = len(mailbox.taken)
            desk.clock.moment = MONDAY + timedelta(minutes=1)
            await tick(api, position)
            (row,) = await desk.rows("SELECT state, attempts FROM digest")
    assert [s["reason"] for s in first["skipped"]] == ["delivery_waiting"]
    assert too_early["sent"] == []
    assert taken_early == 0
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert len(mailbox.taken) == 1


async def test_a_server_that_is_not_there_leaves_the_mail_waiting(desk: Desk) -> None:
    nowhere = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    async with desk.notifier(smtp_url=nowhere) as api:
        await put_recipient(api)
        answer = await tick(api, await desk.gap(opened(new_id())))
        (row,) = await desk.rows("SELECT state, delivery FROM digest")
    assert [s["reason"] for s in answer["skipped"]] == ["delivery_waiting"]
    assert (row["state"], row["delivery"]["unsure"]) == ("queued", False)


async def test_a_title_cannot_begin_a_header(desk: Desk) -> None:
    async with desk.notifier() as api:
        await put_recipient(api)
        title = "Luật A\r\nBcc: ke.xau@example.com\r\n\r\n<script>alert(1)</script>"
        await tick(api, await desk.gap(opened(new_id(), title=title)))
    (mail,) = desk.mails()
    html = mail.get_body(("html",))
    assert html is not None
    assert mail["Bcc"] is None
    assert "Bcc: ke.xau@example.com" in mail["Subject"]
    assert "<script>" not in html.get_content()
