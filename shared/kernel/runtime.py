"""The one place that reads the clock and draws ids, tasks that end together, long work that lets others have a turn, and the garbage collector."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid4()


# Until the collector looks at them, which takes some 0.8 us each: Python's own 700 are a few rows of an import.
NEW_OBJECTS = 10_000
LOOKS = 100  # at new objects, until it looks at those that outlived one too


def tune_gc() -> None:
    """Freeze the objects of the start and raise the GC thresholds: a full collection stalls all requests for 100 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, LOOKS, 20)
    gc.enable()  # it rested since `shared.kernel.lean_start`


TURN_SECONDS = 0.005  # of long work, before everything else has a turn


class Breather:
    """Lets other tasks have a turn when long work has gone on for `TURN_SECONDS`: called often, it costs nothing.

    All long work of an event loop shares these seconds. Were they those of each task, the workers of some imports would one
    after the other take them before a short request has its next step.
    """

    def __init__(self) -> None:
        self._turn = _turn_of(asyncio.get_running_loop())

    async def give_way(self) -> None:
        if self._turn.is_over:
            await self._turn.next()


@dataclass(slots=True)
class _Turn:
    """The seconds of long work between two rests; who waits for the next ones gets them in the order of asking."""

    queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    since: float = float("-inf")

    @property
    def is_over(self) -> bool:
        return time.perf_counter() - self.since >= TURN_SECONDS

    async def next(self) -> None:
        async with self.queue:
            await asyncio.sleep(0)
            self.since = time.perf_counter()


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turn] = WeakKeyDictionary()


def _turn_of(loop: asyncio.AbstractEventLoop) -> _Turn:
    return _turns.setdefault(loop, _Turn())


AGAIN_SECONDS = 5.0  # for a task to clean up before cancel() is repeated


async def together(*works: Callable[[], Awaitable[None]]) -> None:
    """Run all, until all are done; raise what the first one raises that fails, when the others have ended.

    Unlike `asyncio.TaskGroup` it repeats cancel() on a task that goes on: on Python 3.11 `asyncio.wait_for`, which
    nats-py and other libraries stand on, loses a cancellation that comes in the same moment as the answer (CPython
    issue 86296, fixed in 3.12).
    """
    tasks = {asyncio.ensure_future(_as_coroutine(work)) for work in works}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await _end(tasks)
    for task in done:
        task.result()


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    while going := {task for task in tasks if not task.done()}:
        for task in going:
            task.cancel()
        with suppress(asyncio.CancelledError):  # cancelled again ourselves: the tasks are, too
            await asyncio.wait(going, timeout=AGAIN_SECONDS)


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()
