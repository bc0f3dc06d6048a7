"""The memory store behaves like the real one."""

import pytest

from shared.contracts.envelope import AggregateRef, Catalog
from shared.eventstore.handle import EventStore
from shared.eventstore.memory import MemoryEventStore
from tests.integration.eventstore.suite import EventStoreSuite


class TestMemoryEventStore(EventStoreSuite):
    @pytest.fixture
    def store(self) -> EventStore:
        return MemoryEventStore()

    def reading(self, store: EventStore, catalog: Catalog) -> EventStore:
        assert isinstance(store, MemoryEventStore)
        return MemoryEventStore(catalog, store.payloads)

    async def write(self, store: EventStore, ref: AggregateRef, name: str, payload: bytes) -> None:
        assert isinstance(store, MemoryEventStore)
        assert name
        store.payloads.append((ref, payload))
