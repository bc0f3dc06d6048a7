"""Facts and intervals of drafts in SQL: loaded and replaced within a projection's transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Table, delete, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters.tables import (
    ANNOUNCED,
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
    STAY,
)
from services.metrics.application.ports import Dated
from services.metrics.domain.announcing import Announced
from services.metrics.domain.record import DraftRecord
from shared.contracts.catalog import CATALOG
from shared.database import MAX_PARAMETERS, upsert

RECORD: TypeAdapter[DraftRecord] = TypeAdapter(DraftRecord)
DERIVED = (POLICY_INTERVAL, OCCURRENCE_INTERVAL, GAP_INTERVAL, STAY)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SqlRecords:
    connection: AsyncConnection

    async def load(self, drafts: Collection[UUID]) -> dict[UUID, DraftRecord]:
        found = await self.connection.execute(
            select(DRAFT.c.draft_id, DRAFT.c.record).where(DRAFT.c.draft_id.in_(drafts))
        )
        return {draft_id: RECORD.validate_python(record) for draft_id, record in found}

    async def outdated(self, rules_version: str, most: int) -> list[DraftRecord]:
        query = select(DRAFT.c.record).where(DRAFT.c.rules_version != rules_version).limit(most)
        return [RECORD.validate_python(record) for (record,) in await self.connection.execute(query)]

    async def replace(self, drafts: Iterable[Dated]) -> None:
        all_of = list(drafts)
        ids = [draft.record.draft_id for draft in all_of]
        await upsert(self.connection, DRAFT, [_draft(draft) for draft in all_of])
        for table in DERIVED:
            await self.connection.execute(delete(table).where(table.c.draft_id.in_(ids)))
        await self._insert(POLICY_INTERVAL, [row for draft in all_of for row in _policies(draft)])
        await self._insert(OCCURRENCE_INTERVAL, [row for draft in all_of for row in _pairs(draft)])
        await self._insert(GAP_INTERVAL, [row for draft in all_of for row in _gaps(draft)])
        await self._insert(STAY, [row for draft in all_of for row in _stays(draft)])

    async def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        size = MAX_PARAMETERS // len(table.columns)
        for start in range(0, len(rows), size):
            await self.connection.execute(insert(table).values(rows[start : start + size]))


def _draft(draft: Dated) -> Row:
    record = draft.record
    return {
        "draft_id": record.draft_id,
        "draft_code": record.draft_code,
        "title": record.title,
        "instrument": record.instrument,
        "regime": record.regime,
        "procedure": record.procedure,
        "lead_unit_code": record.lead_unit_code,
        "dataset": record.dataset,
        "scope": draft.timeline.scope,
        "position": record.source.position,
        "rules_version": draft.rules_version,
        "record": RECORD.dump_python(record, mode="json"),
    }


def _shared(draft: Dated) -> Row:
    """What every interval repeats of its draft, so that a figure is one scan."""
    record = draft.record
    return {
        "draft_id": record.draft_id,
        "scope": draft.timeline.scope,
        "instrument": record.instrument,
        "regime": record.regime,
        "dataset": record.dataset,
    }


def _policies(draft: Dated) -> Iterator[Row]:
    shared = _shared(draft)
    return (asdict(interval) | shared for interval in draft.timeline.policies)


def _pairs(draft: Dated) -> Iterator[Row]:
    shared = _shared(draft)
    return (asdict(interval) | shared for interval in draft.timeline.occurrences)


def _gaps(draft: Dated) -> Iterator[Row]:
    for gap in draft.timeline.gaps:
        yield asdict(gap) | {"draft_id": draft.record.draft_id, "policies": list(gap.policies)}


def _stays(draft: Dated) -> Iterator[Row]:
    for stay in draft.stays:
        yield {
            "draft_id": draft.record.draft_id,
            "entry_id": stay.entry_id,
            "stage": stay.stage,
            "entered_on": stay.entered_on,
            "exited_on": stay.exited_on,
        }


@dataclass(frozen=True, slots=True)
class SqlAnnouncements:
    engine: AsyncEngine

    async def with_gaps(self, today: date) -> list[UUID]:
        """Find the drafts that have a gap open today, or one announced as open."""
        now = select(GAP_INTERVAL.c.draft_id).where(
            GAP_INTERVAL.c.from_day <= today, GAP_INTERVAL.c.to_day > today
        )
        said = select(ANNOUNCED.c.draft_id).where(ANNOUNCED.c.is_open)
        async with self.engine.connect() as connection:
            return list((await connection.execute(union(now, said))).scalars())

    async def records(self, drafts: Collection[UUID]) -> dict[UUID, DraftRecord]:
        async with self.engine.connect() as connection:
            return await SqlRecords(connection).load(drafts)

    async def announced(self, drafts: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Announced]]:
        query = select(ANNOUNCED).where(ANNOUNCED.c.draft_id.in_(drafts))
        async with self.engine.connect() as connection:
            found = (await connection.execute(query)).all()
        by_draft: dict[UUID, dict[UUID, Announced]] = {}
        for row in found:
            by_draft.setdefault(row.draft_id, {})[row.gap_id] = _announced(row)
        return by_draft


def _announced(row: Any) -> Announced:
    event = CATALOG.read(row.type, row.data)
    return Announced(event, row.version, row.position)  # type: ignore[arg-type]  # only gap events stand there
