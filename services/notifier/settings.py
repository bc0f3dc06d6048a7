"""Settings of the notifier."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from shared.contracts.vocabulary import UnitLevel
from shared.kernel.host_name import is_host_name
from shared.kernel.sender import domain_of
from shared.kernel.settings import ServiceSettings


def _host_name(name: str) -> str:
    if not is_host_name(name):
        raise ValueError("a full domain name such as loa.stp.example.vn, or an address such as [192.0.2.1]")
    return name


def _with_domain(sender: str) -> str:
    """Check that a sender has a domain: Message-IDs and names of threads are made with it."""
    domain = domain_of(sender).lower()
    if "." not in domain or domain.split(".")[-1] in {"localhost", "localdomain"}:
        raise ValueError("the sender's address needs a full domain, as in Loa <loa@stp.example.vn>")
    return sender


class EscalationStep(BaseModel):
    """From `after` working days overdue on, the unit above or the justice body reads too.

    Steps with a `level` take the place of the general ones for units of that level.
    """

    after: int = Field(ge=1)
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

    port: int = 8004
    smtp_url: SecretStr | None = None
    smtp_ca: Path | None = Field(
        default=None, description="authorities (PEM) whose certificates are believed"
    )
    smtp_seconds: float = Field(default=20, gt=0, description="how long the server has for each answer")
    mail_lease_seconds: float | None = Field(
        default=None, gt=0, description="how long a mail is in one process's hands; 15 times smtp_seconds"
    )
    smtp_rate: float = Field(default=20, gt=0)
    smtp_hello: Annotated[str, AfterValidator(_host_name)] | None = Field(
        default=None,
        description="the name given in EHLO; without it this machine's full name, the sender's domain, or the address",
    )
    bounce_address: str | None = Field(default=None, pattern=r"^[^@\s+<>]+@[^@\s<>]+$")
    channels: dict[str, SecretStr] = Field(
        default={}, description="Apprise URLs by name; a recipient's address `channel:NAME` is reached there"
    )
    bounce_listen: str | None = Field(
        default=None,
        pattern=r"^[^:\s]+:\d{1,5}$",
        description="HOST:PORT at which reports are taken over LMTP",
    )
    bounce_imap_url: SecretStr | None = Field(
        default=None, description="imaps://user:password@host/FOLDER from which reports are read"
    )
    mail_dir: Path = Path("mail")
    mail_from: Annotated[str, AfterValidator(_with_domain)] = "Loa <loa@loa.invalid>"
    oidc_client_id: str = Field(
        default="",
        description="this platform's name at the identity provider; without it nobody signs in there",
    )
    oidc_client_secret: SecretStr = SecretStr("")
    link_key: SecretStr | None = None
    link_jwks: Path | None = None
    link_mails_a_day: int = Field(
        default=5, ge=1, description="mails with new links that one mailbox gets in a day on request"
    )
    link_mails_an_hour: int = Field(
        default=60, ge=1, description="requests for new links in an hour from one client address"
    )
    unknown_links_a_minute: int = Field(
        default=30, ge=1, description="links that are none of ours, in a minute from one client address"
    )
    registry_api: str = Field(
        default="",
        description="address of the registry for this service itself, where it is not url_registry",
    )

    metrics_api: str = Field(
        default="",
        description="address of metrics for this service itself, where it is not url_metrics",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="access token with which the rates of leaders' mails are read, where reading is not public",
    )

    escalation: tuple[EscalationStep, ...] = (
        EscalationStep(after=5, to="superior"),
        EscalationStep(after=10, to="justice"),
    )
    justice_unit: str | None = None

    @property
    def lease(self) -> timedelta:
        """How long a mail is in one process's hands: more than twice the longest delivery."""
        return timedelta(seconds=self.mail_lease_seconds or 15 * self.smtp_seconds)

    @property
    def simulated_dir(self) -> Path:
        return self.mail_dir.parent / "simulated"
