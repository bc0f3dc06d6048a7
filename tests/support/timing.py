"""How long a piece of work takes, whatever else the test process and the machine have to do."""

import gc
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

ATTEMPTS = 3


def processor_seconds(work: Callable[[], object], most: float = math.inf) -> float:
    """Give the seconds of a processor that this thread takes; of several attempts while it is not less than `most`, the least."""
    least = math.inf
    for _ in range(ATTEMPTS):
        with nothing_collected():
            begun = time.thread_time()
            work()
            least = min(least, time.thread_time() - begun)
        if least < most:
            break
    return least


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Let the garbage collector rest.

    It looks through all objects of the process, and after thousands of tests takes seconds of whichever test it falls into.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def waiting_seconds(work: Callable[[], Awaitable[Any]], most: float) -> float:
    """Give the seconds that pass; of several attempts while it is not less than `most`, the least.

    A busy machine is slow once in a while; what waits for something that never comes is late each time.
    """
    least = math.inf
    for _ in range(ATTEMPTS):
        begun = time.monotonic()
        await work()
        least = min(least, time.monotonic() - begun)
        if least < most:
            break
    return least
