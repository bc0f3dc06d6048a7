"""What is appended is timed, counted, traced and logged here, whoever appends it."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from shared.contracts.envelope import AggregateRef, NewEvent
from shared.eventstore.log_writes import LogWrites
from shared.eventstore.port import History, Version
from shared.eventstore.unit_of_work import Append, BulkStore
from shared.kernel import log
from shared.kernel.errors import TransientError
from shared.observability.metrics import Telemetry
from shared.observability.tracing import Tracing, traceparent

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class ObservedEventStore:
    """Does what `below` does. What is appended carries the name of the span that appended it."""

    below: BulkStore
    telemetry: Telemetry
    tracing: Tracing
    writes: LogWrites | None = None

    async def load(self, ref: AggregateRef) -> History:
        return await self.below.load(ref)

    async def exists(self, ref: AggregateRef) -> bool:
        return await self.below.exists(ref)

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        return await self.below.load_all(refs)

    async def reach(self, position: int) -> None:
        await self.below.reach(position)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        with self.tracing.sending(f"append {ref.context}"), self._append_of(ref.context):
            version = await self.below.append(ref, expected, _traced(events))
        self._count(events)
        _log_appended(ref, version, events)
        return version

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        """Append many at once; a line for each event is written at DEBUG only."""
        with self.tracing.sending("append batch"), self._append_of("batch"):
            versions = await self.below.append_all(_traced_all(appends))
        self._count([event for append in appends for event in append.events])
        if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
            for append, version in zip(appends, versions, strict=True):
                _log_appended(append.ref, version, append.events)
        first, last = versions[0].position - len(appends[0].events) + 1, versions[-1].position
        logger.info("events_appended", first_position=first, position=last, aggregates=len(appends))
        return versions

    @contextmanager
    def _append_of(self, context: str) -> Iterator[None]:
        """Time an append, and note whether the broker accepts events."""
        with self.telemetry.append_of(context):
            try:
                yield
            except TransientError as error:
                if self.writes is not None:
                    self.writes.failed(str(error))
                raise
        if self.writes is not None:
            self.writes.succeeded()

    def _count(self, events: Sequence[NewEvent]) -> None:
        for kind, number in Counter(type(event.data) for event in events).items():
            self.telemetry.appended.labels(kind.type_name()).inc(number)


def _traced(events: Sequence[NewEvent]) -> Sequence[NewEvent]:
    if (name := traceparent()) is None:
        return events
    return [replace(event, metadata=replace(event.metadata, traceparent=name)) for event in events]


def _traced_all(appends: Sequence[Append]) -> Sequence[Append]:
    if traceparent() is None:
        return appends
    return [replace(append, events=_traced(append.events)) for append in appends]


def _log_appended(ref: AggregateRef, version: Version, events: Sequence[NewEvent]) -> None:
    first = version.position - len(events) + 1
    for position, event in enumerate(events, start=first):
        logger.info(
            "event_appended",
            type=event.data.type_name(),
            aggregate=f"{ref.context}/{ref.id}",
            event_id=str(event.event_id),
            position=position,
            correlation_id=event.metadata.correlation_id,
            causation_id=event.metadata.causation_id,
        )
