"""Rows that are written together: who overtakes is noticed, a bad row hinders none, too much is refused."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from deploy.local.engines.nats import NatsServer
from shared.bulk_import.routes import MOST_BYTES, MOST_ROWS
from shared.contracts.envelope import AggregateRef
from shared.eventstore.handle import (
    NOTHING,
    PROVISIONAL,
    Append,
    History,
    OverlayEventStore,
    Version,
    VersionConflict,
)
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel.errors import TransientError
from tests.integration.eventstore.suite import draft, policies, retitled
from tests.integration.imports.office import send
from tests.support.platform.service import Platform
from tests.support.samples import small_office
from tests.support.servers.engines import connected


@pytest.fixture
async def log(nats_server: NatsServer) -> AsyncIterator[JetStreamEventStore]:
    async with connected(nats_server, "registry") as nc:
        yield JetStreamEventStore(nc)


async def test_many_histories_at_once_are_those_read_one_by_one(log: JetStreamEventStore) -> None:
    refs = [draft() for _ in range(230)]
    for ref, count in zip(refs, (0, 1, 2, 1100), strict=False):
        if count > 1000:
            await log.append(ref, await log.append(ref, NOTHING, policies(1000)), policies(count - 1000))
        elif count:
            await log.append(ref, NOTHING, [*policies(count - 1), retitled("một")])
    histories = await log.load_all(refs)
    assert [histories[ref].version.count for ref in refs[:4]] == [0, 1, 2, 1100]
    assert histories == {ref: await log.load(ref) for ref in refs}


async def test_several_aggregates_are_written_together_or_not_at_all(log: JetStreamEventStore) -> None:
    refs = [draft() for _ in range(3)]
    await log.append(refs[1], NOTHING, [retitled("trước")])
    appends = [Append(ref, NOTHING, policies(2)) for ref in refs]
    with pytest.raises(VersionConflict):
        await log.append_all(appends)
    assert [(await log.load(ref)).version.count for ref in refs] == [0, 1, 0]
    versions = await log.append_all([appends[0], appends[2]])
    assert versions == [(await log.load(ref)).version for ref in (refs[0], refs[2])]


async def test_appends_remain_in_memory_until_they_are_written(log: JetStreamEventStore) -> None:
    overlay, refs = OverlayEventStore(log), [draft(), draft()]
    for ref in refs:
        version = await overlay.append(ref, NOTHING, [retitled("một")])
        assert version.position > PROVISIONAL
        await overlay.append(ref, version, [retitled("hai")])
    with pytest.raises(VersionConflict):
        await overlay.append(refs[0], NOTHING, [retitled("ba")])
    assert (await log.load(refs[0])).version == NOTHING
    written = await overlay.write()
    assert not written.conflicted
    for ref in refs:
        assert await overlay.load(ref) == await log.load(ref)
    histories = [await log.load(ref) for ref in refs]
    places = [event.position for history in histories for event in history.events]
    assert sorted(written.positions.values()) == sorted(places)
    assert not (await overlay.write()).positions


async def test_conflicted_aggregates_are_named_and_the_others_written(log: JetStreamEventStore) -> None:
    overlay, refs = OverlayEventStore(log), [draft() for _ in range(3)]
    for ref in refs:
        await overlay.append(ref, NOTHING, [retitled("một")])
    await log.append(refs[1], NOTHING, [retitled("nhanh hơn")])
    written = await overlay.write()
    assert written.conflicted == {refs[1]}
    assert [_titles(await log.load(ref)) for ref in refs] == [["một"], ["nhanh hơn"], ["một"]]
    overlay.forget(written.conflicted)
    assert await overlay.load(refs[1]) == await log.load(refs[1])


async def test_a_lost_answer_is_recovered_from_the_log(log: JetStreamEventStore) -> None:
    overlay, refs = OverlayEventStore(_Deaf(log.nc)), [draft(), draft()]
    for ref in refs:
        await overlay.append(ref, NOTHING, [retitled("một")])
    assert not (await overlay.write()).conflicted
    assert [_titles(await log.load(ref)) for ref in refs] == [["một"], ["một"]]


def _titles(history: History) -> list[str]:
    return [fact.title for fact in history.facts]


class _Deaf(JetStreamEventStore):
    """A store whose writes come through while the answer is lost."""

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        await JetStreamEventStore.append_all(self, appends)
        raise TransientError("not acknowledged")


async def test_a_row_that_is_refused_hinders_no_other(shared_platform: Platform, a_code: str) -> None:
    good = [("drafts", small_office.draft(f"{a_code}-{n}", a_code)) for n in range(600)]
    bad = [("drafts", small_office.draft(f"{a_code}-X{n}", "KHONG-CO")) for n in range(300)]
    mixed = [("units", small_office.unit(a_code))]
    for n in range(300):
        mixed += [good[2 * n], bad[n], good[2 * n + 1]]
    outcomes = await send(shared_platform.registry, mixed)
    assert [outcome["status"] for outcome in outcomes] == ["taken", *["taken", "refused", "taken"] * 300]
    positions = [outcome["position"] for outcome in outcomes if outcome["status"] == "taken"]
    assert len(set(positions)) == 601
    head = await shared_platform.head()
    again = await send(shared_platform.registry, mixed)
    assert "taken" not in {outcome["status"] for outcome in again}
    assert [o["position"] for o in again if o["status"] == "unchanged"] == positions
    assert await shared_platform.head() == head


@pytest.mark.parametrize("body", [b"\n" * (MOST_ROWS + 1), b"x" * (MOST_BYTES + 1)], ids=["rows", "bytes"])
async def test_too_much_at_once_is_refused(shared_platform: Platform, body: bytes) -> None:
    answer = await shared_platform.registry.client.post("/imports", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == "urn:loa:problem:import-too-large"
    assert "500 đến 1.000 dòng" in problem["messages"]["vi"]
    assert "500 to 1,000 rows" in problem["messages"]["en"]


class _Held:
    """Reads one aggregate only once it may; what is read at once is not held."""

    def __init__(self, log: JetStreamEventStore) -> None:
        self.log = log
        self.may = asyncio.Event()
        self.reading = asyncio.Event()

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        return await self.log.load_all(refs)

    async def load(self, ref: AggregateRef) -> History:
        history = await self.log.load(ref)
        self.reading.set()
        await self.may.wait()
        return history


async def test_an_aggregate_that_is_read_while_others_are_expected_is_kept(log: JetStreamEventStore) -> None:
    """A row that names a unit by itself reads it while the next rows' aggregates are read at once."""
    held = _Held(log)
    unit, others = draft(), [draft(), draft()]
    overlay = OverlayEventStore(held)  # type: ignore[arg-type]  # it reads, and is never written
    await log.append(unit, NOTHING, [retitled("một")])
    single = asyncio.create_task(overlay.load(unit))
    await held.reading.wait()
    await overlay.expect(others)
    held.may.set()
    assert (await single).version.count == 1
    assert await overlay.exists(unit)
