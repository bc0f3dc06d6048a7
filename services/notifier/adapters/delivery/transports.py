"""How a mail leaves: by SMTP, as a file of this machine, or through another channel."""

import asyncio
import os
import socket
import ssl
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, assert_never
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
from aiosmtplib import SMTP

from services.notifier.adapters.delivery.message import wire
from services.notifier.application.ports import (
    AddressRefused,
    MailTransport,
    Outgoing,
    Unanswered,
    Unreachable,
)
from services.notifier.domain.delivery.retries import Meaning, Reply, Step
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.host_name import is_public, literal
from shared.kernel.sender import name_and_address


async def ehlo_name(setting: str | None, sender_domain: str, host: str, port: int) -> str:
    """Give the setting, this machine's full name, the sender's domain, or the address from which `host` is reached."""
    if setting:
        return setting
    machine = await asyncio.to_thread(socket.getfqdn)
    names = filter(is_public, (machine.rstrip("."), sender_domain))
    return next(names, None) or await _literal(host, port)


async def _literal(host: str, port: int) -> str:
    """Write the address from which `host` is reached; nothing is sent to learn it."""
    with suppress(OSError):
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        for family, kind, protocol, _, address in answers:
            with suppress(OSError), socket.socket(family, kind, protocol) as probe:
                probe.connect(address)
                return literal(probe.getsockname()[0])
    return literal("127.0.0.1")  # the server can't be reached: nobody will read it


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


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Write a file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path = folder / name
    Path(file.name).replace(path)
    return path


def file_name(outgoing: Outgoing, once_a_day: Container[str]) -> str:
    """Name what a mailbox gets once a day by day, unit and mailbox; of other kinds there may be several."""
    name = f"{outgoing.day.isoformat()}_{outgoing.unit_code}_{outgoing.recipient_id}"
    if outgoing.kind in once_a_day:
        return f"{name}.eml"
    return f"{name}_{outgoing.kind}-{outgoing.message_id[1:9]}.eml"


@dataclass(frozen=True, slots=True)
class FileTransport:
    """The embedded default: each mail is an `.eml` file; delivered twice it is still one file.

    `once_a_day` are the kinds of which a mailbox gets at most one a day.
    """

    folder: Path
    sender: str
    once_a_day: Container[str]

    @property
    def is_local(self) -> bool:
        return True

    async def close(self) -> None:
        """Nothing is open between two mails."""

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        try:
            return {"channel": "file", "file": self.write(outgoing).name}
        except OSError as error:
            raise TransientError(f"the mail could not be written: {error}") from error

    def write(self, outgoing: Outgoing) -> Path:
        return write_file(self.folder, file_name(outgoing, self.once_a_day), wire(outgoing, self.sender))


PREFIX = "channel:"  # a recipient's address that begins so is the name of a channel


@dataclass(frozen=True, slots=True)
class ChannelTransport:
    """Hands what is addressed to a channel to Apprise (extra `channels`), everything else to the mail transport.

    `channels` gives an Apprise URL by name: it is a secret of the operator's and stands in no table.
    """

    mail: MailTransport
    channels: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        return self.mail.is_local and not self.channels

    async def close(self) -> None:
        await self.mail.close()

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        if not outgoing.to.startswith(PREFIX):
            return await self.mail.deliver(outgoing)
        name = outgoing.to.removeprefix(PREFIX)
        if name not in self.channels:
            raise PermanentError("channel_unknown", f"LOA_CHANNELS names no channel {name!r}")
        if not await _notify(self.channels[name], outgoing):
            raise TransientError(f"the channel {name!r} did not take it")
        return {"channel": name}


async def _notify(url: str, outgoing: Outgoing) -> bool:
    import apprise  # noqa: PLC0415  heavy, and installed only where channels are wanted

    channel = apprise.Apprise()
    if not channel.add(url):
        raise PermanentError("channel_url", "Apprise does not know this kind of address")
    return bool(await channel.async_notify(title=outgoing.mail.subject, body=outgoing.mail.text))
