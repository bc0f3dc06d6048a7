"""The one command handler: load, fold, decide, append; a conflict is decided anew."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from shared.clock import NewId
from shared.contracts.event import Event
from shared.contracts.ids import event_id
from shared.decider import Decider
from shared.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.eventstore.port import EventStore, History, Version, VersionConflict
from shared.eventstore.refusals import (
    HoldsPersonalData,
    IdempotencyKeyReused,
    StaleVersion,
    TooManyConflicts,
)
from shared.personal_data import find_in

S = TypeVar("S")
C = TypeVar("C")
PAUSE = 0.02  # seconds: how far apart two writers are spread before they try again; doubled each time


@dataclass(frozen=True, slots=True)
class Handled:
    """Where the aggregate stands; `repeated`: the command was carried out before, with these `events`."""

    version: Version
    events: tuple[Recorded | NewEvent, ...] = ()
    repeated: bool = False

    @property
    def event_names(self) -> list[str]:
        return [event.data.type_name() for event in self.events if isinstance(event.data, Event)]


async def handle(
    store: EventStore, decider: Decider[S, C, Any], ref: AggregateRef, command: C, metadata: Metadata,
    *, if_match: int | None = None, attempts: int = 4, new_id: NewId,
) -> Handled:  # fmt: skip
    """Carry out a command once, however often it comes with the same idempotency key.

    `if_match` is an aggregate version. Raises a `Refusal` or a `TransientError`.
    """
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - it guards nothing
        history = await store.load(ref)
        if done := _done_before(history, metadata):
            return Handled(Version(done[-1].aggregate_version, done[-1].position), done, repeated=True)
        if if_match not in (None, history.version.count):
            raise StaleVersion(if_match, history.version.count)
        decided = decider.decide(history.state(decider), command)
        if not decided:
            return Handled(history.version)
        refuse_personal_data(decided)
        new = tuple(
            NewEvent(_event_id(ref, metadata, n, new_id), data, metadata) for n, data in enumerate(decided)
        )
        try:
            return Handled(await store.append(ref, history.version, new), new)
        except VersionConflict:
            continue
    raise TooManyConflicts(attempts)


def refuse_personal_data(events: Iterable[Event]) -> None:
    """Raise `HoldsPersonalData` if a text of an event does, as far as patterns can tell."""
    for event in events:
        if (holds := find_in(event.model_dump())) is not None:
            raise HoldsPersonalData(*holds)


def _event_id(ref: AggregateRef, metadata: Metadata, index: int, new_id: NewId) -> UUID:
    key = metadata.idempotency_key
    return new_id() if key is None else event_id(ref.id, key, index)


def _done_before(history: History, metadata: Metadata) -> tuple[Recorded, ...]:
    """Find what the same key wrote; that it came with another payload is refused, as far as both are known."""
    if (key := metadata.idempotency_key) is None:
        return ()
    done = tuple(event for event in history.events if event.metadata.idempotency_key == key)
    hashes = {metadata.payload_hash, *(event.metadata.payload_hash for event in done)} - {None}
    if done and len(hashes) > 1:
        raise IdempotencyKeyReused(key)
    return done
