"""Settings of campaigns."""

from pathlib import Path
from typing import ClassVar

from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    """`link_jwks` is the file of the public keys of answer links, `url_notifier` where new ones are asked for."""

    service: ClassVar[str] = "campaigns"

    port: int = 8002
    link_jwks: Path | None = None
