"""A rebuild divided among processes writes what one process writes, whatever becomes of them."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest
from nats.aio.client import Client
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.envelope import Recorded
from shared.projections import division as dividing
from shared.projections.batches import RawEvent
from shared.projections.division import Divided, Division, DivisionFailed
from shared.projections.rebuild import Purpose, ShadowRebuild
from shared.projections.rows import Checkpoint
from tests.integration.projections.tally import EVENTS, projector, raw, rows
from tests.integration.projections.tally_rows import Tally, TallyPart
from tests.support.platform.service import eventually

BATCH = 7
BY_ITSELF = 10  # every tenth event is written by the service's own process


def key(event: RawEvent) -> str | None:
    return event.subject if event.position % BY_ITSELF else None


@dataclass(slots=True)
class Rest:
    """Writes the rest of each batch, and notes what the processes returned for it."""

    returned: list[list[int]] = field(default_factory=list)

    async def apply(
        self, connection: AsyncConnection, events: Sequence[Recorded], results: Sequence[list[int]]
    ) -> None:
        await Tally().apply(connection, events)
        self.returned.append(sorted(position for result in results for position in result))


Make = Callable[..., Division]


def children_of(number: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


def is_running(number: int) -> bool:
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"  # one that has ended may not be collected yet


@pytest.fixture
def rest() -> Rest:
    return Rest()


@pytest.fixture
def made(database_url: str, rest: Rest, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make a division among two processes, which pays for few events."""
    monkeypatch.setattr(dividing, "WORTH", 1)
    monkeypatch.setattr("shared.projections.rebuild.BATCH", BATCH)

    def make(part: TallyPart | None = None) -> Division:
        given = [part.ends, part.broken] if part else []
        return Division(
            "tests.integration.projections.tally_rows:TallyPart",
            given,
            key,
            rest.apply,
            2,
            SecretStr(database_url),
        )

    return make


def rebuild_of(client: Client, engine: AsyncEngine, division: Division) -> ShadowRebuild:
    return projector(client, engine, division=division).shadow_rebuilds[Purpose.REBUILD]


async def test_all_rows_are_written_once_and_each_batch_is_given_what_was_returned_for_it(
    client: Client, engine: AsyncEngine, made: Make, rest: Rest
) -> None:
    rebuild = rebuild_of(client, engine, made())
    await rebuild.ask()
    await rebuild._carry_out()
    assert (await rebuild.progress()).position is None
    assert await rows(engine) == list(range(1, EVENTS + 1))
    assert len(rest.returned) > 1
    by_processes = [at for at in range(1, EVENTS + 1) if at % BY_ITSELF]
    assert list(chain.from_iterable(rest.returned)) == by_processes


async def test_the_checkpoint_stands_behind_batches_whose_parts_are_written(
    engine: AsyncEngine, client: Client, made: Make
) -> None:
    rebuild = rebuild_of(client, engine, made())
    stream = await rebuild._begin()
    async with rebuild._writing(Checkpoint(), EVENTS) as divided:
        assert isinstance(divided, Divided)
        at = Checkpoint()
        for first in range(1, 6 * BATCH, BATCH):
            at = await divided.project([raw(first + more) for more in range(BATCH)], at, stream.created)
            assert len(divided._sent) <= dividing.AHEAD
        assert (at.position, divided.checkpoint.position) == (6 * BATCH, 3 * BATCH)
        assert (await rebuild.progress()).position == 3 * BATCH
    assert (await rebuild.progress()).position == 6 * BATCH


@pytest.mark.parametrize("part", [TallyPart(ends=["U-23"]), TallyPart(broken=["U-23"])])
async def test_a_process_that_ends_or_fails_leaves_the_rebuild_to_the_service(
    client: Client, engine: AsyncEngine, made: Make, part: TallyPart
) -> None:
    """An event that only the processes cannot write: the service begins again, alone, and no row is doubled."""
    runner = projector(client, engine, division=made(part))
    rebuild = runner.shadow_rebuilds[Purpose.REBUILD]
    await rebuild.ask()
    with pytest.raises(DivisionFailed):
        await rebuild._carry_out()
    assert await rows(engine) == []
    running = asyncio.create_task(rebuild.run())

    async def ended() -> bool:
        return (await rebuild.progress()).position is None

    await eventually(ended)
    running.cancel()
    assert await rows(engine) == list(range(1, EVENTS + 1))


async def test_a_process_left_over_from_another_rebuild_writes_nothing(
    client: Client, engine: AsyncEngine, made: Make
) -> None:
    """Its service lost contact, and another replica began again: tables of the same names are not the same."""
    first, second = (rebuild_of(client, engine, made()) for _ in range(2))
    stream = await first._begin()
    divided = Divided(first._rebuilt, made(), first._shadow.schema, first._run, Checkpoint())
    await divided.start()
    await second._begin()
    await divided.project([raw(1)], Checkpoint(), stream.created)
    with pytest.raises(DivisionFailed, match="OtherRun"):
        await divided.flush()
    await divided.close()
    async with engine.connect() as connection:
        count = await connection.scalar(text(f"SELECT count(*) FROM {first._shadow.schema}.tally"))
    assert count == 0


@pytest.mark.parametrize("hangs", [False, True])
async def test_processes_end_with_the_rebuild_also_one_that_hangs(
    engine: AsyncEngine, client: Client, made: Make, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    monkeypatch.setattr(dividing, "ENDING_SECONDS", 2.0)
    rebuild = rebuild_of(client, engine, made())
    stream = await rebuild._begin()
    async with rebuild._writing(Checkpoint(), EVENTS) as divided:
        assert isinstance(divided, Divided)
        await divided.project([raw(at) for at in range(1, EVENTS)], Checkpoint(), stream.created)
        await divided.flush()  # both have begun
        assert divided._processes is not None
        parent = divided._processes.parent
        children = children_of(parent.pid)
        if hangs:
            os.kill(children[0], signal.SIGSTOP)
    assert parent.returncode == (-signal.SIGKILL if hangs else 0)
    assert len(children) == 2

    async def all_ended() -> bool:
        return not any(map(is_running, children))

    await eventually(all_ended)


async def test_events_that_are_passed_over_are_given_to_no_process(
    client: Client, engine: AsyncEngine, made: Make
) -> None:
    runner = projector(client, engine, division=made())
    await runner.skip(5, reason="test", by="test")
    rebuild = runner.shadow_rebuilds[Purpose.REBUILD]
    await rebuild.ask()
    await rebuild._carry_out()
    assert await rows(engine) == [at for at in range(1, EVENTS + 1) if at != 5]


async def test_a_payload_is_given_as_it_is(client: Client, engine: AsyncEngine, made: Make) -> None:
    """No text at all is an event that cannot be read, as in one process."""
    rebuild = rebuild_of(client, engine, made())
    stream = await rebuild._begin()
    with pytest.raises(DivisionFailed, match="poison_event: position 3"):
        async with rebuild._writing(Checkpoint(), EVENTS) as divided:
            await divided.project([raw(3, b"\xff\xfe\x00")], Checkpoint(), stream.created)


async def test_few_events_are_not_divided(
    client: Client, engine: AsyncEngine, made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dividing, "WORTH", EVENTS + 1)
    rebuild = rebuild_of(client, engine, made())
    await rebuild._begin()
    async with rebuild._writing(Checkpoint(), EVENTS) as writer:
        assert writer is rebuild._rebuilt
