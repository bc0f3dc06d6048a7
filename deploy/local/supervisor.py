"""Keeps the services alive: one that dies is started again, after a growing delay; all end together."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from deploy.local import child, leftovers
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


async def supervise(services: Sequence[Service], notice: Notice) -> None:
    """Keep every service running until cancelled; then end them all."""
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(_keep(service, notice))


async def _keep(service: Service, notice: Notice) -> None:
    delay = FIRST_DELAY
    while True:
        began = time.monotonic()
        code = await _run(service)
        delay = FIRST_DELAY if time.monotonic() - began > STEADY else delay
        notice(_died(service, code, delay))
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


def _died(service: Service, code: int | None, delay: float) -> Text:
    return Text(
        f"Dịch vụ {service.name} đã dừng (mã {code}), khởi động lại sau {delay:g} giây; nhật ký: {service.log}",
        f"The service {service.name} ended (code {code}), it starts again in {delay:g} s; log: {service.log}",
    )


async def _run(service: Service) -> int | None:
    process = multiprocessing.get_context("forkserver").Process(
        target=child.run, args=(service.name, dict(service.environment), service.log), name=service.name
    )
    try:
        await _started(process)
        service.pid_file.write_text(f"{process.pid}\n")
        await _ended(process)
    finally:
        await _stop(process)
        if process.pid is not None:  # without its fork server we hear of an end that has not come
            await leftovers.end(process.pid, service.folder)
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
