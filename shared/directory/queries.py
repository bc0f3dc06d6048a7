"""Reads the directory's rows into the values that its folds are made of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.directory.tables import DraftTables, UnitTables
from shared.directory.unit_directory import UnitDirectory, directory_of
from shared.directory.units import Succession, Unit


async def unit_directory(
    connection: AsyncConnection, tables: UnitTables, codes: Collection[str] | None = None
) -> UnitDirectory:
    """Read all units, or those of some codes alone."""

    async def grouped(table: Table) -> Mapping[str, list[Any]]:
        groups: dict[str, list[Any]] = defaultdict(list)
        for row in await connection.execute(_of(table, codes)):
            groups[row.unit_code].append(row)
        return groups

    names, parents = await grouped(tables.name), await grouped(tables.parent)
    ends, successions = await grouped(tables.end), await grouped(tables.succession)
    return directory_of(
        Unit(
            unit_code=row.unit_code,
            unit_name=row.unit_name,
            level=UnitLevel(row.level),
            kind=UnitKind(row.kind),
            parent_code=row.parent_code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            names=tuple((name.on, name.unit_name) for name in names.get(row.unit_code, ())),
            parents=tuple((parent.on, parent.parent_code) for parent in parents.get(row.unit_code, ())),
            ends=tuple(end.on for end in ends.get(row.unit_code, ())),
            successions=tuple(
                Succession(succession.to_code, succession.on)
                for succession in successions.get(row.unit_code, ())
            ),
        )
        for row in await connection.execute(_of(tables.unit, codes))
    )


async def with_unit_names(
    connection: AsyncConnection, tables: UnitTables, rows: Sequence[Mapping[str, Any]], day: date
) -> list[dict[str, Any]]:
    """Add to each row the name that its `unit_code` has on a day, as `unit_name`."""
    codes = {row["unit_code"] for row in rows}
    units = (await unit_directory(connection, tables, codes)).on(day)
    return [{**row, "unit_name": units.name(row["unit_code"])} for row in rows]


def _of(table: Table, codes: Iterable[str] | None) -> Select[Any]:
    query = select(table)
    return query if codes is None else query.where(table.c.unit_code.in_(codes))


def leads_on(tables: DraftTables, day: Any) -> ColumnElement[bool]:
    """Ask for the row of `lead` that holds on a day."""
    return and_(tables.lead.c.from_day <= day, tables.lead.c.to_day > day)


def stands_on(tables: DraftTables, day: date) -> ColumnElement[bool]:
    """Ask for the row of `stage` that holds on a day; there is none before the first."""
    exited_on = tables.stage.c.exited_on
    return and_(tables.stage.c.entered_on <= day, or_(exited_on.is_(None), exited_on > day))
