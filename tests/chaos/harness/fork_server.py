"""Starts service processes by fork from one process that has imported everything: an import costs seconds of processor time.

`python -m tests.chaos.harness.fork_server` reads a line of JSON for each process (its environment and log file) and writes
one with its id, and one when it ends. Each process is one of its own, with its own exit status and signals.
"""

import asyncio
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.02
SERVICES = ("registry", "campaigns", "metrics", "notifier")


@dataclass(slots=True)
class ForkedProcess:
    """What `asyncio.subprocess.Process` offers, as far as a replica needs it."""

    pid: int
    ended: asyncio.Future[int]

    @property
    def returncode(self) -> int | None:
        return self.ended.result() if self.ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self.ended)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


@dataclass(slots=True)
class ForkServer:
    process: asyncio.subprocess.Process
    _running: dict[int, ForkedProcess] = field(default_factory=dict)
    _started: asyncio.Queue[ForkedProcess] = field(default_factory=asyncio.Queue)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self, environment: Mapping[str, str], log: Path) -> ForkedProcess:
        assert self.process.stdin is not None
        async with self._turn:
            self.process.stdin.write(
                json.dumps({"environment": dict(environment), "log": str(log)}).encode() + b"\n"
            )
            await self.process.stdin.drain()
            return await self._started.get()

    async def read(self) -> None:
        """Take note of what started and ended."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            message = json.loads(line)
            if "status" not in message:
                forked = ForkedProcess(message["pid"], asyncio.get_running_loop().create_future())
                self._running[forked.pid] = forked
                self._started.put_nowait(forked)
            elif (forked := self._running.pop(message["pid"])) and not forked.ended.done():
                forked.ended.set_result(message["status"])


@asynccontextmanager
async def fork_server() -> AsyncIterator[ForkServer]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
    server = ForkServer(process)
    reading = asyncio.create_task(server.read())
    try:
        yield server
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await reading


def main() -> None:
    """Fork on request until the pipe is closed; then end what still runs."""
    import_module("tests.chaos.replica")
    for service in SERVICES:
        import_module(f"services.{service}.app")
        import_module(f"services.{service}.settings")
    running: set[int] = set()
    waiting, closed = b"", False
    while not closed:
        ready, _, _ = select.select([0], [], [], POLL_SECONDS)
        if ready:
            data = os.read(0, 1 << 16)
            closed = not data
            *requests, waiting = (waiting + data).split(b"\n")
            running |= {_fork(json.loads(request)) for request in requests}
        _reap(running)
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _fork(request: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _be_a_service(request)
    _write(pid=pid)
    return pid


def _reap(running: set[int]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            running.discard(pid)
            _write(pid=pid, status=os.waitstatus_to_exitcode(status))


def _write(**message: int) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _be_a_service(request: Mapping[str, Any]) -> None:
    """Become a service process; never returns."""
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(request["environment"])
    status = 1
    try:
        import_module("tests.chaos.replica").main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  as the interpreter does at the end of a process
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
