"""Given what happened, when a command comes, then these events (or a refusal): deciders as a table to read."""

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import pytest

from shared.contracts.event import Decider
from shared.kernel.errors import Refusal

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
R = TypeVar("R", bound=Refusal)


@dataclass(frozen=True, slots=True)
class Asked(Generic[S, C, E]):
    """A command before a decider that knows some events."""

    decider: Decider[S, C, E]
    history: tuple[E, ...]
    command: C

    def then(self, *expected: E) -> "Specification[S, C, E]":
        """Check the events, all of them and in order; go on from there."""
        decided = tuple(self._decide())
        assert decided == expected
        return Specification(self.decider, self.history + decided)

    def nothing(self) -> "Specification[S, C, E]":
        """Check that the command is no news."""
        return self.then()

    def refused(self, refusal: type[R], **facts: Any) -> R:
        """Check that it is refused so, in both languages; give the refusal."""
        with pytest.raises(refusal) as caught:
            self._decide()
        error = caught.value
        assert type(error) is refusal
        assert error.message.vi
        assert error.message.en
        assert error.message.vi != error.message.en
        assert facts.items() <= dict(error.facts).items()
        return error

    def yields(self) -> tuple[E, ...]:
        """Give the events, for a test that looks at some part of them."""
        return tuple(self._decide())

    def _decide(self) -> tuple[E, ...]:
        before = self.decider.fold(self.history)
        decided = tuple(self.decider.decide(before, self.command))
        assert self.decider.fold(self.history) == before, "a decision changes no state"
        return decided


@dataclass(frozen=True, slots=True)
class Specification(Generic[S, C, E]):
    decider: Decider[S, C, E]
    history: tuple[E, ...] = ()

    def given(self, *events: E) -> "Specification[S, C, E]":
        return replace(self, history=self.history + events)

    def when(self, command: C) -> Asked[S, C, E]:
        return Asked(self.decider, self.history, command)

    @property
    def state(self) -> S:
        return self.decider.fold(self.history)


def spec(decider: Decider[S, C, E]) -> Specification[S, C, E]:
    """Begin a specification: `spec(draft).given(…).when(…).then(…)` or `.refused(…)`."""
    return Specification(decider)
