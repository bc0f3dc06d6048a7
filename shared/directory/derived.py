"""Rows that follow from a draft's facts by the rules: which unit leads it, and which stage it is in, by day."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import Recorded
from shared.contracts.registry import (
    DraftAmended,
    DraftProcedureDecided,
    DraftStageCorrected,
    DraftTransferred,
)
from shared.contracts.vocabulary import Instrument, Precision, Procedure, Regime, Stage
from shared.directory.drafts import ENTRIES
from shared.directory.tables import DraftTables
from shared.persistence.database import insert
from shared.rules.facts import DraftFacts, StageEntry
from shared.rules.piecewise import by_day, periods
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import stage_periods

AT_ONCE = 500  # drafts
MOVES_STAGES = (*ENTRIES, DraftStageCorrected, DraftProcedureDecided, DraftAmended)


async def derive(
    connection: AsyncConnection, tables: DraftTables, rulebook: Rulebook, events: Sequence[Recorded]
) -> None:
    """Derive what a batch of events changes, once for each draft; its facts are written already."""
    if moved := {event.ref.id for event in events if isinstance(event.data, MOVES_STAGES)}:
        await _derive_stages(connection, tables, rulebook, moved)
    if transferred := {event.ref.id for event in events if isinstance(event.data, DraftTransferred)}:
        await _derive_leads(connection, tables, transferred)


async def derive_again(connection: AsyncConnection, tables: DraftTables, rulebook: Rulebook) -> None:
    """Derive what was derived by other rules."""
    version = tables.draft.c.rules_version
    outdated = select(tables.draft.c.draft_id).where(version != rulebook.version).limit(AT_ONCE)
    while drafts := list((await connection.execute(outdated)).scalars()):
        await _derive_stages(connection, tables, rulebook, drafts)
        these = update(tables.draft).where(tables.draft.c.draft_id.in_(drafts))
        await connection.execute(these.values(rules_version=rulebook.version))


async def _derive_stages(
    connection: AsyncConnection, tables: DraftTables, rulebook: Rulebook, drafts: Collection[UUID]
) -> None:
    rows_read = await connection.execute(_facts(tables, drafts))
    rows = [
        {"draft_id": facts.draft_id, **period._asdict()}
        for facts in _facts_of(rows_read.mappings())
        for period in stage_periods(facts, rulebook)
    ]
    await connection.execute(delete(tables.stage).where(tables.stage.c.draft_id.in_(drafts)))
    await insert(connection, tables.stage, rows)


def _facts(tables: DraftTables, drafts: Collection[UUID]) -> Select[Any]:
    draft, entry = tables.draft.c, tables.entry.c
    of_draft = (draft.draft_id, draft.instrument, draft.regime, draft.procedure, draft.lead_unit_code)
    of_entry = (entry.entry_id, entry.stage, entry.entered_on, entry.precision, entry.resumed)
    query = select(*of_draft, *of_entry).join(tables.entry, entry.draft_id == draft.draft_id)
    return query.where(draft.draft_id.in_(drafts))


def _facts_of(rows: Iterable[Mapping[Any, Any]]) -> Iterable[DraftFacts]:
    by_draft: dict[UUID, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        by_draft[row["draft_id"]].append(row)
    for draft_id, of_draft in by_draft.items():
        first = of_draft[0]
        yield DraftFacts(
            draft_id=draft_id,
            instrument=Instrument(first["instrument"]),
            regime=Regime(first["regime"]),
            procedure=Procedure(first["procedure"]),
            lead_unit_code=first["lead_unit_code"],
            entries=tuple(entry_of_row(row) for row in of_draft),
        )


def entry_of_row(row: Mapping[Any, Any]) -> StageEntry:
    return StageEntry(
        entry_id=row["entry_id"],
        stage=Stage(row["stage"]),
        entered_on=row["entered_on"],
        precision=Precision(row["precision"]),
        resumed=row["resumed"],
    )


async def _derive_leads(connection: AsyncConnection, tables: DraftTables, drafts: Collection[UUID]) -> None:
    draft, transfer = tables.draft.c, tables.transfer.c
    query = (
        select(draft.draft_id, draft.lead_unit_code, transfer.on, transfer.unit_code)
        .join(tables.transfer, transfer.draft_id == draft.draft_id)
        .where(draft.draft_id.in_(drafts))
    )
    first: dict[UUID, str] = {}
    changes: dict[UUID, list[tuple[Any, str]]] = defaultdict(list)
    for draft_id, lead, on, unit_code in await connection.execute(query):
        first[draft_id] = lead
        changes[draft_id].append((on, unit_code))
    rows = [
        {"draft_id": draft_id, "from_day": from_day, "to_day": to_day, "unit_code": unit_code}
        for draft_id, lead in first.items()
        for from_day, to_day, unit_code in periods(by_day(lead, changes[draft_id]))
    ]
    await connection.execute(delete(tables.lead).where(tables.lead.c.draft_id.in_(first)))
    await insert(connection, tables.lead, rows)
