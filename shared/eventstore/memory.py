"""The event store in memory, for tests: the same port, the same bytes, no broker."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.contracts.envelope import CATALOG, AggregateRef, Catalog, NewEvent, Recorded, decode, encode
from shared.eventstore.handle import History, Version, VersionConflict, check_size, settled


@dataclass(slots=True)
class MemoryEventStore:
    """Keeps what a broker would keep; `payloads[n - 1]` is the event at position n."""

    catalog: Catalog = CATALOG
    payloads: list[tuple[AggregateRef, bytes]] = field(default_factory=list)

    async def load(self, ref: AggregateRef) -> History:
        return History(tuple(event for event in self.recorded() if event.ref == ref))

    async def exists(self, ref: AggregateRef) -> bool:
        return any(of == ref for of, _ in self.payloads)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        check_size(events)
        history = await self.load(ref)
        if history.version.position != expected.position:
            again = settled(history, expected, events)
            if again is None:
                raise VersionConflict(f"{ref.context}/{ref.id} is at {history.version}, not {expected}")
            return again
        for count, event in enumerate(events, start=expected.count + 1):
            self.payloads.append((ref, encode(ref, event, count)))
        return Version(expected.count + len(events), len(self.payloads))

    def recorded(self, after: int = 0) -> list[Recorded]:
        """Read the whole log from a position on, as a projection would."""
        stored = enumerate(self.payloads[after:], start=after + 1)
        return [decode(self.catalog, position, payload) for position, (_, payload) in stored]
