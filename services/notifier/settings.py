"""Settings of the notifier."""

from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`smtp_url` is `smtp://`, `smtps://` or `smtp+starttls://` with user and password; without it mail stays local.

    `link_key` (PEM, Ed25519) signs the answer links in mails, `link_jwks` is the file of the public keys;
    `url_notifier` and `url_campaigns` are where recipients reach the pages behind them.
    """

    service: ClassVar[str] = "notifier"

    port: int = 8004
    smtp_url: SecretStr | None = None
    mail_dir: Path = Path("mail")
    mail_from: str = "Loa <loa@loa.invalid>"
    link_key: SecretStr | None = None
    link_jwks: Path | None = None
    url_notifier: str = "http://127.0.0.1:8004"
    url_registry: str = "http://127.0.0.1:8001"
    url_campaigns: str = "http://127.0.0.1:8002"

    @property
    def simulated_dir(self) -> Path:
        return self.mail_dir.parent / "simulated"
