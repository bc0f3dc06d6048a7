"""How the notifier introduces itself to a mail server, and what its mails are named by: nothing is called localhost."""

import socket
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.notifier.adapters.delivery.message import domain_of, message_id
from services.notifier.adapters.delivery.transports import Pace, Pool, Server, SmtpTransport, ehlo_name
from services.notifier.application.ports import Mail, Outgoing
from services.notifier.settings import Settings
from shared.kernel.host_name import is_public, literal
from shared.kernel.local_day import VIETNAM
from tests.support.servers.smtp_server import Mailbox, serving

AT = datetime(2026, 11, 23, 8, 0, tzinfo=VIETNAM)
SET, FULL, CONTAINER = "loa.stp.example.vn", "mail.tinh.example.vn", "3f2a9c0d1e4b"
NAMES = [
    (SET, FULL, "stp.example.vn", SET),
    ("[192.0.2.7]", FULL, "stp.example.vn", "[192.0.2.7]"),
    (None, FULL, "stp.example.vn", FULL),
    (None, f"{FULL}.", "stp.example.vn", FULL),
    *(
        (None, machine, "stp.example.vn", "stp.example.vn")
        for machine in (
            "localhost",
            "localhost.localdomain",
            "localhost6.localdomain6.localdomain",
            CONTAINER,
            "may.local",
            "1.0.0.127.in-addr.arpa",
            "loa_notifier.example.vn",
            "",
        )
    ),
    (None, "localhost", "loa.invalid", "[127.0.0.1]"),
    (None, CONTAINER, "localhost", "[127.0.0.1]"),
]


@pytest.mark.parametrize(("setting", "machine", "domain", "expected"), NAMES)
async def test_the_server_is_given_a_name_that_exists_or_an_address(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, machine: str, domain: str, expected: str
) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda *_: machine)
    mailbox, sender = Mailbox(), f"Loa <loa@{domain}>"
    with serving(mailbox) as url:
        pool = Pool(Server(url.get_secret_value(), hello=setting, domain=domain_of(sender)))
        transport = SmtpTransport(pool, sender, Pace(1000))
        await transport.deliver(_outgoing(sender))
        await transport.close()
    assert mailbox.hello == {expected}


async def test_what_names_a_mail_has_the_domain_of_the_sender() -> None:
    mailbox, sender = Mailbox(), "Loa <loa@stp.example.vn>"
    with serving(mailbox) as url:
        pool = Pool(Server(url.get_secret_value()))
        await SmtpTransport(pool, sender, Pace(1000)).deliver(_outgoing(sender))
        await pool.close()
    (content,) = mailbox.taken
    mail = message_from_bytes(content, policy=policy.default)
    assert b"localhost" not in content
    assert str(mail["Message-ID"]).endswith("@stp.example.vn>")
    assert str(mail["List-Id"]).endswith(".stp.example.vn>")
    assert str(mail["From"]) == sender
    assert str(mail["Date"]) == "Mon, 23 Nov 2026 08:00:00 +0700"


async def test_an_address_of_version_6_has_its_tag() -> None:
    assert literal("2001:db8::1") == "[IPv6:2001:db8::1]"
    assert literal("fe80::1%eth0") == "[IPv6:fe80::1]"
    assert (await ehlo_name(None, "", "::1", 25)) in {"[IPv6:::1]", "[127.0.0.1]"} or is_public(
        socket.getfqdn()
    )


@pytest.mark.parametrize(
    "name", ["localhost name", "a b.vn", "[300.1.1.1]", "[IPv6:192.0.2.1]", "[::1]", "x"]
)
def test_a_setting_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="smtp_hello"):
        Settings(**_settings(), smtp_hello=name)


@pytest.mark.parametrize("sender", ["loa@localhost", "Loa <loa>", "Loa <loa@localhost.localdomain>", ""])
def test_a_sender_without_a_domain_is_refused(sender: str) -> None:
    with pytest.raises(ValidationError, match="mail_from"):
        Settings(**_settings(), mail_from=sender)


def _settings() -> dict[str, Any]:
    return {"database_url": "postgresql://a:b@127.0.0.1/c", "jwks": "keys.json"}


def _outgoing(sender: str) -> Outgoing:
    return Outgoing(
        mail=Mail("Tiêu đề", "Nội dung", "<html><body>Nội dung</body></html>"),
        to="dau.moi@stp.example.vn",
        message_id=message_id("a-key", sender),
        dated=AT,
        day=AT.date(),
        unit_code="STP",
        recipient_id=UUID(int=1),
    )
