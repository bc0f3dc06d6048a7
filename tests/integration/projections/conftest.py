"""Tables of the tally, and a log of some units."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.engines.nats import NatsServer
from shared.contracts.envelope import AggregateRef, NewEvent
from shared.contracts.event import unit_id
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from tests.integration.projections.tally import EVENTS, METADATA, registered, tally_tables
from tests.support.servers.engines import connected


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with tally_tables(database_url) as made:
        yield made


@pytest.fixture
async def client(new_nats: NatsServer) -> AsyncIterator[Client]:
    """Connect to a log of so many units."""
    async with connected(new_nats, "registry") as nc:
        store = JetStreamEventStore(nc)
        for n in range(1, EVENTS + 1):
            event = NewEvent(UUID(int=n), registered(f"U-{n}"), METADATA)
            await store.append(AggregateRef("unit", unit_id(f"U-{n}")), NOTHING, [event])
        yield nc
