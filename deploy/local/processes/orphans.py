"""Services that a killed run left behind: found by their noted ids, ended if they prove to be ours."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from deploy.local.engines.process import noted_pid
from deploy.local.processes.service_process import OUR_FOLDER

PATIENCE = 3.0  # seconds that a leftover gets to end by itself
_POLL = 0.05


async def end_services(pids: Path, folder: Path) -> None:
    """End every process noted below `pids` that runs for `folder`."""
    for pid in _noted(pids):
        await end(pid, folder)


def _noted(pids: Path) -> list[int]:
    noted = (noted_pid(pid_file) for pid_file in sorted(pids.glob("*.pid")))
    return [pid for pid in noted if pid is not None]


def is_ours(pid: int, folder: Path) -> bool:
    """Say whether a process was started for this folder: the id alone may belong to a stranger by now."""
    return f"{OUR_FOLDER}={folder}" in _environment(pid)


def _environment(pid: int) -> list[str]:
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        return []
    ps = ["/bin/ps", "-wwE", "-o", "command=", "-p", str(pid)]  # macOS
    return subprocess.run(ps, capture_output=True, check=False, text=True).stdout.split()


async def end(pid: int, folder: Path) -> None:
    """End a process if it is ours."""
    if not is_ours(pid, folder):
        return
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while is_ours(pid, folder):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(_POLL)
