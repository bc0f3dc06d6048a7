"""A rebuild takes the place of the live tables only when it may, and a verification compares one position."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from nats.aio.client import Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.eventstore.log_reader import StreamState
from shared.kernel.errors import TransientError
from shared.projections import rebuild as projections_rebuild
from shared.projections.batches import Feed
from shared.projections.rebuild import LIVE as PUBLIC
from shared.projections.rebuild import Purpose, RestartRebuild, ShadowRebuild, digests
from shared.projections.rows import Checkpoint
from tests.integration.projections.tally import EVENTS, batches, projector, raw, rows
from tests.integration.projections.tally_rows import Tally

LIVE = 10  # events in the live tables


@pytest.fixture
def rebuild(client: Client, engine: AsyncEngine) -> ShadowRebuild:
    return projector(client, engine).shadow_rebuilds[Purpose.REBUILD]


@pytest.fixture
def verification(client: Client, engine: AsyncEngine) -> ShadowRebuild:
    return projector(client, engine).shadow_rebuilds[Purpose.VERIFICATION]


async def fill_live(engine: AsyncEngine, stream: StreamState) -> Checkpoint:
    """Project the first events into the live tables."""
    batch = [raw(position) for position in range(1, LIVE + 1)]
    return await batches(engine, Tally()).project(batch, Checkpoint(), stream.created)


async def filled(client: Client, rebuild: ShadowRebuild, to: int) -> tuple[Checkpoint, StreamState]:
    """Begin, and fill the tables beside up to a position."""
    stream = await rebuild._begin()
    feed = Feed(client, 0)
    try:
        return await rebuild._fill(feed, Checkpoint(), stream, to, exactly=True), stream
    finally:
        await feed.close()


async def test_one_process_at_a_time_rebuilds(
    rebuild: ShadowRebuild, engine: AsyncEngine, database_url: str
) -> None:
    await rebuild.ask()
    other = await asyncpg.connect(database_url)
    try:
        await other.execute("SELECT pg_advisory_lock(hashtext('loa-tally.rebuild'))")
        await rebuild._carry_out()
        assert (await rebuild.progress()).position == 0
        assert await rows(engine) == []
        await other.execute("SELECT pg_advisory_unlock_all()")
        await rebuild._carry_out()
    finally:
        await other.close()
    assert (await rebuild.progress()).position is None
    assert await rows(engine) == list(range(1, EVENTS + 1))


async def test_a_rebuild_that_is_behind_the_log_does_not_take_place(
    client: Client, rebuild: ShadowRebuild, engine: AsyncEngine
) -> None:
    at, _ = await filled(client, rebuild, EVENTS - 1)
    assert not await rebuild._take_place(at)
    assert await rows(engine) == []


async def test_a_rebuild_that_is_behind_the_live_tables_does_not_take_place(
    client: Client, rebuild: ShadowRebuild, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event may come, and be projected, between the look at the log and the lock."""
    at, stream = await filled(client, rebuild, LIVE - 1)
    await fill_live(engine, stream)

    async def as_it_was() -> StreamState:
        return replace(stream, last=LIVE - 1)

    monkeypatch.setattr(ShadowRebuild, "_stream", lambda _: as_it_was())
    assert not await rebuild._take_place(at)
    assert await rows(engine) == list(range(1, LIVE + 1))


async def test_tables_of_another_shape_do_not_take_place(
    client: Client, rebuild: ShadowRebuild, engine: AsyncEngine
) -> None:
    """A migration came between: the rows beside were written without its column."""
    at, _ = await filled(client, rebuild, EVENTS)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE tally ADD COLUMN later text"))
    with pytest.raises(RestartRebuild):
        await rebuild._take_place(at)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT later FROM tally"))


async def test_a_rebuild_from_a_log_that_was_replaced_begins_again(
    client: Client, rebuild: ShadowRebuild
) -> None:
    stream = await rebuild._begin()
    another = replace(stream, created=stream.created - timedelta(seconds=1))
    feed = Feed(client, EVENTS)
    with pytest.raises(RestartRebuild):
        await rebuild._fill(feed, Checkpoint(), another, EVENTS + 1)
    await feed.close()


async def outcome(verification: ShadowRebuild) -> tuple[int, bool]:
    await verification.ask()
    await verification._carry_out()
    document: dict[str, Any] = await verification.outcome()
    return document["position"], all(table["same"] for table in document["tables"])


async def test_a_verification_ends_at_the_position_of_the_live_tables(
    verification: ShadowRebuild, engine: AsyncEngine
) -> None:
    await fill_live(engine, await verification._stream())
    assert await outcome(verification) == (LIVE, True)


async def test_a_verification_compares_rows_and_position_of_one_moment(
    verification: ShadowRebuild, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The live tables move on after their checkpoint was read, before their rows are."""
    at = await fill_live(engine, await verification._stream())

    async def after_a_batch(connection: AsyncConnection, schema: str, names: Sequence[str]) -> Any:
        if schema == PUBLIC:
            assert at.stream_created is not None
            await batches(engine, Tally()).project([raw(LIVE + 1)], at, at.stream_created)
        return await digests(connection, schema, names)

    monkeypatch.setattr(projections_rebuild, "digests", after_a_batch)
    assert await outcome(verification) == (LIVE, True)
    assert await rows(engine) == list(range(1, LIVE + 2))


async def test_rows_of_another_log_are_not_compared(verification: ShadowRebuild, engine: AsyncEngine) -> None:
    stream = await verification._stream()
    await fill_live(engine, replace(stream, created=stream.created - timedelta(seconds=1)))
    await verification.ask()
    with pytest.raises(TransientError, match="another log"):
        await verification._carry_out()
