"""The port of a projection, and the status of its projector."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Recorded
from shared.kernel.errors import PermanentError


class Projection(Protocol):
    """What a service makes of the log. Only events of `contexts` are decoded and handed over.

    `tables` hold nothing but what comes from the log: a rebuild empties and fills them.
    """

    @property
    def name(self) -> str: ...
    @property
    def contexts(self) -> frozenset[str]: ...
    @property
    def tables(self) -> Sequence[Table]: ...

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        """Write what the events mean, within the transaction that also moves the checkpoint."""
        ...

    async def began(self) -> None:
        """Called when this process becomes the active one; its caches may be stale."""
        ...

    async def caught_up(self) -> None:
        """Called after the commit when the rows are as new as the log; may append events."""
        ...


Guard = Callable[[], Awaitable[None]]
"""Raises `LogReplaced` while nothing may be made from the log (`shared.projections.log_fence`)."""


async def allow() -> None:
    """Guard nothing."""


class State(StrEnum):
    STARTING = "starting"
    STANDBY = "standby"
    RUNNING = "running"
    HALTED = "halted"


@dataclass(frozen=True, slots=True)
class Status:
    """`position` is the last one in the rows, `pending` how many events of the log are not in them yet."""

    state: State = State.STARTING
    position: int = 0
    pending: int = 0
    problem: str | None = None
    halted_at: int | None = None


class StreamRecreated(PermanentError):
    """The log is not the one that the rows were made from; an operator must decide (`loa recover`)."""

    def __init__(self, detail: str) -> None:
        super().__init__("stream_recreated", detail)


class PoisonEvent(PermanentError):
    """An event that can't be projected: the projector stops before it and says so."""

    def __init__(self, position: int, detail: str) -> None:
        super().__init__("poison_event", f"position {position}: {detail}")
        self.position = position
