"""A decider: what an aggregate is (`evolve`) and what may happen to it (`decide`), as plain functions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C, E]):
    """`decide` raises a `Refusal` or returns events; `evolve` never raises."""

    context: str
    initial: S
    decide: Callable[[S, C], Sequence[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E]) -> S:
        return reduce(self.evolve, events, self.initial)
