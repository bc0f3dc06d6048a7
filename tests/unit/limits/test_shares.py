"""Callers share a service evenly: rates, turns, what is heavy, and who is admitted before a body is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import Message

from shared.auth.admission import may
from shared.auth.tokens import Principal, Verifier
from shared.http import problems
from shared.http.overload import turns
from shared.http.overload.limits import AdmitFirst, FairShare, RequestLimits
from shared.http.overload.turns import TooBusy, TooManyRequests, Turns
from shared.http.problems import MOST_PROBLEMS
from shared.http.requests.request_context import Body, BodyLimit
from shared.rules.rights.actions import Action
from shared.text_checks.printable import LONGEST_TEXT, MOST_FIELDS, MOST_VALUES

PATIENCE = 10.0  # seconds


class Entry(Body):
    name: str = ""
    tags: tuple[str, ...] = ()


def application(chosen: RequestLimits) -> FastAPI:
    app = FastAPI()
    app.state.verifier = Verifier("")
    app.state.request_limits = chosen
    problems.install(app)
    app.add_middleware(AdmitFirst, router=app.router)
    app.add_middleware(FairShare, state=app.state)
    app.add_middleware(BodyLimit)

    @app.get("/")
    async def read() -> str:
        return "ok"

    @app.post("/open")
    async def take(body: Entry) -> str:
        return body.name

    @app.post("/write")
    async def write(_: Annotated[Principal, may(Action.RETITLE_DRAFT)], body: Entry) -> str:
        return body.name

    return app


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        yield client


async def test_who_sends_more_than_its_share_is_told_when_to_come_back() -> None:
    async with client_of(application(RequestLimits(rate=1, burst=3))) as client:
        answers = [await client.get("/") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert set(answers[-1].json()["messages"]) == {"vi", "en"}
        other = await client.get("/", headers={"Authorization": "Bearer another"})
        assert other.status_code == 200


async def test_turns_are_passed_on_in_order() -> None:
    queue, seen = Turns(1), []
    await queue.enter(PATIENCE, TooBusy)

    async def take(number: int) -> None:
        await queue.enter(PATIENCE, TooBusy)
        seen.append(number)
        queue.leave()

    waiting = [asyncio.create_task(take(number)) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    queue.leave()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert seen == [0, 2]
    assert queue.running == 0


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_WAITING", 1)
    queue = Turns(1)
    await queue.enter(PATIENCE, TooBusy)
    first = asyncio.create_task(queue.enter(0.01, TooBusy))
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests):
        await queue.enter(PATIENCE, TooBusy)
    with pytest.raises(TooBusy):
        await first
    queue.leave()
    assert (queue.running, len(queue.waiting)) == (0, 0)


async def test_a_caller_is_admitted_before_the_body_is_read() -> None:
    app, read = application(RequestLimits()), []
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/write",
        "raw_path": b"/write", "query_string": b"", "root_path": "", "client": ("10.0.0.1", 1), "server": ("x", 80),
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"900000")],
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        read.append(1)
        return {"type": "http.request", "body": b"[" * 1000, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == 401
    assert (b"connection", b"close") in sent[0]["headers"]
    assert read == []


@pytest.mark.parametrize(
    "body",
    [
        {f"k{n}": 1 for n in range(MOST_FIELDS + 1)},
        {"tags": [["x"] for _ in range(MOST_VALUES)]},
        {"name": "x" * (LONGEST_TEXT + 1)},
        {"name": "a" + "\u0301" * 1000},
        {"k" * 1000: 1},
        {f"k{n}": 1 for n in range(100)},
        {"tags": [1] * 1000},
    ],
    ids=["fields", "values", "text", "marks", "name", "unknown", "wrong"],
)
async def test_an_answer_to_what_is_wrong_is_short(body: Any) -> None:
    async with client_of(application(RequestLimits())) as client:
        answer = await client.post("/open", json=body)
    assert answer.status_code == 422
    assert len(answer.content) < 20_000
    assert len(answer.json()["errors"]) <= MOST_PROBLEMS
    assert answer.json()["error_count"] >= len(answer.json()["errors"])


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"title":[' + b"[1]," * 20_000 + b"1]}", "application/json", 413),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(20_001)) + b"}", "application/json", 413),
        (b'{"title":[' + b"{}," * 20_000 + b"1]}", "application/problem+json", 413),
        (b"[" + b"1," * 19_000 + b"1]", "application/json", 422),
        (b"text=" + b"," * 30_000, "application/x-www-form-urlencoded", 422),
    ],
    ids=["lists", "keys", "objects", "as many as may be", "no JSON"],
)
async def test_a_body_of_too_many_values_is_refused_before_it_is_parsed(
    body: bytes, kind: str, status: int
) -> None:
    async with client_of(application(RequestLimits())) as client:
        answer = await client.post("/open", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    if status == 413:
        assert answer.json()["type"] == "urn:loa:problem:too-many-values"
        assert answer.json()["most_separators"] == 20_000


async def test_a_large_body_is_refused_by_its_header() -> None:
    async def reads(request: Request) -> int:
        return len(await request.body())

    app = application(RequestLimits())
    app.post("/raw")(reads)
    async with client_of(app) as client:
        answer = await client.post("/raw", content=bytes(3 << 20))
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
