"""The rows of a window read what they need at once: their own aggregates, and the lead units of their drafts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from deploy.local.engines.nats import NatsServer
from services.registry.adapters.import_sheets import Rows
from services.registry.application.commands import Commands, unit_ref
from shared.bulk_import.pipeline import Carrier, cut
from shared.bulk_import.sheet import Line, Session
from shared.contracts.envelope import AggregateRef
from shared.eventstore.handle import History, OverlayEventStore
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel import runtime
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.eventstore.suite import META
from tests.support.platform.service import Row
from tests.support.samples import small_office
from tests.support.servers.engines import connected

DRAFTS = 40


@dataclass(frozen=True, slots=True)
class Counting(JetStreamEventStore):
    """Notes what was read by itself, and what was read with others."""

    single: list[AggregateRef] = field(default_factory=list)
    together: list[Sequence[AggregateRef]] = field(default_factory=list)

    async def load(self, ref: AggregateRef) -> History:
        self.single.append(ref)
        return await JetStreamEventStore.load(self, ref)

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        self.together.append(refs)
        return await JetStreamEventStore.load_all(self, refs)


@pytest.fixture
async def store(nats_server: NatsServer) -> AsyncIterator[Counting]:
    async with connected(nats_server, "registry") as nc:
        yield Counting(nc)


async def request(store: Counting, rows: Sequence[tuple[str, Row]]) -> None:
    """Send rows as one request; all are taken."""
    overlay = OverlayEventStore(store)
    sheets = Rows(Commands(overlay, runtime.new_id, load_rulebook(), runtime.now)).sheets()
    lines = [Line(sheet=sheet, line=n, row=dict(row)) for n, (sheet, row) in enumerate(rows, start=2)]
    async with aclosing(Carrier(Session(overlay), META, runtime.now).carry(cut(lines, sheets))) as carried:
        outcomes = [outcome async for window in carried for outcome in window.values()]
    assert {outcome.status for outcome in outcomes} == {"taken"}


async def test_stages_read_the_leads_of_their_drafts_at_once(store: Counting, a_code: str) -> None:
    units = [f"{a_code}-U{number}" for number in range(DRAFTS)]
    codes = [f"{a_code}-{number}" for number in range(DRAFTS)]
    await request(store, [("units", small_office.unit(unit)) for unit in units])
    await request(
        store,
        [("drafts", small_office.draft(code, unit)) for code, unit in zip(codes, units, strict=True)],
    )
    store.single.clear()
    store.together.clear()
    await request(store, [("stages", small_office.stage(code, "drafting", "2024-01-08")) for code in codes])
    assert store.single == []
    assert [set(refs) for refs in store.together[1:]] == [{unit_ref(unit) for unit in units}]
