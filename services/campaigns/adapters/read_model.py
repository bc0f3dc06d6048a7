"""Campaigns' read model in SQL."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    case,
    cast,
    exists,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncEngine

from services.campaigns.adapters.programmes import query as programmes_query
from services.campaigns.adapters.tables import ACTIVITY, COMMUNICATION, ENTRY, EVIDENCE, directory
from services.campaigns.application.queries import (
    ActivityFilter,
    CommunicationFilter,
    EntryFilter,
    Requirement,
)
from services.campaigns.domain.draft import DraftSummary
from shared.contracts.vocabulary import CommunicationRole, Dataset, ProgrammeKind
from shared.directory import datasets
from shared.directory.folds import Unit, UnitDirectory, UnitsOn
from shared.directory.projection import carried_on_by, leads_on, unit_directory, units_carrying_on
from shared.http.requests.paging import key_of, position_of
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.persistence.database import reading
from shared.projections.programme_rows import fact_of

UNIT = directory.units.unit
DRAFT, LEAD, POLICY = directory.drafts.draft, directory.drafts.lead, directory.drafts.policy


@dataclass(frozen=True, slots=True)
class SqlReadModel:
    engine: AsyncEngine
    now: Clock

    @property
    def _today(self) -> date:
        return day_in_vietnam(self.now())

    async def draft(self, draft_code: str) -> DraftSummary | None:
        async with reading(
            self.engine
        ) as connection:  # every row of an import does: the statement is built once
            row = (await connection.execute(_DRAFT, {"draft_code": draft_code})).one_or_none()
        return _summary(row) if row else None

    async def unit(self, unit_code: str) -> Dataset | None:
        async with reading(self.engine) as connection:
            dataset = await connection.scalar(select(UNIT.c.dataset).where(UNIT.c.unit_code == unit_code))
        return Dataset(dataset) if dataset is not None else None

    async def units_above(self, unit_codes: Collection[str], day: date) -> UnitsOn:
        rows: dict[str, Unit] = {}
        wanted = set(unit_codes)
        async with self.engine.connect() as connection:
            while wanted:
                rows |= (await unit_directory(connection, directory.units, wanted)).units
                parents = {rows[code].parent_on(day) for code in wanted if code in rows}
                wanted = {code for code in parents if code is not None} - rows.keys() - wanted
        return UnitDirectory(rows).on(day)

    async def units_carrying_on(self, unit_codes: Collection[str], day: date) -> UnitsOn:
        async with self.engine.connect() as connection:
            return (await units_carrying_on(connection, directory.units, unit_codes)).on(day)

    async def carried_on_by(self, unit_code: str, day: date) -> frozenset[str]:
        async with self.engine.connect() as connection:
            return await carried_on_by(connection, directory.units, unit_code, day)

    async def concerning(self, unit_code: str, day: date) -> frozenset[str]:
        return await self.carried_on_by(unit_code, day) | {unit_code}

    async def followers(self, unit_code: str, day: date) -> frozenset[str]:
        async with self.engine.connect() as connection:
            units = await unit_directory(connection, directory.units)
        return frozenset(units.supervisors_on(unit_code, day))

    async def area(self, unit_code: str, day: date) -> frozenset[str]:
        async with self.engine.connect() as connection:
            units = await unit_directory(connection, directory.units)
        return units.area_on(unit_code, day)

    async def planned(self, draft_code: str, activity_id: UUID) -> bool:
        activity = ACTIVITY.c
        async with reading(self.engine) as connection:
            in_plan = exists().where(activity.activity_id == activity_id, activity.draft_code == draft_code)
            return bool(await connection.scalar(select(in_plan)))

    async def bytes_of(self, unit_code: str) -> int:
        """Sum up the sizes of the files that are kept of a unit."""
        table = EVIDENCE.c
        kept = (table.unit_code == unit_code, table.erased.is_(False))
        async with reading(self.engine) as connection:
            return int(
                await connection.scalar(select(func.coalesce(func.sum(table.size), 0)).where(*kept)) or 0
            )

    async def kept_files(self) -> list[dict[str, Any]]:
        table = EVIDENCE.c
        kept = (table.size.is_not(None), table.erased.is_(False))
        query = select(table.evidence_id, table.sha256, table.size).where(*kept).order_by(table.position)
        async with reading(self.engine) as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def dataset(self) -> Dataset | None:
        async with reading(self.engine) as connection:
            return await datasets.asked(connection, UNIT, DRAFT)

    async def communications(
        self, wanted: CommunicationFilter, limit: int, after: str | None
    ) -> list[dict[str, Any]]:
        query = _communications(wanted, limit, after, self._today)
        async with reading(self.engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_placed(row, "held_on", "communication_id") for row in rows]

    async def count_communications(self, wanted: CommunicationFilter) -> int:
        query = _asked_for(select(func.count()).select_from(COMMUNICATION), wanted, self._today)
        async with reading(self.engine) as connection:
            return int(await connection.scalar(query) or 0)

    async def activities(self, wanted: ActivityFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        query = _activities(wanted, limit, after, self._today)
        async with reading(self.engine) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_placed(row, "planned_on", "activity_id") for row in rows]

    async def entries(self, wanted: EntryFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            rows = await programmes_query.entries(
                connection, wanted, limit, position_of(after) if after else 0
            )
        return [{**row, "cursor": str(row["position"])} for row in rows]

    async def draft_of_activity(self, activity_id: UUID) -> str | None:
        query = select(ACTIVITY.c.draft_code).where(ACTIVITY.c.activity_id == activity_id)
        async with reading(self.engine) as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def programme_of_entry(self, entry_id: UUID) -> tuple[str, int] | None:
        query = select(ENTRY.c.unit_code, ENTRY.c.year).where(ENTRY.c.entry_id == entry_id)
        async with reading(self.engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return (row.unit_code, row.year) if row else None

    async def requirement(self, entry_id: UUID) -> Requirement | None:
        query = select(ENTRY).where(
            ENTRY.c.entry_id == entry_id, ENTRY.c.kind == ProgrammeKind.REPORT_REQUIRED
        )
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            moved = (await connection.execute(_EXTENSIONS, {"entry_id": entry_id})).mappings().all()
        if row is None:
            return None
        return Requirement(
            fact=fact_of(row),
            year=row["year"],
            title=row["title"],
            dataset=Dataset(row["dataset"]),
            extensions=[fact_of(each) for each in moved],
        )

    async def draft_codes(self, limit: int, after: str | None) -> list[str]:
        code = DRAFT.c.draft_code
        query = select(code).order_by(code).limit(limit)
        async with reading(self.engine) as connection:
            return list(await connection.scalars(query.where(code > after) if after else query))

    async def carried_out(self, draft_codes: Collection[str]) -> Mapping[UUID, UUID]:
        query = (
            select(COMMUNICATION.c.activity_id, COMMUNICATION.c.communication_id)
            .where(COMMUNICATION.c.draft_code.in_(draft_codes), _CARRIES_OUT)
            .order_by(COMMUNICATION.c.held_on, COMMUNICATION.c.communication_id)
        )
        async with reading(self.engine) as connection:
            return {row.activity_id: row.communication_id for row in await connection.execute(query)}


_EXTENSIONS = (
    select(ENTRY)
    .where(
        ENTRY.c.of_entry == bindparam("entry_id"),
        ENTRY.c.kind == ProgrammeKind.TASK_EXTENDED,
        ENTRY.c.cancelled_from.is_(None),
    )
    .order_by(ENTRY.c.position)
)


def _summary(row: Row[Any]) -> DraftSummary:
    return DraftSummary(
        draft_code=row.draft_code,
        policies=frozenset(row.policies or ()),
        dataset=Dataset(row.dataset),
        leads=list(zip(row.led_from, row.led_by, strict=True)),
    )


def _lead(draft_id: ColumnElement[Any], day: Any) -> ScalarSelect[Any]:
    leads = select(LEAD.c.unit_code).where(LEAD.c.draft_id == draft_id, leads_on(directory.drafts, day))
    return leads.scalar_subquery()


def _leads(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    every = select(func.array_agg(aggregate_order_by(column, LEAD.c.from_day)))
    return every.where(LEAD.c.draft_id == DRAFT.c.draft_id).scalar_subquery()


def _draft() -> Select[Any]:
    policies = select(func.array_agg(POLICY.c.policy_no)).where(POLICY.c.draft_id == DRAFT.c.draft_id)
    return select(
        DRAFT.c.draft_code,
        policies.scalar_subquery().label("policies"),
        DRAFT.c.dataset,
        _leads(LEAD.c.from_day).label("led_from"),
        _leads(LEAD.c.unit_code).label("led_by"),
    ).where(DRAFT.c.draft_code == bindparam("draft_code"))


_DRAFT = _draft()


def _evidence() -> ScalarSelect[Any]:
    shown = {
        column.name: column for column in EVIDENCE.c if column.name not in {"communication_id", "position"}
    }
    pairs = [part for name, column in shown.items() for part in (name, column)]
    each = aggregate_order_by(func.jsonb_build_object(*pairs), EVIDENCE.c.position)
    every = select(func.coalesce(func.jsonb_agg(each), cast([], JSONB)))
    return every.where(EVIDENCE.c.communication_id == COMMUNICATION.c.communication_id).scalar_subquery()


def _communications(wanted: CommunicationFilter, limit: int, after: str | None, today: date) -> Select[Any]:
    table = COMMUNICATION.c
    place = (table.held_on, table.communication_id)
    order = [column.desc() for column in place] if wanted.newest_first else place
    query = select(COMMUNICATION, _evidence().label("evidence")).order_by(*order).limit(limit)
    query = _asked_for(query, wanted, today)
    if not after:
        return query
    last = key_of(after, _place)
    return query.where(tuple_(*place) < last if wanted.newest_first else tuple_(*place) > last)


def _asked_for(query: Select[Any], wanted: CommunicationFilter, today: date) -> Select[Any]:
    table = COMMUNICATION.c
    query = query.where(datasets.of(table.dataset, wanted.dataset))
    if wanted.unit_code is not None:
        performed = func.coalesce(table.unit_code, _lead(table.draft_id, table.held_on))
        query = query.where(performed == wanted.unit_code)
    if wanted.confirmed_by is not None:
        leads = _lead(table.draft_id, today) == wanted.confirmed_by
        query = query.where(table.requested_role.is_not(None), leads)
    if wanted.unverified:
        query = query.where(table.verification.is_(None), table.verification_refusal.is_(None))
    if wanted.verified_for is not None:
        query = query.where(_verified_with(today).in_(sorted(wanted.verified_for)))
    if wanted.draft_code is not None:
        query = query.where(table.draft_code == wanted.draft_code)
    if not wanted.include_retracted:
        query = query.where(table.retracted.is_(False))
    return query


def _verified_with(today: date) -> ColumnElement[Any]:
    """Give the unit whose supervisor verifies a communication: of support the performing one, else who leads the draft."""
    table = COMMUNICATION.c
    another = table.unit_code != _lead(table.draft_id, table.held_on)  # never true where no unit is named
    supports = (table.role == CommunicationRole.SUPPORT) | (table.role.is_(None) & another)
    return case((supports, table.unit_code), else_=_lead(table.draft_id, today))


_CARRIES_OUT = COMMUNICATION.c.activity_id.is_not(None) & COMMUNICATION.c.retracted.is_(False)


def _carried_out_by() -> ScalarSelect[Any]:
    return (
        select(COMMUNICATION.c.communication_id)
        .where(COMMUNICATION.c.activity_id == ACTIVITY.c.activity_id, _CARRIES_OUT)
        .order_by(COMMUNICATION.c.held_on.desc(), COMMUNICATION.c.communication_id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _activities(wanted: ActivityFilter, limit: int, after: str | None, today: date) -> Select[Any]:
    table = ACTIVITY.c
    query = (
        select(ACTIVITY, _carried_out_by().label("carried_out_by"))
        .where(*_wanted(wanted, today))
        .order_by(table.planned_on, table.activity_id)
        .limit(limit)
    )
    return (
        query.where(tuple_(table.planned_on, table.activity_id) > key_of(after, _place)) if after else query
    )


def _wanted(wanted: ActivityFilter, today: date) -> Iterator[ColumnElement[bool]]:
    table = ACTIVITY.c
    yield datasets.of(table.dataset, wanted.dataset)
    if wanted.draft_code is not None:
        yield table.draft_code == wanted.draft_code
    if wanted.unit_code is not None:
        yield func.coalesce(table.responsible_unit_code, _lead(table.draft_id, today)) == wanted.unit_code
    if wanted.first is not None:
        yield table.planned_on >= wanted.first
    if wanted.last is not None:
        yield table.planned_on <= wanted.last
    if wanted.pending:
        yield table.cancelled.is_(False)
        yield ~exists().where(COMMUNICATION.c.activity_id == table.activity_id, _CARRIES_OUT)


def _placed(row: Mapping[Any, Any], day: str, id_: str) -> dict[str, Any]:
    return {**row, "cursor": f"{row[day].isoformat()} {row[id_]}"}


def _place(after: str) -> tuple[date, UUID]:
    day, _, id_ = after.partition(" ")
    return date.fromisoformat(day), UUID(id_)
