"""Divides a rebuild among processes: each writes the rows of some keys (such as drafts), in the order of the log.

Only rebuilds are divided. They begin from the start of the log again whenever something goes wrong, so what the processes have
written needs no position of its own: the checkpoint moves once all parts of a batch are written.
"""

import asyncio
import os
import signal
import socket
import struct
import sys
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import orjson
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Recorded
from shared.kernel.errors import LoaError
from shared.kernel.transient import TRANSIENT
from shared.projections.batches import Batches, RawEvent, Uses
from shared.projections.rows import Checkpoint, CheckpointMoved

MODULE = "shared.projections.division_process"
ROOT = str(Path(__file__).parents[2])
WORTH = 20_000  # events: below, one process is done before others have started
AHEAD = 3  # batches whose parts are being written
ENDING_SECONDS = 5.0  # for a process to end once its input has ended
SIZE = struct.Struct(">I")  # before each message: how many bytes it has
NICE = 5  # requests and the live projector go first

BYTES = "latin-1"  # how the bytes of a payload become a text and again those bytes, whatever they are

Message = tuple[int, str, str]
"""Position, subject and payload of an event."""


class DivisionFailed(LoaError):
    """A process could not write its part, or ended: the rebuild begins again, undivided, and finds the event if it was one."""


class Part(Uses, Protocol):
    """What a process makes of its events."""

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> Any:
        """Write rows that no other process writes; what it returns, as JSON has it, is given to `apply_rest`."""
        ...


@dataclass(frozen=True, slots=True)
class Division:
    """How a projection is divided among `processes`, besides the one of the service.

    Events with the same `key` are written by one process, those without one by `apply_rest` in the service's own, with what the
    processes returned for the batch. `part` names what makes the `Part` in a process (`module:function`), of the arguments `given`,
    which are JSON.
    """

    part: str
    given: Sequence[Any]
    key: Callable[[RawEvent], str | None]
    apply_rest: Callable[[AsyncConnection, Sequence[Recorded], Sequence[Any]], Awaitable[None]]
    processes: int
    database_url: SecretStr

    def pays_for(self, events: int) -> bool:
        return self.processes > 0 and events >= WORTH


@dataclass(frozen=True, slots=True)
class Work:
    """What a process is told first. It writes into the tables of `schema` while these are those of the rebuild `run`."""

    database_url: str
    schema: str
    path: str
    run: UUID
    row: str
    part: str
    given: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a part: what `Part.apply` returned, or why it was not written."""

    result: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Process:
    """The way to a process that writes parts, one after the other."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, part: Sequence[Message]) -> None:
        try:
            self.writer.write(packed(part))
            await self.writer.drain()
        except ConnectionError as error:
            raise DivisionFailed("a process ended") from error

    async def result(self) -> Any:
        try:
            (size,) = SIZE.unpack(await self.reader.readexactly(SIZE.size))
            written = Written(**orjson.loads(await self.reader.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise DivisionFailed("a process ended") from error
        if written.error is not None:
            raise DivisionFailed(written.error)
        return written.result


@dataclass(frozen=True, slots=True)
class _Processes:
    """Processes forked from one that has loaded what they need: they share its memory. They are a group of their own."""

    parent: asyncio.subprocess.Process
    each: Sequence[_Process]

    @classmethod
    async def started(cls, work: Work, number: int) -> "_Processes":
        """Start them; the address of the database goes by the input, where no list of processes shows it."""
        pairs = [socket.socketpair() for _ in range(number)]
        theirs = [their.fileno() for _, their in pairs]
        try:
            parent = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", MODULE, *map(str, theirs)),
                env=os.environ | {"PYTHONPATH": ROOT},
                stdin=asyncio.subprocess.PIPE,
                pass_fds=theirs,
                start_new_session=True,
            )
        finally:
            for _, their in pairs:
                their.close()
        each = [_Process(*await asyncio.open_connection(sock=ours)) for ours, _ in pairs]
        assert parent.stdin is not None  # noqa: S101  narrowing: it was asked for
        parent.stdin.write(packed(work))
        parent.stdin.close()
        return cls(parent, each)

    async def end(self) -> None:
        """End them: their input ends, and they are killed if that does not do. What they have not committed is undone."""
        for process in self.each:
            process.writer.close()
        try:
            async with asyncio.timeout(ENDING_SECONDS):
                await self.parent.wait()
        except TimeoutError:
            os.killpg(self.parent.pid, signal.SIGKILL)
            await self.parent.wait()
        for process in self.each:
            with suppress(ConnectionError):
                await process.writer.wait_closed()


def packed(message: object) -> bytes:
    """Write a message as JSON, with its size before it."""
    written = orjson.dumps(message)
    return SIZE.pack(len(written)) + written


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch whose parts are being written by `processes`; `rest` is left for this one."""

    last: RawEvent
    rest: Sequence[RawEvent]
    processes: Sequence[_Process]
    created: datetime


@dataclass(slots=True)
class Divided:
    """Takes the batches of a rebuild as `Batches` does, and has them written by several processes.

    `checkpoint` is up to where all parts are written; `project` returns before its batch is.
    """

    rows: Batches
    division: Division
    schema: str
    run: UUID
    checkpoint: Checkpoint
    _skipped: frozenset[int] = frozenset()
    _processes: _Processes | None = None
    _sent: deque[_Sent] = field(default_factory=deque)

    @property
    def at_once(self) -> int:
        """Say how many processes write at the same time."""
        return self.division.processes

    async def start(self) -> None:
        rows, division = self.rows, self.division
        async with rows.engine.connect() as connection:
            self._skipped = await rows.checkpoints.skips(connection, rows.projection.name)
        url = division.database_url.get_secret_value()
        work = Work(url, self.schema, rows.path, self.run, rows.row, division.part, division.given)
        try:
            self._processes = await _Processes.started(work, division.processes)
        except OSError as error:  # the machine has no more processes, files or memory
            raise DivisionFailed(str(error)) from error

    async def project(
        self, batch: Sequence[RawEvent], _checkpoint: Checkpoint, created: datetime
    ) -> Checkpoint:
        """Hand a batch on; raises `DivisionFailed`, also for one that was handed on before."""
        each = self._each
        parts: dict[int, list[Message]] = defaultdict(list)
        rest = []
        for raw in batch:
            key = self.division.key(raw) if raw.position not in self._skipped else None
            if key is None:
                rest.append(raw)
            else:
                number = hash(key) % len(each)
                parts[number].append((raw.position, raw.subject, raw.payload.decode(BYTES)))
        for number, part in parts.items():
            await each[number].send(part)
        processes = [each[number] for number in parts]
        self._sent.append(_Sent(batch[-1], rest, processes, created))
        while len(self._sent) > AHEAD:
            await self._finish_first()
        return Checkpoint.behind(batch[-1].position, batch[-1].event_id, created)

    async def flush(self) -> None:
        """Wait until all that was handed on is written."""
        while self._sent:
            await self._finish_first()

    async def close(self) -> None:
        if self._processes is not None:
            await self._processes.end()

    @property
    def _each(self) -> Sequence[_Process]:
        if self._processes is None:
            raise LookupError("not started")
        return self._processes.each

    async def _finish_first(self) -> None:
        sent = self._sent.popleft()
        results = [await process.result() for process in sent.processes]

        async def apply(connection: AsyncConnection, events: Sequence[Recorded]) -> None:
            await self.division.apply_rest(connection, events, results)

        rows, at = self.rows, self.checkpoint
        try:
            self.checkpoint = await rows.write(sent.last, sent.rest, at, sent.created, apply)
        except (CheckpointMoved, *TRANSIENT):
            raise
        except Exception as error:  # as in `Batches.project`: whatever an event broke
            raise DivisionFailed(f"{type(error).__name__}: {error}") from error
