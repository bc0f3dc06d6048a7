"""Rows and checkpoint move together, once: also when two projectors work on the same batch."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kernel.errors import TransientError
from shared.projections.batches import Batches
from shared.projections.rows import Checkpoint, CheckpointMoved, PoisonEvent
from tests.integration.projections.tally import CREATED, another_waits, batches, raw, rows
from tests.integration.projections.tally_rows import Tally

BATCH = [raw(position) for position in (1, 2, 3)]
NEXT = [raw(position) for position in (4, 5, 6)]


async def both(engine: AsyncEngine) -> list[Checkpoint | BaseException]:
    """Project one batch by two projectors that both read the checkpoint before either moves it.

    The first holds its transaction open until the second waits for the row of the checkpoint.
    """
    have_read = asyncio.Barrier(2)
    waits = asyncio.create_task(another_waits(engine))

    async def project(item: Batches) -> Checkpoint:
        read = await item.read()
        await have_read.wait()
        return await item.project(BATCH if read.position == 0 else NEXT, read, CREATED)

    async def second_waits() -> None:
        await waits

    projectors = (batches(engine, Tally(before=second_waits)) for _ in range(2))
    return await asyncio.gather(*map(project, projectors), return_exceptions=True)


@pytest.mark.parametrize("before", [0, 3], ids=["the first batch", "a later batch"])
async def test_two_projectors_of_the_same_batch_have_a_single_winner(
    engine: AsyncEngine, before: int
) -> None:
    if before:
        await batches(engine, Tally()).project(BATCH, Checkpoint(), CREATED)
    outcomes = await both(engine)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Checkpoint", "CheckpointMoved"]
    assert await rows(engine) == list(range(1, before + 4))
    assert await batches(engine, Tally()).read() == Checkpoint(before + 3, CREATED)


async def test_a_projector_that_is_late_writes_nothing(engine: AsyncEngine) -> None:
    first, late = batches(engine, Tally()), batches(engine, Tally())
    read = await late.read()
    moved = await first.project(BATCH, await first.read(), CREATED)
    with pytest.raises(CheckpointMoved):
        await late.project(BATCH, read, CREATED)
    await first.project(NEXT, moved, CREATED)
    with pytest.raises(CheckpointMoved):
        await late.project(NEXT, moved, CREATED)
    assert await rows(engine) == [1, 2, 3, 4, 5, 6]


async def test_a_rebuild_that_was_requested_meanwhile_is_not_overwritten(engine: AsyncEngine) -> None:
    """The checkpoint was put back to the start: a batch that follows the old place must not be written."""
    projector = batches(engine, Tally())
    moved = await projector.project(BATCH, await projector.read(), CREATED)
    async with engine.begin() as connection:
        await projector.checkpoints.ask(connection, projector.row)
    with pytest.raises(CheckpointMoved):
        await projector.project(NEXT, moved, CREATED)
    assert (await rows(engine), await projector.read()) == ([1, 2, 3], Checkpoint())


async def test_rows_and_checkpoint_are_written_together_or_not_at_all(engine: AsyncEngine) -> None:
    """The commit fails after everything was written: a deferred constraint is checked there."""
    async with engine.begin() as connection:
        await connection.execute(
            text("ALTER TABLE tally ADD UNIQUE (position) DEFERRABLE INITIALLY DEFERRED")
        )
        await connection.execute(text("INSERT INTO tally VALUES (2, 'earlier')"))
    projector = batches(engine, Tally())
    with pytest.raises(PoisonEvent) as raised:
        await projector.project(BATCH, await projector.read(), CREATED)
    assert raised.value.position == 2
    assert (await rows(engine), await projector.read()) == ([1, 2], Checkpoint(1, CREATED))


@pytest.mark.parametrize("poison_position", [4, 5, 6])
async def test_the_event_that_cannot_be_applied_is_named_and_earlier_rows_are_kept(
    engine: AsyncEngine, poison_position: int
) -> None:
    projector = batches(engine, Tally(broken={f"U-{poison_position}"}))
    read = await projector.project(BATCH, await projector.read(), CREATED)
    with pytest.raises(
        PoisonEvent, match=f"position {poison_position}: ValueError: U-{poison_position}"
    ) as raised:
        await projector.project(NEXT, read, CREATED)
    assert raised.value.position == poison_position
    assert await rows(engine) == list(range(1, poison_position))
    assert await projector.read() == Checkpoint(poison_position - 1, CREATED)


async def test_the_event_that_cannot_be_read_is_named(engine: AsyncEngine) -> None:
    projector = batches(engine, Tally())
    with pytest.raises(PoisonEvent) as raised:
        await projector.project([raw(1), raw(2, b"{ broken"), raw(3)], await projector.read(), CREATED)
    assert raised.value.position == 2
    assert await rows(engine) == [1]


async def test_a_blocking_transaction_makes_no_event_poison(engine: AsyncEngine) -> None:
    """A lock that does not come in time, or a deadlock, is transient: the batch is tried again."""

    async def locked_out() -> None:
        async with engine.connect() as other:
            await other.execute(text("SET lock_timeout = '10ms'"))
            await other.execute(text("LOCK TABLE projection_checkpoint"))

    projector = batches(engine, Tally(before=locked_out))
    with pytest.raises(TransientError):
        await projector.project(BATCH, await projector.read(), CREATED)
    assert (await rows(engine), await projector.read()) == ([], Checkpoint())


async def test_a_skipped_event_is_passed_over_by_every_row_of_the_projection(engine: AsyncEngine) -> None:
    """Also the tables of a rebuild leave it out: they have a checkpoint of their own."""
    for row in ("tally", "tally.rebuild"):
        projector = batches(engine, Tally(broken={"U-2"}), row)
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM tally"))
            if not await projector.is_skipped(2):
                await projector.checkpoints.skip(connection, "tally", 2, reason="hỏng", by="operator/a")
        await projector.project(BATCH, await projector.read(), CREATED)
        assert await rows(engine) == [1, 3]
