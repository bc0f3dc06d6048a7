"""What the import reads: a folder of CSV files or one XLSX, as rows with the line on which each begins."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from deploy.cli.console import Said
from shared.errors import Text

ORDER = {  # of the import; the service that takes each sheet
    "units": "registry",
    "unit_successions": "registry",
    "targets": "registry",
    "drafts": "registry",
    "policies": "registry",
    "stages": "registry",
    "exemptions": "registry",
    "communications": "campaigns",
    "recipients": "notifier",
}
NOT_YET = ("activities", "programme")  # of the contract, but no part of this release


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row, or a whole file (`line` 0), that cannot even be read."""

    line: int
    column: str
    value: str
    why: Text


@dataclass(slots=True)
class SheetFile:
    """One sheet: `label` is what a person calls it."""

    name: str
    label: str
    rows: list[Row] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was found; `unknown` files are left alone, `not_yet` ones this release does not take."""

    sheets: Mapping[str, SheetFile]
    not_yet: Sequence[SheetFile] = ()
    unknown: Sequence[str] = ()


def read(path: Path) -> Source:
    """Read a folder or a workbook."""
    if path.is_dir():
        return _sorted([read_csv(file) for file in sorted(path.glob("*.csv"))], _others(path))
    if path.is_file() and path.suffix.lower() == ".xlsx":
        return _sorted(_workbook(path), ())
    if not path.exists():
        raise Said(f"Không tìm thấy {path}.", f"There is no {path}.")
    raise Said(
        f"{path} không phải là thư mục chứa tệp CSV hoặc một tệp .xlsx.",
        f"{path} is neither a folder of CSV files nor an .xlsx file.",
    )


def _others(folder: Path) -> Sequence[str]:
    files = sorted(file.name for file in folder.iterdir() if file.is_file())
    return [name for name in files if not name.endswith(".csv") and not name.startswith((".", "README"))]


def _sorted(found: Sequence[SheetFile], others: Sequence[str]) -> Source:
    by_name = {sheet.name: sheet for sheet in found}
    known = {name: by_name[name] for name in ORDER if name in by_name}
    if not known:
        files = ", ".join(f"{name}.csv" for name in ORDER)
        raise Said(
            f"Không có tệp nào để nhập. Các tệp được nhận: {files}.",
            f"There is nothing to import. Files that are taken: {files}.",
        )
    unknown = [sheet.label for sheet in found if sheet.name not in {*ORDER, *NOT_YET}]
    return Source(known, [by_name[name] for name in NOT_YET if name in by_name], [*unknown, *others])


def read_csv(file: Path) -> SheetFile:
    sheet = SheetFile(file.stem, file.name)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sheet.broken.append(_not_utf8(file.read_bytes(), error))
        return sheet
    _fill(sheet, _csv_lines(text))
    return sheet


def _not_utf8(content: bytes, error: UnicodeDecodeError) -> Broken:
    why = Text(
        "tệp không phải là UTF-8; hãy lưu lại dưới dạng “CSV UTF-8”",
        "the file is not UTF-8; save it again as 'CSV UTF-8'",
    )
    return Broken(content.count(b"\n", 0, error.start) + 1, "", "", why)


Record = tuple[int, list[str] | csv.Error]


def _csv_lines(text: str) -> Iterator[Record]:
    """Give each record with the line on which it begins: a quoted cell may span several."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begins, error
        begins = reader.line_num + 1


def _badly_quoted(line: int, error: csv.Error) -> Broken:
    why = Text(
        f"dấu ngoặc kép không khớp hoặc ký tự lạ, kể từ dòng này ({error})",
        f"quotes that do not match, or a strange character, from this line on ({error})",
    )
    return Broken(line, "", "", why)


def _fill(sheet: SheetFile, lines: Iterable[Record]) -> None:
    header: list[str] = []
    for line, cells in lines:
        if isinstance(cells, csv.Error):
            sheet.broken.append(_badly_quoted(line, cells))
        elif not any(cell.strip() for cell in cells):
            continue
        elif not header:
            header = [cell.strip() for cell in cells]
        elif (broken := _unreadable(line, cells, header)) is not None:
            sheet.broken.append(broken)
        else:
            named = zip(header, cells, strict=False)
            sheet.rows.append(Row(line, {name: cell for name, cell in named if name and cell.strip()}))
    if not sheet.rows and not sheet.broken and _has_semicolons(header):
        sheet.broken.append(_semicolons(1, header))


def _unreadable(line: int, cells: Sequence[str], header: Sequence[str]) -> Broken | None:
    if _has_semicolons(header):
        return _semicolons(line, header)
    if any("\0" in cell for cell in cells):  # a text of PostgreSQL cannot hold it
        return _badly_quoted(line, csv.Error("NUL"))
    if any(cell.strip() for cell in cells[len(header) :]):
        why = Text(
            f"dòng có {len(cells)} ô nhưng tiêu đề chỉ có {len(header)} cột; ô chứa dấu phẩy phải đặt trong dấu ngoặc kép",
            f"the line has {len(cells)} cells, the header {len(header)} columns; quote a cell that has a comma in it",
        )
        return Broken(line, "", cells[len(header)], why)
    return None


def _has_semicolons(header: Sequence[str]) -> bool:
    return len(header) == 1 and ";" in header[0]


def _semicolons(line: int, header: Sequence[str]) -> Broken:
    why = Text(
        "các cột phải cách nhau bằng dấu phẩy, tệp này dùng dấu chấm phẩy",
        "columns are separated by commas, this file uses semicolons",
    )
    return Broken(line, header[0].partition(";")[0], header[0][:60], why)


def _workbook(path: Path) -> list[SheetFile]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise Said(f"Không đọc được {path}: {error}", f"{path} cannot be read: {error}") from error
    try:
        return [_worksheet(page) for page in book.worksheets]
    finally:
        book.close()


def _worksheet(page: Any) -> SheetFile:
    sheet = SheetFile(page.title.strip(), page.title)
    rows = enumerate(page.iter_rows(values_only=True), start=1)
    _fill(sheet, ((number, [as_text(cell) for cell in cells]) for number, cells in rows))
    return sheet


def as_text(cell: object) -> str:
    """Write a cell of a workbook as the CSV file would have it."""
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
