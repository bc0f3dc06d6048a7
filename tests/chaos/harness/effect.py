"""What a fault is, and what it touched."""

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tests.chaos.harness.running_platform import ChaosPlatform


@dataclass(slots=True)
class Effect:
    """What a fault touched; a fault with 0 `hits` is not counted as tried."""

    name: str
    target: str = ""
    hits: int = 0


Fault = Callable[[ChaosPlatform, random.Random, Effect], AbstractAsyncContextManager[None]]
