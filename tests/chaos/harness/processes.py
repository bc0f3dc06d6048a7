"""One replica of a service as a process of its own, behind one proxy to the broker and one to the database."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.harness.faults.proxy import Proxy
from tests.chaos.harness.fork_server import ForkedProcess, ForkServer
from tests.support.platform.service import eventually
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

START_SECONDS = 180.0


@dataclass(slots=True)
class Replica:
    """`environment` holds the settings without the port."""

    service: str
    name: str
    environment: dict[str, str]
    log: Path
    broker: Proxy
    database: Proxy
    forks: ForkServer
    port: int = field(default_factory=free_port)
    process: ForkedProcess | None = None
    exits: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def launch(self, **more: str) -> None:
        environment = {**self.environment, "LOA_PORT": str(self.port), **more}
        self.process = await self.forks.start(environment, self.log)

    async def start(self, **more: str) -> None:
        """Launch it and wait until it can answer reads."""
        await self.launch(**more)
        await eventually(self.is_ready, START_SECONDS)

    async def is_ready(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=5, verify=NO_AUTHORITIES) as client:
                return (await client.get(f"{self.url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    def send_signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            os.kill(self.process.pid, number)

    async def end(self, number: signal.Signals, patience: float = 30.0) -> int:
        """Send a signal that ends it, and give its exit status."""
        assert self.process is not None
        self.send_signal(number)
        try:
            status = await asyncio.wait_for(self.process.wait(), patience)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            status = 1000  # it did not end by itself
        if number is signal.SIGTERM:
            self.exits.append(status)
        return status

    def lines(self) -> Iterator[dict[str, Any] | str]:
        """Give the lines of its log; what is not JSON as text."""
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield line
