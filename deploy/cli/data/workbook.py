"""Reads XLSX files within size limits, with cells as in a CSV file."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from deploy.cli.console import CommandError
from deploy.cli.data.textfile import Record
from shared.errors import Text

MOST_UNPACKED = 512 << 20  # bytes of all parts
MOST_RATIO = 200  # unpacked to packed, of a part larger than LARGE
LARGE = 8 << 20

_NO_VALUE = Text(
    "ô {cell} là công thức chưa có kết quả; hãy mở tệp bằng Excel rồi lưu lại, hoặc dán giá trị thay công thức",
    "the cell {cell} is a formula without a stored result; open and save the file in Excel, or paste values",
)
_ERROR = Text(
    "ô {cell} có lỗi công thức; hãy sửa công thức hoặc nhập giá trị",
    "the cell {cell} shows a formula error; correct the formula or type the value",
)


def pages(path: Path) -> list[tuple[str, int]]:
    """List the pages of a workbook with their approximate number of rows."""
    _within_limits(path)
    book = _open(path, values=True)
    try:
        return [(page.title, page.max_row or 0) for page in book.worksheets]
    finally:
        book.close()


def records(path: Path, title: str) -> Iterator[Record]:
    """Give the rows of a page; a formula counts as its stored result."""
    values, formulas = _open(path, values=True), _open(path, values=False)
    try:
        pages = [book[title] for book in (values, formulas)]
        for page in pages:
            page.reset_dimensions()  # the dimensions in the file may be wrong
        both = zip_longest(*(page.iter_rows() for page in pages), fillvalue=())
        for number, (shown, written) in enumerate(both, start=1):
            yield number, _cells(shown, written)
    finally:
        values.close()
        formulas.close()


def _cells(shown: Sequence[Any], written: Sequence[Any]) -> Sequence[str] | Text:
    for value, formula in zip(shown, written, strict=False):
        if value.data_type == "e":
            return _at(_ERROR, formula)
        if formula.data_type == "f" and value.value is None:
            return _at(_NO_VALUE, formula)
    return [as_text(cell.value) for cell in shown]


def _at(why: Text, cell: Any) -> Text:
    return Text(why.vi.format(cell=cell.coordinate), why.en.format(cell=cell.coordinate))


def _within_limits(path: Path) -> None:
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


def as_text(cell: object) -> str:
    """Format a cell as in a CSV file."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
    return str(cell)
