"""Settings of metrics."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "metrics"

    port: int = 8003
    calendar_overrides: tuple[Path, ...] = Field(
        default=(), description="the operator's own calendar files (day,kind,what,source), the last one wins"
    )
