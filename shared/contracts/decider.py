"""A decider: what an aggregate is (`evolve`) and what may happen to it (`decide`), as plain functions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Generic, TypeVar

from shared.contracts.about import About

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C, E]):
    """`decide` raises a `Refusal` or returns events; `evolve` never raises.

    `about` gives what the envelope says of the aggregate's draft or unit on a day (Asia/Ho_Chi_Minh). It is None for
    aggregates that don't know that themselves: then the caller puts it into the metadata.
    """

    context: str
    initial: S
    decide: Callable[[S, C], Sequence[E]]
    evolve: Callable[[S, E], S]
    about: Callable[[S, date], About | None] | None = None

    def fold(self, events: Iterable[E]) -> S:
        return reduce(self.evolve, events, self.initial)
