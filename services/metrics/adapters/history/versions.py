"""Versions of rows: what is superseded is kept, and any question is answered as known at a position of the log.

A batch of events changes rows one after the other (`TableVersions`), and writes what changed and what was superseded in one
round trip. As known at a position, a table is its own rows that were known then and the superseded ones that were; a question
about a data set has of these those of it.
Statements need not know: a common table expression with the table's name precedes them, which PostgreSQL takes in the table's place.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Table, func, select
from sqlalchemy.event import contains, listen
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.metrics.adapters.tables import (
    DRAFT,
    GAP_INTERVAL,
    KEPT,
    RECORDED_DAY,
    SUPERSEDED,
    metadata,
    units,
)
from services.metrics.application.ports import KnownAt
from shared.contracts.vocabulary import Dataset
from shared.persistence.database import UNUSED
from shared.projections.rows import Change, Put, Remove, RowChange, changed_columns, whole_row

OPTION = "as_known_at"
OF_DATASET = "of_dataset"
SCHEMA = "public"
_OF_ITSELF = "dataset = '{}'"
OF_DATA = {
    **{table.name: _OF_ITSELF for table in KEPT if "dataset" in table.columns and table is not units.unit},
    GAP_INTERVAL.name: f'draft_id IN (SELECT draft_id FROM {SCHEMA}."{DRAFT.name}" WHERE {_OF_ITSELF})',  # noqa: S608
}
"""How the rows of a data set are selected. Of other tables nothing is asked but together with one of these; units stand for all."""
Row = Mapping[str, Any]
# What serves the next batch alone, and no answer.
_FORGOTTEN: Mapping[str, Row] = {DRAFT.name: {"derived": None}}
Key = Any  # the value of the primary key, or a tuple of its values


class _Entry(NamedTuple):
    """A row without the column `known_from`, and its value: the position from which the row is true."""

    row: Row
    since: int


class TableVersions:
    """`stored` are the rows that may change, as the database has them; rows have their values as JSON has them.

    `group` is the column by which rows are replaced together. A row that was given must not be changed afterwards.
    """

    def __init__(self, table: Table, stored: Iterable[Row] = (), group: str | None = None) -> None:
        self.table = table
        self._key = itemgetter(*table.primary_key.columns.keys())
        self._kept = table.name in SUPERSEDED
        self._stored: dict[Key, _Entry] = {self._key(row): _entry(row) for row in stored}
        self._rows = dict(self._stored)
        self._ended: dict[tuple[Key, int], Row] = {}
        self._grouped: dict[Any, dict[Key, Row]] = defaultdict(dict)
        if group is not None:
            for key, entry in self._rows.items():
                self._grouped[entry.row[group]][key] = entry.row

    def get(self, key: Row) -> Row | None:
        entry = self._rows.get(self._key(plain(key)))
        return entry.row if entry else None

    def stored(self, key: Row) -> Row | None:
        """Give a row as the database has it."""
        entry = self._stored.get(self._key(plain(key)))
        return entry.row if entry else None

    def put(self, position: int, values: Row) -> None:
        """Put a row, known from a position on; one that says the same is known since it was first put."""
        row = plain(values)
        row.pop("known_from", None)
        self._put(position, self._key(row), row)

    def put_next(self, position: int, row: Row, *, same_fact: bool) -> None:
        """Put a row that says of the facts the same as the one before, or not; it is written in either case.

        Its values may be any that are written as JSON.
        """
        key = self._key(row)
        before = self._rows.get(key)
        if before is not None and not same_fact:
            self._end(key, before, position)
        self._rows[key] = _Entry(row, before.since if before and same_fact else position)

    def remove(self, position: int, key: Row) -> None:
        self._remove(position, self._key(plain(key)))

    def replace(self, position: int, group: Any, rows: Iterable[Row]) -> None:
        """Put the rows of a group, and remove those of it that aren't there any more."""
        before = self._grouped[group]
        self._grouped[group] = wanted = {self._key(row): row for row in rows}
        for key in before.keys() - wanted.keys():
            self._remove(position, key)
        for key, row in wanted.items():
            if before.get(key) is not row:
                self._put(position, key, row)

    @property
    def gone(self) -> list[Row]:
        return [entry.row for key, entry in self._stored.items() if key not in self._rows]

    @property
    def changed(self) -> list[Row]:
        changed = (entry for key, entry in self._rows.items() if self._stored.get(key) is not entry)
        if not self._kept:
            return [entry.row for entry in changed]
        return [{**entry.row, "known_from": entry.since} for entry in changed]

    @property
    def superseded(self) -> list[Row]:
        return list(self._ended.values())

    def _put(self, position: int, key: Key, row: Row) -> None:
        before = self._rows.get(key)
        if before is not None:
            if before.row == row:
                return
            self._end(key, before, position)
        self._rows[key] = _Entry(row, position)

    def _remove(self, position: int, key: Key) -> None:
        entry = self._rows.pop(key, None)
        if entry is not None:
            self._end(key, entry, position)

    def _end(self, key: Key, entry: _Entry, position: int) -> None:
        if self._kept and entry.since < position:
            of_log = {"known_from": entry.since, "known_to": position}
            self._ended[key, entry.since] = {**entry.row, **of_log, **_FORGOTTEN.get(self.table.name, {})}


def _entry(row: Row) -> _Entry:
    return _Entry(
        {name: value for name, value in row.items() if name != "known_from"}, row.get("known_from", 0)
    )


def plain(row: Row) -> dict[str, Any]:
    """Give a row with values as JSON has them, in which form PostgreSQL gives and takes rows.

    The names of its columns may be of a class of their own.
    """
    values: dict[str, Any] = orjson.loads(written({str(name): value for name, value in row.items()}))
    return values


def written(value: Any) -> bytes:
    """Write as JSON, sets in order: the order of a set differs between processes."""
    return orjson.dumps(value, default=_others)


def _others(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset | set) else str(value)


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


def enable(engine: AsyncEngine) -> None:
    """Let statements of connections with the option `OPTION` be answered as known at its position, with `OF_DATASET` about it."""
    if not contains(engine.sync_engine, "before_cursor_execute", _rewrite):
        listen(engine.sync_engine, "before_cursor_execute", _rewrite, retval=True)


async def position_meant(connection: AsyncConnection, known_at: KnownAt, present: int) -> int:
    """Give the position that is meant, at most the present one."""
    position = known_at if isinstance(known_at, int) else await position_at_end_of(connection, known_at)
    return min(position, present)


async def position_at_end_of(connection: AsyncConnection, day: date) -> int:
    """Give the position of the last fact that was recorded up to the end of a day; 0 if there was none."""
    last = select(func.max(RECORDED_DAY.c.position)).where(RECORDED_DAY.c.day <= day)
    return (await connection.execute(last)).scalar_one() or 0


def _rewrite(
    connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    options = connection.get_execution_options()
    return replaced(statement, options.get(OPTION), options.get(OF_DATASET)), parameters


def replaced(statement: str, position: int | None, dataset: Dataset | None = None) -> str:
    """Put the tables as known at a position, with the rows of a data set, in the place of those that a statement names."""
    named = (table.name for table in KEPT if table.name in statement)
    wanted = [name for name in named if position is not None or (dataset is not None and name in OF_DATA)]
    tables = ", ".join(_table(name, position, dataset) for name in wanted)
    if not tables:
        return statement
    first, rest = statement.split(maxsplit=1)
    return f"WITH {tables}, {rest}" if first == "WITH" else f"WITH {tables} {statement}"


@lru_cache(maxsize=256)
def _table(name: str, position: int | None, dataset: Dataset | None) -> str:
    wanted = OF_DATA[name].format(Dataset(dataset)) if dataset is not None and name in OF_DATA else "true"
    columns = ", ".join(
        f'"{column.name}"' for column in SUPERSEDED[name].columns if column.name != "known_to"
    )
    if position is None:
        return f'"{name}" AS NOT MATERIALIZED (SELECT {columns} FROM {SCHEMA}."{name}" WHERE {wanted})'  # noqa: S608
    live = f'SELECT {columns} FROM {SCHEMA}."{name}" WHERE known_from <= {position:d} AND {wanted}'  # noqa: S608  a number
    before = (
        f'SELECT {columns} FROM {SCHEMA}."{name}_superseded" '  # noqa: S608  a number
        f"WHERE known_from <= {position:d} AND known_to > {position:d} AND {wanted}"
    )
    return f'"{name}" AS NOT MATERIALIZED ({live} UNION ALL {before})'
