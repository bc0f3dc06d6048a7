"""Records of drafts and announced gaps in PostgreSQL, and the projection that writes them."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Table, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters import tables
from services.metrics.adapters.history.versions import (
    TableVersions,
    plain,
    versions_by_id,
    write_changes,
    write_versions,
    written,
)
from services.metrics.adapters.projection.communications import (
    SqlCommunications,
    communication_row,
    counting_rows,
)
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
from shared.directory.projection import USED, among_units
from shared.kernel.local_day import day_in_vietnam
from shared.persistence.database import reading, upsert
from shared.projections.rebuild import Purpose
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.timeline import GapInterval, Timeline

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
        chains: dict[UUID, list[DraftVersion]] = {}
        for version in versions:
            chains.setdefault(version.draft.record.draft_id, []).append(version)
        drafts = (await versions_by_id(self.connection, [DRAFT], "draft_id", chains))[DRAFT]
        digests = {draft_id: _digest_in(drafts, draft_id) for draft_id in chains}
        derived = {draft_id: _Derived.of(chain, digests[draft_id]) for draft_id, chain in chains.items()}
        for draft_id, chain in chains.items():
            _put_draft(drafts, chain, derived[draft_id].digest)
        others = {
            draft_id: of
            for draft_id, of in derived.items()
            if len(of.states) > 1 or digests[draft_id] != of.digest
        }
        intervals = await versions_by_id(self.connection, _ROWS, "draft_id", others)
        for draft_id, of in others.items():
            group, before = str(draft_id), dict[Table, Sequence[Row]]()
            for position, state in of.states:
                for table, rows in state.items():
                    if before.get(table) is not rows:
                        intervals[table].replace(position, group, rows)
                before = state
        communications = await self._communicated(versions)
        await write_versions(self.connection, [drafts, *intervals.values(), *communications.values()])

    async def _communicated(self, versions: Sequence[DraftVersion]) -> dict[Table, TableVersions]:
        ids = {item.fact.communication_id for version in versions for item in version.written}
        ids |= {version.removed for version in versions if version.removed is not None}
        made = await versions_by_id(self.connection, [COMMUNICATION, COUNTING], "communication_id", ids)
        for version in versions:
            draft_id = version.draft.record.draft_id
            for item in version.written:
                number = str(item.fact.communication_id)
                made[COMMUNICATION].put(version.position, communication_row(draft_id, item))
                rows = [plain(row) for row in counting_rows(draft_id, item)]
                made[COUNTING].replace(version.position, number, rows)
            if version.removed is not None:
                made[COMMUNICATION].remove(version.position, {"communication_id": version.removed})
                made[COUNTING].replace(version.position, str(version.removed), [])
        return made


def _digest_in(drafts: TableVersions, draft_id: UUID) -> str:
    """Give the digest of a draft's intervals as they are stored; empty if there are none."""
    stored = drafts.stored({"draft_id": draft_id})
    return (stored and stored["derived"]) or ""


def _put_draft(drafts: TableVersions, chain: Sequence[DraftVersion], digest: str) -> None:
    """Put the row of each version of a draft; a version that moves the last event alone supersedes none.

    Of versions in a row that say the same of the facts only the last one's row is made: it stands in place of the others.
    """
    for number, versions in enumerate(_of_same_facts(chain)):
        row = _draft_row(versions[-1].draft, digest)
        same = number == 0 and _is_stored_fact(drafts, row)
        drafts.put_next(versions[0].position, row, same_fact=same)


def _of_same_facts(chain: Sequence[DraftVersion]) -> Iterator[list[DraftVersion]]:
    """Divide versions where the facts change."""
    versions: list[DraftVersion] = []
    for version in chain:
        if versions and not _is_same_fact(versions[-1].draft, version.draft):
            yield versions
            versions = []
        versions.append(version)
    if versions:
        yield versions


# What a draft's row has besides facts: the last event about it, which a communication moves too, and how it was derived.
_BESIDES = frozenset({"position", "rules_version", "derived", "record"})
_FACTS = attrgetter(
    *(name for name in DraftRecord.__dataclass_fields__ if name not in {"communications", "source"})
)


def _is_stored_fact(drafts: TableVersions, row: Row) -> bool:
    """Tell whether the stored row of a draft says the same of the facts."""
    before = drafts.stored({"draft_id": row["draft_id"]})
    return before is not None and _without_besides(before) == _without_besides(plain(row))


def _without_besides(row: Row) -> Row:
    facts = {name: value for name, value in (row["facts"] or {}).items() if name != "source"}
    return {name: value for name, value in row.items() if name not in _BESIDES} | {"facts": facts}


def _is_same_fact(before: Dated, draft: Dated) -> bool:
    return before.scope is draft.scope and _FACTS(before.record) == _FACTS(draft.record)


def _draft_row(draft: Dated, digest: str) -> Row:
    record = draft.record
    return {
        **{name: getattr(record, name) for name in _OF_RECORD},
        "draft_id": str(record.draft_id),
        "scope": draft.scope,
        "position": record.source.position,
        "rules_version": draft.rules_version,
        "facts": {name: getattr(record, name) for name in _OF_FACTS},
        "derived": digest,
        "record": None,
    }


_OF_RECORD = [column.name for column in DRAFT.columns if column.name in DraftRecord.__dataclass_fields__]
_OF_FACTS = [name for name in DraftRecord.__dataclass_fields__ if name != "communications"]
State = dict[Table, Sequence[Row]]
ItemsOf = Callable[[Timeline, Dated], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class _Derived:
    """The rows of a draft's intervals in each table, from which position on; and the digest of the last of them.

    There are none where they stay as they are stored.
    """

    states: Sequence[tuple[int, State]]
    digest: str

    @classmethod
    def of(cls, chain: Iterable[DraftVersion], stored: str) -> "_Derived":
        states: list[tuple[int, State]] = []
        last: Dated | None = None
        made = {table: _RowsOf(table, items_of) for table, items_of in _ROWS.items()}
        shared: Row = {}
        for version in chain:
            draft, line = version.draft, version.draft.timeline
            if line is None:
                continue
            if last is None or not _derives_the_same(last, draft):
                if (now := _shared(draft)) != shared:
                    shared = now
                states.append(
                    (version.position, {table: of.rows(line, draft, shared) for table, of in made.items()})
                )
            last = draft
        if not states:
            return cls((), stored)
        digest = hashlib.sha256(written(list(states[-1][1].values())))
        return cls(states, digest.hexdigest())


def _derives_the_same(before: Dated, draft: Dated) -> bool:
    return (
        before.timeline is draft.timeline
        and before.stages is draft.stages
        and _COMMON(before.record) == _COMMON(draft.record)
    )


_COMMON = attrgetter("draft_id", "instrument", "regime", "dataset")


class _RowsOf:
    """Makes rows of a draft in one table; an item that stays keeps its row, and rows that stay their list."""

    def __init__(self, table: Table, items_of: ItemsOf) -> None:
        self._columns = _columns(table)
        self._items_of = items_of
        self._shared: Row = {}
        self._template: dict[str, Any] = {}
        self._made: dict[
            int, tuple[Any, Row]
        ] = {}  # by the identity of the item, which is held so that it stays one
        self._rows: list[Row] | None = None

    def rows(self, line: Timeline, draft: Dated, shared: Row) -> list[Row]:
        """Give the rows; `shared` is the same object as long as it says the same."""
        if shared is not self._shared:
            self._shared, self._made, self._rows = shared, {}, None
            self._template = self._columns.empty | {name: shared[name] for name in self._columns.shared}
        items = self._items_of(line, draft)
        made = {id(item): self._made.get(id(item)) or (item, self._row(item)) for item in items}
        if self._rows is None or made.keys() != self._made.keys():
            self._made, self._rows = made, [row for _, row in made.values()]
        return self._rows

    def _row(self, item: Any) -> Row:
        row = self._template.copy()
        row.update(zip(self._columns.own, self._columns.get(item), strict=True))
        for name, write in self._columns.written:
            if (value := row[name]) is not None:
                row[name] = write(value)
        return row


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table of intervals: those that a draft shares, and those of the item, some to be `written` as JSON."""

    empty: dict[str, Any]
    shared: Sequence[str]
    own: Sequence[str]
    get: Callable[[Any], tuple[Any, ...]]
    written: Sequence[tuple[str, Callable[[Any], Any]]]


_WRITE: Mapping[type, Callable[[Any], Any]] = {date: date.isoformat, UUID: str, list: list}


@lru_cache
def _columns(table: Table) -> _Columns:
    names = [name for name in table.columns.keys() if name != "known_from"]  # noqa: SIM118  no mapping
    own = [name for name in names if name not in _SHARED]
    kinds = {name: table.c[name].type.python_type for name in own}
    return _Columns(
        empty=dict.fromkeys(names),
        shared=[name for name in names if name in _SHARED],
        own=own,
        get=attrgetter(*own),
        written=[(name, _WRITE[kind]) for name, kind in kinds.items() if kind in _WRITE],
    )


def read_record(facts: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> DraftRecord:
    """Read the stored facts of a draft; those `before` this layout have all communications in them."""
    if facts is not None:
        return _RECORD.validate_python(facts)
    renamed = {"communications" if key == _STORED_AS else key: value for key, value in (before or {}).items()}
    return _RECORD.validate_python(renamed)


_SHARED = frozenset({"draft_id", "scope", "instrument", "regime", "dataset"})


def _shared(draft: Dated) -> Row:
    """What every interval repeats of its draft, so that a figure is one scan."""
    record = draft.record
    return {
        "draft_id": str(record.draft_id),
        "scope": draft.scope,
        "instrument": record.instrument,
        "regime": record.regime,
        "dataset": record.dataset,
    }


# What rows follow from a draft in each table.
_ROWS: Mapping[Table, ItemsOf] = {
    POLICY_INTERVAL: lambda line, _: line.policies,
    OCCURRENCE_INTERVAL: lambda line, _: line.occurrences,
    GAP_INTERVAL: lambda line, _: line.gaps,
    OCCURRENCE: lambda _, draft: draft.stages,
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
        async with reading(self.engine) as connection:
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
        async with reading(self.engine) as connection:
            rows = (await connection.execute(query)).all()
        by_draft: dict[UUID, dict[UUID, Announced]] = {}
        for row in rows:
            by_draft.setdefault(row.draft_id, {})[row.gap_id] = _announced(row)
        return by_draft


def _announced(row: Any) -> Announced:
    event = CATALOG.read(row.type, row.data)
    return Announced(event, row.version, row.position)  # type: ignore[arg-type]  # only gap events stand there


def recorded_days(events: Iterable[Recorded]) -> dict[date, int]:
    """Give of each day the position of the last event recorded on it."""
    return {day_in_vietnam(event.metadata.time): event.position for event in events}


async def write_days(connection: AsyncConnection, last: Mapping[date, int]) -> None:
    rows = [{"day": day, "position": position} for day, position in last.items()]
    await upsert(connection, RECORDED_DAY, rows)


async def write_others(connection: AsyncConnection, events: Iterable[Recorded]) -> None:
    """Write what events mean that are about no draft's own facts."""
    await write_changes(connection, [(event.position, list(row_changes(event))) for event in events])


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
        await write_others(connection, others)
        rulebook = await among_units(connection, self.rulebook, tables.units)
        touched = await project_drafts(SqlRecords(connection), facts, rulebook)
        if rulebook.local and any(event.ref.context == "unit" for event in events):
            await SqlRecords(connection).forget_rules()
            await rederive(SqlRecords(connection), rulebook)
            self.unannounced = None
        await write_days(connection, recorded_days(events))
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
            if await rederive(
                SqlRecords(connection), await among_units(connection, self.rulebook, tables.units)
            ):
                # What was superseded follows from the log and the rules too.
                await tables.checkpoints.ask(connection, f"{self.name}.{Purpose.REBUILD}")

    async def caught_up(self) -> None:
        if self.unannounced is None or self.unannounced:
            await self.reconciler.reconcile(self.unannounced)
            self.unannounced = set()
