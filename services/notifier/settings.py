"""Settings of the notifier."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from ssl import create_default_context
from typing import Annotated, ClassVar, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from shared.contracts.event import Code
from shared.contracts.vocabulary import UnitLevel
from shared.kernel.sender import domain_of
from shared.kernel.setting_values import (
    MOST,
    Count,
    Json,
    KeySet,
    ReadableFile,
    Seconds,
    ServicePort,
    Token,
    UnusableValue,
    WebAddress,
    address,
    folder_to_write,
    mail_name,
)
from shared.kernel.settings import ServiceSettings
from shared.signed_links.links import signing_key


def _with_domain(sender: str) -> str:
    """Check that a sender has a domain: Message-IDs and names of threads are made with it."""
    domain = domain_of(sender).lower()
    if "." not in domain or domain.split(".")[-1] in {"localhost", "localdomain"}:
        raise UnusableValue(
            "địa chỉ người gửi phải có tên miền đầy đủ, ví dụ Loa <loa@stp.example.vn>",
            "the sender's address needs a full domain, as in Loa <loa@stp.example.vn>",
        )
    return sender


def _mail_server(url: SecretStr) -> SecretStr:
    example = "smtp+starttls://user:password@host:587, smtps://host, smtp://host:25"
    address(url.get_secret_value(), ("smtp", "smtps", "smtp+starttls"), example)
    return url


def _mailbox(url: SecretStr) -> SecretStr:
    address(url.get_secret_value(), ("imap", "imaps"), "imaps://user:password@host/INBOX")
    return url


def _listener(place: str) -> str:
    address(f"lmtp://{place}", ("lmtp",), "HOST:PORT, 127.0.0.1:2400")
    return place


def _signs(pem: SecretStr) -> SecretStr:
    """Refuse what is no private key of Ed25519; nothing of it is shown."""
    try:
        signing_key(pem.get_secret_value())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableValue(
            "không phải là khóa riêng Ed25519 dạng PEM (`loa keys` tạo khóa)",
            "is no private Ed25519 key as PEM (`loa keys` makes one)",
        ) from None
    return pem


def _authorities(path: Path) -> Path:
    try:
        create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise UnusableValue(
            f"tệp {path} không có chứng thư dạng PEM", f"the file {path} has no certificates as PEM"
        ) from error
    return path


def _channels(channels: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, url in channels.items():
        if "://" not in url.get_secret_value():
            raise UnusableValue(
                f"kênh {name!r} không phải là địa chỉ Apprise (loại://…)",
                f"the channel {name!r} is no address of Apprise (kind://…)",
            )
    return channels


def _sender(address: str) -> str:
    if not re.fullmatch(r"[^@\s+<>]+@[^@\s<>]+", address):
        raise UnusableValue(
            "phải là một địa chỉ thư không có dấu +, ví dụ bounce@stp.example.vn",
            "is one mail address without +, as in bounce@stp.example.vn",
        )
    return address


class EscalationStep(BaseModel):
    """From `after` working days overdue on, the unit above or the justice body reads too.

    Steps with a `level` take the place of the general ones for units of that level.
    """

    after: Count
    to: Literal["superior", "justice"]
    level: UnitLevel | None = None


class Settings(ServiceSettings):
    """`smtp_url` is `smtp://`, `smtps://` or `smtp+starttls://` with user and password; without it mail stays local.

    `link_key` (PEM, Ed25519) signs the answer links in mails, `link_jwks` is the file of the public keys;
    `escalation` is a list of steps as JSON, `justice_unit` the code of the body that follows the whole country.
    `url_notifier` and `url_campaigns` are where recipients reach the pages behind them.
    `smtp_rate` is how many mails a second one process sends to one domain. `bounce_address` (`bounce@…`) is where
    reports of failed delivery come back to, with a `+` and the mail's token; without it to the sender.
    """

    service: ClassVar[str] = "notifier"

    port: ServicePort = 8004
    smtp_url: Annotated[SecretStr, AfterValidator(_mail_server)] | None = None
    smtp_ca: Annotated[ReadableFile, AfterValidator(_authorities)] | None = Field(
        default=None, description="authorities (PEM) whose certificates are believed"
    )
    smtp_seconds: Seconds = Field(default=20, description="how long the server has for each answer")
    mail_lease_seconds: Seconds | None = Field(
        default=None, description="how long a mail is in one process's hands; 15 times smtp_seconds"
    )
    smtp_rate: float = Field(default=20, gt=0, le=MOST, allow_inf_nan=False)
    smtp_hello: Annotated[str, AfterValidator(mail_name)] | None = Field(
        default=None,
        description="the name given in EHLO; without it this machine's full name, the sender's domain, or the address",
    )
    bounce_address: Annotated[str, AfterValidator(_sender)] | None = None
    channels: Annotated[Mapping[str, SecretStr], NoDecode, Json, AfterValidator(_channels)] = Field(
        default={}, description="Apprise URLs by name; a recipient's address `channel:NAME` is reached there"
    )
    bounce_listen: Annotated[str, Field(pattern=r"^[^:\s]+:\d{1,5}$"), AfterValidator(_listener)] | None = (
        Field(default=None, description="HOST:PORT at which reports are taken over LMTP")
    )
    bounce_imap_url: Annotated[SecretStr, AfterValidator(_mailbox)] | None = Field(
        default=None, description="imaps://user:password@host/FOLDER from which reports are read"
    )
    mail_dir: Path = Field(
        default=Path("mail"), description="mails where there is no relay; below it, those of past days"
    )
    mail_from: Annotated[str, AfterValidator(_with_domain)] = "Loa <loa@loa.invalid>"
    oidc_client_id: str = Field(
        default="",
        description="this platform's name at the identity provider; without it nobody signs in there",
    )
    oidc_client_secret: SecretStr = SecretStr("")
    link_key: Annotated[SecretStr, AfterValidator(_signs)] | None = None
    link_jwks: KeySet | None = None
    link_mails_a_day: Count = Field(
        default=5, description="mails with new links that one mailbox gets in a day on request"
    )
    link_mails_an_hour: Count = Field(
        default=60, description="requests for new links in an hour from one client address"
    )
    unknown_links_a_minute: Count = Field(
        default=30, description="links that are none of ours, in a minute from one client address"
    )
    registry_api: WebAddress = Field(
        default="",
        description="address of the registry for this service itself, where it is not url_registry",
    )

    metrics_api: WebAddress = Field(
        default="",
        description="address of metrics for this service itself, where it is not url_metrics",
    )
    metrics_token: Token | None = Field(
        default=None,
        description="access token with which the rates of leaders' mails are read, where reading is not public",
    )

    escalation: Annotated[tuple[EscalationStep, ...], NoDecode, Json] = (
        EscalationStep(after=5, to="superior"),
        EscalationStep(after=10, to="justice"),
    )
    justice_unit: Code | None = None

    @property
    def lease(self) -> timedelta:
        """How long a mail is in one process's hands: more than twice the longest delivery."""
        return timedelta(seconds=self.mail_lease_seconds or 15 * self.smtp_seconds)

    @field_validator("mail_dir")
    @classmethod
    def _takes_the_mails(cls, folder: Path, others: ValidationInfo) -> Path:
        """Refuse a folder that cannot be written only if every mail goes there: with a relay none does."""
        return folder if others.data.get("smtp_url") else folder_to_write(folder)

    @property
    def simulated_dir(self) -> Path:
        return self.mail_dir.parent / "simulated"
