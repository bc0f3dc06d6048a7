"""XLSX files: unpacked within limits, their cells with their formats."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from openpyxl.utils.cell import get_column_letter  # type: ignore[import-untyped]

from deploy.cli.console import CommandError
from deploy.cli.data.tables.cell_values import EMPTY, Cell, made
from deploy.cli.data.tables.file_kinds import describe_kind
from deploy.cli.data.tables.sheet_layout import Layout, layout
from shared.kernel.counted import counted
from shared.kernel.errors import Text

MOST_UNPACKED = 512 << 20  # bytes of all parts
MOST_RATIO = 200  # unpacked to packed, of a part large enough to hurt
LARGE = 8 << 20
MOST_ROWS = 200_000  # of a page; more are split into several files
MOST_COLUMNS = 300
MOST_OF_EXCEL = 16_384  # columns that have a name

_NO_VALUE = Text(
    "ô {cell} là công thức chưa có kết quả; hãy mở tệp bằng Excel rồi lưu lại, hoặc dán giá trị thay công thức",
    "the cell {cell} is a formula without a stored result; open and save the file in Excel, or paste values",
)
_TOO_FAR = Text(
    f"trang có ô ở dòng {{row}}, cột {{column}}; nhiều nhất là {MOST_ROWS} dòng và {MOST_COLUMNS} cột. "
    "Hãy xóa các dòng và cột trống có định dạng, hoặc chia nhỏ tệp",
    f"the page has a cell in row {{row}}, column {{column}}; at most {counted(MOST_ROWS, 'row')} "
    f"and {counted(MOST_COLUMNS, 'column')} are read. "
    "Delete formatted empty rows and columns, or split the file",
)
_ERROR = Text(
    "ô {cell} có lỗi công thức; hãy sửa công thức hoặc nhập giá trị",
    "the cell {cell} shows a formula error; correct the formula or type the value",
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a workbook; `size` is about how many rows it has."""

    title: str
    size: int
    layout: Layout


def pages(path: Path) -> list[Page]:
    _within_limits(path)
    book = _open(path, values=True)
    try:
        return [_page(path, page) for page in book.worksheets]
    finally:
        book.close()


def _page(path: Path, page: Any) -> Page:
    part = page._worksheet_path  # noqa: SLF001  openpyxl names the part of the file nowhere else
    try:
        result = layout(path, part, hidden=page.sheet_state != "visible")
    except ValueError as error:  # a number of a row or a range that is none
        raise _unreadable(path, error) from error
    _refuse_far_cells(path, page.title, result)
    return Page(page.title, page.max_row or 0, result)


def _refuse_far_cells(path: Path, title: str, result: Layout) -> None:
    """Refuse a page by its last row and column: the reader makes every empty cell before them."""
    if result.last_row > MOST_ROWS or result.last_column > MOST_COLUMNS:
        place = {
            "row": result.last_row,
            "column": get_column_letter(min(result.last_column, MOST_OF_EXCEL) or 1),
        }
        why = Text(_TOO_FAR.vi.format(**place), _TOO_FAR.en.format(**place))
        raise CommandError(
            f"{path.name}, trang “{title}”: {why.vi}.", f"{path.name}, page '{title}': {why.en}."
        )


def records(path: Path, title: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Give the rows of a page; where a formula stands, its stored result."""
    values, formulas = _open(path, values=True), _open(path, values=False)
    try:
        pages = [book[title] for book in (values, formulas)]
        for page in pages:
            page.reset_dimensions()  # what a file says of its size may be far from true
        both = zip_longest(*(page.iter_rows() for page in pages), fillvalue=())
        for number, (shown, stored) in enumerate(both, start=1):
            yield number, [_cell(value, formula) for value, formula in zip(shown, stored, strict=False)]
    finally:
        values.close()
        formulas.close()


def _cell(value: Any, formula: Any) -> Cell:
    if value.data_type == "e":
        return Cell(value.value, fault=_at(_ERROR, formula))
    if value.value is None:
        is_lost = formula.data_type == "f" and value.data_type != _EMPTY_RESULT
        return Cell(None, fault=_at(_NO_VALUE, formula)) if is_lost else EMPTY
    return made(value.value, value.number_format)


_EMPTY_RESULT = "str"  # what openpyxl leaves as the type of a formula whose stored result is an empty text


def _at(why: Text, cell: Any) -> Text:
    return Text(why.vi.format(cell=cell.coordinate), why.en.format(cell=cell.coordinate))


def _within_limits(path: Path) -> None:
    if (why := describe_kind(path)) is not None:
        raise why
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error
    unpacked = sum(part.file_size for part in parts)
    ratios = [part.file_size / max(1, part.compress_size) for part in parts if part.file_size > LARGE]
    if unpacked > MOST_UNPACKED or max(ratios, default=0) > MOST_RATIO:
        size = f"{unpacked >> 20} MB"
        raise CommandError(
            f"{path.name}: tệp giải nén thành {size}, vượt giới hạn an toàn nên không được mở. "
            "Hãy chia nhỏ tệp, xóa các dòng trống có định dạng, hoặc lưu thành các tệp CSV.",
            f"{path.name} unpacks to {size}, more than the safety limit, and was not opened. "
            "Split it, delete formatted empty rows, or save it as CSV files.",
        )


def _open(path: Path, *, values: bool) -> Any:
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=values)
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> CommandError:
    return CommandError(
        f"Không đọc được {path.name} ({error}). Hãy mở bằng Excel và lưu lại dưới dạng .xlsx, không đặt mật khẩu.",
        f"{path.name} cannot be read ({error}). Open it in Excel and save it as .xlsx, without a password.",
    )
