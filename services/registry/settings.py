"""Settings of the registry."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "registry"

    port: int = 8001
