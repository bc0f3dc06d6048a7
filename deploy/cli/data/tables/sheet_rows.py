"""One sheet of a source as rows: the header row, cells by column, and what cannot be a row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeGuard

from deploy.cli.data.columns import COLUMNS, DATES, Broken, check_header
from deploy.cli.data.tables.cell_values import Cell, is_hidden, written
from deploy.cli.data.tables.date_signature import suspicions
from deploy.cli.data.tables.headings import HEADINGS
from deploy.cli.data.tables.sheet_header import (
    ALL_COLUMNS,
    LONGEST,
    SEARCHED,
    heading_row,
    heads_other_table,
    repeats_headings,
)
from deploy.cli.data.tables.sheet_layout import PLAIN, Layout, Merged
from deploy.cli.data.tables.sheet_messages import (
    EMPTY_SHEET,
    FOOTER,
    GROUP,
    HEADINGS_AGAIN,
    HIDDEN_COLUMN,
    HIDDEN_ROW,
    HIDDEN_SHEET,
    NAMELESS,
    OTHER_TABLE,
    headings_below,
    is_footer,
    is_group,
    merged_across,
    merged_down,
)
from deploy.cli.data.textfile import unescaped
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.words.suggestions import folded
from shared.text_checks.printable import tidied

Cells = Sequence[str | Cell]
Record = tuple[int, Cells | Text]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator has decided: columns to keep as notes, and answers to what an import asks."""

    keep_notes: frozenset[str] = frozenset()
    take_hidden: bool = False
    dates_checked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    line: int
    names: Sequence[str]
    above: int = 0  # filled rows above it


@dataclass(frozen=True, slots=True)
class SheetFile:
    """One sheet, read anew each time it is asked; `label` is what a person calls it, `size` about its rows."""

    name: str
    label: str
    size: int
    records: Callable[[], Iterator[Record]]
    broken: Sequence[Broken] = ()  # what keeps the whole file from being read
    layout: Layout = PLAIN
    choices: Choices = field(default_factory=Choices)

    def read(self) -> Iterator[Row | Broken]:
        """Give each row as it can be sent, what keeps it from being one, and what is to be known of it."""
        if self.broken:
            yield from self.broken
        elif (header := self.header()) is None:
            yield Broken(0, "", "", EMPTY_SHEET)
        elif wrong := check_header(self.name, header.line, header.names, self.choices.keep_notes):
            yield from wrong
        else:
            yield from self._asked_first(header)

    def header(self) -> Header | None:
        """Find the row of the headings; rows above it (titles, the name of the office) are no data."""
        if self.broken:
            return None
        first = [(line, cells) for line, cells in islice(self._filled(), SEARCHED) if _is_row(cells)]
        if not first:
            return None
        rows = [_headings(cells) for _, cells in first]
        place = heading_row(rows, self.name)
        return Header(first[place][0], rows[place], place)

    def ours(self, header: Header) -> frozenset[str]:
        """Give the columns of this file that are taken."""
        existing = COLUMNS[self.name].names if self.name in COLUMNS else header.names
        return frozenset(header.names) & {*existing, *self.choices.keep_notes}

    def _filled(self) -> Iterator[Record]:
        return (
            (line, cells)
            for line, cells in self.records()
            if not _is_row(cells) or any(str(cell).strip() or _fault(cell) for cell in cells)
        )

    def _asked_first(self, header: Header) -> Iterator[Row | Broken]:
        questions = list(self._questions(header))
        yield from questions
        if not any(question.refused for question in questions):
            yield from self._rows(header)

    def _questions(self, header: Header) -> Iterator[Broken]:
        """Ask about what nobody saw, and about dates that look swapped."""
        if header.above:
            yield Broken(header.line, "", "", headings_below(header.above), refused=False)
        if not self.choices.take_hidden:
            if self.layout.hidden:
                yield Broken(0, "", "", HIDDEN_SHEET)
                return
            for number, name in enumerate(header.names, start=1):
                if name in self.ours(header) and self.layout.hides_column(number):
                    yield Broken(0, name, "", HIDDEN_COLUMN)
        dates = sorted(self.ours(header) & DATES)
        if dates and not self.choices.dates_checked:
            rows = (row.cells for row in self._rows(header) if isinstance(row, Row))
            for column, (why, asked) in suspicions(rows, dates).items():
                yield Broken(0, column, "", why, refused=asked)

    def _rows(self, header: Header) -> Iterator[Row | Broken]:
        table = _Table(self, header)
        for line, cells in self._filled():
            if line <= header.line:
                continue
            if isinstance(cells, Text):
                yield Broken(line, "", "", cells)
            else:
                yield from table.row(line, cells)


@dataclass(slots=True)
class _Table:
    """Rows below a header, one after the other; of a range merged downwards the first cell holds for all its rows."""

    sheet: SheetFile
    header: Header
    ours: frozenset[str] = frozenset()
    coming: list[Merged] = field(default_factory=list)  # ranges, the one that begins next at the end
    open: list[Merged] = field(default_factory=list)
    above: dict[str, str | Cell] = field(default_factory=dict)
    ended: bool = False
    other: bool = False  # below the headings of another table
    mandatory: Sequence[str] = ()
    seen: int = 0  # filled rows below the headings

    def __post_init__(self) -> None:
        self.ours = self.sheet.ours(self.header)
        self.coming = sorted(self.sheet.layout.merged, key=lambda merged: -merged.top)
        self.mandatory = COLUMNS[self.sheet.name].mandatory if self.sheet.name in COLUMNS else ()

    def row(self, line: int, cells: Cells) -> Iterator[Row | Broken]:
        names = self.header.names
        result = {
            name: cell
            for name, cell in zip(names, cells, strict=False)
            if name in self.ours and _is_filled(cell)
        }
        outside = _outside(line, cells, names)
        if self.other or (not result and outside is None):
            return
        self.seen += 1
        if (passed := self._passed_over(result, cells)) is not None:
            yield Broken(line, "", str(next(iter(result.values()), "")), passed, refused=self.other)
        elif line in self.sheet.layout.hidden_rows and not self.sheet.choices.take_hidden:
            yield Broken(line, "", "", HIDDEN_ROW)
        elif outside is not None:
            yield outside
        else:
            yield from self._merged(line, result)

    def _passed_over(self, by_column: Mapping[str, str | Cell], cells: Cells) -> Text | None:
        """Say what a row is that is no data: repeated headings, another table, totals and signatures, a group's name."""
        first = next(iter(by_column.values()), "")
        if _may_head(first, self.seen):
            texts = {name: str(cell) for name, cell in by_column.items()}
            if repeats_headings(texts, self.seen):
                return HEADINGS_AGAIN
            if heads_other_table([str(cell).strip() for cell in cells]):
                self.other = True
                return OTHER_TABLE
        missing = [name for name in self.mandatory if name not in by_column]
        if not by_column or len(missing) * 2 < len(self.mandatory) or (not missing and len(by_column) > 1):
            return None
        if self.ended or any(is_footer(str(cell)) for cell in by_column.values()):
            self.ended = True
            return FOOTER
        return GROUP if len(by_column) == 1 and missing and is_group(str(first)) else None

    def _merged(self, line: int, by_column: dict[str, str | Cell]) -> Iterator[Row | Broken]:
        for merged in self._spanning(line):
            columns = [
                name for name in self.header.names[merged.left - 1 : merged.right] if name in self.ours
            ]
            if len(columns) > 1:
                yield Broken(
                    line, columns[0], str(by_column.get(columns[0], "")), merged_across(merged, columns)
                )
                return
            for name in columns:
                if line == max(merged.top, self.header.line + 1):
                    self.above[merged.name] = by_column.get(name, "")
                    if merged.bottom > line:
                        yield Broken(
                            line, name, str(by_column.get(name, "")), merged_down(merged), refused=False
                        )
                elif _is_filled(value := self.above.get(merged.name, "")):
                    by_column[name] = value
        yield self._checked(line, by_column)

    def _spanning(self, line: int) -> Sequence[Merged]:
        while self.coming and self.coming[-1].top <= line:
            self.open.append(self.coming.pop())
        self.open = [merged for merged in self.open if merged.bottom >= line]
        return self.open

    def _checked(self, line: int, by_column: Mapping[str, str | Cell]) -> Row | Broken:
        cells: dict[str, str] = {}
        for name in self.header.names:
            if name not in by_column:
                continue
            cell = by_column[name]
            if isinstance(cell, Cell) and cell.mark is not None and not self.sheet.choices.take_hidden:
                return Broken(line, name, str(cell), cell.mark)
            text = written(cell, name) if isinstance(cell, Cell) else cell
            if isinstance(text, Text):
                fault = isinstance(cell, Cell) and cell.fault is not None
                return Broken(line, "" if fault else name, "" if fault else str(cell), text)
            cells[name] = unescaped(text)
        return Row(line, cells)


def _headings(cells: Cells) -> Sequence[str]:
    """Give the texts of a row without what nobody sees in them; a single one may be a row of tabs."""
    if len(cells) == 1:
        return [unescaped(str(cells[0]).strip())]
    return [unescaped(tidied(str(cell), one_line=True)) for cell in cells]


def _may_head(first: str | Cell, seen: int) -> bool:
    """Tell by its first cell whether a row can be one of headings: all other rows are looked at no further."""
    text = str(first).strip()
    return seen == 1 or (len(text) <= LONGEST and (text in _ALL_HEADINGS or folded(text) in _ALL_HEADINGS))


_ALL_HEADINGS = ALL_COLUMNS | HEADINGS.keys()


def _is_row(cells: Cells | Text) -> TypeGuard[Cells]:
    return not isinstance(cells, Text)


def _fault(cell: str | Cell) -> Text | None:
    return cell.fault if isinstance(cell, Cell) else None


def _is_filled(cell: str | Cell) -> bool:
    """Tell whether there is something in a cell, also where its format shows nothing of it."""
    if isinstance(cell, Cell):
        return cell.fault is not None or str(cell).strip() != "" or is_hidden(cell)
    return cell.strip() != ""


def _outside(line: int, cells: Cells, header: Sequence[str]) -> Broken | None:
    """Say what stands under no heading."""
    if any(_is_filled(cell) for cell in cells[len(header) :]):
        why = Text(
            f"dòng có {len(cells)} ô nhưng tiêu đề chỉ có {len(header)} cột; ô chứa dấu phẩy phải đặt trong dấu ngoặc kép",
            f"the line has {counted(len(cells), 'cell')}, the header {counted(len(header), 'column')}; quote a cell that has a comma in it",
        )
        return Broken(line, "", str(cells[len(header)]), why)
    lost = [cell for name, cell in zip(header, cells, strict=False) if not name and _is_filled(cell)]
    return Broken(line, "", str(lost[0]), NAMELESS) if lost else None
