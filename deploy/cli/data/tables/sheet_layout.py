"""How a page of a workbook is laid out: what is hidden, which cells are merged. Read from its XML, part by part."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl.utils.cell import range_boundaries  # type: ignore[import-untyped]
from openpyxl.xml.constants import SHEET_MAIN_NS  # type: ignore[import-untyped]
from openpyxl.xml.functions import iterparse  # type: ignore[import-untyped]

MOST_MERGED = 20_000  # ranges
LONGEST_COLUMN = 10  # letters; Excel itself has three
_ROW, _COLUMN, _MERGED, _CELL = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("row", "col", "mergeCell", "c"))


@dataclass(frozen=True, slots=True)
class Merged:
    """A range of merged cells, its borders counted from 1."""

    name: str
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows and columns are counted from 1."""

    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: Sequence[tuple[int, int]] = ()
    merged: Sequence[Merged] = field(default=())
    last_row: int = 0
    last_column: int = 0

    def hides_column(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.hidden_columns)


PLAIN = Layout()


def layout(path: Path, part: str, *, hidden: bool) -> Layout:
    """Read the layout of the page that stands in a part of the file."""
    rows: set[int] = set()
    columns: list[tuple[int, int]] = []
    merged: list[Merged] = []
    number = last_row = last_column = 0
    for element in _elements(path, part):
        if element.tag == _CELL:
            last_column = max(last_column, _column_of(element.get("r")))
        elif element.tag == _ROW:
            number = int(element.get("r", number + 1))
            last_row = max(last_row, number)
            rows |= {number} if _is_hidden(element, "ht") else set()
        elif element.tag == _COLUMN and _is_hidden(element, "width"):
            columns.append((int(element.get("min")), int(element.get("max"))))
        elif element.tag == _MERGED and len(merged) < MOST_MERGED:
            merged.append(Merged(element.get("ref"), *range_boundaries(element.get("ref"))))
    return Layout(hidden, frozenset(rows), columns, merged, last_row, last_column)


def _elements(path: Path, part: str) -> Iterator[Any]:
    with zipfile.ZipFile(path) as packed, packed.open(part.lstrip("/")) as source:
        for _, element in iterparse(source):
            if element.tag in {_ROW, _COLUMN, _MERGED, _CELL}:
                yield element
                element.clear()


def _column_of(cell: str | None) -> int:
    """Give the number of the column of a cell's name, such as 27 of "AA5"; 0 if it has none."""
    letters = (cell or "").rstrip("0123456789")[:LONGEST_COLUMN].upper()
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _is_hidden(element: Any, size: str) -> bool:
    return element.get("hidden") in {"1", "true"} or element.get(size) in {"0", "0.0"}
