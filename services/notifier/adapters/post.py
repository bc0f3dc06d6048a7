"""The post office: a message is written as a file or handed to an SMTP server."""

import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.notifier.adapters.message import message_of
from services.notifier.application.ports import Outgoing, Unanswered
from shared.errors import PermanentError, TransientError

SECONDS = 20.0
PERMANENT = 500  # SMTP replies from here on will not change by themselves (RFC 5321)
_REASONS = {550: "mailbox_refused", 552: "mailbox_full", 553: "address_refused", 554: "message_refused"}


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Write a file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path = folder / name
    Path(file.name).replace(path)
    return path


def file_name(outgoing: Outgoing) -> str:
    return f"{outgoing.day.isoformat()}_{outgoing.unit_code}_{outgoing.recipient_id}.eml"


@dataclass(frozen=True, slots=True)
class FilePost:
    """The embedded default: each mail is an `.eml` file; delivered twice it is still one file."""

    folder: Path
    sender: str

    @property
    def is_local(self) -> bool:
        return True

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        try:
            return {"channel": "file", "file": self.write(outgoing).name}
        except OSError as error:
            raise TransientError(f"the mail could not be written: {error}") from error

    def write(self, outgoing: Outgoing) -> Path:
        return write_file(self.folder, file_name(outgoing), bytes(message_of(outgoing, self.sender)))


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """Hands each mail to one server; `smtps` is TLS from the first byte, `smtp+starttls` insists on it."""

    url: str
    sender: str
    seconds: float = SECONDS
    tls: ssl.SSLContext | None = None

    @property
    def is_local(self) -> bool:
        return False

    async def deliver(self, outgoing: Outgoing) -> Mapping[str, Any]:
        message = message_of(outgoing, self.sender)
        try:
            _, answer = await aiosmtplib.send(message, timeout=self.seconds, **self._server())
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise TransientError(f"the server does not take our login: {error.message}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except (aiosmtplib.SMTPReadTimeoutError, aiosmtplib.SMTPServerDisconnected) as error:
            raise Unanswered(f"the server did not answer: {error}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TransientError(f"the server could not be reached: {error}") from error
        return {"channel": "smtp", "answer": answer[:200]}

    def _server(self) -> dict[str, Any]:
        url = urlsplit(self.url)
        implicit = url.scheme == "smtps"
        return {
            "hostname": url.hostname,
            "port": url.port or (465 if implicit else 587 if "starttls" in url.scheme else 25),
            "username": unquote(url.username) if url.username else None,
            "password": unquote(url.password) if url.password else None,
            "use_tls": implicit,
            "start_tls": True if "starttls" in url.scheme else None if not implicit else False,
            "tls_context": self.tls,
        }


def _refused(error: aiosmtplib.SMTPResponseException) -> PermanentError | TransientError:
    said = f"{error.code} {error.message}"[:300]
    if error.code >= PERMANENT:
        return PermanentError(_REASONS.get(error.code, "smtp_refused"), said)
    return TransientError(f"the server asks to try later: {said}")
