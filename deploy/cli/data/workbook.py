"""XLSX files: unpacked within limits, their cells with their formats."""

import warnings
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl  # type: ignore[import-untyped]
from openpyxl.utils.cell import get_column_letter  # type: ignore[import-untyped]

from deploy.cli.console import CommandError
from deploy.cli.data.tables.cell_values import EMPTY, Cell, made
from deploy.cli.data.tables.file_kinds import describe_kind
from deploy.cli.data.tables.sheet_layout import Layout, layout
from deploy.cli.data.tables.sheet_messages import CROSSED_OUT, WHITE_ON_WHITE
from shared.kernel.counted import counted
from shared.kernel.errors import Text

MOST_UNPACKED = 512 << 20  # bytes of all parts
MOST_RATIO = 200  # unpacked to packed, of a part large enough to hurt
LARGE = 8 << 20
MOST_ROWS = 200_000  # of a page; more are split into several files
MOST_COLUMNS = 300
MOST_OF_EXCEL = 16_384  # columns that have a name
DIGITS = 15  # of a number of a spreadsheet (IEEE 754, shown as 15); those after them are lost

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
_NO_DATE = Text(
    "ô {cell} có định dạng ngày nhưng không đổi được thành ngày (bảng tính hiển thị ####, hoặc có lỗi công thức); hãy gõ lại ngày",
    "the cell {cell} has the format of a date but is none (shown as ####, or a formula error); type the date again",
)
_ROUNDED = Text(
    f"ô {{cell}} là số có hơn {DIGITS} chữ số, bảng tính không giữ được các chữ số cuối; hãy định dạng ô là Văn bản (Text) rồi gõ lại",
    f"the cell {{cell}} is a number of more than {DIGITS} digits, of which a spreadsheet loses the last ones; format it as Text and type it again",
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
        column = get_column_letter(min(result.last_column, MOST_OF_EXCEL) or 1)
        why = _TOO_FAR.filled(row=result.last_row, column=column)
        raise CommandError(
            f"{path.name}, trang “{title}”: {why.vi}.", f"{path.name}, page '{title}': {why.en}."
        )


def records(path: Path, title: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Give the rows of a page; where a formula stands, its stored result."""
    values, formulas = _open(path, values=True), _open(path, values=False)
    rows: Sequence[Generator[Any]] = ()
    try:
        pages = [book[title] for book in (values, formulas)]
        for page in pages:
            page.reset_dimensions()  # what a file says of its size may be far from true
        rows = [_rows(path, page) for page in pages]
        both = zip_longest(*rows, fillvalue=())
        looks = _Looks(values)
        for number, (shown, stored) in enumerate(both, start=1):
            yield number, _cells(path, looks, shown, stored)
    finally:
        for each in rows:
            each.close()
        values.close()
        formulas.close()


def _rows(path: Path, page: Any) -> Generator[Any]:
    """Give the rows; raises `CommandError` where a cell is none by the standard, and keeps openpyxl's remarks to itself."""
    with closing(page.iter_rows()) as rows:
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                try:
                    row = next(rows, None)
                except (ValueError, LookupError, OverflowError, ParseError) as error:
                    raise _unreadable(path, error) from error
            if row is None:
                return
            yield row


def _cells(path: Path, looks: "_Looks", shown: Sequence[Any], stored: Sequence[Any]) -> Sequence[Cell]:
    try:
        pairs = zip(shown, stored, strict=False)
        return [looks.marked(_cell(value, formula), value) for value, formula in pairs]
    except LookupError as error:  # a style or a text that the file does not have
        raise _unreadable(path, error) from error


@dataclass(slots=True)
class _Looks:
    """Which formats of cells cross their content out or make it invisible."""

    book: Any
    marks: dict[int, Text | None] = field(default_factory=dict)  # by the number of the format

    def marked(self, cell: Cell, value: Any) -> Cell:
        if cell.value is None:
            return cell
        number = value._style_id  # noqa: SLF001  openpyxl names it nowhere else
        if number not in self.marks:
            self.marks[number] = _look(value.font, value.fill)
        mark = self.marks[number]
        return cell if mark is None else replace(cell, mark=mark)


def _look(font: Any, fill: Any) -> Text | None:
    if font.strike:
        return CROSSED_OUT
    plain = fill.fill_type is None or (fill.fill_type == "solid" and _is_white(fill.fgColor))
    return WHITE_ON_WHITE if plain and font.color is not None and _is_white(font.color) else None


def _is_white(color: Any) -> bool:
    """Tell whether a colour is white by its number, or by the theme, whose first is that of the paper."""
    if color.type == "theme":
        return color.theme == 0 and not color.tint
    return color.type == "rgb" and str(color.rgb)[-6:].upper() == "FFFFFF"


def _cell(value: Any, formula: Any) -> Cell:
    if value.data_type == "e":
        return Cell(value.value, fault=_at(_NO_DATE if value.value == _NOT_A_DATE else _ERROR, formula))
    if value.value is None:
        is_lost = formula.data_type == "f" and value.data_type != _EMPTY_RESULT
        return Cell(None, fault=_at(_NO_VALUE, formula)) if is_lost else EMPTY
    if isinstance(value.value, int | float) and abs(value.value) >= 10**DIGITS:
        return Cell(None, fault=_at(_ROUNDED, formula))
    return made(value.value, value.number_format)


_NOT_A_DATE = (
    "#VALUE!"  # what openpyxl puts in the place of a number that its format shows as a date, and that is none
)
_EMPTY_RESULT = "str"  # what openpyxl leaves as the type of a formula whose stored result is an empty text


def _at(why: Text, cell: Any) -> Text:
    return why.filled(cell=cell.coordinate)


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
    """Say what keeps a workbook from being read; the program's own words stand in the English part alone."""
    why = _why(path, error)
    return CommandError(f"Không đọc được {path.name}: {why.vi}.", f"{path.name} cannot be read: {why.en}.")


def _why(path: Path, error: Exception) -> Text:
    if path.name.startswith("~$"):
        return Text(
            f"đây là tệp khóa tạm mà Excel tạo khi đang mở sổ làm việc; hãy đóng Excel rồi nhập {path.name[2:]}",
            f"it is the lock file of a workbook that is open in Excel; close Excel and import {path.name[2:]}",
        )
    if path.stat().st_size == 0:
        return Text(
            "tệp trống (0 byte); hãy xin lại hoặc tải lại tệp", "the file is empty (0 bytes); fetch it again"
        )
    if isinstance(error, zipfile.BadZipFile):
        return Text(
            "tệp bị hỏng hoặc tải về chưa đủ; hãy tải lại, hoặc mở bằng Excel (Mở và sửa chữa) rồi lưu lại dưới dạng .xlsx",
            "the file is damaged or was not downloaded whole; fetch it again, or open it in Excel (Open and Repair) and save it as .xlsx",
        )
    return Text(
        "nội dung bên trong không đúng chuẩn .xlsx; hãy mở bằng Excel và lưu lại dưới dạng .xlsx, không đặt mật khẩu",
        f"its content is no proper .xlsx ({' '.join(str(error).split())[:200]}); open it in Excel and save it as .xlsx, without a password",
    )
