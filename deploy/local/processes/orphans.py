"""Stops services that a killed `loa up` left behind, found by their pid files and verified by their environment."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from deploy.local.engines.process import recorded_pid
from deploy.local.processes.service_process import RUN_FOLDER

TIMEOUT = 3.0  # seconds until SIGKILL
_POLL = 0.05


async def stop_services(pids: Path, folder: Path) -> None:
    """Stop every process with a pid file in `pids` that was started for `folder`."""
    for pid in _recorded_pids(pids):
        await stop(pid, folder)


def _recorded_pids(pids: Path) -> list[int]:
    recorded = (recorded_pid(pid_file) for pid_file in sorted(pids.glob("*.pid")))
    return [pid for pid in recorded if pid is not None]


def is_ours(pid: int, folder: Path) -> bool:
    """Say whether a process was started for this folder; another program may have the id now."""
    return f"{RUN_FOLDER}={folder}" in _environment(pid)


def _environment(pid: int) -> list[str]:
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        return []
    ps = ["/bin/ps", "-wwE", "-o", "command=", "-p", str(pid)]  # macOS
    return subprocess.run(ps, capture_output=True, check=False, text=True).stdout.split()


async def stop(pid: int, folder: Path) -> None:
    """Stop a process if it is ours."""
    if not is_ours(pid, folder):
        return
    deadline = time.monotonic() + TIMEOUT
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while is_ours(pid, folder):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(_POLL)
