"""Hands mails to an SMTP server: few connections that are used again and again, at a pace that a domain bears."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, assert_never
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
from aiosmtplib import SMTP

from services.notifier.adapters.delivery.ehlo_name import ehlo_name
from services.notifier.adapters.delivery.message import wire
from services.notifier.application.ports import AddressRefused, Outgoing, Unanswered, Unreachable
from services.notifier.domain.delivery.retries import Meaning, Reply, Step
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.sender import name_and_address

SECONDS = 20.0
PATIENCE = 6  # a lease must be longer than twice as much: a claim waits for a worker, then is delivered
IDLE_SECONDS = 30.0  # a server may hang up on who is silent for longer
MAILS_A_CONNECTION = 100


@dataclass(slots=True)
class Pace:
    """At most `rate` mails a second to one domain, in this process; a mail waits at most for those before it."""

    rate: float
    _free_at: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    async def turn(self, domain: str) -> None:
        now = asyncio.get_running_loop().time()
        at = max(now, self._free_at[domain])
        self._free_at[domain] = at + 1 / self.rate
        await asyncio.sleep(at - now)


@dataclass(frozen=True, slots=True)
class Server:
    """`smtps` is TLS from the first byte, `smtp+starttls` insists on it, `smtp` takes what is offered.

    `hello` is the name that EHLO gives; without it that of this machine, of `domain` (the sender's), or its address.
    """

    url: str
    seconds: float = SECONDS
    tls: ssl.SSLContext | None = None
    hello: str | None = None
    domain: str = ""

    async def connect(self) -> SMTP:
        """Open a connection, with TLS and login; raises `Unreachable`, which blames no mail."""
        url = urlsplit(self.url)
        implicit = url.scheme == "smtps"
        port = url.port or (465 if implicit else 587 if "starttls" in url.scheme else 25)
        client = SMTP(
            hostname=url.hostname,
            port=port,
            local_hostname=await ehlo_name(self.hello, self.domain, url.hostname or "", port),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=implicit,
            start_tls=True if "starttls" in url.scheme else None if not implicit else False,
            tls_context=self.tls,
            timeout=self.seconds,
        )
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Unreachable(f"the server does not take our login: {error.message}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(f"the server could not be reached: {error}") from error
        return client


@dataclass(slots=True)
class Pool:
    """Connections that wait for their next mail; one that failed is closed and never comes back."""

    server: Server
    _idle: list[tuple[SMTP, float, int]] = field(default_factory=list)

    @asynccontextmanager
    async def connection(self, *, fresh: bool) -> AsyncIterator[SMTP]:
        client, used = (await self.server.connect(), 0) if fresh else await self._take()
        try:
            yield client
        except BaseException:
            client.close()
            raise
        if used + 1 < MAILS_A_CONNECTION and client.is_connected:
            self._idle.append((client, asyncio.get_running_loop().time(), used + 1))
        else:
            client.close()

    async def close(self) -> None:
        """Say goodbye on every connection that waits."""
        while self._idle:
            client, _, _ = self._idle.pop()
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=1)
            client.close()

    async def _take(self) -> tuple[SMTP, int]:
        now = asyncio.get_running_loop().time()
        while self._idle:
            client, since, used = self._idle.pop()
            if client.is_connected and now - since < IDLE_SECONDS:
                return client, used
            client.close()
        return await self.server.connect(), 0


class _HungUp(Exception):
    """The server ended the conversation before it was given the message."""


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """`bounces` is the address to which reports come back; each mail adds its own token to it (VERP)."""

    pool: Pool
    sender: str
    pace: Pace
    bounces: str | None = None

    @property
    def is_local(self) -> bool:
        return False

    async def close(self) -> None:
        await self.pool.close()

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        """Hand a mail over, within `PATIENCE` times the server's time for one answer."""
        content = wire(outgoing, self.sender)
        await self.pace.turn(outgoing.to.rpartition("@")[2].lower())
        try:
            async with asyncio.timeout(self.pool.server.seconds * PATIENCE):
                return await self._on_some_connection(outgoing, content)
        except TimeoutError as error:
            raise Unanswered("the server took too long over the whole of it") from error

    async def _on_some_connection(self, outgoing: Outgoing, content: bytes) -> Mapping[str, Any]:
        try:
            return await self._hand_over(outgoing, content, fresh=False)
        except _HungUp:  # a connection that had waited; a new one tells whether the server is there
            pass
        try:
            return await self._hand_over(outgoing, content, fresh=True)
        except _HungUp as error:
            raise TransientError(f"the server hung up: {error}") from error

    async def _hand_over(self, outgoing: Outgoing, content: bytes, *, fresh: bool) -> Mapping[str, Any]:
        async with self.pool.connection(fresh=fresh) as client:
            try:
                await client.mail(self._envelope_sender(outgoing.return_token))
                await client.rcpt(outgoing.to)
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
                raise _HungUp(str(error)) from error
            except aiosmtplib.SMTPResponseException as error:
                raise refused(error) from error
            try:
                answer = await client.data(content)
            except aiosmtplib.SMTPResponseException as error:
                raise refused(error) from error
            except (aiosmtplib.SMTPException, OSError) as error:
                raise Unanswered(f"the server did not answer: {error}") from error
        return {"channel": "smtp", "answer": answer.message[:200]}

    def _envelope_sender(self, token: UUID | None) -> str:
        if self.bounces is None or token is None:
            return name_and_address(self.sender)[1]
        return return_address(self.bounces, token)


def return_address(bounces: str, token: UUID) -> str:
    """Name a mail in its own return address: `bounce+TOKEN@DOMAIN` (VERP)."""
    name, _, domain = bounces.rpartition("@")
    return f"{name}+{token.hex}@{domain}"


def refused(error: aiosmtplib.SMTPResponseException) -> PermanentError | TransientError:
    """Give what a refusal means: later, never, or never again to this address."""
    reply = Reply(error.code, error.message, _step(error))
    match reply.meaning:
        case Meaning.SERVER_LATER:
            return Unreachable(f"the server asks to try later: {reply}")
        case Meaning.LATER:
            return TransientError(f"the server asks to try later: {reply}")
        case Meaning.NEVER:
            return PermanentError(reply.reason, str(reply))
        case Meaning.NEVER_ADDRESS:
            return AddressRefused(reply.reason, str(reply))
        case _:
            assert_never(reply.meaning)


def _step(error: aiosmtplib.SMTPResponseException) -> Step:
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        return Step.SENDER
    return Step.RECIPIENT if isinstance(error, aiosmtplib.SMTPRecipientRefused) else Step.MESSAGE
