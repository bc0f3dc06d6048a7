"""Projectors of several processes: one is active, and should two be, each event is still in the rows once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.engines.nats import NatsServer
from shared.contracts.catalog import CATALOG
from shared.contracts.ids import unit_id
from shared.envelope import AggregateRef, NewEvent
from shared.eventstore.jetstream import JetStreamEventStore
from shared.eventstore.port import NOTHING
from shared.projections import runner
from shared.projections.projection import State
from shared.projections.runner import Runner
from shared.telemetry import Telemetry
from shared.tracing import Tracing
from tests.integration.projections.tally import (
    CHECKPOINTS,
    METADATA,
    Tally,
    another_waits,
    registered,
    rows,
    tally_tables,
)
from tests.support.engines import connected
from tests.support.service import eventually

EVENTS = 40


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with tally_tables(database_url) as made:
        yield made


@pytest.fixture
async def client(new_nats: NatsServer) -> AsyncIterator[Client]:
    """Connect to a log of some units."""
    async with connected(new_nats, "registry") as nc:
        store = JetStreamEventStore(nc)
        for n in range(1, EVENTS + 1):
            event = NewEvent(UUID(int=n), registered(f"U-{n}"), METADATA)
            await store.append(AggregateRef("unit", unit_id(f"U-{n}")), NOTHING, [event])
        yield nc


@asynccontextmanager
async def running(client: Client, engine: AsyncEngine, projection: Tally) -> AsyncIterator[Runner]:
    made = Runner(
        projection,
        client=client,
        engine=engine,
        catalog=CATALOG,
        checkpoints=CHECKPOINTS,
        telemetry=Telemetry(),
        tracing=Tracing(),
    )
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_two_active_projectors_write_each_event_once(
    client: Client, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process whose session was cut off may go on for a moment while the next one has its lock already."""

    @asynccontextmanager
    async def no_lock(_: Runner) -> AsyncIterator[None]:
        yield

    waits = asyncio.create_task(another_waits(engine))

    async def another_waits_first() -> None:
        await waits

    monkeypatch.setattr(Runner, "_leadership", no_lock)
    monkeypatch.setattr(runner, "BATCH", 7)
    projection = Tally(before=another_waits_first)
    async with running(client, engine, projection) as one, running(client, engine, projection) as other:
        assert await one.wait_for(EVENTS, 20)
        assert await other.wait_for(EVENTS, 20)
    assert await rows(engine) == list(range(1, EVENTS + 1))


async def test_of_two_projectors_one_is_active(client: Client, engine: AsyncEngine) -> None:
    """The second does not even read the log while the first is active, and follows when the first ends."""
    async with running(client, engine, Tally()) as active:
        assert await active.wait_for(EVENTS, 20)
        async with running(client, engine, Tally()) as standby:
            await eventually(lambda: _is(standby, State.STANDBY))
            assert (standby.status.position, active.status.state) == (EVENTS, State.RUNNING)
    async with running(client, engine, Tally()) as following:
        await eventually(lambda: _is(following, State.RUNNING))


async def _is(one: Runner, state: State) -> bool:
    return one.status.state is state
