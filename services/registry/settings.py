"""Settings of the registry."""

from typing import ClassVar

from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "registry"

    port: int = 8001
