"""Settings of metrics."""

from pathlib import Path
from typing import Annotated, ClassVar
from zipfile import is_zipfile

from pydantic import AfterValidator, Field

from shared.kernel.setting_values import ReadableFile, ServicePort, UnusableValue
from shared.kernel.settings import ServiceSettings


def _is_word_document(path: Path) -> Path:
    if not is_zipfile(path):
        raise UnusableValue(f"tệp {path} không phải là tệp Word (.docx)", f"the file {path} is no .docx")
    return path


class Settings(ServiceSettings):
    service: ClassVar[str] = "metrics"

    port: ServicePort = 8003
    report_template: Annotated[ReadableFile, AfterValidator(_is_word_document)] | None = Field(
        default=None,
        description="the office's own template of the report (.docx); without it that of the release",
    )
