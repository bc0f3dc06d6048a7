"""More requests than a service can answer: those beyond are refused at once, and who waits for others holds up nobody."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from shared.http import problems
from shared.http.overload import limits
from shared.http.overload.limits import FairShare, RequestLimits
from shared.http.overload.turns import Overloaded, Turns, Work, resting

SECONDS = 5.0  # of patience: a test never waits as long


@dataclass(slots=True)
class Service:
    """Answers when a test lets it; `began` are the requests that got as far as the work itself."""

    queue_seconds: float = SECONDS
    began: list[str] = field(default_factory=list)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    refused: int = 0
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.app = FastAPI()
        self.app.state.request_limits = RequestLimits(queue_seconds=self.queue_seconds)
        problems.install(self.app)
        self.app.add_middleware(FairShare, state=self.app.state, refused=self._count)
        self.app.get("/work")(self._work)
        self.app.get("/read")(self._read)
        self.app.get("/stream")(self._stream)
        self.app.post("/body")(self._body)
        self.app.get("/livez")(self._alive)

    def _count(self) -> None:
        self.refused += 1

    async def _work(self) -> str:
        self.began.append("work")
        await self.may_go_on.wait()
        return "done"

    async def _read(self, request: Request) -> str:
        self.began.append("read")
        with resting(request.scope):
            await self.may_go_on.wait()
        return "done"

    async def _stream(self) -> Response:
        return Slow(self)

    async def _body(self, request: Request) -> str:
        self.began.append("body")
        return (await request.body()).decode()

    async def _alive(self) -> str:
        return "yes"

    @asynccontextmanager
    async def at_work(self, *paths: str) -> AsyncIterator[list[asyncio.Task[httpx.Response]]]:
        """Send requests, each by another caller, until all that get a turn are at work; they end with the block."""
        tasks = [asyncio.create_task(self.get(path, f"caller {n}")) for n, path in enumerate(paths)]
        try:
            await until(lambda: len(self.began) >= min(len(paths), limits.MOST_AT_WORK))
            yield tasks
        finally:
            self.may_go_on.set()
            await asyncio.gather(*tasks)

    async def get(self, path: str, caller: str = "one more") -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(path, headers={"Authorization": f"Bearer {caller}"})


class Slow(Response):
    """An answer that began and goes on at the pace of its reader."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  as Starlette calls it
        await send({"type": "http.response.start", "status": 200, "headers": []})
        self._service.began.append("stream")
        await self._service.may_go_on.wait()
        await send({"type": "http.response.body", "body": b"done"})


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110  nothing tells
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_AT_WORK", 2)


async def test_beyond_the_capacity_a_request_is_refused_at_once_and_the_others_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, clock = Service(), time.monotonic()
    monkeypatch.setattr("shared.http.overload.turns.time.monotonic", lambda: clock)
    with capture_logs() as lines:
        async with service.at_work("/work", "/work", "/work") as tasks:
            clock += SECONDS / 2 + 0.1  # so long has the third waited
            async with asyncio.timeout(SECONDS / 2):  # not after their patience
                answers = [await service.get("/work") for _ in range(3)]
            assert {answer.status_code for answer in answers} == {503}
            assert answers[0].headers["Retry-After"] == "1"
            assert answers[0].json()["type"] == "urn:loa:problem:overloaded"
            assert set(answers[0].json()["messages"]) == {"vi", "en"}
            assert (await service.get("/livez")).status_code == 200
    assert [(await task).status_code for task in tasks] == [200, 200, 200]
    assert service.refused == 3
    assert [line["refused"] for line in lines if line["event"] == "requests_refused"] == [1]
    assert (await service.get("/work")).status_code == 200


async def test_a_request_waits_as_long_as_is_set_and_no_longer() -> None:
    service = Service(queue_seconds=0.01)
    async with service.at_work("/work", "/work"):
        assert (await service.get("/work")).status_code == 503
    assert service.began == ["work", "work"]
    assert (await service.get("/work")).status_code == 200


async def test_writes_that_wait_for_the_log_hold_up_no_read() -> None:
    """While the broker does not answer, each write waits for seconds: reads go on."""
    service = Service()
    async with service.at_work("/work", "/work"):  # two reads: all turns of reads
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            written = await client.post("/body", content=b"x", headers={"Authorization": "Bearer writer"})
        assert (written.status_code, written.text) == (200, '"x"')


async def test_of_one_caller_no_more_wait_than_can_be_answered_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MOST_AT_WORK", 100)
    service = Service(queue_seconds=0.01)
    running = RequestLimits().running
    tasks = [asyncio.create_task(service.get("/work")) for _ in range(running)]
    await until(lambda: len(service.began) == running)
    assert (await service.get("/work")).status_code == 503
    other = asyncio.create_task(service.get("/work", "another"))
    await until(lambda: len(service.began) == running + 1)
    service.may_go_on.set()
    assert {(await task).status_code for task in (*tasks, other)} == {200}


@pytest.mark.parametrize("path", ["/read", "/stream"], ids=["a read model", "a reader"])
async def test_who_waits_for_others_holds_no_turn(path: str) -> None:
    service = Service()
    async with service.at_work(path, path):
        begun = asyncio.create_task(service.get("/work"))
        await until(lambda: "work" in service.began)
    assert (await begun).status_code == 200


async def test_a_slow_body_holds_no_turn() -> None:
    service, ended = Service(), asyncio.Event()
    sent: list[Message] = []

    async def receive() -> Message:
        await ended.wait()
        return {"type": "http.request", "body": b"all of it"}

    async def send(message: Message) -> None:
        sent.append(message)

    tasks = [asyncio.create_task(service.app(request(f"10.0.0.{n}"), receive, send)) for n in range(2)]
    await until(lambda: service.began == ["body", "body"])
    service.may_go_on.set()
    assert (await service.get("/work")).status_code == 200
    ended.set()
    await asyncio.gather(*tasks)
    assert next(part["body"] for part in sent if part["type"] == "http.response.body") == b'"all of it"'


def request(address: str) -> Scope:
    fields: dict[str, Any] = {"method": "POST", "path": "/body", "raw_path": b"/body", "headers": []}
    line = {"http_version": "1.1", "scheme": "http", "query_string": b"", "root_path": ""}
    ends = {"client": (address, 1), "server": ("x", 80)}
    return {"type": "http", "asgi": {"version": "3.0"}, **fields, **line, **ends}


async def test_after_a_rest_work_goes_on_at_once_and_others_wait_until_there_is_room() -> None:
    queue = Turns(1)
    await queue.enter(SECONDS, Overloaded)
    work = Work(queue)
    with work.resting():
        await queue.enter(SECONDS, Overloaded)
    assert queue.running == 2
    waiting = asyncio.create_task(queue.enter(SECONDS, Overloaded))
    await asyncio.sleep(0)
    queue.leave()
    await asyncio.sleep(0)
    assert not waiting.done()
    work.end()
    work.end()
    await waiting
    assert queue.running == 1
