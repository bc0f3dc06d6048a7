"""Tables of the pages in both languages, with typed values: shown as HTML, sorted by a column, and given as CSV."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Any, NamedTuple, TypeVar, overload

from services.metrics.adapters.pages import page_data
from services.metrics.adapters.pages.leaders import Words
from services.metrics.domain.errors import ColumnUnknown, TableUnknown
from shared.kernel.errors import Text
from shared.rules.words.wording import NOT_APPLICABLE

NONE = Text("Không có.", "None.")
MINUS = "\N{MINUS SIGN}"
CSV = "text/csv; charset=utf-8"
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet would take a text for (CWE-1236)


@dataclass(frozen=True, slots=True)
class Linked:
    """A text that leads to a page."""

    text: str | Text
    href: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A state in words, with its tone; `order` is its place when sorted."""

    text: str | Text
    tone: str = "plain"
    order: float = 0


@dataclass(frozen=True, slots=True)
class Share:
    """A rate with its base; None is not applicable, and `instead` says what is done in its place."""

    part: int
    whole: int
    instead: Text | None = None

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


Plain = str | int | float | date | None
Value = Plain | Text | Linked | Marked | Share
Item = TypeVar("Item")


class Kind(StrEnum):
    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    POINTS = "points"
    SHARE = "share"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: Text
    kind: Kind = Kind.TEXT

    @property
    def is_number(self) -> bool:
        return self.kind in {Kind.NUMBER, Kind.POINTS, Kind.SHARE}


class Rows(Sequence[Mapping[str, Value]]):
    """Rows that are made from items when they are read: a page shows the first of many."""

    def __init__(self, items: Sequence[Item], make: Callable[[Item], Mapping[str, Value]]) -> None:
        self._items: Sequence[Any] = items
        self._make: Callable[[Any], Mapping[str, Value]] = make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Value]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapping[str, Value]]: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, Value] | Sequence[Mapping[str, Value]]:
        if isinstance(place, slice):
            return [self._make(item) for item in self._items[place]]
        return self._make(self._items[place])


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows in the order in which they are to be read; `empty` stands in the place of none."""

    key: str
    title: Text
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Value]]
    note: Text | None = None
    empty: Text = NONE

    def sorted_by(self, order: str) -> "Table":
        """Sort by a column, from its largest value if its key is preceded by "-"; what has no value comes last."""
        name = order.removeprefix("-")
        if name not in {column.key for column in self.columns}:
            raise ColumnUnknown(name, [column.key for column in self.columns])
        rows = list(self.rows)
        given = [row for row in rows if _place(row[name]) is not None]
        without = [row for row in rows if _place(row[name]) is None]
        given.sort(key=lambda row: _key(_place(row[name])), reverse=order.startswith("-"))
        return replace(self, rows=[*given, *without])

    def as_csv(self, words: Words) -> str:
        """Write the table for a spreadsheet: days as ISO, shares as fractions, and nothing that is run as a formula."""
        out = StringIO()
        writer = csv.writer(out)
        writer.writerow([words.text(column.label) for column in self.columns])
        for row in self.rows:
            writer.writerow([_field(row[column.key], words) for column in self.columns])
        return f"\N{ZERO WIDTH NO-BREAK SPACE}{out.getvalue()}"


def table_of(tables: Sequence[Table], key: str | None) -> Table:
    """Find a table by its key, the first one without; raises `TableUnknown`."""
    table = next((each for each in tables if key in (None, each.key)), None)
    if table is None:
        raise TableUnknown(str(key), [table.key for table in tables])
    return table


def _place(value: Value) -> Plain:
    """Give what a value is sorted by."""
    match value:
        case Linked(text) | (Text() as text):
            return text.vi if isinstance(text, Text) else text
        case Marked():
            return value.order
        case Share():
            return value.value
        case _:
            return value


def _key(value: Plain) -> tuple[float, str]:
    if isinstance(value, date):
        return value.toordinal(), ""
    return (value, "") if isinstance(value, int | float) else (0, str(value).casefold())


def _field(value: Value, words: Words) -> str | int | float | None:
    match value:
        case Share():
            return value.value
        case date():
            return value.isoformat()
        case int() | float() | None:
            return value
        case _:
            text = written(value, words)
            return f"'{text}" if text.startswith(_FORMULA) else text


def written(value: Value, words: Words) -> str:
    """Give the words of a value that is a text."""
    match value:
        case Linked(text) | Marked(text):
            return words.text(text) if isinstance(text, Text) else text
        case Text():
            return words.text(value)
        case _:
            return str(value)


def shown(value: Value, column: Column, words: Words) -> str:
    """Write a value as officials do."""
    match value:
        case None:
            return words.text(NOT_APPLICABLE) if column.kind is Kind.SHARE else "–"
        case Share():
            return _rate(value, words)
        case float() | int():
            return _number(value, column.kind, words)
        case date():
            return page_data.day(value)
        case _:
            return written(value, words)


class Cell(NamedTuple):
    """A value as a page shows it: the class of its cell, the head of its column, its text, its address or tone if it has one."""

    css: str
    label: str
    text: str
    href: str | None
    tone: str | None


_CSS = {Kind.DAY: "day", Kind.CODE: "one-line"}


def cells(table: Table, words: Words) -> Iterator[list[Cell]]:
    """Write the rows of a table for a page; templates that looked at each value took half of the time of an answer."""
    columns = [
        (column, "num" if column.is_number else _CSS.get(column.kind, ""), words.text(column.label))
        for column in table.columns
    ]
    for row in table.rows:
        yield [_cell(row[column.key], column, css, label, words) for column, css, label in columns]


def _cell(value: Value, column: Column, css: str, label: str, words: Words) -> Cell:
    text = shown(value, column, words)
    match value:
        case Linked():
            return Cell(css, label, text, value.href, None)
        case Marked():
            return Cell(css, label, text, None, value.tone)
        case Share() if value.value is None:
            return Cell("words", label, text, None, None)
        case _:
            return Cell(css, label, text, None, None)


def _number(value: float, kind: Kind, words: Words) -> str:
    match kind:
        case Kind.POINTS:
            return _points(value, words)
        case Kind.SHARE:
            return page_data.percent(value, words.code)
        case Kind.NUMBER if isinstance(value, int):
            return page_data.number(value)
    return str(value)


def _points(value: float, words: Words) -> str:
    """Write the change of a share in points, with its sign; none if it is nothing."""
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    points = f"{abs(value) * 100:.1f}"
    local = words.pair(points.replace(".", ","), points)
    return local if points == "0.0" else f"{sign}{local}"


def _rate(share: Share, words: Words) -> str:
    if share.value is None:
        return words.text(share.instead or NOT_APPLICABLE)
    base = f"{page_data.number(share.part)}/{page_data.number(share.whole)}"
    return f"{page_data.percent(share.value, words.code)} ({base})"
