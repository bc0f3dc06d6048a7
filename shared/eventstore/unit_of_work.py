"""The log plus the pending events of one request: read once, written together, or, by a dry run, never."""

from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from shared.contracts.envelope import AggregateRef, NewEvent, Recorded
from shared.eventstore.append_outcome import check_size
from shared.eventstore.port import MAX_BATCH, EventStore, History, Version, VersionConflict
from shared.kernel.errors import TransientError

PROVISIONAL = 1 << 60  # what is not written yet stands after the head of any log


@dataclass(frozen=True, slots=True)
class Append:
    """Events that are to follow version `expected` of an aggregate."""

    ref: AggregateRef
    expected: Version
    events: Sequence[NewEvent]


class BulkStore(EventStore, Protocol):
    """An event store that reads and writes many aggregates at a time."""

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        """Read each of them, as `load` does."""
        ...

    async def reach(self, position: int) -> None:
        """Read nothing from now on that is older than a position of the log, whichever broker answers.

        Raises `TransientError` if the log does not have it in time.
        """
        ...

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        """Append to different aggregates, all or nothing; `MAX_BATCH` events at most.

        Raises `VersionConflict` if one of them has moved on, `TransientError` if the answer is not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """The position that each provisional one became, and the aggregates that others changed meanwhile."""

    positions: Mapping[int, int] = field(default_factory=dict)
    conflicted: frozenset[AggregateRef] = frozenset()


@dataclass(slots=True)
class OverlayEventStore:
    """An event store for one request. What it appends stands in memory until `write`.

    Aggregates are cached as first read: a conflict is noticed when the events are written.
    """

    below: BulkStore
    _histories: dict[AggregateRef, History] = field(default_factory=dict)
    _pending: dict[AggregateRef, list[NewEvent]] = field(default_factory=dict)
    _last_provisional: int = PROVISIONAL

    async def expect(self, refs: Iterable[AggregateRef]) -> None:
        """Read at once what will be asked for one by one."""
        wanted = [ref for ref in dict.fromkeys(refs) if ref not in self._histories]
        if wanted:
            for ref, history in (await self.below.load_all(wanted)).items():
                self._histories.setdefault(ref, history)

    async def load(self, ref: AggregateRef) -> History:
        if ref in self._histories:
            return self._histories[ref]
        history = await self.below.load(ref)
        return self._histories.setdefault(
            ref, history
        )  # another row may have read it, or appended to it, meanwhile

    async def exists(self, ref: AggregateRef) -> bool:
        """Say so by what was read (or appended) of the aggregate, for rows that follow will ask for it too."""
        return bool((await self.load(ref)).events)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        check_size(events)
        history = await self.load(ref)
        if history.version != expected:
            raise VersionConflict(f"{ref.context}/{ref.id} is at {history.version}, not {expected}")
        self._histories[ref] = grown = history.grown([*self._recorded(ref, expected, events)])
        self._pending.setdefault(ref, []).extend(events)
        return grown.version

    def write(self) -> Coroutine[Any, Any, Written]:
        """Append to the log what is pending at this moment, in as few atomic batches as it takes.

        Callers may append more while a write is in flight; write it only if no aggregate conflicted.
        """
        batches = [*_batches(self._appends())]
        self._pending = {}
        return self._write_all(batches)

    async def _write_all(self, batches: Iterable[Sequence[Append]]) -> Written:
        positions: dict[int, int] = {}
        conflicted: set[AggregateRef] = set()
        for batch in batches:
            for append, version in await self._write(batch):
                if version is None:
                    conflicted.add(append.ref)
                else:
                    positions |= self._settle(append, version)
        return Written(positions, frozenset(conflicted))

    def forget(self, refs: Iterable[AggregateRef] | None = None) -> None:
        """Read these (default: all) again when they are next asked for, and drop what is pending on them."""
        for ref in list(self._histories if refs is None else refs):
            self._histories.pop(ref, None)
            self._pending.pop(ref, None)

    def _recorded(self, ref: AggregateRef, after: Version, events: Sequence[NewEvent]) -> Iterator[Recorded]:
        for count, event in enumerate(events, start=after.count + 1):
            self._last_provisional += 1
            yield Recorded(
                position=self._last_provisional,
                ref=ref,
                aggregate_version=count,
                event_id=event.event_id,
                data=event.data,
                metadata=event.metadata,
                type=event.data.type_name(),
            )

    def _appends(self) -> Iterator[Append]:
        for ref, events in self._pending.items():
            before = self._histories[ref].events[: -len(events)]
            yield Append(ref, History(before).version, events)

    async def _write(self, batch: Sequence[Append]) -> list[tuple[Append, Version | None]]:
        if len(batch) > 1:
            try:
                return list(zip(batch, await self.below.append_all(batch), strict=True))
            except (VersionConflict, TransientError):
                pass  # one of them conflicts, or the outcome is unknown: each by itself, with the same ids
        return [(append, await self._write_single(append)) for append in batch]

    async def _write_single(self, append: Append) -> Version | None:
        try:
            return await self.below.append(append.ref, append.expected, append.events)
        except VersionConflict:
            return None

    def _settle(self, append: Append, version: Version) -> dict[int, int]:
        """Give what was written the positions that it has in the log."""
        history, start, new = self._histories[append.ref], append.expected.count, len(append.events)
        provisional, first = history.events[start : start + new], version.position - new + 1
        placed = [
            replace(event, position=position) for position, event in enumerate(provisional, start=first)
        ]
        events = (*history.events[:start], *placed, *history.events[start + new :])
        self._histories[append.ref] = replace(history, events=events)
        return {old.position: now.position for old, now in zip(provisional, placed, strict=True)}


def _batches(appends: Iterable[Append]) -> Iterator[list[Append]]:
    batch: list[Append] = []
    capacity = MAX_BATCH
    for append in list(appends):
        if batch and len(append.events) > capacity:
            yield batch
            batch, capacity = [], MAX_BATCH
        batch.append(append)
        capacity -= len(append.events)
    if batch:
        yield batch
