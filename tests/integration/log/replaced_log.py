"""A platform whose log is replaced: by an older copy of the broker's store, by an empty one, or while connected."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from nats.js.api import StreamConfig

from deploy.local.engines.nats import NatsServer
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.streams import declared
from tests.support.platform.service import Api, Platform, eventually
from tests.support.samples import small_office
from tests.support.servers.engines import connected, declare_streams

LOG_REPLACED = "urn:loa:problem:log-replaced"


@dataclass(slots=True)
class Store:
    """The broker's store, which can be copied and put back."""

    server: NatsServer
    copies: Path

    @property
    def folder(self) -> Path:
        return self.server.folder / "jetstream"

    async def copy(self, name: str = "older") -> None:
        await self.server.stop()
        shutil.copytree(self.folder, self.copies / name)
        await self.server.start()

    async def restore(self, name: str = "older") -> None:
        """Put a copy in the place of the store, while the services run."""
        await self.server.stop()
        shutil.rmtree(self.folder)
        shutil.copytree(self.copies / name, self.folder)
        await self.server.start()

    async def wipe(self) -> None:
        """Start with an empty store, as after a lost disk, and declare the streams."""
        await self.server.stop()
        shutil.rmtree(self.folder)
        await self.server.start()
        await declare_streams(self.server)

    async def recreate(self) -> None:
        """Delete the stream and make it again while everybody is connected."""
        async with connected(self.server, "operator") as operator:
            js = operator.jetstream()
            await js.delete_stream(EVENTS)
            await js.add_stream(StreamConfig(name=EVENTS, **declared(1)[EVENTS]))


async def grow(server: NatsServer, events: int, service: str = "registry") -> None:
    """Write to the log past every service, as one whose rows match would."""
    async with connected(server, service) as client:
        for number in range(events):
            await client.jetstream().publish(
                f"loa.unit.00000000-0000-4000-8000-{number:012}.later_kind",
                b"{}",
                headers={"Nats-Msg-Id": f"grown-{number}"},
            )


async def record(platform: Platform, code: str) -> httpx.Response:
    return await platform.registry.client.post("/units", json=small_office.unit(code))


async def recorded(platform: Platform, *codes: str) -> None:
    """Record units and wait until every service has them."""
    for code in codes:
        await eventually(partial(created, platform, code))
    await platform.settled()


async def created(platform: Platform, code: str) -> bool:
    """A broker that has just come back is reconnected to by and by."""
    return (await record(platform, code)).status_code in {200, 201}


@asynccontextmanager
async def commands_go_on(platform: Platform) -> AsyncIterator[list[httpx.Response]]:
    """Send commands and ticks all the time; gives the answers."""
    answers: list[httpx.Response] = []

    async def send() -> None:
        number = 0
        while True:
            number += 1
            answers.append(await record(platform, f"NEW{number:03}"))
            if "notifier" in platform.services:
                answers.append(await platform.services["notifier"].client.post("/tick", json={}))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(send())
    try:
        yield answers
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def closed(platform: Platform, *services: str) -> None:
    """Wait until the fence of each service is closed, and named by /readyz."""
    await asyncio.gather(*(eventually(partial(_is_closed, platform, name)) for name in services))


async def _is_closed(platform: Platform, service: str) -> bool:
    answer = await platform.services[service].client.get("/readyz", params={"for": "writes"})
    check: dict[str, Any] = answer.json()["checks"].get("log", {"ok": True})
    return answer.status_code == 503 and not check["ok"] and "loa recover" in check["detail"]


async def opened(platform: Platform) -> None:
    await asyncio.gather(*(eventually(partial(_is_open, api)) for api in platform.services.values()))


async def _is_open(api: Api) -> bool:
    ready = await api.client.get("/readyz")
    log = (await api.client.get("/log")).json()
    return bool(ready.status_code == 200 and log["state"] == "open")
