"""How long a piece of work takes, whatever else the test process and the machine have to do."""

import gc
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

ATTEMPTS = 3


def processor_seconds(work: Callable[[], object], most: float = math.inf) -> float:
    """Give the seconds of a processor that this thread takes; of several attempts while it is not less than `most`, the least.

    The garbage collector rests: it looks through all objects of the process, and after thousands of tests takes seconds of
    whichever test it falls into.
    """
    least = math.inf
    for _ in range(ATTEMPTS):
        gc.disable()
        try:
            begun = time.thread_time()
            work()
            least = min(least, time.thread_time() - begun)
        finally:
            gc.enable()
        if least < most:
            break
    return least


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
