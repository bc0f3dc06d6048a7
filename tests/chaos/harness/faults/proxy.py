"""A TCP proxy between one process and one engine; a test can cut, hold, slow down or lose what goes through it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.servers.ports import free_port

HOST = "127.0.0.1"
CHUNK = 65536
DRIP_BYTES, DRIP_SECONDS = 512, 0.02
LATENCY_SECONDS = 0.15
LOSS_SECONDS = 0.4  # between two connections that are closed


class Line(StrEnum):
    """What happens on the way; in both directions unless the name says otherwise."""

    OPEN = "open"
    CUT = "cut"  # connections are closed, new ones too
    BLACK_HOLE = "black_hole"  # connections stay, nothing arrives until the line is open again
    HALF_OPEN = "half_open"  # the engine reads, its answers do not arrive
    DRIP = "drip"  # a few bytes at a time
    LATENCY = "latency"
    LOSS = "loss"  # a connection is closed now and then


@dataclass(slots=True)
class Proxy:
    """`hits` counts what the fault touched: closed connections and delayed pieces of data.

    Several targets are taken in turn, and one that refuses the connection is passed over: an operator's balancer.
    """

    targets: tuple[int, ...]
    port: int = field(default_factory=free_port)
    line: Line = Line.OPEN
    hits: int = 0
    _server: asyncio.Server | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self._opened.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self._close_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextmanager
    def fault(self, line: Line) -> Iterator[None]:
        """Put the fault on the line for a block; whatever was held back arrives afterwards."""
        self.line = line
        self._opened.clear()
        losing = asyncio.create_task(self._lose()) if line is Line.LOSS else None
        if line is Line.CUT:
            self._close_all()
        try:
            yield
        finally:
            if losing is not None:
                losing.cancel()
            self.line = Line.OPEN
            self._opened.set()

    def _close_all(self) -> None:
        for writer in list(self._connections):
            self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        self._connections.discard(writer)
        writer.close()

    async def _lose(self) -> None:
        while True:
            if self._connections:
                self._close(random.choice(list(self._connections)))
            await asyncio.sleep(LOSS_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.line is Line.CUT:
            self._close(writer)
            return
        try:
            engine_reader, engine_writer = await self._connected()
        except OSError:
            writer.close()
            return
        self._connections |= {writer, engine_writer}
        pumps = [
            asyncio.create_task(self._pump(reader, engine_writer, answers=False)),
            asyncio.create_task(self._pump(engine_reader, writer, answers=True)),
        ]
        self._tasks.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        self._tasks.difference_update(pumps)
        for side in (writer, engine_writer):
            self._connections.discard(side)
            side.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self.targets:
            self.targets = (*self.targets[1:], self.targets[0])
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(HOST, self.targets[0])
        raise ConnectionRefusedError

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                async for piece in self._pieces(data, answers=answers):
                    writer.write(piece)
                    await writer.drain()

    async def _pieces(self, data: bytes, *, answers: bool) -> AsyncIterator[bytes]:
        """Give the data as the line lets it through."""
        if self.line is Line.BLACK_HOLE or (self.line is Line.HALF_OPEN and answers):
            self.hits += 1
            await self._opened.wait()
        elif self.line is Line.LATENCY:
            self.hits += 1
            await asyncio.sleep(LATENCY_SECONDS)
        while data and self.line is Line.DRIP:
            self.hits += 1
            yield data[:DRIP_BYTES]
            data = data[DRIP_BYTES:]
            await asyncio.sleep(DRIP_SECONDS)
        if data:
            yield data


@asynccontextmanager
async def proxy_to(*targets: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(targets)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
