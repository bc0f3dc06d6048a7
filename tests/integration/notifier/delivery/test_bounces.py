"""What comes back marks its address, once, whichever door it comes through."""

import asyncio
from datetime import timedelta

import aiosmtplib
import pytest

from deploy.local.engines.ports import free_port
from services.notifier.adapters.delivery.bounces import BounceHandler, ImapReader
from shared.kernel.runtime import new_id
from tests.integration.notifier.notifier_fixture import MONDAY, NotifierFixture, opened, put_recipient, tick
from tests.support.samples.reports import TOKEN, report
from tests.support.servers.smtp_server import Mailbox, serving


async def lmtp(port: int, to: str, content: bytes) -> None:
    """Deliver as a mail server does."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
    await client.connect()
    try:
        await client.execute_command(b"LHLO", b"mx.example.vn")
        for command in (b"MAIL FROM:<>", f"RCPT TO:<{to}>".encode()):
            answer = await client.execute_command(command)
            if answer.code >= 400:
                raise aiosmtplib.SMTPRecipientRefused(answer.code, answer.message, to)
        assert client.protocol is not None
        await client.protocol.execute_data_command(content, timeout=5)
    finally:
        client.close()


async def test_a_report_over_lmtp_marks_the_address_and_the_matter(notifier_env: NotifierFixture) -> None:
    mailbox, port = Mailbox(), free_port()
    with serving(mailbox) as url:
        async with notifier_env.notifier(
            smtp_url=url, bounce_address="bounce@loa.example.vn", bounce_listen=f"127.0.0.1:{port}"
        ) as api:
            await put_recipient(api)
            position = await notifier_env.gap(opened(new_id()))
            await tick(api, position)
            (sender,) = mailbox.senders
            with pytest.raises(aiosmtplib.SMTPRecipientRefused):
                await lmtp(port, "bounce@loa.example.vn", report())
            for _ in range(2):  # reports come twice, too
                await lmtp(port, sender, report())
            (row,) = await notifier_env.rows("SELECT state, delivery, announced FROM digest")
            (listed,) = await notifier_env.rows("SELECT undeliverable_on, undeliverable_why FROM recipient")
            await tick(api, position)  # wakes the announcing
            notifier_env.clock.moment = MONDAY + timedelta(days=2)
            next_day = await tick(api, position)
        log = await notifier_env.log("alert")
    assert sender.startswith("bounce+")
    assert sender.endswith("@loa.example.vn")
    assert (row["state"], row["delivery"]["reason"], row["announced"]) == ("failed", "returned", False)
    assert row["delivery"]["detail"] == "5.1.1 smtp; 550 5.1.1 no such user"
    assert (str(listed["undeliverable_on"]), listed["undeliverable_why"]) == ("2026-11-23", "returned")
    assert [e["type"] for e in log][:3] == [
        f"vn.loa.alert.{name}.v1" for name in ("raised", "sent", "undeliverable")
    ]
    assert log[2]["data"]["reason"] == "returned"
    assert next_day["sent"] == []


async def test_unread_reports_of_a_mailbox_are_taken_and_then_read() -> None:
    """A mailbox that speaks just enough of IMAP4rev1 (RFC 3501), and hears what is flagged."""
    received: list[str] = []
    taken: list[tuple[object, str]] = []
    content = report(to=f"bounce+{TOKEN.hex}@loa.example.vn")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK IMAP4rev1 ready\r\n")
        while line := (await reader.readline()).decode().strip():
            tag, _, command = line.partition(" ")
            received.append(command)
            answers = {
                "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
                "SELECT": b"* 2 EXISTS\r\n",
                "SEARCH": b"* SEARCH 2\r\n",
                "FETCH": b"* 2 FETCH (BODY[] {%d}\r\n%b)\r\n" % (len(content), content),
                "LOGOUT": b"* BYE\r\n",
            }
            writer.write(answers.get(command.split()[0], b"") + f"{tag} OK done\r\n".encode())
            await writer.drain()
        writer.close()

    async def returned(token: object, detail: str) -> bool:
        taken.append((token, detail))
        return True

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await ImapReader(BounceHandler(returned), f"imap://loa:mat%20khau@127.0.0.1:{port}/Tra%20ve").look()
    assert taken == [(TOKEN, "5.1.1 smtp; 550 5.1.1 no such user")]
    assert 'SELECT "Tra ve"' in received
    assert 'LOGIN loa "mat khau"' in received
    assert any(command.startswith("STORE 2 +FLAGS") and "Seen" in command for command in received)
    assert received.index("FETCH 2 (BODY.PEEK[])") < next(
        n for n, c in enumerate(received) if c.startswith("STORE")
    )
