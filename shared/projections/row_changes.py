"""Row changes as data: a projection says what an event means for rows, in bulk they are written once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import MetaData, Table, bindparam, delete, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.event import Event
from shared.persistence.database import upsert
from shared.projections.row_mapper import Row, changed_columns, whole_row

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Put:
    """A whole row: inserted, or put in the place of the one with the same primary key.

    A column that `values` don't name is taken from the field of `event` that has its name.
    """

    table: str
    values: Row
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Some columns of an existing row (nothing happens if there is none).

    With an `event`, every column besides the key that has the name of one of its fields is changed too.
    """

    table: str
    key: Row
    values: Row
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    table: str
    key: Row


RowChange = Put | Change | Remove


async def write(connection: AsyncConnection, metadata: MetaData, changes: Iterable[RowChange]) -> None:
    """Write changes as if one by one, but each row once and each table in a few statements."""
    for table, rows in _folded(metadata, changes).items():
        await upsert(connection, table, [c.values for c in rows if isinstance(c, Put)])
        await _update(connection, table, [c for c in rows if isinstance(c, Change)])
        await _delete(connection, table, [c.key for c in rows if isinstance(c, Remove)])


def _folded(metadata: MetaData, changes: Iterable[RowChange]) -> dict[Table, list[RowChange]]:
    rows: dict[Table, dict[Key, RowChange]] = defaultdict(dict)
    for change in changes:
        table = metadata.tables[change.table]
        mapped = _mapped(table, change)
        key = _key(table, mapped)
        rows[table][key] = _merge(rows[table].get(key), mapped)
    return {table: list(by_key.values()) for table, by_key in rows.items()}


def _mapped(table: Table, change: RowChange) -> RowChange:
    match change:
        case Put():
            return Put(change.table, whole_row(table, change.values, change.event))
        case Change():
            values = changed_columns(table, change.key, change.values, change.event)
            return Change(change.table, change.key, values)
        case Remove():
            return change


def _key(table: Table, change: RowChange) -> Key:
    source = change.values if isinstance(change, Put) else change.key
    return tuple(source[name] for name in _keys(table))


@lru_cache
def _keys(table: Table) -> Sequence[str]:
    return table.primary_key.columns.keys()


def _merge(before: RowChange | None, change: RowChange) -> RowChange:
    match before, change:
        case Put(), Change():
            return Put(change.table, {**before.values, **change.values})
        case Change(), Change():
            return Change(change.table, change.key, {**before.values, **change.values})
        case Remove(), Change():
            return before
        case _:
            return change


async def _update(connection: AsyncConnection, table: Table, changes: Sequence[Change]) -> None:
    alike: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        if change.values:
            alike[tuple(sorted(change.values))].append(change)
    keys = _keys(table)
    for columns, group in alike.items():
        statement = (
            update(table)
            .where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
            .values({name: bindparam(f"new_{name}") for name in columns})
        )
        parameters = [
            {f"key_{k}": c.key[k] for k in keys} | {f"new_{n}": c.values[n] for n in columns} for c in group
        ]
        await connection.execute(statement, parameters)


async def _delete(connection: AsyncConnection, table: Table, keys: Sequence[Row]) -> None:
    if keys:
        columns = list(table.primary_key.columns)
        values = [tuple(key[column.name] for column in columns) for key in keys]
        await connection.execute(delete(table).where(tuple_(*columns).in_(values)))
