"""A small disk (tmpfs) that a test can fill for real; only root can mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SIZE = "24m"
NOT_ROOT = "only root can mount a small disk (tmpfs): the outage of a full disk is NOT tested here"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip(NOT_ROOT)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave: int = 0, name: str = "ballast") -> Path:
    """Write until there is no room left, or so many bytes; return the file to remove."""
    ballast = disk / name
    with pytest.raises(OSError, match="No space left"):
        _write_for_ever(ballast)
    os.truncate(ballast, ballast.stat().st_size - leave)
    return ballast


def _write_for_ever(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
