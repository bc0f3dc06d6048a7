"""How entries of programmes are looked up: rows of whole programmes, and the rules say where each entry stands."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.campaigns.adapters.tables import ENTRY, directory
from services.campaigns.application.queries import EntryFilter
from shared.contracts.vocabulary import ProgrammeKind, UnitChange
from shared.directory import datasets
from shared.directory.folds import UnitsOn
from shared.directory.projection import unit_directory, units_carrying_on
from shared.projections.programme_rows import OF_FACT, fact_of
from shared.rules.programme.kinds import WITH_STATE
from shared.rules.programme.states import ENDED, standings

Row = Mapping[Any, Any]
AT_LEAST = 200  # rows that are read at once where only some of them are wanted


async def entries(
    connection: AsyncConnection, wanted: EntryFilter, limit: int, after: int
) -> list[dict[str, Any]]:
    """List entries after a position of the log, each with its `standing`, and that of what it follows as `followed`.

    Those that do not exist on the day have None.
    """
    rows: list[dict[str, Any]] = []
    at_once = (
        max(limit, AT_LEAST) if wanted.is_open or wanted.owed_by or wanted.due_by or wanted.left else limit
    )
    conditions = [*_wanted(wanted)]
    if wanted.left:  # few units have ended: all other programmes need not be read
        conditions.append(_concerns(await _ended(connection, wanted.as_of)))
    while len(rows) < limit:
        query = select(ENTRY).where(ENTRY.c.position > after, *conditions)
        page = (await connection.execute(query.order_by(ENTRY.c.position).limit(at_once))).mappings().all()
        listed = [
            row for row in await _with_standing(connection, page, wanted.as_of) if _is_wanted(row, wanted)
        ]
        rows += await _left(connection, listed, wanted.as_of) if wanted.left else listed
        if len(page) < at_once:
            break
        after = page[-1]["position"]
    return rows[:limit]


async def _with_standing(
    connection: AsyncConnection, page: Collection[Row], as_of: date
) -> list[dict[str, Any]]:
    programmes = {(row["unit_code"], row["year"]) for row in page}
    if not programmes:
        return []
    whole = select(*(ENTRY.c[name] for name in OF_FACT)).where(
        tuple_(ENTRY.c.unit_code, ENTRY.c.year).in_(sorted(programmes))
    )
    facts = [fact_of(row) for row in (await connection.execute(whole)).mappings()]
    named = {code for fact in facts for code in (fact.unit_code, fact.lead_unit_code) if code is not None}
    units = await units_carrying_on(connection, directory.units, named)
    stand = standings(facts, as_of, units.successor_on)
    return [
        {**row, "standing": stand.get(row["entry_id"]), "followed": stand.get(row["of_entry"])}
        for row in page
    ]


async def _left(
    connection: AsyncConnection, rows: Collection[dict[str, Any]], as_of: date
) -> list[dict[str, Any]]:
    """Keep what is owed by a unit that has ended, where no one unit carries on."""
    owing = {row["entry_id"]: row["standing"].owed_by for row in rows if row["standing"]}
    codes = {code for code in owing.values() if code is not None}
    units = (await unit_directory(connection, directory.units, codes)).on(as_of)
    return [row for row in rows if (code := owing.get(row["entry_id"])) and _has_ended(units, code)]


async def _ended(connection: AsyncConnection, as_of: date) -> list[str]:
    """Give the units that have ended by a day, or of which others carry on."""
    unit, change = directory.units.unit.c, directory.units.change.c
    ended = union(
        select(unit.unit_code).where(unit.valid_to < as_of),
        select(change.unit_code).where(change.change == UnitChange.DISSOLVED, change.on < as_of),
        select(change.unit_code).where(change.change == UnitChange.SUCCEEDED, change.on <= as_of),
    )
    return sorted(await connection.scalars(ended))


def _has_ended(units: UnitsOn, unit_code: str) -> bool:
    """Tell whether a unit was dissolved, or split between several."""
    return unit_code in units and (len(units.successors(unit_code)) > 1 or not units.is_valid(unit_code))


def _is_wanted(row: Row, wanted: EntryFilter) -> bool:
    standing = row["standing"]
    status = standing.status if standing else None
    if wanted.owed_by is not None and (standing is None or standing.owed_by != wanted.owed_by):
        return False
    if wanted.is_open and (status is None or status in ENDED):
        return False
    due_on = standing.due_on if standing and status else row["due_on"]
    return wanted.due_by is None or (due_on is not None and due_on <= wanted.due_by)


def _wanted(wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    yield datasets.of(ENTRY.c.dataset, wanted.dataset)
    for name in ("unit_code", "year", "kind", "draft_code"):
        if (value := getattr(wanted, name)) is not None:
            yield ENTRY.c[name] == value
    if wanted.lead_unit_code is not None:
        yield func.coalesce(ENTRY.c.lead_unit_code, ENTRY.c.unit_code) == wanted.lead_unit_code
    if wanted.concerning is not None:
        yield _concerns(sorted(wanted.concerning))
    if wanted.is_open:
        yield ENTRY.c.kind.in_(sorted(WITH_STATE))


def _concerns(units: Collection[str]) -> ColumnElement[bool]:
    step = ENTRY.alias()
    forwarded = select(step.c.of_entry).where(
        step.c.kind == ProgrammeKind.OBSTACLE_FORWARDED, step.c.lead_unit_code.in_(units)
    )
    own, lead = ENTRY.c.unit_code.in_(units), ENTRY.c.lead_unit_code.in_(units)
    return own | lead | ENTRY.c.entry_id.in_(forwarded)
