"""The event store as everything above it sees it: load one aggregate, append to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.contracts.event import Event
from shared.envelope import AggregateRef, NewEvent, Recorded
from shared.errors import LoaError

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
    """All events of one aggregate, in order."""

    events: tuple[Recorded, ...] = ()

    @property
    def version(self) -> Version:
        if not self.events:
            return NOTHING
        return Version(self.events[-1].aggregate_version, self.events[-1].position)

    @property
    def facts(self) -> list[Any]:
        """What the events say, without those of types that this release doesn't know."""
        return [event.data for event in self.events if isinstance(event.data, Event)]


class EventStore(Protocol):
    """Append is publish: what is appended is in the log, for every reader, at once and for good."""

    async def load(self, ref: AggregateRef) -> History:
        """Read all events of an aggregate; an aggregate without events has an empty history."""
        ...

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        """Append all of `events` or none (1 to `MAX_BATCH`).

        `expected` is the version that was read. Returns the new version.
        Appending again the very events (by id) that already follow `expected` succeeds and changes
        nothing: an acknowledgement may be lost. Otherwise raises `VersionConflict` if the aggregate
        has moved on, `TransientError` if the broker could not be reached in time.
        """
        ...
