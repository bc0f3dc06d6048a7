"""Records of drafts and announced gaps in PostgreSQL, and the projection that writes them."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Table, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters import tables
from services.metrics.adapters.communications import SqlCommunications
from services.metrics.adapters.tables import (
    ANNOUNCED,
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
)
from services.metrics.application.ports import Dated
from services.metrics.application.projections import GapReconciler, project_drafts, rederive, row_changes
from services.metrics.domain.record import (
    Announced,
    Asked,
    CommunicationFact,
    DraftGaps,
    DraftRecord,
    Performed,
    draft_of,
)
from shared.contracts.envelope import CATALOG, Recorded
from shared.contracts.registry import UnitTargetSet
from shared.contracts.vocabulary import Answer
from shared.directory.projection import USED
from shared.persistence.database import insert, upsert
from shared.projections.rows import write
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.timeline import GapInterval

_GAP: TypeAdapter[GapInterval] = TypeAdapter(GapInterval)
_RECORD: TypeAdapter[DraftRecord] = TypeAdapter(DraftRecord)

# The key of the communications in records of release 0.1.0.
_STORED_AS = "heard"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SqlRecords:
    connection: AsyncConnection

    @property
    def _communications(self) -> SqlCommunications:
        return SqlCommunications(self.connection)

    async def load(
        self, drafts: Collection[UUID], communications: Collection[UUID] = ()
    ) -> dict[UUID, DraftRecord]:
        """Read drafts, each with those of the communications that are about it."""
        query = select(DRAFT.c.draft_id, DRAFT.c.facts, DRAFT.c.record).where(DRAFT.c.draft_id.in_(drafts))
        records = {
            row.draft_id: read_record(row.facts, row.record) for row in await self.connection.execute(query)
        }
        for draft_id, facts in (await self._communications.by_ids(communications)).items():
            if draft_id in records:
                records[draft_id] = replace(records[draft_id], communications=tuple(facts))
        return records

    async def whole(self, drafts: Collection[UUID]) -> dict[UUID, tuple[CommunicationFact, ...]]:
        """Read all communications of some drafts."""
        return {
            draft_id: tuple(facts)
            for draft_id, facts in (await self._communications.of_drafts(drafts)).items()
        }

    async def outdated(self, rules_version: str, most: int) -> list[DraftRecord]:
        """Read drafts that were derived by other rules, or that a replica of release 0.1.0 has written."""
        table = DRAFT.c
        query = select(table.facts, table.record).where(
            or_(table.rules_version != rules_version, table.facts.is_(None))
        )
        rows = await self.connection.execute(query.limit(most))
        return [read_record(row.facts, row.record) for row in rows]

    async def keep(
        self, drafts: Iterable[tuple[DraftRecord, Iterable[Performed]]], touched: Collection[UUID]
    ) -> None:
        await self._communications.keep(drafts, touched)

    async def deciding(self, asked: Iterable[Asked]) -> Mapping[UUID, Sequence[CommunicationFact]]:
        return await self._communications.deciding(asked)

    async def replace(self, drafts: Iterable[Dated]) -> None:
        """Write drafts, and the intervals of those whose intervals are others than before.

        It takes as few round trips as possible: a client may wait for what it has just written.
        """
        derived = [_Derived.of(draft) for draft in drafts]
        ids = [draft.row["draft_id"] for draft in derived]
        stored = select(DRAFT.c.draft_id, DRAFT.c.derived).where(DRAFT.c.draft_id.in_(ids))
        before = {row.draft_id: row.derived for row in await self.connection.execute(stored)}
        await upsert(self.connection, DRAFT, [draft.row for draft in derived])
        others = [draft for draft in derived if before.get(draft.row["draft_id"]) != draft.row["derived"]]
        if others:
            await self.connection.exec_driver_sql(_DELETE, ([draft.row["draft_id"] for draft in others],))
        for table in _ROWS:
            await insert(self.connection, table, [row for draft in others for row in draft.intervals[table]])


@dataclass(frozen=True, slots=True)
class _Derived:
    """The row of a draft, and those of its intervals, whose digest the former names."""

    row: Row
    intervals: Mapping[Table, list[Row]]

    @classmethod
    def of(cls, draft: Dated) -> "_Derived":
        intervals = {table: list(rows_of(draft)) for table, rows_of in _ROWS.items()}
        digest = hashlib.sha256(orjson.dumps(list(intervals.values()), default=sorted))
        shared = {
            "scope": draft.timeline.scope,
            "position": draft.record.source.position,
            "rules_version": draft.rules_version,
            "facts": _written(draft.record),
            "derived": digest.hexdigest(),
            "record": None,
        }
        (row,) = _rows(DRAFT, [draft.record], shared)
        return cls(row, intervals)


def read_record(facts: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> DraftRecord:
    """Read the stored facts of a draft; those `before` this layout have all communications in them."""
    if facts is not None:
        return _RECORD.validate_python(facts)
    renamed = {"communications" if key == _STORED_AS else key: value for key, value in (before or {}).items()}
    return _RECORD.validate_python(renamed)


def _written(record: DraftRecord) -> dict[str, Any]:
    """Dump a record in a fixed order, without communications: the order of a set differs between processes."""
    document: dict[str, Any] = _RECORD.dump_python(record, mode="json", exclude={"communications"})
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


# The rows that follow from a draft in each table.
_ROWS: Mapping[Table, Callable[[Dated], Iterator[Row]]] = {
    POLICY_INTERVAL: lambda draft: _rows(POLICY_INTERVAL, draft.timeline.policies, _shared(draft)),
    OCCURRENCE_INTERVAL: lambda draft: _rows(OCCURRENCE_INTERVAL, draft.timeline.occurrences, _shared(draft)),
    GAP_INTERVAL: lambda draft: _rows(GAP_INTERVAL, draft.timeline.gaps, _shared(draft)),
    OCCURRENCE: lambda draft: _rows(OCCURRENCE, draft.stages, _shared(draft)),
}

# Deletes all intervals of some drafts in one round trip.
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

    async def gaps(self, drafts: Collection[UUID]) -> list[DraftGaps]:
        """Read the drafts with the intervals of their gaps, as they were derived."""
        own = select(DRAFT.c.draft_id, DRAFT.c.scope, DRAFT.c.facts, DRAFT.c.record)
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            rows = (await connection.execute(own.where(DRAFT.c.draft_id.in_(drafts)))).all()
            intervals = await connection.execute(
                select(GAP_INTERVAL)
                .where(GAP_INTERVAL.c.draft_id.in_(drafts))
                .order_by(GAP_INTERVAL.c.from_day)
            )
            by_draft: dict[UUID, list[GapInterval]] = {}
            for row in intervals.mappings():
                by_draft.setdefault(row["draft_id"], []).append(_GAP.validate_python(dict(row)))
        return [
            DraftGaps(read_record(row.facts, row.record), Answer(row.scope), by_draft.get(row.draft_id, []))
            for row in rows
        ]

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
    contexts: frozenset[str] = frozenset({"unit", "draft", "communication", "compliance", "programme"})
    tables: Sequence[Table] = tables.READ_MODEL
    # Drafts whose gaps were not compared yet; None at the start: all of them.
    unannounced: set[UUID] | None = field(default=None)

    def uses(self, context: str, name: str) -> bool:
        """Every fact of a draft is kept with its position; of units only the directory and targets."""
        return context != "unit" or (context, name) in USED or name == UnitTargetSet.name

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        facts = [event for event in events if event.ref.context in {"draft", "communication"}]
        touched = await project_drafts(SqlRecords(connection), facts, self.rulebook)
        others = (event for event in events if event.ref.context in {"unit", "compliance", "programme"})
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
