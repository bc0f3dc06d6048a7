"""Settings of campaigns."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "campaigns"

    port: int = 8002
