"""A window is decided when the one before it is in the log, and never on what did not come to be."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from deploy.local.engines.nats import NatsServer
from services.registry.adapters.import_sheets import Rows
from services.registry.application.commands import Commands, draft_ref, unit_ref
from shared.bulk_import.pipeline import WINDOW, Carrier, cut
from shared.bulk_import.sheet import Line, Outcome, Session, Sheet, Taken
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import draft_id
from shared.contracts.registry import DraftRegistered
from shared.contracts.vocabulary import Instrument, Regime
from shared.eventstore.handle import NOTHING, Append, OverlayEventStore, Version, VersionConflict
from shared.eventstore.jetstream import JetStreamEventStore
from shared.kernel import runtime
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.eventstore.suite import META
from tests.support.platform.service import Row
from tests.support.samples import small_office
from tests.support.servers.engines import connected

Before = Callable[[Sequence[AggregateRef]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Watched(JetStreamEventStore):
    """Tells before each write which aggregates it is about; what `before` raises is the answer."""

    before: Before = field(kw_only=True)

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        await self.before([append.ref for append in appends])
        return await JetStreamEventStore.append_all(self, appends)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[Any]) -> Version:
        await self.before([ref])
        return await JetStreamEventStore.append(self, ref, expected, events)


class BulkRoute:
    """The registry's bulk route on a log, with an eye on the rows that are decided."""

    def __init__(self, log: JetStreamEventStore, before: Before) -> None:
        store = OverlayEventStore(Watched(log.nc, before=before))
        self.decided = 0
        self._carrier = Carrier(Session(store), META, runtime.now)
        sheets = Rows(Commands(store, runtime.new_id, load_rulebook(), runtime.now)).sheets()
        self._sheets = {name: self._counted(sheet) for name, sheet in sheets.items()}

    def _counted(self, sheet: Sheet[Any]) -> Sheet[Any]:
        async def take(row: Any, metadata: Metadata) -> Taken:
            try:
                return await sheet.take(row, metadata)
            finally:
                self.decided += 1

        return replace(sheet, take=take)

    async def send(self, rows: Iterable[tuple[str, Row]]) -> list[Outcome]:
        lines = [Line(sheet=sheet, line=n, row=dict(row)) for n, (sheet, row) in enumerate(rows, start=2)]
        async with aclosing(self._carrier.carry(cut(lines, self._sheets))) as carried:
            return [outcomes[number] async for outcomes in carried for number in range(len(outcomes))]


@pytest.fixture
async def log(nats_server: NatsServer) -> AsyncIterator[JetStreamEventStore]:
    async with connected(nats_server, "registry") as nc:
        yield JetStreamEventStore(nc)


def registered(code: str) -> NewEvent:
    """What somebody else says of a draft."""
    data = DraftRegistered(
        draft_id=draft_id(code),
        draft_code=code,
        title="Luật Nhà ở",
        instrument=Instrument.LAW,
        lead_unit_code="BTP",
        regime=Regime.LAW_2015,
    )
    return NewEvent(runtime.new_id(), data, META)


def drafts(code: str) -> list[str]:
    return [f"{code}-{number}" for number in range(WINDOW)]


async def test_a_row_is_decided_again_after_a_conflict_and_the_next_window_on_it(
    log: JetStreamEventStore, a_code: str
) -> None:
    codes, batches = drafts(a_code), list[int]()
    rows = [
        ("units", small_office.unit(a_code)),
        *(("drafts", small_office.draft(code, a_code)) for code in codes),
    ]
    rows += [("policies", small_office.policy(code, 1)) for code in codes]
    rows += [("policies", small_office.policy(codes[0], 1))]

    async def overtake(refs: Sequence[AggregateRef]) -> None:
        batches.append(len(refs))
        if len(refs) == WINDOW and batches.count(WINDOW) == 1:  # the drafts, for the first time
            await log.append(draft_ref(codes[7]), NOTHING, [registered(codes[7])])

    route = BulkRoute(log, overtake)
    outcomes = await route.send(rows)
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    assert [(item.sheet, item.line) for item in refused] == [("drafts", 10)]
    assert (outcomes[-1].status, outcomes[-1].position) == ("unchanged", outcomes[1 + WINDOW].position)
    assert [(outcome.sheet, outcome.line) for outcome in outcomes] == [
        (row[0], n) for n, row in enumerate(rows, start=2)
    ]
    assert route.decided == len(rows) + 1  # the one that was overtaken
    histories = [(await log.load(draft_ref(code))).events for code in codes]
    for number, events in enumerate(histories):
        expected = (
            ["registered", "policy_added"]
            if number == 7
            else ["registered", "scope_assessed", "policy_added"]
        )
        assert [event.type.split(".")[-2] for event in events] == expected
        assert events[-1].position == outcomes[1 + WINDOW + number].position


async def test_what_stands_on_a_row_that_is_never_written_is_not_written(
    log: JetStreamEventStore, a_code: str
) -> None:
    lost = unit_ref(f"{a_code}-0")
    rows = [("units", small_office.unit(f"{a_code}-{number}")) for number in range(WINDOW)]
    rows += [
        ("drafts", small_office.draft(code, f"{a_code}-{n % 2}")) for n, code in enumerate(drafts(a_code))
    ]

    async def always_quicker(refs: Sequence[AggregateRef]) -> None:
        if lost in refs:
            raise VersionConflict("somebody else")

    outcomes = await BulkRoute(log, always_quicker).send(rows)
    refused = [outcome.line - 2 for outcome in outcomes if outcome.status == "refused"]
    assert refused == [0, *range(WINDOW, 2 * WINDOW, 2)]
    assert {outcome.position > 0 for outcome in outcomes if outcome.status != "refused"} == {True}
    counts = [(await log.load(draft_ref(code))).version.count for code in drafts(a_code)]
    assert counts == [0, 2] * (WINDOW // 2)


async def test_a_window_is_decided_when_the_one_before_it_is_written(
    log: JetStreamEventStore, a_code: str
) -> None:
    written = list[AggregateRef]()

    async def note(refs: Sequence[AggregateRef]) -> None:
        written.extend(refs)
        assert route.decided == len(written)

    route = BulkRoute(log, note)
    rows = [("units", small_office.unit(f"{a_code}-{number}")) for number in range(4 * WINDOW)]
    outcomes = await route.send(rows)
    assert written == [unit_ref(str(row["code"])) for _, row in rows]
    positions = [outcome.position for outcome in outcomes]
    assert positions == sorted(positions)
    assert route.decided == len(rows)
