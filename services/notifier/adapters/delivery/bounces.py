"""Bounces: which mail and which address they report, and addresses that get no more mail.

A report is believed by the token in the address that it was sent to, which only the mail's envelope bore. Anything
else that is written there (automatic answers, advertising, delays) is passed over.
"""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from urllib.parse import unquote, urlsplit
from uuid import UUID

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import DIGEST, RECIPIENT
from services.notifier.domain.delivery.retries import DigestState
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.transient import TRANSIENT
from shared.observability import signals

logger = signals.get_logger(__name__)
RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class SqlReturns:
    engine: AsyncEngine

    async def returned(self, token: UUID, detail: str, now: datetime) -> bool:
        """Record a bounce: the mail counts as failed, and its address is marked undeliverable."""
        delivery = {"reason": RETURNED, "detail": detail, "undeliverable": RETURNED}
        came = and_(
            DIGEST.c.return_token == token, DIGEST.c.state.in_((DigestState.SENT, DigestState.UNSURE))
        )
        back = update(DIGEST).where(came).values(state=DigestState.FAILED, delivery=delivery, announced=False)
        async with self.engine.begin() as connection:
            whose = (await connection.execute(back.returning(DIGEST.c.recipient_id))).scalar()
            if whose is not None:
                await mark(connection, whose, RETURNED, now)
        return whose is not None


async def mark(connection: AsyncConnection, recipient_id: UUID, why: str, now: datetime) -> None:
    """Mark an address undeliverable, in every unit that lists it, until it is registered again."""
    address = select(RECIPIENT.c.email).where(RECIPIENT.c.recipient_id == recipient_id).scalar_subquery()
    unmarked = and_(
        func.lower(RECIPIENT.c.email) == func.lower(address), RECIPIENT.c.undeliverable_on.is_(None)
    )
    values = {"undeliverable_on": day_in_vietnam(now), "undeliverable_why": why}
    await connection.execute(update(RECIPIENT).where(unmarked).values(values))


TOKEN = re.compile(r"\+([0-9a-f]{32})@")
TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
MOST_BYTES = 1_000_000
LOOK_SECONDS = 60.0
IMAP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that its server gave up; `detail` is the server's answer."""

    token: UUID
    detail: str


# Records that a mail bounced; False if no mail has the token, or the bounce is recorded already.
Returned = Callable[[UUID, str], Awaitable[bool]]


def bounce_of(content: bytes, addresses: Iterable[str] = ()) -> Bounce | None:
    """Read a report; None for whatever says nothing of a delivery that failed for good."""
    message = message_from_bytes(content, policy=policy.default)
    if message.get_content_type() != "multipart/report":
        return None
    failed = next((group for group in _recipients(message) if _word(group["Action"]) == "failed"), None)
    token = next(_tokens([*addresses, *_headers(message)]), None)
    if failed is None or token is None:
        return None
    status = (" ".join(str(failed[name] or "").split()) for name in ("Status", "Diagnostic-Code"))
    return Bounce(token, " ".join(status).strip()[:300])


def _recipients(message: Message) -> Iterator[Message]:
    """Give the groups of fields of a report, one a recipient (RFC 3464, 2.3)."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            groups: Sequence[Message] = part.get_payload()  # type: ignore[assignment]  # multipart: messages
            yield from groups[1:]


def _word(value: str | None) -> str:
    return str(value or "").strip().lower()


def _headers(message: Message) -> Iterator[str]:
    return (str(value) for name in TO for value in message.get_all(name, []))


def _tokens(addresses: Iterable[str]) -> Iterator[UUID]:
    return (UUID(match[1]) for address in addresses if (match := TOKEN.search(address)))


@dataclass(frozen=True, slots=True)
class BounceHandler:
    """Reads a report from any source and records it in the ledger."""

    returned: Returned

    async def take(self, content: bytes, addresses: Iterable[str] = ()) -> None:
        if (bounce := bounce_of(content, addresses)) is None:
            logger.info("no_bounce")
            return
        recorded = await self.returned(bounce.token, bounce.detail)
        logger.warning("mail_returned", detail=bounce.detail, recorded=recorded)


@dataclass(frozen=True, slots=True)
class LmtpReceiver:
    """Where the mail server of `bounce_address` delivers; what could not be written down it tries again."""

    handler: BounceHandler
    host: str
    port: int

    async def handle_RCPT(  # noqa: N802  the library's name and arguments
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not TOKEN.search(address):
            return "550 5.1.1 no mail bears this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  the library's name
        self, _server: LMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)  # noqa: S101  aiosmtpd decodes only when told to
        await self.handler.take(envelope.content, envelope.rcpt_tos)
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        logger.warning("bounce_delayed", error=f"{type(error).__name__}: {error}")
        return "451 4.3.0 try again later"

    async def run(self) -> None:
        """Listen until cancelled."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: LMTP(self, data_size_limit=MOST_BYTES, loop=loop), self.host, self.port
        )
        async with server:
            await server.serve_forever()


@dataclass(frozen=True, slots=True)
class ImapReader:
    """Reads what is unread in a mailbox, once a minute: `imaps://user:password@host/FOLDER` (or `imap://`)."""

    handler: BounceHandler
    url: str
    tls: ssl.SSLContext | None = None

    async def run(self) -> None:
        reported = ""
        while True:
            try:
                await self.look()
                reported = ""
            except (imaplib.IMAP4.error, *TRANSIENT) as error:
                if (problem := f"{type(error).__name__}: {error}") != reported:
                    logger.warning("bounces_unread", error=problem)
                reported = problem
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Take every unread report; it is read when it is written down, not before."""
        box = await asyncio.to_thread(self._open)
        try:
            for number in await asyncio.to_thread(_unread, box):
                await self.handler.take(await asyncio.to_thread(_fetch, box, number))
                await asyncio.to_thread(box.store, number, "+FLAGS", "\\Seen")
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                await asyncio.to_thread(box.logout)

    def _open(self) -> imaplib.IMAP4:
        url = urlsplit(self.url)
        host, folder = url.hostname or "", unquote(url.path.strip("/")) or "INBOX"
        box: imaplib.IMAP4
        if url.scheme == "imaps":
            context = self.tls or ssl.create_default_context()
            box = imaplib.IMAP4_SSL(host, url.port or 993, ssl_context=context, timeout=IMAP_SECONDS)
        else:
            box = imaplib.IMAP4(host, url.port or 143, timeout=IMAP_SECONDS)
        box.login(unquote(url.username or ""), unquote(url.password or ""))
        box.select(f'"{folder}"')
        return box


def _unread(box: imaplib.IMAP4) -> list[str]:
    _, numbers = box.search(None, "UNSEEN")
    return [number.decode() for number in (numbers[0] or b"").split()]


def _fetch(box: imaplib.IMAP4, number: str) -> bytes:
    _, parts = box.fetch(number, "(BODY.PEEK[])")
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")
