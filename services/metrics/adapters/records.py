"""Facts and intervals of drafts in SQL: loaded and replaced within a projection's transaction."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Table, select, union
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
from services.metrics.domain.gap_events import Announced
from services.metrics.domain.record import DraftRecord
from shared.contracts.catalog import CATALOG
from shared.persistence.database import insert

RECORD: TypeAdapter[DraftRecord] = TypeAdapter(DraftRecord)

Row = Mapping[str, Any]


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
        """Put everything of some drafts in place of what stood there.

        In as few ways to the database as it takes: somebody may wait for what they have just written.
        """
        if all_of := list(drafts):
            await self.connection.exec_driver_sql(_FORGET, ([draft.record.draft_id for draft in all_of],))
        for table, rows_of in _ROWS.items():
            await insert(self.connection, table, [row for draft in all_of for row in rows_of(draft)])


def _draft(draft: Dated) -> Iterator[Row]:
    shared = {
        "scope": draft.timeline.scope,
        "position": draft.record.source.position,
        "rules_version": draft.rules_version,
        "record": _written(draft.record),
    }
    yield from _rows(DRAFT, [draft.record], shared)


def _written(record: DraftRecord) -> dict[str, Any]:
    """Write a record always alike: a set has another order in every process."""
    document: dict[str, Any] = RECORD.dump_python(record, mode="json")
    for exemption in document["exemptions"]:
        exemption["stages"].sort()
    return document


def _shared(draft: Dated) -> dict[str, Any]:
    """What every interval repeats of its draft, so that a figure is one scan."""
    record = draft.record
    return {
        "draft_id": record.draft_id,
        "scope": draft.timeline.scope,
        "instrument": record.instrument,
        "regime": record.regime,
        "dataset": record.dataset,
    }


def _rows(table: Table, items: Iterable[Any], shared: Mapping[str, Any]) -> Iterator[Row]:
    """Give a row of each item: its attributes, and what they share."""
    columns = table.columns.keys()
    for item in items:
        yield {name: shared[name] if name in shared else getattr(item, name) for name in columns}


# For each table what a draft puts into it.
_ROWS: Mapping[Table, Callable[[Dated], Iterator[Row]]] = {
    DRAFT: _draft,
    POLICY_INTERVAL: lambda draft: _rows(POLICY_INTERVAL, draft.timeline.policies, _shared(draft)),
    OCCURRENCE_INTERVAL: lambda draft: _rows(OCCURRENCE_INTERVAL, draft.timeline.occurrences, _shared(draft)),
    GAP_INTERVAL: lambda draft: _rows(GAP_INTERVAL, draft.timeline.gaps, _shared(draft)),
    STAY: lambda draft: _rows(STAY, draft.stages, _shared(draft)),
}


# Everything of some drafts, in one way to the database.
_FORGET = f"""
WITH {", ".join(f"of_{table.name} AS (DELETE FROM {table.name} WHERE draft_id = ANY($1))" for table in _ROWS)} SELECT
"""  # noqa: S608  names of our own metadata


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
