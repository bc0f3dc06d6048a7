"""The registry's read model in SQL; what depends on the day is asked for today."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from services.registry.adapters.tables import DRAFT, LOWERING, REQUEST, directory
from services.registry.application.commands import WAITING
from services.registry.application.queries import DraftFilter, RequestFilter
from shared.contracts.vocabulary import Dataset
from shared.directory import datasets
from shared.directory.deciders import decider_of
from shared.directory.folds import Unit, UnitDirectory
from shared.directory.projection import leads_on, stands_on, unit_directory
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.kernel.text_folding import folded_words
from shared.kernel.transient import TRANSIENT
from shared.observability import signals
from shared.persistence.database import reading
from shared.rules.answer_periods import Forwarding, answer_by, decider_on
from shared.rules.rulebook.rulebook import Calendar

logger = signals.get_logger(__name__)

UNIT, CHANGE = directory.units.unit, directory.units.change
CARD, LEAD, STAGE = directory.drafts.draft, directory.drafts.lead, directory.drafts.stage

SEARCHED = frozenset({"search", "search_title", "search_number"})


@dataclass(frozen=True, slots=True)
class SqlReadModel:
    engine: AsyncEngine
    now: Clock
    calendar: Calendar

    async def units(self, text: str | None, limit: int, after: str | None) -> list[dict[str, Any]]:
        """List units by code; a former or future name finds a unit too."""
        today = day_in_vietnam(self.now())
        async with self.engine.connect() as connection:
            rows = (await connection.execute(_units(text, limit, after))).mappings().all()
            codes = [row["unit_code"] for row in rows]
            registered = await unit_directory(connection, directory.units, codes)
        return [dict(row) | as_of(registered.units[row["unit_code"]], today) for row in rows]

    async def drafts(self, wanted: DraftFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        query = _drafts(wanted, limit, after, day_in_vietnam(self.now()))
        async with reading(self.engine) as connection:
            rows: Sequence[Any] = (await connection.execute(query)).mappings().all()
        return [dict(row) for row in rows]

    async def requests(self, wanted: RequestFilter, limit: int, after: int | None) -> list[dict[str, Any]]:
        """List requests in the order of raising, with who decides today and until when."""
        today = day_in_vietnam(self.now())
        items: list[dict[str, Any]] = []
        async with self.engine.connect() as connection:
            units = await unit_directory(connection, directory.units)
            while len(items) < limit:
                rows = (await connection.execute(_requests(wanted, limit, after))).mappings().all()
                listed = [dict(row) | self._decided(dict(row), units, today) for row in rows]
                items += [row for row in listed if wanted.decider_code in (None, row["decider_code"])]
                if len(rows) < limit:
                    break
                after = rows[-1]["position"]
        return items[:limit]

    async def dataset(self) -> Dataset | None:
        async with reading(self.engine) as connection:
            return await datasets.asked(connection, UNIT, CARD)

    async def asking(self, units: Collection[str] | None, limit: int, dataset: Dataset | None) -> list[str]:
        waiting = _requests(RequestFilter(state=WAITING, units=units, dataset=dataset), limit, None)
        async with reading(self.engine) as connection:
            return list(await connection.scalars(waiting.with_only_columns(REQUEST.c.unit_code)))

    def _decided(self, row: dict[str, Any], units: UnitDirectory, today: date) -> dict[str, Any]:
        unit_code, raised_on = row["unit_code"], row["raised_on"]
        day = row["settled_on"] or today
        to, on = row["forwarded_to"], row["forwarded_on"]
        forwarded = Forwarding(to, on) if to and on else None
        line = units.deciders_on(unit_code, day)
        decider = decider_on(raised_on, day, line, self.calendar, forwarded) or row["decider_code"]
        return {
            "unit_name": units.name_on(unit_code, today),
            "decider_code": decider,
            "decider_name": units.name_on(decider, today) if decider else None,
            "answer_by": answer_by(raised_on, self.calendar),
            "deciders": {code: units.name_on(code, today) for code in line},
        }

    async def lowerings(
        self, recorded_by: str | None, units: Collection[str] | None, limit: int, after: int | None
    ) -> list[dict[str, Any]]:
        """List facts that lower a duty and were recorded without a request, in the order of recording."""
        query = _of_drafts(LOWERING).limit(limit)
        if units is not None:
            query = query.where(LOWERING.c.unit_code.in_(units))
        if recorded_by is not None:
            query = query.where(LOWERING.c.recorded_by == recorded_by)
        if after is not None:
            query = query.where(LOWERING.c.position > after)
        async with reading(self.engine) as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]


def _requests(wanted: RequestFilter, limit: int, after: int | None) -> Select[Any]:
    equal = (
        (REQUEST.c.state, wanted.state),
        (REQUEST.c.unit_code, wanted.unit_code),
        (CARD.c.draft_code, wanted.draft_code),
    )
    query = _of_drafts(REQUEST).where(datasets.of(CARD.c.dataset, wanted.dataset)).limit(limit)
    for column, value in equal:
        if value is not None:
            query = query.where(column == value)
    if wanted.units is not None:
        query = query.where(REQUEST.c.unit_code.in_(wanted.units))
    return query if after is None else query.where(REQUEST.c.position > after)


def _of_drafts(table: Table) -> Select[Any]:
    """Select the rows of a table with the codes of their drafts, in the order of the log."""
    of_draft = CARD.c.draft_id == table.c.draft_id
    return select(table, CARD.c.draft_code).join(CARD, of_draft).order_by(table.c.position)


@dataclass(frozen=True, slots=True)
class SqlDeciders:
    """Who decides what a unit asks for. Without the database commands are taken all the same, and name nobody."""

    engine: AsyncEngine
    calendar: Calendar

    async def of(
        self, unit_code: str, raised_on: date, day: date, forwarded: Forwarding | None = None
    ) -> str | None:
        units = await self._units()
        return decider_of(units, unit_code, raised_on, day, self.calendar, forwarded)

    async def line(self, unit_code: str, day: date) -> tuple[str, ...]:
        return (await self._units()).deciders_on(unit_code, day)

    async def name(self, unit_code: str, day: date) -> str:
        return (await self._units()).name_on(unit_code, day)

    async def _units(self) -> UnitDirectory:
        try:
            async with self.engine.connect() as connection:
                return await unit_directory(connection, directory.units)
        except TRANSIENT as error:
            logger.warning("deciders_not_read", error=f"{type(error).__name__}: {error}")
            return UnitDirectory()


@dataclass(frozen=True, slots=True)
class SqlHandovers:
    engine: AsyncEngine

    async def drafts(self, unit_code: str, to_code: str, since: date) -> tuple[str, ...]:
        before, after = LEAD.alias("before"), LEAD.alias("after")
        handed = (after.c.draft_id == before.c.draft_id) & (after.c.from_day == before.c.to_day)
        query = (
            select(CARD.c.draft_code)
            .join(before, before.c.draft_id == CARD.c.draft_id)
            .join(after, handed)
            .where(before.c.unit_code == unit_code, after.c.unit_code == to_code, after.c.from_day >= since)
            .order_by(CARD.c.draft_code)
        )
        async with reading(self.engine) as connection:
            return tuple(await connection.scalars(query))


def as_of(unit: Unit, day: date) -> dict[str, Any]:
    """Give what a unit is called on a day, where it stands, and its last day."""
    return {
        "unit_name": unit.name_on(day),
        "parent_code": unit.parent_on(day),
        "valid_to": unit.last_day,
    }


def _units(text: str | None, limit: int, after: str | None) -> Select[Any]:
    columns = [column for column in UNIT.c if column.name != "search"]
    query = select(*columns).order_by(UNIT.c.unit_code).limit(limit)
    if text:
        renamed = exists().where(CHANGE.c.unit_code == UNIT.c.unit_code, _has_words(CHANGE.c.search, text))
        query = query.where(or_(_has_words(UNIT.c.search, text), renamed))
    return query.where(UNIT.c.unit_code > after) if after else query


def _drafts(wanted: DraftFilter, limit: int, after: str | None, today: date) -> Select[Any]:
    own = (column for column in DRAFT.c if column.name not in {*CARD.c.keys(), *SEARCHED})
    card = (column for column in CARD.c if column.name not in {"lead_unit_code", "rules_version"})
    query = (
        select(*card, *own, LEAD.c.unit_code.label("lead_unit_code"), STAGE.c.stage, STAGE.c.entered_on)
        .join(DRAFT, DRAFT.c.draft_id == CARD.c.draft_id)
        .join(LEAD, (LEAD.c.draft_id == CARD.c.draft_id) & leads_on(directory.drafts, today))
        .outerjoin(STAGE, (STAGE.c.draft_id == CARD.c.draft_id) & stands_on(directory.drafts, today))
        .order_by(CARD.c.draft_code)
        .limit(limit)
    )
    if wanted.text:
        # What a draft was registered with, and its present title and number.
        names = func.concat_ws(" ", DRAFT.c.search, DRAFT.c.search_title, DRAFT.c.search_number)
        query = query.where(_has_words(names, wanted.text))
    if wanted.unit_code:
        query = query.where(LEAD.c.unit_code == wanted.unit_code)
    query = query.where(datasets.of(CARD.c.dataset, wanted.dataset))
    if wanted.stage:
        query = query.where(STAGE.c.stage == wanted.stage)
    return query.where(CARD.c.draft_code > after) if after else query


def _has_words(folded: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Ask for all words of a search, in any order; none of its letters is a wildcard."""
    return and_(true(), *(folded.contains(word, autoescape=True) for word in folded_words(text)))
