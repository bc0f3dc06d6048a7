"""Settings of the notifier."""

from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """`smtp_url` is `smtp://`, `smtps://` or `smtp+starttls://` with user and password; without it mail stays local.

    `record_url` is where the button in a mail leads; `{draft_code}` in it is filled in.
    """

    service: ClassVar[str] = "notifier"

    port: int = 8004
    smtp_url: SecretStr | None = None
    mail_dir: Path = Path("mail")
    mail_from: str = "Loa <loa@loa.invalid>"
    record_url: str = "http://127.0.0.1:8002/docs"

    @property
    def simulated_dir(self) -> Path:
        return self.mail_dir.parent / "simulated"
