"""An SMTP server on loopback for tests, which answers what a test wants."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from tests.support.servers.ports import free_port


@dataclass(slots=True)
class Mailbox:
    """`answers` are given to RCPT first, in order; `by_address` always, to whom they belong."""

    answers: list[str] = field(default_factory=list)
    by_address: dict[str, str] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    hello: set[str] = field(default_factory=set)
    sessions: set[Any] = field(default_factory=set)
    slow: float = 0.0
    at_once: int = 0
    most_at_once: int = 0

    async def handle_RCPT(  # noqa: N802  the library's name and arguments
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.sessions.add(session.peer)
        self.hello.add(str(session.host_name))
        if self.answers:
            return self.answers.pop(0)
        if address in self.by_address:
            return self.by_address[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.slow)
        self.at_once -= 1
        self.taken.append(envelope.content)
        self.senders.append(envelope.mail_from)
        return "250 taken"

    def ids(self) -> Counter[str]:
        """Count the mails that were taken, by Message-ID."""
        return Counter(message_from_bytes(mail, policy=policy.default)["Message-ID"] for mail in self.taken)


def only(name: str, password: str) -> Any:
    """Take this login and no other."""

    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        right = (data.login, data.password) == (name.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return check


@contextmanager
def serving(mailbox: Mailbox, scheme: str = "smtp", login: str = "", **options: Any) -> Iterator[SecretStr]:
    """Run it; `login` is what stands before the host in its address, options are aiosmtpd's."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield SecretStr(f"{scheme}://{login}127.0.0.1:{controller.port}")
    finally:
        controller.stop()
