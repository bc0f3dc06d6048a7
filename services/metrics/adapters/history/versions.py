"""Rows of one table as a batch of events changes them one after the other, so that what is superseded can be kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Table

from services.metrics.adapters.tables import DRAFT, SUPERSEDED

Row = Mapping[str, Any]
Key = tuple[Any, ...]


class TableVersions:
    """`stored` are the rows that may change, as the database has them; rows have their values as JSON has them.

    `group` is the column by which rows are replaced together.
    """

    def __init__(self, table: Table, stored: Iterable[Row] = (), group: str | None = None) -> None:
        self.table = table
        self._keys = table.primary_key.columns.keys()
        self._kept = table.name in SUPERSEDED
        self._group = group
        self._stored: dict[Key, Row] = {self._key(row): row for row in stored}
        self._rows = dict(self._stored)
        self._ended: dict[tuple[Key, int], Row] = {}
        self._grouped: dict[Any, set[Key]] = defaultdict(set)
        if group is not None:
            for key, row in self._rows.items():
                self._grouped[row[group]].add(key)

    def get(self, key: Row) -> Row | None:
        return self._rows.get(self._key(plain(key)))

    def put(self, position: int, values: Row) -> None:
        """Put a row, known from a position on; one that says the same is known since it was first put."""
        self._put(position, plain(values))

    def remove(self, position: int, key: Row) -> None:
        self._remove(position, self._key(plain(key)))

    def replace(self, position: int, group: Any, rows: Sequence[Row]) -> None:
        """Put the rows of a group, and remove those of it that aren't there any more."""
        wanted = plain_rows(rows)
        for key in self._grouped[str(group)] - {self._key(row) for row in wanted}:
            self._remove(position, key)
        for row in wanted:
            self._put(position, row)

    @property
    def gone(self) -> list[Row]:
        return [row for key, row in self._stored.items() if key not in self._rows]

    @property
    def changed(self) -> list[Row]:
        return [row for key, row in self._rows.items() if self._stored.get(key) != row]

    @property
    def superseded(self) -> list[Row]:
        return list(self._ended.values())

    def _put(self, position: int, row: Row) -> None:
        key = self._key(row)
        before = self._rows.get(key)
        if not self._kept:
            self._rows[key] = row
        elif before is not None and _is_same_fact(self.table, before, row):
            self._rows[key] = {**row, "known_from": before["known_from"]}
        else:
            self._end(key, position)
            self._rows[key] = {**row, "known_from": position}
        if self._group is not None:
            self._grouped[row[self._group]].add(key)

    def _remove(self, position: int, key: Key) -> None:
        self._end(key, position)
        row = self._rows.pop(key, None)
        if self._group is not None and row is not None:
            self._grouped[row[self._group]].discard(key)

    def _end(self, key: Key, position: int) -> None:
        row = self._rows.get(key)
        if self._kept and row is not None and row["known_from"] < position:
            self._ended[key, row["known_from"]] = {**row, "known_to": position}

    def _key(self, row: Row) -> Key:
        return tuple(row[name] for name in self._keys)


def plain(row: Row) -> dict[str, Any]:
    """Give a row with values as JSON has them, in which form PostgreSQL gives and takes rows."""
    return plain_rows([row])[0]


def plain_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give rows as `plain` does; the names of their columns may be of a class of their own."""
    named = [{str(name): value for name, value in row.items()} for row in rows]
    values: list[dict[str, Any]] = orjson.loads(orjson.dumps(named, default=_written))
    return values


def _written(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset | set) else str(value)


# What a draft's row has besides facts: the last event about it, which a communication moves too, and how it was derived.
_BESIDES = {DRAFT.name: frozenset({"position", "rules_version", "derived", "record"})}


def _is_same_fact(table: Table, before: Row, row: Row) -> bool:
    """Compare what two rows say about the facts: if it is the same, nothing was superseded."""
    besides = _BESIDES.get(table.name)
    if besides is None:
        return before == {**row, "known_from": before["known_from"]}
    names = row.keys() - besides - {"known_from"}
    return all(_fact(row[name]) == _fact(before.get(name)) for name in names)


def _fact(value: Any) -> Any:
    """Leave the last event out of a document of facts."""
    if isinstance(value, dict) and "source" in value:
        return {name: of for name, of in value.items() if name != "source"}
    return value
