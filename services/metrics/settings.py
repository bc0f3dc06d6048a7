"""Settings of metrics."""

from typing import ClassVar

from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "metrics"

    port: int = 8003
