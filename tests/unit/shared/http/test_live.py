"""Streams of open pages over real HTTP: positions, heartbeats, limits, turns that are not held, and a quick end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from shared.auth.tokens import Verifier
from shared.http import problems
from shared.http.overload.limits import FairShare, RequestLimits
from shared.http.routes import live
from shared.http.routes.live import StreamLimits, Streams
from shared.kernel import runtime
from shared.service import Server
from tests.support.platform.service import eventually
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

GRACE = 20  # seconds that the server gives open requests when it ends
QUICK = StreamLimits(most=3, most_of_address=3, least=0.3, heartbeat=0.2, tick=0.05)


@dataclass
class MadeUpRunner:
    """Has a position, and lets others wait for one, as the projector does."""

    status: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(position=7))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def move(self, position: int) -> None:
        async with self.changed:
            self.status.position = position
            self.changed.notify_all()

    async def wait_for(self, position: int, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: self.status.position >= position)
        except TimeoutError:
            return False
        return True


@dataclass
class Served:
    app: FastAPI
    server: uvicorn.Server
    client: httpx.AsyncClient

    @property
    def runner(self) -> MadeUpRunner:
        runner: MadeUpRunner = self.app.state.runner
        return runner

    @property
    def streams(self) -> Streams:
        streams: Streams = self.app.state.streams
        return streams

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[str]]:
        async with self.client.stream("GET", "/live") as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["x-accel-buffering"] == "no"
            yield answer.aiter_lines()


def truth(check: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return check()

    return asked


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    app = FastAPI()
    app.state.verifier = Verifier("", public_read=True)
    app.state.runner = MadeUpRunner()
    app.state.clock = runtime.now
    app.state.streams = Streams(QUICK)
    app.state.request_limits = RequestLimits(running=2, queue_seconds=0.1)
    problems.install(app)
    app.add_middleware(FairShare, state=app.state)
    app.include_router(live.router())

    @app.get("/other")
    async def other() -> str:
        return "ok"

    port = free_port()
    server = Server(uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=GRACE))
    task = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=10, verify=NO_AUTHORITIES
    ) as client:
        await eventually(truth(lambda: server.started))
        yield Served(app, server, client)
        server.should_exit = True
        await task


async def data(lines: AsyncIterator[str], name: str = "data: ") -> str:
    async with asyncio.timeout(5):
        async for line in lines:
            if line.startswith(name):
                return line.removeprefix(name)
    raise AssertionError("the stream ended")


async def test_it_gives_the_position_and_then_each_that_was_reached_but_not_too_often(served: Served) -> None:
    async with served.stream() as lines:
        assert await data(lines) == "7"
        await served.runner.move(9)
        assert await data(lines) == "9"
        began = time.monotonic()
        await served.runner.move(10)
        await served.runner.move(12)
        assert await data(lines) == "12", "several at once are one event"
        assert time.monotonic() - began >= QUICK.least - QUICK.tick


async def test_a_quiet_stream_has_heartbeats(served: Served) -> None:
    async with served.stream() as lines:
        assert await data(lines) == "7"
        assert await data(lines, ":") == ""
        assert await data(lines, ":") == ""


async def test_more_than_an_address_may_have_are_refused_and_one_that_ended_makes_room(
    served: Served,
) -> None:
    async with served.stream(), served.stream():
        async with served.stream():
            refused = await served.client.get("/live")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert refused.json()["type"] == "urn:loa:problem:too-many-streams"
        await eventually(truth(lambda: served.streams.of_address.total() == 2))
        async with served.stream() as lines:
            assert await data(lines) == "7"
    await eventually(truth(lambda: not served.streams.of_address))


async def test_a_stream_holds_no_turn_of_a_request(served: Served) -> None:
    async with served.stream(), served.stream(), served.stream():
        answers = [await served.client.get("/other") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3


async def test_streams_end_soon_when_the_service_does(served: Served) -> None:
    async with served.stream() as lines:
        assert await data(lines) == "7"
        served.server.should_exit = True
        async with asyncio.timeout(GRACE / 2):
            assert [line async for line in lines if line.startswith("data")] == []


async def test_a_stream_has_an_end() -> None:
    streams = Streams(StreamLimits(lasts=0.2, heartbeat=0.05, tick=0.05))
    async with asyncio.timeout(5):
        written = [line async for line in streams.positions(MadeUpRunner())]  # type: ignore[arg-type]
    assert written[0].startswith("retry: 5000\nevent: position\ndata: 7\n\n")
    assert set(written[1:]) == {":\n\n"}
