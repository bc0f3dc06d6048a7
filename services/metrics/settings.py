"""Settings of metrics."""

from typing import ClassVar

from pydantic import Field, FilePath

from shared.kernel.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "metrics"

    port: int = 8003
    report_template: FilePath | None = Field(
        default=None,
        description="the office's own template of the report (.docx); without it that of the release",
    )
