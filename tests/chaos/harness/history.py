"""What the workload did: every command with all its attempts, so that a checker can hold it against the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class End(StrEnum):
    """How a command ended for the caller."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no answer until the caller gave up


@dataclass(slots=True)
class Attempt:
    """One request: when it began and ended (monotonic seconds), and its answer; no status if none came."""

    replica: str
    began: float
    ended: float = 0.0
    status: int | None = None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Command:
    """`key` is the idempotency key, `about` the aggregate as the caller knows it."""

    key: str
    service: str
    method: str
    path: str
    json: Any
    about: str
    attempts: list[Attempt] = field(default_factory=list)
    end: End = End.UNKNOWN

    @property
    def answer(self) -> Attempt:
        return self.attempts[-1]

    @property
    def began(self) -> float:
        return self.attempts[0].began

    @property
    def position(self) -> int | None:
        position: int | None = self.answer.body.get("position")
        return position


@dataclass(slots=True)
class History:
    """`imported` are the draft codes of files: True once their rows were acknowledged."""

    commands: list[Command] = field(default_factory=list)
    imported: dict[str, bool] = field(default_factory=dict)

    def of(self, end: End) -> Sequence[Command]:
        return [command for command in self.commands if command.end is end]
