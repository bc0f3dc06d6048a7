"""Settings of metrics."""

import os
from pathlib import Path
from typing import Annotated, ClassVar
from zipfile import is_zipfile

from pydantic import AfterValidator, Field

from shared.kernel.setting_values import ReadableFile, ServicePort, UnusableValue
from shared.kernel.settings import ServiceSettings

SERVICE_MIB, PROCESS_MIB = (
    200,
    100,
)  # what metrics takes during a rebuild, and each process that it is divided among
MOST_PROCESSES = 8  # by default: beyond, a rebuild waits for the database
LIMITS = Path("/sys/fs/cgroup")  # of the container


def _is_word_document(path: Path) -> Path:
    if not is_zipfile(path):
        raise UnusableValue(f"tệp {path} không phải là tệp Word (.docx)", f"the file {path} is no .docx")
    return path


def processes_of(processors: int, memory_bytes: int | None) -> int:
    """Give how many processes a rebuild is divided among: one for each processor, if there is memory for them."""
    if processors == 1:
        return 0
    affordable = processors if memory_bytes is None else (memory_bytes // 2**20 - SERVICE_MIB) // PROCESS_MIB
    return max(0, min(processors, affordable, MOST_PROCESSES))


def processes_here() -> int:
    """Give how many processes that is here."""
    present, share, memory = len(os.sched_getaffinity(0)), _limit("cpu.max"), _limit("memory.max")
    processors = present if share is None else max(1, min(present, share[0] // share[1]))
    return processes_of(processors, memory[0] if memory else None)


def _limit(name: str) -> tuple[int, ...] | None:
    """Read a limit of the container; None where there is none."""
    try:
        return tuple(map(int, (LIMITS / name).read_text(encoding="ascii").split()))
    except (OSError, ValueError):  # no container, or the word "max"
        return None


class Settings(ServiceSettings):
    service: ClassVar[str] = "metrics"

    port: ServicePort = 8003
    report_template: Annotated[ReadableFile, AfterValidator(_is_word_document)] | None = Field(
        default=None,
        description="the office's own template of the report (.docx); without it that of the release",
    )
    rebuild_processes: Annotated[int, Field(ge=0, le=64)] = Field(
        default_factory=processes_here,
        description="processes that a rebuild is divided among, each 100 MiB; 0: the service rebuilds alone",
    )
