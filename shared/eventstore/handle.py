"""The one command handler: load, fold, decide, append; a conflict is decided anew."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.clock import NewId
from shared.contracts.event import Event
from shared.contracts.ids import event_id
from shared.decider import Decider
from shared.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.eventstore.port import EventStore, History, Version, VersionConflict
from shared.eventstore.refusals import StaleVersion, TooManyConflicts

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
    key = metadata.idempotency_key
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(random.uniform(0, PAUSE * 2**attempt))  # noqa: S311 - it guards nothing
        history = await store.load(ref)
        if key is not None and (done := _done_before(history, key)):
            return Handled(Version(done[-1].aggregate_version, done[-1].position), done, repeated=True)
        if if_match not in (None, history.version.count):
            raise StaleVersion(if_match, history.version.count)
        decided = decider.decide(decider.fold(history.facts), command)
        if not decided:
            return Handled(history.version)
        ids = [new_id() if key is None else event_id(ref.id, key, n) for n in range(len(decided))]
        new = tuple(NewEvent(id_, data, metadata) for id_, data in zip(ids, decided, strict=True))
        try:
            return Handled(await store.append(ref, history.version, new), new)
        except VersionConflict:
            continue
    raise TooManyConflicts(attempts)


def _done_before(history: History, key: str) -> tuple[Recorded, ...]:
    return tuple(event for event in history.events if event.metadata.idempotency_key == key)
