"""The processes of a divided rebuild (`shared.projections.division`): `python -m shared.projections.division_process SOCKET…`.

Its input is the `Work`. It forks a process for each socket, which is given parts of batches and answers each with `Written`;
all are messages of JSON, each with its size before it. A process ends when its socket does, so also when the service ends.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, BinaryIO

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import shared.kernel.lean_start  # noqa: F401  before all others
from shared.contracts.envelope import CATALOG
from shared.kernel.runtime import tune_gc
from shared.observability.signals import Telemetry
from shared.persistence.database import create_engine
from shared.projections.batches import EventReader, RawEvent
from shared.projections.division import BYTES, NICE, SIZE, Message, Part, Work, Written, packed


class OtherRun(Exception):
    """The tables are not those of this rebuild any more."""


def part_of(work: Work) -> Part:
    """Make what the work names."""
    module, _, name = work.part.partition(":")
    made: Part = getattr(import_module(module), name)(*work.given)
    return made


async def write(
    engine: AsyncEngine, reader: EventReader, work: Work, part: Part, given: Sequence[Message]
) -> Any:
    """Write some events in one transaction, whose commit does not wait for the disk."""
    raw = [
        RawEvent(position, subject, payload.encode(BYTES), pending=0) for position, subject, payload in given
    ]
    events = reader.events(raw)
    async with engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL search_path = {work.path}"))
        await connection.execute(text("SET LOCAL synchronous_commit = off"))
        # Until the commit nobody can drop this table, and so none of its schema: another rebuild waits.
        present = await connection.execute(text(f"SELECT id FROM {work.schema}.run"))  # noqa: S608  our own name
        if str(present.scalar()) != str(work.run):
            raise OtherRun(str(work.run))
        return await part.apply(connection, events)


def read(stream: BinaryIO) -> Any:
    """Read the next message; None at the end."""
    size = stream.read(SIZE.size)
    if len(size) < SIZE.size:
        return None
    (length,) = SIZE.unpack(size)
    message = stream.read(length)
    return orjson.loads(message) if len(message) == length else None


async def work_on(work: Work, part: Part, given: BinaryIO, answers: BinaryIO) -> None:
    """Write what is given, until it ends or cannot be written."""
    reader = EventReader(part, CATALOG, Telemetry(), work.row)
    engine = create_engine(work.database_url)
    try:
        while (events := read(given)) is not None:
            try:
                written = Written(await write(engine, reader, work, part, events))
            except Exception as error:  # noqa: BLE001  whatever it is, the service decides what follows
                written = Written(error=f"{type(error).__name__}: {error}")
            answers.write(packed(written))
            answers.flush()
            if written.error:
                return
    finally:
        await engine.dispose()


def run(work: Work, part: Part, numbers: Sequence[int]) -> None:
    """Fork a process for each of the sockets, and wait until all have ended."""
    for number in numbers:
        if os.fork() == 0:
            for other in set(numbers) - {number}:
                os.close(other)  # else its end would not be seen
            try:
                with socket.socket(fileno=number) as connection:
                    asyncio.run(work_on(work, part, connection.makefile("rb"), connection.makefile("wb")))
            finally:
                os._exit(0)
    for number in numbers:
        os.close(number)
    for _ in numbers:
        os.wait()


if __name__ == "__main__":
    os.nice(NICE)
    message = read(sys.stdin.buffer)
    if message is None:
        sys.exit()
    wanted = Work(**message)
    its_part = part_of(wanted)  # which loads what it needs
    tune_gc()  # as services do; what is frozen stays shared by the processes
    run(wanted, its_part, [int(number) for number in sys.argv[1:]])
