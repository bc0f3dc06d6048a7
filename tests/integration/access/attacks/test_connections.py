"""What a client does with connections alone: many that are idle, half a header, an endless one, a body that never ends."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import StreamingResponse

from shared.http import problems
from shared.http.overload import connections
from shared.http.overload.connections import MOST_BEHIND, MOST_HEADER_BYTES, ConnectionLimits, Connections
from shared.http.requests.request_context import MOST_BYTES, BodyLimit
from tests.support.servers.plain import NO_AUTHORITIES
from tests.support.servers.ports import free_port

LIMITS = ConnectionLimits(most=40, most_of_address=40, header_seconds=0.5)
CLOSED = 10.0  # seconds, on a machine under load


class Server:
    """A small application behind the protocol of our services."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.reasons: list[str] = []
        self.ended = asyncio.Event()  # an answer without an end was given up
        self.port = free_port()
        self.writers: list[asyncio.StreamWriter] = []
        self.guard = Connections(limits, self.reasons.append)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def hang_up(self) -> None:
        for writer in self.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def get(self, path: str = "/") -> int:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=20, verify=NO_AUTHORITIES
        ) as client:
            return (await client.get(path)).status_code


def application(ended: asyncio.Event) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(BodyLimit)

    @app.get("/")
    async def root() -> str:
        return "ok"

    @app.post("/")
    async def read(request: Request) -> int:
        return len(await request.body())

    @app.get("/long")
    async def endless() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield bytes(1 << 16)
                    await asyncio.sleep(0)
            finally:
                ended.set()

        return StreamingResponse(parts())

    return app


@asynccontextmanager
async def serving(limits: ConnectionLimits = LIMITS) -> AsyncIterator[Server]:
    server = Server(limits)
    config = uvicorn.Config(
        application(server.ended),
        port=server.port,
        http=cast("type[asyncio.Protocol]", server.guard.protocol),  # it is called as a class is
        ws="none",
        log_config=None,
        lifespan="off",
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server
    finally:
        await server.hang_up()
        running.should_exit = running.force_exit = True
        await task


async def test_idle_connections_make_way_for_a_request() -> None:
    async with serving(ConnectionLimits(40, 40, header_seconds=60)) as server:
        for _ in range(60):
            await server.connect()
        assert await server.get() == 200
        assert server.reasons.count("replaced") >= 20
        assert len(server.guard.open) <= 40


async def test_connections_of_one_address_leave_room_for_others() -> None:
    async with serving(ConnectionLimits(most=40, most_of_address=10, header_seconds=60)) as server:
        for _ in range(30):
            await server.connect()
        assert await server.get() == 200
        assert max(server.guard.of_address.values()) <= 10


async def test_all_at_work_is_said_and_counted() -> None:
    async with serving(ConnectionLimits(most=12, most_of_address=12, header_seconds=60)) as server:
        busy = [await server.connect() for _ in range(12)]
        for _, writer in busy:
            writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.gather(*(reader.read(100) for reader, _ in busy))
        reader, _ = await server.connect()
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after" in answer
        assert "too_many" in server.reasons


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "no_request"),
        (b"GET / HT", "header_too_slow"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b", "header_too_slow"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX-", "header_too_slow"),
        (b"\r\n", "header_too_slow"),
    ],
)
async def test_a_header_must_come_in_time(sent: bytes, reason: str) -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(sent)
        async with asyncio.timeout(CLOSED):
            with_answer = await _to_the_end(reader)
        assert reason in server.reasons
        assert (b" 408 " in with_answer) is (reason == "header_too_slow")


async def test_a_header_that_drips_is_no_excuse() -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        begun = time.monotonic()
        writer.write(b"GET / HTTP/1.1\r\n")
        while not reader.at_eof() and time.monotonic() - begun < CLOSED:
            writer.write(b"X: a\r\n")
            try:
                await asyncio.wait_for(reader.read(1000), 0.05)
            except TimeoutError:
                continue
            except OSError:
                break
        assert "header_too_slow" in server.reasons


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nX-Long: " + b"a" * (4 << 20),
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: b\r\n" % n for n in range(200_000)),
        b"GET /" + b"a" * (2 << 20),
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * (MOST_HEADER_BYTES + 1) + b"\r\n\r\n",
    ],
    ids=["one field", "many fields", "path", "whole"],
)
async def test_a_header_is_bounded(sent: bytes) -> None:
    async with serving(ConnectionLimits(header_seconds=30)) as server:
        reader, writer = await server.connect()
        try:
            writer.write(sent)
            await writer.drain()
        except OSError:
            pass
        async with asyncio.timeout(CLOSED):
            assert b" 431 " in await _to_the_end(reader) or "header_too_large" in server.reasons
        assert await server.get() == 200


async def test_a_body_that_stops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PROGRESS_SECONDS", 0.3)
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        async with asyncio.timeout(CLOSED):
            assert b" 408 " in await _to_the_end(reader)
        assert "body_too_slow" in server.reasons


async def test_a_body_of_tiny_chunks_is_refused_before_all_of_it_is_parsed() -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):
            writer.write(b"1\r\n \r\n" * 200_000)
            await writer.drain()
        assert b" 400 " in await _to_the_end(reader)
        assert server.reasons == ["chunks_too_small"]
        assert await server.get() == 200


async def test_few_requests_wait_behind_another() -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
        with suppress(OSError):
            await _to_the_end(reader)
        assert server.reasons == ["too_many_behind"]
        assert await server.get() == 200


async def test_an_answer_ends_with_its_connection_also_if_requests_wait_behind_it() -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert await reader.read(100)
        writer.transport.abort()
        async with asyncio.timeout(CLOSED):
            await server.ended.wait()


@pytest.mark.parametrize(("size", "count"), [(1, 1000), (40, 5000)])
async def test_a_body_of_small_chunks_is_read(size: int, count: int) -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%s\r\n" % (size, b"a" * size) * count + b"0\r\n\r\n")
        assert str(size * count).encode() in await _to_the_end(reader)
        assert server.reasons == []


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WRITE_SECONDS", 0.3)
    async with serving() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + CLOSED
        while "answer_not_read" not in server.reasons:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        sock.close()


@pytest.mark.parametrize("announced", [True, False])
async def test_a_large_body_is_answered_at_once_and_passed_over(announced: bool) -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        kind = b"Content-Length: 100000000" if announced else b"Transfer-Encoding: chunked"
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + kind + b"\r\n\r\n")
        part = bytes(1 << 16) if announced else b"10000\r\n" + bytes(1 << 16) + b"\r\n"
        sent = 0
        try:
            while sent < 100_000_000 and not reader.at_eof():
                writer.write(part)
                await writer.drain()
                sent += len(part)
        except OSError:
            pass
        async with asyncio.timeout(CLOSED):
            answer = await _to_the_end(reader)
        assert b" 413 " in answer
        assert b"connection: close" in answer
        assert MOST_BYTES < 100_000_000


async def test_requests_one_behind_the_other_are_all_answered() -> None:
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * MOST_BEHIND
            + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        async with asyncio.timeout(CLOSED):
            assert (await _to_the_end(reader)).count(b"200 OK") == MOST_BEHIND + 1


@pytest.mark.parametrize(
    "heads",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 60\r\n",
        b"Content-Length: 4, 60\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: +4\r\n",
    ],
    ids=repr,
)
async def test_a_request_whose_end_is_ambiguous_hides_no_other(heads: bytes) -> None:
    """Where a proxy and we might read another end, nothing of the body is taken for a request (smuggling)."""
    hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    async with serving() as server:
        reader, writer = await server.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + heads + b"\r\n" + hidden)
        writer.write_eof()
        async with asyncio.timeout(CLOSED):
            answers = await _to_the_end(reader)
    assert answers.count(b"HTTP/1.1 ") == answers.count(b"HTTP/1.1 400") == 1


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    parts = []
    try:
        while part := await reader.read(1 << 16):
            parts.append(part)
    except OSError:
        pass
    return b"".join(parts)
