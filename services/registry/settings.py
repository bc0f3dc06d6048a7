"""Settings of the registry."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    """`link_jwks` is the file of the public keys of answer links: what a mail's reader asks for comes with one."""

    service: ClassVar[str] = "registry"

    port: int = 8001
    link_jwks: Path | None = None
    metrics_api: str = Field(
        default="", description="address of metrics for this service itself, where it is not url_metrics"
    )
    campaigns_api: str = Field(
        default="", description="address of campaigns for this service itself, where it is not url_campaigns"
    )
