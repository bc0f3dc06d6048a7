"""An SMTP server that behaves as servers do: takes, puts off, refuses, hangs after DATA, hangs up.

What an address meets is written in its name (`hangs-7@…`), and is done once; from the second time on it is taken.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum

from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_SECONDS = 60.0
KINDS = ("plain", "later", "never", "hangs", "drops", "early")
IN_DOUBT = {"hangs", "drops"}  # it has the mail, and does not say so


class Fault(StrEnum):
    """What every mail meets, before or after the server has it and before it answers 250."""

    HANG_BEFORE = "hang-before"
    DROP_BEFORE = "drop-before"
    HANG_AFTER = "hang-after"
    DROP_AFTER = "drop-after"

    @property
    def is_before(self) -> bool:
        return self in {Fault.HANG_BEFORE, Fault.DROP_BEFORE}


@dataclass(slots=True)
class UnrulyServer:
    """`slow` seconds go by before a mail is answered for: time to be killed in.

    `fault` is what every mail meets, `hits` counts those mails; `on_mail` is called when a mail's content has arrived.
    """

    slow: float
    fault: Fault | None = None
    hits: int = 0
    arrivals: list[tuple[float, str]] = field(
        default_factory=list
    )  # when each mail began (monotonic), to whom
    on_mail: Callable[[], None] | None = None
    met: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[str, list[EmailMessage]] = field(default_factory=lambda: defaultdict(list))
    hanging: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(len(mails) for mails in list(self.taken.values()))

    async def handle_RCPT(  # noqa: N802  the library's name and arguments
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.arrivals.append((time.monotonic(), address))
        kind, self.met[address] = address.partition("-")[0], self.met[address] + 1
        if kind == "never":
            return "550 5.7.1 not from here"
        if kind == "later" and self.met[address] == 1:
            return "451 4.7.1 greylisted"
        if kind == "early" and self.met[address] == 1:
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        (address,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        if self.on_mail is not None:
            self.on_mail()
        if (fault := self.fault) is not None and fault.is_before:
            return await self._fail(server, fault)
        self.taken[address].append(mail)
        if fault is not None:
            return await self._fail(server, fault)
        await asyncio.sleep(self.slow)
        kind = address.partition("-")[0]
        if kind in IN_DOUBT and len(self.taken[address]) == 1:
            if kind == "drops":
                _hang_up(server)
            else:
                await asyncio.sleep(HANG_SECONDS)
        return "250 taken"

    async def _fail(self, server: SMTP, fault: Fault) -> str:
        self.hits += 1
        if fault in {Fault.DROP_BEFORE, Fault.DROP_AFTER}:
            _hang_up(server)
        else:
            await asyncio.sleep(HANG_SECONDS)
        return "451 4.3.0 not now"


def _hang_up(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.close()
