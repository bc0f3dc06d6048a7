"""The command handler: load the aggregate, decide, append with the version that was read; one event or a batch at a time."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any, Generic, Protocol, TypeVar

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.contracts.event import Decider, Event, event_id
from shared.contracts.vocabulary import Dataset
from shared.eventstore.conflicts import (
    HoldsPersonalData,
    IdempotencyKeyReused,
    NoWebAddress,
    OutsideExercise,
    StaleVersion,
    TooManyConflicts,
)
from shared.kernel.counted import counted
from shared.kernel.errors import LoaError, Refusal, TransientError
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import NewId
from shared.text_checks.event_texts import find, find_in, other_address_in

S = TypeVar("S")
C = TypeVar("C")
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
    """All events of one aggregate, in order; what they add up to is reckoned once, when it is asked for."""

    events: tuple[Recorded, ...] = ()
    _states: dict[str, tuple[int, Any]] = field(default_factory=dict, compare=False, repr=False)

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
        """Fold the events that were not folded yet; a state is cached by its decider's context, with their number."""
        before: tuple[int, S] = self._states.get(decider.context, (0, decider.initial))
        folded, state = before
        if folded < len(self.events):
            state = reduce(partial(_folded, decider), self.events[folded:], state)
            self._states[decider.context] = len(self.events), state
        return state

    def had(self, decider: Decider[S, C, Any], command: C) -> bool:
        """Tell whether a command changes nothing at an earlier state: what it says was recorded, and has changed since.

        Only what is in the log counts, not what the same request adds.
        """
        state, folded = decider.initial, 0
        written = [
            each for each in self.events if each.position < PROVISIONAL and isinstance(each.data, Event)
        ]
        for number, event in enumerate(written):
            if number and (not decider.supersedes or type(event.data) in decider.supersedes):
                state = reduce(partial(_folded, decider), written[folded:number], state)
                folded = number
                if _is_done(decider, state, command):
                    return True
        return False

    def grown(self, events: Sequence[Recorded]) -> "History":
        """Follow it with more events; what is cached of the first is not computed again."""
        return History((*self.events, *events), dict(self._states))


def _folded(decider: Decider[S, Any, Any], state: S, event: Recorded) -> S:
    """Fold an event; one of a type that this release doesn't know changes nothing."""
    if not isinstance(event.data, Event):
        return state
    return decider.evolve_recorded(state, event.data, event.event_id)


def _is_done(decider: Decider[S, C, Any], state: S, command: C) -> bool:
    try:
        return not decider.decide(state, command)
    except Refusal:
        return False


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


def settled(history: History, expected: Version, events: Sequence[NewEvent]) -> Version | None:
    """Give the version that the append of `events` made, if they follow `expected`; else None."""
    after = [event for event in history.events if event.position > expected.position][: len(events)]
    if [event.event_id for event in after] != [event.event_id for event in events]:
        return None
    return Version(after[-1].aggregate_version, after[-1].position)


def check_size(events: Sequence[NewEvent]) -> None:
    if not 1 <= len(events) <= MAX_BATCH:
        raise ValueError(f"an append takes 1 to {counted(MAX_BATCH, 'event')}, not {len(events)}")


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
        if (present := self._histories.get(ref)) is not None:
            return present
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
        self._last_provisional += len(events)
        provisional = Version(expected.count + len(events), self._last_provisional)
        self._histories[ref] = grown = history.grown([*_recorded(ref, provisional, events)])
        self._pending.setdefault(ref, []).extend(events)
        return grown.version

    async def write(self) -> Written:
        """Append to the log what is pending, in as few atomic batches as it takes."""
        batches = [*_batches(self._appends())]
        self._pending = {}
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
        history, start = self._histories[append.ref], append.expected.count
        written = [*_recorded(append.ref, version, append.events)]
        self._histories[append.ref] = replace(history, events=(*history.events[:start], *written))
        return {old.position: new.position for old, new in zip(history.events[start:], written, strict=True)}


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


PAUSE = 0.02  # seconds: how far apart two writers are spread before they try again; doubled each time


@dataclass(frozen=True, slots=True)
class Handled(Generic[S]):
    """What a command did: the new `events`, and the aggregate's state and version after them.

    `repeated`: the command was carried out before, with these `events`; `version` is the one that it led to then,
    `state` is the present one. `superseded`: what it says was recorded before, and has changed since; nothing was recorded.
    """

    version: Version
    state: S
    before: History
    events: tuple[Recorded, ...] = ()
    repeated: bool = False
    superseded: bool = False

    @property
    def event_names(self) -> list[str]:
        return [event.data.type_name() for event in self.events if isinstance(event.data, Event)]

    @property
    def history(self) -> History:
        """All events of the aggregate, the new ones included, without another load."""
        return self.before if self.repeated else self.before.grown(self.events)


Prepare = Callable[[History], Awaitable[tuple[C, Metadata]]]
"""Makes a command, and its metadata, out of what was loaded: where it needs ids of events, or other aggregates."""


async def handle(
    store: EventStore, decider: Decider[S, C, Any], ref: AggregateRef, command: C, metadata: Metadata,
    *, if_match: int | None = None, attempts: int = 4, new_id: NewId, once: bool = False,
) -> Handled[S]:  # fmt: skip
    """Carry out a command once, however often it comes with the same idempotency key.

    `if_match` is an aggregate version. `once`: what was recorded before and has changed since (amended, corrected,
    withdrawn) is neither recorded again nor refused, as of a file that is imported again. Raises a `Refusal` or a
    `TransientError`.
    """

    async def ready(_: History) -> tuple[C, Metadata]:
        return command, metadata

    return await handle_prepared(
        store, decider, ref, ready, metadata, if_match=if_match, attempts=attempts, new_id=new_id, once=once
    )


async def handle_prepared(
    store: EventStore, decider: Decider[S, C, Any], ref: AggregateRef, prepare: Prepare[C], metadata: Metadata,
    *, if_match: int | None = None, attempts: int = 4, new_id: NewId, once: bool = False,
) -> Handled[S]:  # fmt: skip
    """Do as `handle` does, with a command that is made once the aggregate is loaded, and again after a conflict."""
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - it guards nothing
        history = await store.load(ref)
        state = history.state(decider)
        if done := _done_before(history, metadata):
            last = Version(done[-1].aggregate_version, done[-1].position)
            return Handled(last, state, history, done, repeated=True)
        if if_match not in (None, history.version.count):
            raise StaleVersion(if_match, history.version.count)
        command, stamped = await prepare(history)
        decided = _decided(decider, history, command, once=once)
        if not decided:
            return Handled(history.version, state, history, superseded=decided is None)
        refuse_personal_data(decided)
        refuse_personal_key(stamped)
        after = reduce(decider.evolve, decided, state)
        stamped = _with_about(decider, after, stamped)
        refuse_live_data(stamped)
        new = tuple(_new(ref, decided, stamped, new_id))
        try:
            version = await store.append(ref, history.version, new)
        except VersionConflict:
            continue
        return Handled(version, after, history, tuple(_recorded(ref, version, new)))
    raise TooManyConflicts(attempts)


def _decided(
    decider: Decider[S, C, Any], history: History, command: C, *, once: bool
) -> Sequence[Event] | None:
    """Decide a command; None if it is to be carried out once, and was before what followed it."""
    try:
        events: Sequence[Event] = decider.decide(history.state(decider), command)
    except Refusal:
        if once and history.had(decider, command):
            return None
        raise
    is_new = decider.keyed or not once or not events
    return events if is_new or not history.had(decider, command) else None


def refuse_personal_data(events: Iterable[Event]) -> None:
    """Raise `HoldsPersonalData` if a text of an event does, as far as patterns can tell."""
    for event in events:
        fields = event.model_dump()
        if (holds := find_in(fields)) is not None:
            raise HoldsPersonalData(*holds)
        if (field := other_address_in(fields)) is not None:
            raise NoWebAddress(field)


def refuse_live_data(metadata: Metadata) -> None:
    """Raise `OutsideExercise` if somebody in training would record what is not about exercise data."""
    if metadata.training and (metadata.about is None or metadata.about.dataset != Dataset.EXERCISE):
        raise OutsideExercise


def refuse_personal_key(metadata: Metadata) -> None:
    """Raise `HoldsPersonalData` for a client's idempotency key that holds some: it is recorded in the envelope."""
    if (holds := find(metadata.idempotency_key or "")) is not None:
        raise HoldsPersonalData("Idempotency-Key", holds)


def _with_about(decider: Decider[S, Any, Any], after: S, metadata: Metadata) -> Metadata:
    """Say in the envelope what the aggregate is about once the events are recorded; else what the caller said."""
    if decider.about is None:
        return metadata
    return replace(metadata, about=decider.about(after, day_in_vietnam(metadata.time)))


def _new(
    ref: AggregateRef, decided: Sequence[Event], metadata: Metadata, new_id: NewId
) -> Iterator[NewEvent]:
    key, subject = metadata.idempotency_key, metadata.subject
    for index, data in enumerate(decided):
        number = new_id() if key is None else event_id(ref.id, key, index, subject)
        yield NewEvent(number, data, metadata)


def _recorded(ref: AggregateRef, version: Version, events: Sequence[NewEvent]) -> Iterator[Recorded]:
    """Give the events as they stand in the log: the last one at `version`, those before it directly before."""
    for left, event in zip(reversed(range(len(events))), events, strict=True):
        yield Recorded(
            position=version.position - left,
            ref=ref,
            aggregate_version=version.count - left,
            event_id=event.event_id,
            data=event.data,
            metadata=event.metadata,
            type=event.data.type_name(),
        )


def _done_before(history: History, metadata: Metadata) -> tuple[Recorded, ...]:
    """Find what the same client's key wrote; that it came with another payload is refused, as far as both are known."""
    if (key := metadata.idempotency_key) is None:
        return ()
    own = (metadata.subject, key)
    done = tuple(
        event for event in history.events if (event.metadata.subject, event.metadata.idempotency_key) == own
    )
    hashes = {metadata.payload_hash, *(event.metadata.payload_hash for event in done)} - {None}
    if done and len(hashes) > 1:
        raise IdempotencyKeyReused(key)
    return done
