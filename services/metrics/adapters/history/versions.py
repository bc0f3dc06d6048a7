"""Rows of one table as a batch of events changes them one after the other, so that what is superseded can be kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table

from services.metrics.adapters.tables import DRAFT, SUPERSEDED

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
