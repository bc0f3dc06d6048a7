"""An engine (broker or database server) as a child process: start, wait until ready, stop, clean up after a crash."""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.engines.ports import refuse_taken
from shared.kernel.errors import LoaError, Text

TIMEOUT = 30.0  # seconds for an engine to become ready, or to stop
_POLL = 0.02
_WATCH_INTERVAL = 0.25  # seconds


class EngineFailed(LoaError):
    """An engine did not start; `log` is the end of its log."""

    def __init__(self, name: str, log: str) -> None:
        self.log = log
        self.message = Text(
            f"Không khởi động được {name}. Nhật ký của nó:\n{log}",
            f"{name} did not start. Its log:\n{log}",
        )
        super().__init__(self.message.en)


class FolderInUse(LoaError):
    """Another running platform uses the folder."""

    def __init__(self, folder: Path) -> None:
        self.message = Text(
            f"Thư mục dữ liệu {folder} đang được một phiên Loa khác sử dụng. "
            "Hãy dừng phiên đó, hoặc chọn thư mục khác bằng --data-dir.",
            f"The data folder {folder} is in use by another run of Loa. "
            "Stop that run, or choose another folder with --data-dir.",
        )
        super().__init__(self.message.en)


class FolderUnusable(LoaError):
    """The data folder cannot be made or entered: a file of that name, no right, a read-only disk, no space."""

    def __init__(self, folder: Path, error: OSError) -> None:
        self.message = Text(
            f"Không tạo hoặc không ghi được thư mục dữ liệu {folder} ({error.strerror or error}). "
            "Hãy chọn thư mục khác bằng --data-dir, hoặc cấp quyền ghi và kiểm tra dung lượng đĩa.",
            f"The data folder {folder} cannot be made or written to ({error.strerror or error}). "
            "Choose another folder with --data-dir, or give write access and look at the free space.",
        )
        super().__init__(self.message.en)


@dataclass(slots=True)
class Engine:
    """A child process with its log file; `stop_signal` stops it cleanly."""

    name: str
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    lock: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise RuntimeError(f"{self.name} is not running")
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def ended(self) -> int | None:
        """Wait until it ends for any reason; return its exit code (negative: the signal)."""
        process = self.process
        while process is not None and process.poll() is None:  # noqa: ASYNC110  a process of another session
            await asyncio.sleep(_WATCH_INTERVAL)
        return process.returncode if process else None

    def claim(self) -> None:
        """Lock the folder, or raise `FolderInUse`; the lock ends with this process."""
        if self.lock is None:
            lock = self.log.with_suffix(".lock").open("ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.close()
                raise FolderInUse(self.log.parent) from error
            self.lock = lock

    def release(self) -> None:
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def launch(self, command: Sequence[str | Path]) -> None:
        """Start it in its own session: Ctrl-C reaches only this process, which stops the engines in order."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def until_ready(self, probe: Callable[[], Awaitable[bool]], ports: Mapping[int, str]) -> None:
        """Wait until `probe` returns true; `PortTaken` or `EngineFailed` if the engine ends or the time is up."""
        deadline = time.monotonic() + TIMEOUT
        while not await probe():
            if self.process is None or self.process.poll() is not None:
                await self.stop()
                refuse_taken(ports)
                raise EngineFailed(self.name, self.tail())
            if time.monotonic() > deadline:
                await self.stop()
                raise EngineFailed(self.name, self.tail())
            await asyncio.sleep(_POLL)

    async def stop(self) -> None:
        """Stop it cleanly and reap it; a second call does nothing."""
        process, self.process = self.process, None
        if process is not None:
            await self._end(process)
        self.release()

    async def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(self.stop_signal)
        try:
            await asyncio.to_thread(process.wait, TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def kill(self) -> None:
        """Kill it, as a power failure would (for recovery tests)."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
        self.release()

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""


async def stop_orphan(pid_file: Path, mark: str, stop_signal: signal.Signals) -> bool:
    """Stop the engine of a killed run; return whether there was one.

    The process with the recorded id is ours only if its command line contains `mark`, which names our folder: the
    system may have given the id to another program.
    """
    pid = recorded_pid(pid_file)
    if pid is None or mark not in command_line(pid):
        return False
    await _end(pid, mark, stop_signal)
    return True


async def _end(pid: int, mark: str, stop_signal: signal.Signals) -> None:
    deadline = time.monotonic() + TIMEOUT
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
        while mark in command_line(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(_POLL)


def recorded_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def command_line(pid: int) -> str:
    """Read the command line of a process; empty if there is no such process, or only a zombie."""
    file = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]  # macOS
    return subprocess.run(ps, capture_output=True, check=False, text=True).stdout
