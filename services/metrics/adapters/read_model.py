"""Metrics' read model in SQL: every question is asked of one consistent snapshot with its position."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters.history import standing, versions
from services.metrics.adapters.history.standing import Standing, StandingIn
from services.metrics.adapters.programmes import rows as programme_rows
from services.metrics.adapters.projection.communications import SqlCommunications
from services.metrics.adapters.projection.records import read_record
from services.metrics.adapters.snapshots.activities import activity_sums
from services.metrics.adapters.snapshots.drafts import opinion_sums, stage_sums
from services.metrics.adapters.tables import (
    COMMUNICATION,
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
    TARGET,
    checkpoints,
    units,
)
from services.metrics.application.draft_counts import DraftQuestion, Numbers, SumKey
from services.metrics.application.list_ports import ReportEntry
from services.metrics.application.ports import (
    TODO_KINDS,
    ActivitiesAsked,
    ActivitySums,
    Cell,
    GroupKey,
    KnownAt,
    Listed,
    OpenGap,
    Opens,
    PerformedCommunication,
    Todo,
)
from services.metrics.domain.coverage import Covering
from services.metrics.domain.draft_counts import CountedDraft
from services.metrics.domain.programme import ProgrammeEntryRow
from services.metrics.domain.record import Asked, CommunicationFact, DraftRecord, WaitingRequest
from shared.contracts.vocabulary import Answer, Dataset, Instrument, Procedure, Regime, Stage
from shared.directory import datasets
from shared.directory.datasets import PresentOnce
from shared.directory.folds import UnitDirectory
from shared.directory.projection import unit_directory
from shared.projections.rebuild import Purpose
from shared.rules.counts import Member
from shared.rules.figures import CUT_DAY, DECIDED, Counts, Period, effective_day
from shared.rules.verdicts import COVERED, JUDGED, PolicyVerdict, Search

DECEMBER = 12
_DRAFTS: TypeAdapter[list[CountedDraft]] = TypeAdapter(list[CountedDraft])
_MEMBERS: TypeAdapter[list[Member]] = TypeAdapter(list[Member])
DATASETS: Mapping[str, Dataset] = {each.value: each for each in Dataset}
COUNTED = tuple(each.name for each in fields(Counts))
Drafts = Collection[UUID] | None
"""Some drafts, or all of them."""
AT_ONCE = 2_000  # drafts of which the facts are read in one piece
Kind = TypeVar("Kind", bound="SqlSnapshot")


@dataclass(frozen=True, slots=True)
class SqlSnapshots:
    """`local_rules`: some rules hold for the units of an area, so that events about units change rows of drafts."""

    engine: AsyncEngine
    projection: str
    local_rules: bool
    standing: Standing | None = field(init=False, repr=False)
    data: PresentOnce = field(init=False, repr=False, default_factory=PresentOnce)

    def __post_init__(self) -> None:
        versions.enable(self.engine)
        kept = None if self.local_rules else Standing(f"{self.projection}.{Purpose.REBUILD}")
        object.__setattr__(self, "standing", kept)

    @asynccontextmanager
    async def snapshot(self, known_at: KnownAt | None = None) -> AsyncIterator["SqlSnapshot"]:
        """Open a consistent snapshot: rows and position belong together, whatever is projected meanwhile.

        With `known_at` it is what was known then; its position is that of the last event that was. It has the rows of the
        data set that is asked about.
        """
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            present = await checkpoints.read(connection, self.projection)
            position = present.position
            if known_at is not None:
                position = await versions.position_meant(connection, known_at, position)
                await connection.execution_options(**{versions.OPTION: position})
            about = connection, units.unit, DRAFT
            there = await (
                self.data.present(*about, present) if known_at is None else datasets.present(*about)
            )
            dataset = datasets.asked_of(there)
            await connection.execution_options(**{versions.OF_DATASET: dataset})
            standing = None if known_at is not None else self.standing
            yield SqlSnapshot(connection, position, standing, dataset=dataset, present=there)

    def opening(self, kind: type[Kind]) -> Opens[Kind]:
        """Give what opens snapshots with the rows of some pages besides."""

        @asynccontextmanager
        async def opened(known_at: KnownAt | None = None, /) -> AsyncIterator[Kind]:
            async with self.snapshot(known_at) as plain:
                yield kind(
                    plain.connection,
                    plain.position,
                    plain.standing,
                    dataset=plain.dataset,
                    present=plain.present,
                )

        return opened


@dataclass(slots=True)
class SqlSnapshot:
    """Rows and position of one moment; the directory of units is read once, however many questions need it.

    The rows are those of `dataset` (None: all), which may be one of those that are `present`.
    """

    connection: AsyncConnection
    position: int
    standing: Standing | None = None
    directory: UnitDirectory | None = None
    dataset: Dataset | None = None
    present: frozenset[Dataset] = frozenset()
    kept: StandingIn = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.kept = StandingIn(self.connection, self.position, self.standing, self.dataset)

    async def units(self) -> UnitDirectory:
        if self.directory is None:
            self.directory = await unit_directory(self.connection, units)
        return self.directory

    async def targets(self, year: int) -> Mapping[str, float]:
        rows = await self.connection.execute(
            select(TARGET.c.unit_code, TARGET.c.target).where(TARGET.c.year == year)
        )
        return {row.unit_code: row.target for row in rows}

    async def cells(self, as_of: date, period: Period | None) -> list[Cell]:
        if period and period.from_day > effective_day(period, as_of):
            return []

        async def read(drafts: Drafts) -> list[Cell]:
            return await self._cells(as_of, period, drafts)

        question = "cells", effective_day(period, as_of), period
        return list((await self.kept.of(question, read, standing.cells)).values())

    async def _cells(self, as_of: date, period: Period | None, drafts: Drafts) -> list[Cell]:
        """Read the cells of some drafts, or of all."""
        cells: list[Cell] = []
        for table, query in (
            (POLICY_INTERVAL, _policy_cells(as_of, period)),
            (OCCURRENCE_INTERVAL, _pair_cells(as_of, period)),
        ):
            of_drafts = query.where(is_of(drafts, table))
            cells += [_cell(row) for row in await self.connection.execute(of_drafts)]
        return cells

    async def members(
        self, first: date | None, last: date, units: Collection[str] | None = None
    ) -> list[Member]:
        """Give the communications whose first possible day lies in [first, last], of some performing units or of all."""
        return await self._members(
            first, last, *([] if units is None else [COMMUNICATION.c.unit_code.in_(units)])
        )

    async def activity_sums(self, asked: ActivitiesAsked) -> Mapping[GroupKey, ActivitySums]:
        return await activity_sums(self.kept, asked)

    async def _members(self, first: date | None, last: date, *where: ColumnElement[bool]) -> list[Member]:
        table = COMMUNICATION
        query = (
            select(
                *(table.c[name] for name in Member.__dataclass_fields__ if name in table.c),
                DRAFT.c.draft_code,
                DRAFT.c.title.label("draft_title"),
                DRAFT.c.scope,
                DRAFT.c.instrument,
                DRAFT.c.dataset,
            )
            .join(DRAFT, DRAFT.c.draft_id == table.c.draft_id)
            .where(table.c.held_on <= last, *where)
        )
        query = query.where(table.c.held_on >= first) if first else query
        rows = (await self.connection.execute(query)).mappings().all()
        return await asyncio.to_thread(_MEMBERS.validate_python, [dict(row) for row in rows])

    async def counted_drafts(self, *, consulted: bool = False) -> list[CountedDraft]:
        where = [_consulted()] if consulted else []
        return [draft async for drafts in self._counted(*where) for draft in drafts]

    async def stage_sums(self, asked: DraftQuestion) -> Mapping[SumKey, Numbers]:
        return await stage_sums(self.kept, asked)

    async def opinion_sums(self, asked: DraftQuestion) -> Mapping[SumKey, Numbers]:
        return await opinion_sums(self.kept, asked)

    async def _counted(self, *where: ColumnElement[bool]) -> AsyncIterator[list[CountedDraft]]:
        """Read drafts in the order of their codes, some at a time."""
        columns = [name for name in CountedDraft.__dataclass_fields__ if name in DRAFT.c]
        folded = [name for name in CountedDraft.__dataclass_fields__ if name not in DRAFT.c]
        query = select(*(DRAFT.c[name] for name in columns), *(_facts()[name].label(name) for name in folded))
        query = query.where(*where).order_by(DRAFT.c.draft_code).limit(AT_ONCE)
        after, full = "", True
        while full:
            rows = (await self.connection.execute(query.where(DRAFT.c.draft_code > after))).mappings().all()
            full = len(rows) == AT_ONCE
            after = rows[-1]["draft_code"] if rows else ""
            given = [{name: value for name, value in row.items() if value is not None} for row in rows]
            yield await asyncio.to_thread(_DRAFTS.validate_python, given)

    async def programme_entries(self, year: int, units: Collection[str] | None) -> list[ProgrammeEntryRow]:
        return await programme_rows.programme_entries(self.connection, year, units)

    async def report_entries(self, year: int) -> list[ReportEntry]:
        return await programme_rows.report_entries(self.connection, year)

    async def gaps(self, as_of: date) -> list[OpenGap]:
        """List them in the order of their due days, those of one day by the codes of their drafts."""

        async def read(drafts: Drafts) -> list[tuple[Any, OpenGap]]:
            query = _gaps(as_of).where(is_of(drafts, GAP_INTERVAL, DRAFT))
            gaps = [_gap(row) for row in await self.connection.execute(query)]
            # the number of an id: it is compared and hashed in a tenth of the time
            return [((gap.due_on, gap.draft_code, gap.gap_id.int), gap) for gap in gaps]

        return list((await self.kept.of(("gaps", as_of), read, standing.rows)).values())

    async def todos(self, as_of: date, suspended_before: date) -> list[Todo]:
        """List them; a suspension is among them if it began before `suspended_before`."""
        queries = {
            "scope_undetermined": (DRAFT, _undetermined(as_of)),
            "closed_unopened": (POLICY_INTERVAL, _closed_unopened(as_of)),
            "suspended_long": (OCCURRENCE, _suspended(as_of, suspended_before)),
        }

        async def read(drafts: Drafts) -> list[tuple[Any, Todo]]:
            todos: list[tuple[Any, Todo]] = []
            for place, kind in enumerate(TODO_KINDS):
                table, query = queries[kind]
                rows = await self.connection.execute(query.where(is_of(drafts, DRAFT, table)))
                todos += [
                    (
                        (place, code, since or date.min),
                        Todo(
                            kind=kind,
                            draft_code=code,
                            title=title,
                            unit_code=unit,
                            since=since,
                            dataset=DATASETS[dataset],
                        ),
                    )
                    for code, title, unit, since, dataset in rows.all()
                ]
            return todos

        question = "todos", as_of, suspended_before
        return list((await self.kept.of(question, read, standing.rows)).values())

    async def records(self, after: str, limit: int) -> list[DraftRecord]:
        """Give the next records in the order of their codes, with all communications."""
        query = select(DRAFT.c.facts, DRAFT.c.record).where(DRAFT.c.draft_code > after)
        rows = await self.connection.execute(query.order_by(DRAFT.c.draft_code).limit(limit))
        return await self._whole([read_record(*row) for row in rows])

    async def records_of(self, codes: Collection[str]) -> list[DraftRecord]:
        """Give some records, with all communications."""
        query = select(DRAFT.c.facts, DRAFT.c.record).where(DRAFT.c.draft_code.in_(codes))
        return await self._whole([read_record(*row) for row in await self.connection.execute(query)])

    async def _whole(self, records: list[DraftRecord]) -> list[DraftRecord]:
        whole = await self._communications.of_drafts([record.draft_id for record in records])
        return [
            replace(record, communications=record.communications or tuple(whole.get(record.draft_id, ())))
            for record in records
        ]

    async def draft(self, draft_code: str) -> DraftRecord | None:
        """Give a record without communications; one as release 0.1.0 has written it has all of them.

        What is asked of one draft is asked whatever its data: from now on this snapshot has all rows.
        """
        await self.with_all_data()
        query = select(DRAFT.c.facts, DRAFT.c.record).where(DRAFT.c.draft_code == draft_code)
        row = (await self.connection.execute(query)).one_or_none()
        return read_record(*row) if row is not None else None

    async def with_all_data(self) -> None:
        self.dataset = self.kept.dataset = None
        await self.connection.execution_options(**{versions.OF_DATASET: None})

    async def deciding(self, asked: Asked) -> Sequence[CommunicationFact]:
        return (await self._communications.deciding([asked])).get(asked.draft_id, ())

    async def covering(
        self, draft_id: UUID, asked: Sequence[tuple[int, Search]], most: int
    ) -> Sequence[Covering]:
        return await self._communications.covering(draft_id, asked, most)

    async def others(self, draft_id: UUID, until: date, most: int) -> Covering:
        return await self._communications.others(draft_id, until, most)

    async def listed(self, asked: Listed) -> Sequence[PerformedCommunication]:
        return await self._communications.listed(asked)

    @property
    def _communications(self) -> SqlCommunications:
        return SqlCommunications(self.connection)


def _facts() -> Any:
    return func.coalesce(DRAFT.c.facts, DRAFT.c.record)


def _consulted() -> ColumnElement[bool]:
    return func.jsonb_array_length(_facts()["opinions"]) > 0


def holds(table: Any, day: Any) -> ColumnElement[bool]:
    return and_(table.c.from_day <= day, table.c.to_day > day)


def is_of(drafts: Drafts, *tables: Any) -> ColumnElement[bool]:
    """Filter each of some joined tables by some drafts, so that none of them is read whole.

    Drafts are one array: a statement stays the same whatever their number.
    """
    if drafts is None:
        return literal(value=True)
    wanted = cast(list(drafts), ARRAY(Uuid))
    return and_(*(table.c.draft_id == func.any(wanted) for table in tables))


def _belongs(table: Any, period: Period | None, as_of: date) -> ColumnElement[bool]:
    """Filter by period, as `shared.rules.figures.belongs` does."""
    if period is None:
        return literal(value=True)
    return belongs_between(table, period.from_day, effective_day(period, as_of))


def belongs_between(table: Any, first: Any, last: Any) -> ColumnElement[bool]:
    """Filter by a period that began on `first` and is seen on `last`: days, or columns of days."""
    opened, closed, unopened = table.c.window_opened, table.c.window_closed, table.c.unopened_closed_on
    ends_in_time = or_(closed.is_(None), closed > first, opened >= first)
    return or_(and_(opened <= last, ends_in_time), and_(opened.is_(None), unopened.between(first, last)))


def _year(table: Any) -> ColumnElement[int]:
    """Give the reporting year in which the window opened; it begins on 15 December."""
    day = func.coalesce(table.c.window_opened, table.c.unopened_closed_on)
    late = and_(extract("month", day) == DECEMBER, extract("day", day) >= CUT_DAY)
    return extract("year", day) + case((late, 1), else_=0)


def _grouping(table: Any) -> list[Any]:
    return [
        table.c.unit_code,
        table.c.instrument,
        table.c.regime,
        table.c.dataset,
        _year(table).label("year"),
    ]


def _keys(table: Any) -> list[Any]:
    return [*_grouping(table)[:-1], literal_column("year")]


def _sum(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return func.count().filter(condition).label(name)


def _drafts(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Count the drafts of a cell; all policies of a draft share its group on a day, so cells add up."""
    return func.count(POLICY_INTERVAL.c.draft_id.distinct()).filter(condition)


def _policy_cells(as_of: date, period: Period | None) -> Select[Any]:
    table = POLICY_INTERVAL
    counted, unknown = table.c.scope == Answer.YES, table.c.scope == Answer.UNKNOWN
    judged = table.c.verdict.in_(JUDGED)
    sums = [
        *(_sum(and_(counted, table.c.verdict == verdict), verdict.value) for verdict in PolicyVerdict),
        _sum(unknown, "undetermined"),
        _sum(and_(counted, table.c.provisional), "provisional"),
        func.coalesce(func.sum(table.c.waived).filter(counted), 0).label("waived_occurrences"),
        _sum(and_(counted, table.c.on_time), "on_time"),
        _sum(and_(counted, judged, table.c.any_communication), "any_communication"),
        _sum(and_(counted, table.c.from_start), "from_start"),
        _sum(and_(counted, table.c.begun), "begun"),
        _sum(and_(counted, table.c.statutory_only), "any_statutory_only"),
        _sum(and_(counted, table.c.verified), "any_verified"),
        _drafts(counted).label("drafts"),
        _drafts(and_(counted, judged)).label("drafts_judged"),
        (_drafts(and_(counted, judged)) - _drafts(and_(counted, judged, ~table.c.begun))).label(
            "drafts_plan"
        ),
    ]
    return (
        select(*_grouping(table), *sums)
        .where(
            table.c.scope != Answer.NO,
            holds(table, effective_day(period, as_of)),
            _belongs(table, period, as_of),
        )
        .group_by(*_keys(table))
    )


def _pair_cells(as_of: date, period: Period | None) -> Select[Any]:
    table = OCCURRENCE_INTERVAL
    due = table.c.due_on.between(period.from_day, period.to_day) if period else literal(value=True)
    return (
        select(
            *_grouping(table),
            func.count().label("occurrences_judged"),
            _sum(table.c.verdict.in_(COVERED), "occurrences_covered"),
        )
        .where(
            table.c.scope == Answer.YES,
            table.c.counts,
            table.c.verdict.in_(DECIDED),
            due,
            holds(table, effective_day(period, as_of)),
            _belongs(table, period, as_of),
        )
        .group_by(*_keys(table))
    )


def _cell(row: Any) -> Cell:
    values = row._mapping  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    return Cell(
        unit_code=values["unit_code"],
        instrument=Instrument(values["instrument"]),
        regime=Regime(values["regime"]),
        year=int(values["year"]) if values["year"] is not None else None,
        dataset=Dataset(values["dataset"]),
        counts=Counts(**{name: int(values[name]) for name in COUNTED if name in values}),
    )


def _gaps(as_of: date) -> Select[Any]:
    columns = ("draft_code", "title", "instrument", "procedure", "dataset")
    return (
        select(
            GAP_INTERVAL,
            *(DRAFT.c[name] for name in columns),
            _facts()["requests"].label("requests"),
        )
        .join(DRAFT, DRAFT.c.draft_id == GAP_INTERVAL.c.draft_id)
        .where(holds(GAP_INTERVAL, as_of))
    )


def _gap(row: Any) -> OpenGap:
    return OpenGap(
        gap_id=row.gap_id,
        draft_code=row.draft_code,
        title=row.title,
        instrument=Instrument(row.instrument),
        procedure=Procedure(row.procedure),
        unit_code=row.unit_code,
        stage=Stage(row.stage),
        since=row.since,
        due_on=row.due_on,
        policies=tuple(row.policies),
        dataset=Dataset(row.dataset),
        requests=_REQUESTS.validate_python(row.requests or ()),
    )


_REQUESTS: TypeAdapter[tuple[WaitingRequest, ...]] = TypeAdapter(tuple[WaitingRequest, ...])


def _todo_columns(unit_code: Any, since: Any) -> list[Any]:
    return [
        DRAFT.c.draft_code,
        DRAFT.c.title,
        unit_code.label("unit_code"),
        since.label("since"),
        DRAFT.c.dataset,
    ]


def leading(as_of: date) -> ColumnElement[str]:
    """Give the unit that leads a draft on a day: that of any of its policies."""
    table = POLICY_INTERVAL
    query = (
        select(table.c.unit_code).where(table.c.draft_id == DRAFT.c.draft_id, holds(table, as_of)).limit(1)
    )
    return query.correlate(DRAFT).scalar_subquery()


def _undetermined(as_of: date) -> Select[Any]:
    return select(*_todo_columns(leading(as_of), literal(None))).where(DRAFT.c.scope == Answer.UNKNOWN)


def _closed_unopened(as_of: date) -> Select[Any]:
    table = POLICY_INTERVAL
    columns = _todo_columns(table.c.unit_code, table.c.unopened_closed_on)
    return (
        select(*columns)
        .distinct()
        .join(DRAFT, DRAFT.c.draft_id == table.c.draft_id)
        .where(
            holds(table, as_of),
            table.c.scope == Answer.YES,
            table.c.verdict == PolicyVerdict.CLOSED_UNOPENED,
        )
    )


def _suspended(as_of: date, before: date) -> Select[Any]:
    columns = _todo_columns(leading(as_of), OCCURRENCE.c.entered_on)
    left = or_(OCCURRENCE.c.exited_on.is_(None), OCCURRENCE.c.exited_on > as_of)
    return (
        select(*columns)
        .join(DRAFT, DRAFT.c.draft_id == OCCURRENCE.c.draft_id)
        .where(
            OCCURRENCE.c.stage == Stage.SUSPENDED,
            OCCURRENCE.c.entered_on < before,
            left,
            DRAFT.c.scope != Answer.NO,
        )
    )
