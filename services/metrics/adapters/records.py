"""Records of drafts and announced gaps in PostgreSQL, and the projection that writes them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Table, select, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters import tables
from services.metrics.adapters.tables import (
    ANNOUNCED,
    COMMUNICATION,
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
)
from services.metrics.application.ports import Dated
from services.metrics.application.projections import GapReconciler, project_drafts, rederive, row_changes
from services.metrics.domain.record import Announced, DraftRecord, draft_of
from shared.contracts.envelope import CATALOG, Recorded
from shared.contracts.registry import UnitTargetSet
from shared.directory.projection import USED
from shared.persistence.database import insert
from shared.projections.rows import write
from shared.rules.counts import Summary
from shared.rules.rulebook.rulebook import Rulebook

_OPINIONS: TypeAdapter[tuple[Summary, ...]] = TypeAdapter(tuple[Summary, ...])
_RECORD: TypeAdapter[DraftRecord] = TypeAdapter(DraftRecord)

# The key of stored records stays that of release 0.1.0, so old and new replicas read the same rows.
_STORED_AS = "heard"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SqlRecords:
    connection: AsyncConnection

    async def load(self, drafts: Collection[UUID]) -> dict[UUID, DraftRecord]:
        rows = await self.connection.execute(
            select(DRAFT.c.draft_id, DRAFT.c.record).where(DRAFT.c.draft_id.in_(drafts))
        )
        return {draft_id: read_record(record) for draft_id, record in rows}

    async def outdated(self, rules_version: str, most: int) -> list[DraftRecord]:
        query = select(DRAFT.c.record).where(DRAFT.c.rules_version != rules_version).limit(most)
        return [read_record(record) for (record,) in await self.connection.execute(query)]

    async def replace(self, drafts: Iterable[Dated]) -> None:
        """Replace all rows of some drafts.

        It takes as few round trips as possible: a client may wait for what it has just written.
        """
        if all_of := list(drafts):
            await self.connection.exec_driver_sql(_DELETE, ([draft.record.draft_id for draft in all_of],))
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


def read_record(document: Mapping[str, Any]) -> DraftRecord:
    """Read a record as it is stored in the column `record`."""
    renamed = {"communications" if key == _STORED_AS else key: value for key, value in document.items()}
    return _RECORD.validate_python(renamed)


def _written(record: DraftRecord) -> dict[str, Any]:
    """Dump a record in a fixed order: the order of a set differs between processes."""
    document: dict[str, Any] = _RECORD.dump_python(record, mode="json")
    document[_STORED_AS] = document.pop("communications")
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


def _members(draft: Dated) -> Iterator[Row]:
    shared = {"draft_id": draft.record.draft_id, "scope": draft.timeline.scope}
    for member in draft.record.members:
        own = _OPINIONS.dump_python(member.opinions, mode="json")
        lists = {"opinions": own, "audience": list(member.audience), "area": list(member.area)}
        yield from _rows(COMMUNICATION, [member], shared | lists)


# The rows of a draft in each table.
_ROWS: Mapping[Table, Callable[[Dated], Iterator[Row]]] = {
    DRAFT: _draft,
    POLICY_INTERVAL: lambda draft: _rows(POLICY_INTERVAL, draft.timeline.policies, _shared(draft)),
    OCCURRENCE_INTERVAL: lambda draft: _rows(OCCURRENCE_INTERVAL, draft.timeline.occurrences, _shared(draft)),
    GAP_INTERVAL: lambda draft: _rows(GAP_INTERVAL, draft.timeline.gaps, _shared(draft)),
    COMMUNICATION: _members,
    OCCURRENCE: lambda draft: _rows(OCCURRENCE, draft.stages, _shared(draft)),
}

# Deletes all rows of some drafts in one round trip.
_DELETE = f"""
WITH {", ".join(f"of_{table.name} AS (DELETE FROM {table.name} WHERE draft_id = ANY($1))" for table in _ROWS)} SELECT
"""  # noqa: S608  names of our own metadata


@dataclass(frozen=True, slots=True)
class SqlAnnouncements:
    engine: AsyncEngine

    async def with_gaps(self, today: date) -> list[UUID]:
        """Return the drafts that have a gap open today, or a gap announced as open."""
        now = select(GAP_INTERVAL.c.draft_id).where(
            GAP_INTERVAL.c.from_day <= today, GAP_INTERVAL.c.to_day > today
        )
        announced = select(ANNOUNCED.c.draft_id).where(ANNOUNCED.c.is_open)
        async with self.engine.connect() as connection:
            return list((await connection.execute(union(now, announced))).scalars())

    async def records(self, drafts: Collection[UUID]) -> dict[UUID, DraftRecord]:
        async with self.engine.connect() as connection:
            return await SqlRecords(connection).load(drafts)

    async def announced(self, drafts: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, Announced]]:
        query = select(ANNOUNCED).where(ANNOUNCED.c.draft_id.in_(drafts))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        by_draft: dict[UUID, dict[UUID, Announced]] = {}
        for row in rows:
            by_draft.setdefault(row.draft_id, {})[row.gap_id] = _announced(row)
        return by_draft


def _announced(row: Any) -> Announced:
    event = CATALOG.read(row.type, row.data)
    return Announced(event, row.version, row.position)  # type: ignore[arg-type]  # only gap events stand there


@dataclass(slots=True)
class MetricsProjection:
    engine: AsyncEngine
    rulebook: Rulebook
    reconciler: GapReconciler
    name: str = "metrics"
    contexts: frozenset[str] = frozenset({"unit", "draft", "communication", "compliance"})
    tables: Sequence[Table] = tables.READ_MODEL
    # Drafts whose gaps were not compared yet; None at the start: all of them.
    unannounced: set[UUID] | None = field(default=None)

    def uses(self, context: str, name: str) -> bool:
        """Every fact of a draft is kept with its position; of units only the directory and targets."""
        return context != "unit" or (context, name) in USED or name == UnitTargetSet.name

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        facts = [event for event in events if event.ref.context in {"draft", "communication"}]
        touched = await project_drafts(SqlRecords(connection), facts, self.rulebook)
        others = (event for event in events if event.ref.context in {"unit", "compliance"})
        await write(connection, tables.metadata, chain.from_iterable(map(row_changes, others)))
        # Announced drafts are compared again: a fact may have been recorded between comparison and announcement.
        announced = {
            draft for event in events if event.ref.context == "compliance" and (draft := draft_of(event))
        }
        if self.unannounced is not None:
            self.unannounced |= touched | announced

    async def began(self) -> None:
        self.unannounced = None
        # One transaction: no figure is ever counted from rows of two rulebooks.
        async with self.engine.begin() as connection:
            await rederive(SqlRecords(connection), self.rulebook)

    async def caught_up(self) -> None:
        if self.unannounced is None or self.unannounced:
            await self.reconciler.reconcile(self.unannounced)
            self.unannounced = set()
