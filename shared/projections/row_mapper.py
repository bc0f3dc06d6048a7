"""Which columns a row change writes: those of its table, by name, from its own values or else from the event."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Table

from shared.contracts.event import Event
from shared.kernel.errors import PermanentError

Row = Mapping[str, Any]


class RowMismatch(PermanentError):
    """A row change and its table don't fit: a value has no column, or a column no value."""

    def __init__(self, table: Table, what: str, names: object) -> None:
        super().__init__("row_mismatch", f"table {table.name}: {what} {names}")


def whole_row(table: Table, values: Row, event: Event | None) -> Row:
    """Give every column of the table a value; fields of the event that have no column are left out."""
    _refuse_unknown(table, values)
    row = {name: value for name, value in _fields(event).items() if name in _columns(table)} | dict(values)
    if missing := _columns(table) - row.keys():
        raise RowMismatch(table, "no value for", sorted(missing))
    return row


def changed_columns(table: Table, key: Row, values: Row, event: Event | None) -> Row:
    """Give the columns that a change writes: its own values, and all that the event names besides the key."""
    _refuse_unknown(table, values)
    taken = _columns(table) - key.keys()
    return {name: value for name, value in _fields(event).items() if name in taken} | dict(values)


def _refuse_unknown(table: Table, values: Row) -> None:
    if unknown := values.keys() - _columns(table):
        raise RowMismatch(table, "no column for", sorted(unknown))


def _fields(event: Event | None) -> Row:
    return {} if event is None else vars(event)  # a model's own dictionary holds its fields and nothing else


@lru_cache
def _columns(table: Table) -> frozenset[str]:
    return frozenset(table.columns.keys())
