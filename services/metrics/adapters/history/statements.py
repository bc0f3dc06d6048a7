"""Reads the rows that a batch may change, and writes what changed and what was superseded: one round trip each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.history.versions import Row, TableVersions, plain, written
from services.metrics.adapters.tables import SUPERSEDED, metadata
from shared.persistence.database import UNUSED
from shared.projections.rows import Change, Put, Remove, RowChange, changed_columns, whole_row


async def versions_by_id(
    connection: AsyncConnection, tables: Iterable[Table], column: str, ids: Collection[UUID]
) -> dict[Table, TableVersions]:
    """Read the rows of some tables that have one of some ids in a column, by which (as text) they are then replaced."""
    made = list(tables)
    parts = [
        f'SELECT {number} AS number, to_jsonb(t)::text AS row FROM "{table.name}" t WHERE t.{column} = ANY($1)'  # noqa: S608  our own names
        for number, table in enumerate(made)
    ]
    rows = await _read(connection, parts, (list(ids),)) if ids else {}
    return {table: TableVersions(table, rows.get(number, ()), column) for number, table in enumerate(made)}


async def versions_by_key(
    connection: AsyncConnection, keys: Mapping[Table, Sequence[Row]]
) -> dict[Table, TableVersions]:
    """Read the rows of some tables that have one of some primary keys."""
    parts = [
        f'SELECT {number} AS number, to_jsonb(t)::text AS row FROM "{table.name}" t WHERE {_is_among(table, number + 1)}'  # noqa: S608  our own names
        for number, table in enumerate(keys)
    ]
    given = tuple(orjson.dumps([plain(key) for key in of]).decode() for of in keys.values())
    rows = await _read(connection, parts, given) if keys else {}
    return {table: TableVersions(table, rows.get(number, ())) for number, table in enumerate(keys)}


async def _read(
    connection: AsyncConnection, parts: Sequence[str], given: tuple[Any, ...]
) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = {}
    for part in await connection.exec_driver_sql(" UNION ALL ".join(parts), given):
        rows.setdefault(part.number, []).append(orjson.loads(part.row))
    return rows


async def write_changes(
    connection: AsyncConnection, changes: Sequence[tuple[int, Sequence[RowChange]]]
) -> None:
    """Write changes of single rows in the order of their positions, as `shared.projections.rows.write` does."""
    keys: dict[Table, list[Row]] = {}
    for _, of_event in changes:
        for change in of_event:
            table = metadata.tables[change.table]
            keys.setdefault(table, []).append(_key(table, change))
    versions = await versions_by_key(connection, keys)
    for position, of_event in changes:
        for change in of_event:
            _apply(versions[metadata.tables[change.table]], position, change)
    await write_versions(connection, versions.values())


def _key(table: Table, change: RowChange) -> Row:
    if not isinstance(change, Put):
        return change.key
    named = {**vars(change.event), **change.values} if change.event else change.values
    return {name: named[name] for name in table.primary_key.columns.keys()}  # noqa: SIM118  no mapping


def _apply(of: TableVersions, position: int, change: RowChange) -> None:
    since = {"known_from": position} if "known_from" in of.table.columns else {}
    match change:
        case Put():
            of.put(position, whole_row(of.table, {**change.values, **since}, change.event))
        case Change():
            if before := of.get(change.key):
                of.put(
                    position, {**before, **changed_columns(of.table, change.key, change.values, change.event)}
                )
        case Remove():
            of.remove(position, change.key)


async def write_versions(connection: AsyncConnection, versions: Iterable[TableVersions]) -> None:
    """Write what changed in some tables, and keep what was superseded, in one statement."""
    parts: list[str] = []
    given: list[str] = []
    for of in versions:
        for rows, part in (
            (of.gone, _delete),
            (of.changed, _upsert),
            (of.superseded, _keep),
        ):
            if rows:
                given.append(written(rows).decode())
                parts.append(f"part_{len(given)} AS ({part(of.table, len(given))})")
    if parts:
        await connection.exec_driver_sql(f"WITH {', '.join(parts)} SELECT", tuple(given))


def _is_among(table: Table, number: int) -> str:
    keys = ", ".join(f't."{name}"' for name in table.primary_key.columns.keys())  # noqa: SIM118  no mapping
    named = ", ".join(f'k."{name}"' for name in table.primary_key.columns.keys())  # noqa: SIM118  no mapping
    rows = f'json_populate_recordset(NULL::"{table.name}", ${number}::json) k'
    return f"({keys}) IN (SELECT {named} FROM {rows})"  # noqa: S608  our own names


@lru_cache
def _delete(table: Table, number: int) -> str:
    return f'DELETE FROM "{table.name}" t WHERE {_is_among(table, number)}'  # noqa: S608  our own names


@lru_cache
def _upsert(table: Table, number: int) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    others = [column.name for column in table.columns if not column.primary_key]
    change = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    return f"{_insert(table, table, number)} ON CONFLICT ({keys}) DO UPDATE SET {change}"


@lru_cache
def _keep(table: Table, number: int) -> str:
    return _insert(SUPERSEDED[table.name], SUPERSEDED[table.name], number)


def _insert(table: Table, of: Table, number: int) -> str:
    names = ", ".join(f'"{column.name}"' for column in of.columns if not column.info.get(UNUSED))
    rows = f'json_populate_recordset(NULL::"{table.name}", ${number}::json)'
    return f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {rows}'  # noqa: S608  our own names
