"""Records of drafts and announced gaps in PostgreSQL, and the projection that writes them."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Table, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters import tables
from services.metrics.adapters.communications import SqlCommunications, communication_row, counting_rows
from services.metrics.adapters.history.statements import versions_by_id, write_changes, write_versions
from services.metrics.adapters.history.versions import TableVersions
from services.metrics.adapters.tables import (
    ANNOUNCED,
    COMMUNICATION,
    COUNTING,
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
    RECORDED_DAY,
)
from services.metrics.application.ports import Dated, DraftVersion
from services.metrics.application.projections import GapReconciler, project_drafts, rederive, row_changes
from services.metrics.domain.record import (
    Announced,
    Asked,
    CommunicationFact,
    DraftGaps,
    DraftRecord,
    draft_of,
)
from shared.contracts.envelope import CATALOG, Recorded
from shared.contracts.notifier import AlertEscalated, AlertSent
from shared.contracts.registry import UnitTargetSet
from shared.contracts.vocabulary import Answer
from shared.directory.projection import USED, unit_directory
from shared.directory.unit_tree import UnitTree
from shared.kernel.local_day import day_in_vietnam
from shared.persistence.database import upsert
from shared.projections.rebuild import Purpose
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

    async def forget_rules(self) -> None:
        """Have every draft derived again: the units changed, and with them whose local rules hold."""
        await self.connection.execute(update(DRAFT).values(rules_version=""))

    async def deciding(
        self, asked: Iterable[Asked], apart_from: Collection[UUID] = ()
    ) -> Mapping[UUID, Sequence[CommunicationFact]]:
        return await self._communications.deciding(asked, apart_from)

    async def replace(self, versions: Sequence[DraftVersion]) -> None:
        """Write drafts as the last of their versions has them, and keep what each version supersedes.

        It takes as few round trips as possible: a client may wait for what it has just written.
        """
        if not versions:
            return
        derived = [(version.position, _Derived.of(version.draft)) for version in versions]
        drafts = await versions_by_id(
            self.connection, [DRAFT], "draft_id", {version.draft.record.draft_id for version in versions}
        )
        others = list(_others(derived, drafts[DRAFT]))
        intervals = await versions_by_id(
            self.connection, _ROWS, "draft_id", {of.row["draft_id"] for _, of in others}
        )
        for position, of in others:
            for table, rows in of.intervals.items():
                intervals[table].replace(position, of.row["draft_id"], rows)
        communications = await self._communicated(versions)
        await write_versions(
            self.connection, [*drafts.values(), *intervals.values(), *communications.values()]
        )

    async def _communicated(self, versions: Sequence[DraftVersion]) -> dict[Table, TableVersions]:
        ids = {item.fact.communication_id for version in versions for item in version.written}
        ids |= {version.removed for version in versions if version.removed is not None}
        made = await versions_by_id(self.connection, [COMMUNICATION, COUNTING], "communication_id", ids)
        for version in versions:
            draft_id = version.draft.record.draft_id
            for item in version.written:
                number = item.fact.communication_id
                made[COMMUNICATION].put(version.position, communication_row(draft_id, item))
                made[COUNTING].replace(version.position, number, list(counting_rows(draft_id, item)))
            if version.removed is not None:
                made[COMMUNICATION].remove(version.position, {"communication_id": version.removed})
                made[COUNTING].replace(version.position, version.removed, [])
        return made


def _others(
    derived: Iterable[tuple[int, "_Derived"]], drafts: TableVersions
) -> Iterator[tuple[int, "_Derived"]]:
    """Put the rows of drafts, and give the versions whose intervals are others than those of the version before."""
    for position, of in derived:
        before = drafts.get(of.row)
        drafts.put(position, of.row)
        if before is None or before["derived"] != of.row["derived"]:
            yield position, of


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


@lru_cache
def _columns(table: Table) -> Sequence[str]:
    return [name for name in table.columns.keys() if name != "known_from"]  # noqa: SIM118  no mapping


def _rows(table: Table, items: Iterable[Any], shared: Mapping[str, Any]) -> Iterator[Row]:
    """Give a row of each item: its attributes, and what they share."""
    columns = _columns(table)
    for item in items:
        yield {name: shared[name] if name in shared else getattr(item, name) for name in columns}


# The rows that follow from a draft in each table.
_ROWS: Mapping[Table, Callable[[Dated], Iterator[Row]]] = {
    POLICY_INTERVAL: lambda draft: _rows(POLICY_INTERVAL, draft.timeline.policies, _shared(draft)),
    OCCURRENCE_INTERVAL: lambda draft: _rows(OCCURRENCE_INTERVAL, draft.timeline.occurrences, _shared(draft)),
    GAP_INTERVAL: lambda draft: _rows(GAP_INTERVAL, draft.timeline.gaps, _shared(draft)),
    OCCURRENCE: lambda draft: _rows(OCCURRENCE, draft.stages, _shared(draft)),
}


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


def _recorded_days(events: Iterable[Recorded]) -> Iterator[Row]:
    last = {day_in_vietnam(event.metadata.time): event.position for event in events}
    return ({"day": day, "position": position} for day, position in last.items())


async def rules_among_units(connection: AsyncConnection, rulebook: Rulebook) -> Rulebook:
    """Give the rules with the units as they are projected, if some of them are local."""
    if not rulebook.local:
        return rulebook
    return rulebook.within(UnitTree(await unit_directory(connection, tables.units)).lineage)


@dataclass(slots=True)
class MetricsProjection:
    engine: AsyncEngine
    rulebook: Rulebook
    reconciler: GapReconciler
    name: str = "metrics"
    contexts: frozenset[str] = frozenset(
        {"unit", "draft", "communication", "compliance", "programme", "plan", "alert"}
    )
    tables: Sequence[Table] = tables.READ_MODEL
    # Drafts whose gaps were not compared yet; None at the start: all of them.
    unannounced: set[UUID] | None = field(default=None)

    def uses(self, context: str, name: str) -> bool:
        """Every fact of a draft is kept with its position; of units only the directory and targets, of alerts what was sent."""
        if context == "alert":
            return name in {AlertSent.name, AlertEscalated.name}
        return context != "unit" or (context, name) in USED or name == UnitTargetSet.name

    async def apply(self, connection: AsyncConnection, events: Sequence[Recorded]) -> None:
        facts = [event for event in events if event.ref.context in {"draft", "communication"}]
        others = [event for event in events if event.ref.context not in {"draft", "communication"}]
        await write_changes(connection, [(event.position, list(row_changes(event))) for event in others])
        rulebook = await rules_among_units(connection, self.rulebook)
        touched = await project_drafts(SqlRecords(connection), facts, rulebook)
        if rulebook.local and any(event.ref.context == "unit" for event in events):
            await SqlRecords(connection).forget_rules()
            await rederive(SqlRecords(connection), rulebook)
            self.unannounced = None
        await upsert(connection, RECORDED_DAY, list(_recorded_days(events)))
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
            if await rederive(SqlRecords(connection), await rules_among_units(connection, self.rulebook)):
                # What was superseded follows from the log and the rules too.
                await tables.checkpoints.ask(connection, f"{self.name}.{Purpose.REBUILD}")

    async def caught_up(self) -> None:
        if self.unannounced is None or self.unannounced:
            await self.reconciler.reconcile(self.unannounced)
            self.unannounced = set()
