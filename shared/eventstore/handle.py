"""The one command handler: load, fold, decide, append; a conflict is decided again."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Generic, TypeVar

from shared.contracts.decider import Decider
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.contracts.event import Event
from shared.contracts.ids import event_id
from shared.eventstore.conflicts import (
    HoldsPersonalData,
    IdempotencyKeyReused,
    StaleVersion,
    TooManyConflicts,
)
from shared.eventstore.port import EventStore, History, Version, VersionConflict
from shared.kernel.clock import NewId, day_in_vietnam
from shared.text_checks.personal_data import find_in

S = TypeVar("S")
C = TypeVar("C")
PAUSE = 0.02  # seconds: how far apart two writers are spread before they try again; doubled each time


@dataclass(frozen=True, slots=True)
class Handled(Generic[S]):
    """What a command did: the new `events`, and the aggregate's state and version after them.

    `repeated`: the command was carried out before, with these `events`; `version` is the one that it led to then,
    `state` is the present one.
    """

    version: Version
    state: S
    before: History
    events: tuple[Recorded, ...] = ()
    repeated: bool = False

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
    *, if_match: int | None = None, attempts: int = 4, new_id: NewId,
) -> Handled[S]:  # fmt: skip
    """Carry out a command once, however often it comes with the same idempotency key.

    `if_match` is an aggregate version. Raises a `Refusal` or a `TransientError`.
    """

    async def ready(_: History) -> tuple[C, Metadata]:
        return command, metadata

    return await handle_prepared(
        store, decider, ref, ready, metadata, if_match=if_match, attempts=attempts, new_id=new_id
    )


async def handle_prepared(
    store: EventStore, decider: Decider[S, C, Any], ref: AggregateRef, prepare: Prepare[C], metadata: Metadata,
    *, if_match: int | None = None, attempts: int = 4, new_id: NewId,
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
        decided = decider.decide(state, command)
        if not decided:
            return Handled(history.version, state, history)
        refuse_personal_data(decided)
        after = reduce(decider.evolve, decided, state)
        new = tuple(_new(ref, decided, _with_about(decider, after, stamped), new_id))
        try:
            version = await store.append(ref, history.version, new)
        except VersionConflict:
            continue
        return Handled(version, after, history, tuple(_recorded(ref, version, new)))
    raise TooManyConflicts(attempts)


def refuse_personal_data(events: Iterable[Event]) -> None:
    """Raise `HoldsPersonalData` if a text of an event does, as far as patterns can tell."""
    for event in events:
        if (holds := find_in(event.model_dump())) is not None:
            raise HoldsPersonalData(*holds)


def _with_about(decider: Decider[S, Any, Any], after: S, metadata: Metadata) -> Metadata:
    """Say in the envelope what the aggregate is about once the events are recorded; else what the caller said."""
    if decider.about is None:
        return metadata
    return replace(metadata, about=decider.about(after, day_in_vietnam(metadata.time)))


def _new(
    ref: AggregateRef, decided: Sequence[Event], metadata: Metadata, new_id: NewId
) -> Iterator[NewEvent]:
    key = metadata.idempotency_key
    for index, data in enumerate(decided):
        yield NewEvent(new_id() if key is None else event_id(ref.id, key, index), data, metadata)


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
    """Find what the same key wrote; that it came with another payload is refused, as far as both are known."""
    if (key := metadata.idempotency_key) is None:
        return ()
    done = tuple(event for event in history.events if event.metadata.idempotency_key == key)
    hashes = {metadata.payload_hash, *(event.metadata.payload_hash for event in done)} - {None}
    if done and len(hashes) > 1:
        raise IdempotencyKeyReused(key)
    return done
