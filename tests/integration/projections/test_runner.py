"""Projectors of several processes: one is active, and should two be, each event is still in the rows once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from nats.aio.client import Client
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.projections import projector as projections_projector
from shared.projections.projector import Runner
from shared.projections.rows import State
from tests.integration.projections.tally import CHECKPOINTS, EVENTS, another_waits, projector, rows
from tests.integration.projections.tally_rows import TALLY, Tally
from tests.support.platform.service import eventually


@asynccontextmanager
async def running(client: Client, engine: AsyncEngine, projection: Tally) -> AsyncIterator[Runner]:
    made = projector(client, engine, projection)
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
    monkeypatch.setattr(projections_projector, "BATCH", 7)
    projection = Tally(before=another_waits_first)
    async with running(client, engine, projection) as opened, running(client, engine, projection) as other:
        assert await opened.wait_for(EVENTS, 20)
        assert await other.wait_for(EVENTS, 20)
    assert await rows(engine) == list(range(1, EVENTS + 1))


async def test_a_single_projector_of_two_is_active(client: Client, engine: AsyncEngine) -> None:
    """The second does not even read the log while the first is active, and follows when the first ends."""
    async with running(client, engine, Tally()) as active:
        assert await active.wait_for(EVENTS, 20)
        async with running(client, engine, Tally()) as standby:
            await eventually(lambda: _is(standby, State.STANDBY))
            assert (standby.status.position, active.status.state) == (EVENTS, State.RUNNING)
    async with running(client, engine, Tally()) as following:
        await eventually(lambda: _is(following, State.RUNNING))


async def test_an_idle_projector_follows_a_checkpoint_that_was_put_back(
    client: Client, engine: AsyncEngine
) -> None:
    """A rebuild by another process, or a restore: what the projector remembers is not what stands."""
    async with running(client, engine, Tally()) as active:
        assert await active.wait_for(EVENTS, 20)
        async with engine.begin() as connection:
            await connection.execute(delete(TALLY))
            await CHECKPOINTS.ask(connection, "tally")

        async def are_back() -> bool:
            return await rows(engine) == list(range(1, EVENTS + 1))

        await eventually(are_back)


async def _is(runner: Runner, state: State) -> bool:
    return runner.status.state is state
