"""Whoever appends, and however it ends: it is timed by outcome, counted by type, and names its trace."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import unit_id
from shared.contracts.registry import UnitRegistered, UnitRenamed
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.eventstore.handle import NOTHING, Append, History, Version, VersionConflict
from shared.eventstore.jetstream import ObservedEventStore
from shared.eventstore.memory import MemoryEventStore
from shared.kernel.errors import PermanentError, TransientError
from shared.observability.signals import Telemetry, Tracing

REF = AggregateRef("unit", unit_id("BTP"))
DATA = UnitRegistered(
    unit_code="BTP", unit_name="Bộ Tư pháp", level=UnitLevel.CENTRAL, kind=UnitKind.MINISTRY
)
METADATA = Metadata(time=datetime(2026, 1, 5, tzinfo=UTC), actor="service/test", correlation_id="c")
EVENT = NewEvent(UUID(int=1), DATA, METADATA)


class Failing(MemoryEventStore):
    """Refuses every append with the same error."""

    error: Exception = VersionConflict("moved")

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        del ref, expected, events
        raise self.error


def observed(below: MemoryEventStore) -> ObservedEventStore:
    return ObservedEventStore(below, Telemetry(), Tracing())  # type: ignore[arg-type]  # no bulk in these tests


def count(store: ObservedEventStore, context: str, outcome: str) -> float | None:
    labels = {"context": context, "outcome": outcome}
    return store.telemetry.registry.get_sample_value("loa_append_seconds_count", labels)


async def test_an_append_is_timed_and_its_events_counted() -> None:
    store = observed(MemoryEventStore())
    await store.append(REF, NOTHING, [EVENT])
    await asyncio.sleep(0)  # who appends does not wait until it is counted
    assert count(store, "unit", "appended") == 1
    labels = {"type": "vn.loa.unit.registered.v1"}
    assert store.telemetry.registry.get_sample_value("loa_appended_events_total", labels) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (VersionConflict("moved"), "conflict"),
        (TransientError("away"), "transient"),
        (PermanentError("append_refused", "never"), "permanent"),
        (RuntimeError("ours"), "failed"),
    ],
)
async def test_how_an_append_failed_is_its_outcome(error: Exception, outcome: str) -> None:
    below = Failing()
    below.error = error
    store = observed(below)
    with pytest.raises(type(error)):
        await store.append(REF, NOTHING, [EVENT])
    assert count(store, "unit", outcome) == 1
    assert count(store, "unit", "appended") is None


class Waiting(MemoryEventStore):
    """Never answers."""

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        await asyncio.Event().wait()
        return await super().append(ref, expected, events)


async def test_an_append_that_is_cancelled_was_not_appended() -> None:
    store = observed(Waiting())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(store.append(REF, NOTHING, [EVENT]), 0.01)
    assert count(store, "unit", "failed") == 1
    assert count(store, "unit", "appended") is None


async def test_events_of_one_append_are_counted_by_type() -> None:
    store = observed(MemoryEventStore())
    renamed = UnitRenamed(unit_code="BTP", unit_name="Bộ Công an", on=date(2026, 1, 5))
    others = [NewEvent(UUID(int=number), renamed, METADATA) for number in (2, 3)]
    await store.append(REF, NOTHING, [EVENT, *others])
    await asyncio.sleep(0)  # who appends does not wait until it is counted
    for name, number in (("registered", 1), ("renamed", 2)):
        labels = {"type": f"vn.loa.unit.{name}.v1"}
        assert store.telemetry.registry.get_sample_value("loa_appended_events_total", labels) == number


class Bulk(MemoryEventStore):
    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        return [await self.append(append.ref, append.expected, append.events) for append in appends]


async def test_events_bear_the_name_of_the_span_that_appended_them() -> None:
    below = Bulk()
    provider = TracerProvider()
    store = ObservedEventStore(below, Telemetry(), Tracing(provider.get_tracer("test"), provider))  # type: ignore[arg-type]
    await store.append(REF, NOTHING, [EVENT])
    other = AggregateRef("unit", unit_id("BTC"))
    await store.append_all([Append(other, NOTHING, [EVENT])])
    names = [_trace(await below.load(ref)) for ref in (REF, other)]
    assert all(name and name.startswith("00-") for name in names)
    assert names[0] != names[1]
    assert count(store, "batch", "appended") == 1


def _trace(history: History) -> str | None:
    return history.events[0].metadata.traceparent
