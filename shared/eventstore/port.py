"""The event store as everything above it sees it: load one aggregate, append to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol, TypeVar

from shared.contracts.decider import Decider
from shared.contracts.envelope import AggregateRef, NewEvent, Recorded
from shared.contracts.event import Event
from shared.kernel.errors import LoaError

S = TypeVar("S")
MAX_BATCH = 1000  # events of one atomic append (the broker's limit, ADR-50 of NATS)


class VersionConflict(LoaError):
    """Somebody else appended to the aggregate since it was read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Version:
    """Where an aggregate stands: how many events it has, and the position of its last one."""

    count: int = 0
    position: int = 0


NOTHING = Version()


@dataclass(frozen=True, slots=True)
class History:
    """All events of one aggregate, in order; what they add up to is reckoned once."""

    events: tuple[Recorded, ...] = ()
    _states: dict[str, tuple[Decider[Any, Any, Any], Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def version(self) -> Version:
        if not self.events:
            return NOTHING
        return Version(self.events[-1].aggregate_version, self.events[-1].position)

    @property
    def facts(self) -> list[Any]:
        """What the events say, without those of types that this release doesn't know."""
        return _facts(self.events)

    def state(self, decider: Decider[S, Any, Any]) -> S:
        """Fold the events, once for each decider (known by its context)."""
        if decider.context not in self._states:
            self._states[decider.context] = decider, decider.fold(self.facts)
        state: S = self._states[decider.context][1]
        return state

    def grown(self, events: Sequence[Recorded]) -> "History":
        """Follow it with more events; what is cached of the first is not computed again."""
        new = _facts(events)
        states = {
            context: (decider, reduce(decider.evolve, new, state))
            for context, (decider, state) in self._states.items()
        }
        return History((*self.events, *events), states)


def _facts(events: Iterable[Recorded]) -> list[Any]:
    return [event.data for event in events if isinstance(event.data, Event)]


class EventStore(Protocol):
    """Append is publish: what is appended is in the log, for every reader, at once and for good."""

    async def load(self, ref: AggregateRef) -> History:
        """Read all events of an aggregate; an aggregate without events has an empty history."""
        ...

    async def exists(self, ref: AggregateRef) -> bool:
        """Say whether an aggregate has any event, as new as `load` would; it is not read."""
        ...

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        """Append all of `events` or none (1 to `MAX_BATCH`).

        `expected` is the version that was read. Returns the new version.
        Appending again the very events (by id) that already follow `expected` succeeds and changes
        nothing: an acknowledgement may be lost. Otherwise raises `VersionConflict` if the aggregate
        has moved on, `TransientError` if the broker could not be reached in time.
        """
        ...
