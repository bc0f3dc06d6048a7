"""The read model, updated event by event with the few communications that decide, against the rules over all facts."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from services.metrics.adapters.history import versions
from services.metrics.adapters.history.versions import OPTION
from services.metrics.adapters.read_model import SqlSnapshot
from services.metrics.adapters.tables import (
    COMMUNICATION,
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
)
from services.metrics.application.ports import Listed
from services.metrics.application.queries import Queries
from services.metrics.domain.coverage import Shown
from services.metrics.domain.record import DraftRecord, performed
from shared.contracts.envelope import Recorded
from shared.rules.timeline import timeline
from tests.integration.metrics.streams import FIRST, Stream
from tests.support.platform.projections import RULEBOOK, ReadModel, read_model
from tests.unit.metrics.events import whole

EVENTS = 160
FEW = 5  # events of a batch at most
ASKED_EVERY = 7  # positions
ASKED = (FIRST + timedelta(days=40), FIRST + timedelta(days=90), date(2025, 6, 1))


def batches(events: list[Recorded], seed: int) -> Iterator[list[Recorded]]:
    random = Random(seed)
    while events:
        size = random.randint(1, FEW)
        yield events[:size]
        events = events[size:]


def whole_records(events: list[Recorded]) -> dict[UUID, DraftRecord]:
    """Fold all events of each draft into one record with all its communications."""
    by_draft: dict[UUID, list[Recorded]] = {}
    for event in events:
        by_draft.setdefault(getattr(event.data, "draft_id", None) or event.ref.id, []).append(event)
    return {of: record for of, own in by_draft.items() if (record := whole(own)) is not None}


async def rows_of(model: ReadModel, table: Table, draft: UUID) -> list[dict[str, Any]]:
    async with model.engine.connect() as connection:
        rows = await connection.execute(
            table.select().where(table.c.draft_id == draft).order_by(*table.primary_key)
        )
        return [dict(row) for row in rows.mappings()]


def expected(items: Any, table: Table) -> list[dict[str, Any]]:
    keys = [column.name for column in table.primary_key]
    rows = [asdict(item) for item in items]
    for row in rows:
        row.update({name: list(value) for name, value in row.items() if isinstance(value, tuple)})
    return sorted(rows, key=lambda row: [str(row.get(key)) for key in keys])


async def agrees(model: ReadModel, record: DraftRecord) -> None:
    line = timeline(record.facts, RULEBOOK)
    for table, items in (
        (POLICY_INTERVAL, line.policies),
        (OCCURRENCE_INTERVAL, line.occurrences),
        (GAP_INTERVAL, line.gaps),
    ):
        wanted = expected(items, table)
        rows = await rows_of(model, table, record.draft_id)
        shown = [{name: row[name] for name in wanted[0]} for row in rows] if wanted else rows
        assert sorted(shown, key=str) == sorted(wanted, key=str), table.name
    rows = await rows_of(model, COMMUNICATION, record.draft_id)
    stored = {row["communication_id"]: (row["role"], row["unit_code"], row["counts"]) for row in rows}
    assert stored == {
        item.fact.communication_id: (item.role, item.unit_code, item.span is not None)
        for item in performed(record, RULEBOOK)
    }


async def covers_alike(model: ReadModel, record: DraftRecord, as_of: date) -> None:
    async with model.engine.connect() as connection:
        snapshot = SqlSnapshot(connection, 0)
        draft = await snapshot.draft(record.draft_code)
        assert draft is not None
        assert draft.source == record.source
        await covers_alike_in(snapshot, record, as_of)


async def covers_alike_in(snapshot: SqlSnapshot, record: DraftRecord, as_of: date) -> None:
    draft = await snapshot.draft(record.draft_code)
    assert draft is not None
    assert replace(draft, communications=record.communications, source=record.source) == record
    queries = Queries(lambda: None, RULEBOOK)  # type: ignore[arg-type]
    _, shown = await queries._shown(snapshot, draft, as_of, RULEBOOK)
    whole = Shown.of_whole(record, RULEBOOK, as_of)
    assert {pair: (item.total, set(item.first)) for pair, item in shown.covering.items()} == {
        pair: (item.total, set(item.first)) for pair, item in whole.covering.items()
    }
    assert (shown.support.total, set(shown.support.first)) == (whole.support.total, set(whole.support.first))


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_updated_event_by_event_is_what_the_rules_give_of_all_facts(
    seed: int, database_url: str
) -> None:
    stream = Stream(seed)
    async with read_model("metrics", database_url) as model:
        events = list(stream.registrations())
        await model.project(events)
        for batch in batches(list(stream.events(EVENTS)), seed):
            await model.project(batch)
            events += batch
            records = whole_records(events)
            for touched in {getattr(event.data, "draft_id", None) or event.ref.id for event in batch}:
                await agrees(model, records[touched])
        for record in whole_records(events).values():
            for day in ASKED:
                await covers_alike(model, record, day)
        incremental = await model.rows()
        await model.clear()
        await model.project(events)
        assert await model.rows() == incremental


async def rows_at(model: ReadModel, table: Table, position: int, draft: UUID) -> list[dict[str, Any]]:
    async with model.engine.connect() as connection:
        at_position = await connection.execution_options(**{OPTION: position})
        rows = (await at_position.execute(table.select().where(table.c.draft_id == draft))).mappings()
        return [dict(row) for row in rows]


async def agrees_at(model: ReadModel, position: int, record: DraftRecord) -> None:
    """Compare the rows as known at a position with what the rules give of the facts up to it."""
    line = timeline(record.facts, RULEBOOK)
    for table, items in (
        (POLICY_INTERVAL, line.policies),
        (OCCURRENCE_INTERVAL, line.occurrences),
        (GAP_INTERVAL, line.gaps),
    ):
        wanted = expected(items, table)
        rows = await rows_at(model, table, position, record.draft_id)
        shown = [{name: row[name] for name in wanted[0]} for row in rows] if wanted else rows
        assert sorted(shown, key=str) == sorted(wanted, key=str), (table.name, position)
    rows = await rows_at(model, COMMUNICATION, position, record.draft_id)
    stored = {row["communication_id"]: (row["role"], row["counts"], row["verified"]) for row in rows}
    assert stored == {
        item.fact.communication_id: (item.role, item.span is not None, item.fact.verified)
        for item in performed(record, RULEBOOK)
    }
    (row,) = await rows_at(model, DRAFT, position, record.draft_id)
    assert (row["title"], row["scope"], row["regime"]) == (record.title, line.scope, record.regime)


@pytest.mark.parametrize("seed", range(3))
async def test_figures_as_known_at_any_position_are_what_the_rules_give_of_the_facts_up_to_it(
    seed: int, database_url: str
) -> None:
    stream = Stream(seed)
    async with read_model("metrics", database_url) as model:
        versions.enable(model.engine)
        events = list(stream.registrations())
        first = events[-1].position
        events += stream.events(EVENTS)
        for batch in batches(events, seed):
            await model.project(batch)
        for position in range(first, events[-1].position + 1, ASKED_EVERY):
            records = whole_records([event for event in events if event.position <= position])
            for record in records.values():
                await agrees_at(model, position, record)
        await covers_alike_at(model, events, first + EVENTS // 2)


async def covers_alike_at(model: ReadModel, events: list[Recorded], position: int) -> None:
    """Compare a draft as the pages read it, with its communications, by text statements too."""
    for record in whole_records([event for event in events if event.position <= position]).values():
        async with model.engine.connect() as connection:
            at_position = await connection.execution_options(**{OPTION: position})
            await covers_alike_in(SqlSnapshot(at_position, position), record, ASKED[-1])


async def test_a_page_of_communications_follows_the_one_before(database_url: str) -> None:
    stream = Stream(99, drafts=1)
    async with read_model("metrics", database_url) as model:
        events = [*stream.registrations(), *stream.events(EVENTS)]
        await model.project(events)
        (record,) = whole_records(events).values()
        listed: list[UUID] = []
        after: tuple[date, UUID] | None = None
        async with model.engine.connect() as connection:
            snapshot = SqlSnapshot(connection, 0)
            while page := await snapshot.listed(
                Listed(draft_id=record.draft_id, until=date(2030, 1, 1), limit=7, after=after)
            ):
                listed += [item.communication_id for item in page]
                after = page[-1].held_on, page[-1].communication_id
            total = len((await connection.execute(select(COMMUNICATION.c.communication_id))).all())
        ordered = sorted(record.communications, key=lambda fact: (fact.held_on, fact.communication_id))
        assert listed == [fact.communication_id for fact in ordered]
        assert len(listed) == total > 20
