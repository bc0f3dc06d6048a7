"""Keeps services and engines alive: what dies is started again, after a growing delay; all end together."""

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from deploy.local.engines.process import Engine, EngineFailed, PortTaken
from deploy.local.processes import orphans, service_process
from shared.errors import Text

FIRST_DELAY = 0.5  # seconds before the first new start
LONGEST_DELAY = 30.0
STEADY = 30.0  # seconds after which a service counts as having come up well
PATIENCE = 15.0  # seconds for a service to finish its requests and end

Notice = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Service:
    """What to start: a service and its environment; log and process id are kept below `folder`."""

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
    """An engine that is started here; `start` makes good what its end left behind."""

    @property
    def engine(self) -> Engine: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


async def supervise(services: Sequence[Service], notice: Notice) -> None:
    """Keep every service running until cancelled; then end them all."""
    async with asyncio.TaskGroup() as group:
        for service in services:
            name = Text(f"Dịch vụ {service.name}", f"The service {service.name}")
            group.create_task(_keep(name, service.log, partial(_run, service), notice))


async def attend(servers: Sequence[Server], notice: Notice) -> None:
    """Start every engine again that ends, until cancelled; they themselves go on then."""
    async with asyncio.TaskGroup() as group:
        for server in servers:
            name = Text(server.engine.name, server.engine.name)
            group.create_task(_keep(name, server.engine.log, partial(_until_ended, server), notice))


async def _keep(name: Text, log: Path, run: Callable[[], Awaitable[int | None]], notice: Notice) -> None:
    """Run it again and again; `run` gives the exit code, none if it did not even start."""
    delay = FIRST_DELAY
    while True:
        began = time.monotonic()
        code = await run()
        delay = FIRST_DELAY if time.monotonic() - began > STEADY else delay
        notice(_died(name, log, code, delay))
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


def _died(name: Text, log: Path, code: int | None, delay: float) -> Text:
    in_vietnamese = f"{delay:g}".replace(".", ",")
    return Text(
        f"{name.vi} đã dừng (mã {code}), khởi động lại sau {in_vietnamese} giây; nhật ký: {log}",
        f"{name.en} ended (code {code}), it starts again in {delay:g} s; log: {log}",
    )


async def _until_ended(server: Server) -> int | None:
    if not server.engine.runs:
        try:
            await server.start()
        except (EngineFailed, PortTaken):  # its log says why; that it is away is told by whoever keeps it
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
        if process.pid is not None:  # without its fork server we hear of an end that has not come
            await orphans.end(process.pid, service.folder)
        service.pid_file.unlink(missing_ok=True)
    return process.exitcode


async def _started(process: ForkServerProcess) -> None:
    """Start it; that waits for the imports, and must come to its end even if we are cancelled."""
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
        await asyncio.wait_for(_ended(process), PATIENCE)
    except TimeoutError:
        process.kill()
        await _ended(process)
    process.join()
