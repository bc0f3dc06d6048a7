"""Restarts services and engines that end, with exponential backoff, and stops them together."""

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from deploy.local.engines.ports import PortTaken
from deploy.local.engines.process import Engine, EngineFailed
from deploy.local.processes import orphans, service_process
from shared.kernel.errors import LoaError, Text
from shared.kernel.settings import CANNOT_BE_USED

FIRST_DELAY = 0.5  # seconds before the first restart
LONGEST_DELAY = 30.0
STABLE = 30.0  # seconds after which the delay starts again at its first value
TIMEOUT = 15.0  # seconds for a service to finish its requests and stop

Notice = Callable[[Text], None]


class ServiceRefused(LoaError):
    """A service cannot start with its settings: started again it would end again."""

    def __init__(self, said: str) -> None:
        self.message = Text(said, "")
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class Service:
    """A service to start with its environment; `folder` gets its log and its pid file."""

    name: str
    folder: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        return self.folder / "logs" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return self.folder / "run" / f"{self.name}.pid"


class Server(Protocol):
    """An engine to supervise; `start` recovers from an earlier crash."""

    @property
    def engine(self) -> Engine: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


async def supervise_services(services: Sequence[Service], notice: Notice) -> None:
    """Keep every service running until cancelled; then stop them all."""
    async with asyncio.TaskGroup() as group:
        for service in services:
            name = Text(f"Dịch vụ {service.name}", f"The service {service.name}")
            group.create_task(_keep_running(name, service.log, partial(_run_or_refuse, service), notice))


async def _run_or_refuse(service: Service) -> int | None:
    before = service.log.stat().st_size if service.log.exists() else 0
    if (code := await _run(service)) == CANNOT_BE_USED:
        written = service.log.read_bytes()[before:].decode(errors="replace").splitlines()
        raise ServiceRefused("\n".join(line for line in written if not line.startswith("{")))
    return code


async def supervise_engines(servers: Sequence[Server], notice: Notice) -> None:
    """Restart every engine that ends, until cancelled; running engines are not stopped."""
    async with asyncio.TaskGroup() as group:
        for server in servers:
            name = Text(server.engine.name, server.engine.name)
            group.create_task(_keep_running(name, server.engine.log, partial(_until_ended, server), notice))


async def _keep_running(
    name: Text, log: Path, run: Callable[[], Awaitable[int | None]], notice: Notice
) -> None:
    """Run it again after each end; `run` returns the exit code, None if it did not start."""
    delay = FIRST_DELAY
    while True:
        began = time.monotonic()
        code = await run()
        delay = FIRST_DELAY if time.monotonic() - began > STABLE else delay
        notice(_restart_message(name, log, code, delay))
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


def _restart_message(name: Text, log: Path, code: int | None, delay: float) -> Text:
    in_vietnamese = f"{delay:g}".replace(".", ",")
    return Text(
        f"{name.vi} đã dừng (mã {code}), khởi động lại sau {in_vietnamese} giây; nhật ký: {log}",
        f"{name.en} ended (code {code}), restarts in {delay:g} s; log: {log}",
    )


async def _until_ended(server: Server) -> int | None:
    if not server.engine.runs:
        try:
            await server.start()
        except (EngineFailed, PortTaken):  # its log has the reason; the caller reports the end
            return None
    return await server.engine.ended()


async def _run(service: Service) -> int | None:
    process = multiprocessing.get_context("forkserver").Process(
        target=service_process.run,
        args=(service.name, dict(service.environment), service.log),
        name=service.name,
    )
    try:
        await _started(process)
        service.pid_file.write_text(f"{process.pid}\n")
        await _ended(process)
    finally:
        await _stop(process)
        if process.pid is not None:  # if the fork server was killed, the sentinel reports an end too early
            await orphans.stop(process.pid, service.folder)
        service.pid_file.unlink(missing_ok=True)
    return process.exitcode


async def _started(process: ForkServerProcess) -> None:
    """Start it, which waits for the imports and must be completed even if we are cancelled."""
    starting = asyncio.create_task(asyncio.to_thread(process.start))
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await starting
        raise


async def _ended(process: ForkServerProcess) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(process.sentinel)


async def _stop(process: ForkServerProcess) -> None:
    if process.pid is None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(_ended(process), TIMEOUT)
    except TimeoutError:
        process.kill()
        await _ended(process)
    process.join()
