"""What the import reads: a folder of CSV files, one CSV file or one workbook, row by row, never a whole file at once."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.cli.console import CommandError
from deploy.cli.data import workbook
from deploy.cli.data.columns import ORDER, Broken
from deploy.cli.data.tables.file_kinds import WORKBOOKS, describe_kind
from deploy.cli.data.tables.sheet_header import meant_sheet
from deploy.cli.data.tables.sheet_rows import Choices, Row, SheetFile
from deploy.cli.data.textfile import inspect, records
from shared.kernel.errors import Text

__all__ = ["Choices", "Row", "SheetFile", "Source", "read", "read_csv"]
NO_CHOICES = Choices()
TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was found; `unknown` files are left alone, `asked` names those that may be meant as a sheet.

    Files that rows name lie below `folder`.
    """

    sheets: Mapping[str, SheetFile]
    unknown: Sequence[str] = ()
    folder: Path | None = None
    asked: Mapping[str, str] = field(default_factory=dict)


def read(path: Path, choices: Choices = NO_CHOICES) -> Source:
    """Find what is to be read in a folder, a CSV file or a workbook."""
    if not path.exists():
        raise CommandError(f"Không tìm thấy {path}.", f"{path} does not exist.")
    if path.is_dir():
        result = [read_csv(file, choices) for file in sorted(path.iterdir()) if _is_csv(file)]
        return _sorted(result, _others(path), path)
    if path.suffix.lower() in WORKBOOKS:
        return _sorted([_page(path, page, choices) for page in workbook.pages(path)], (), path)
    if path.suffix.lower() == ".csv":
        return _one_file(path, choices)
    raise describe_kind(path) or CommandError(
        f"{path} không phải là thư mục chứa tệp CSV, một tệp .csv hoặc một tệp .xlsx.",
        f"{path} is neither a folder of CSV files nor a .csv or .xlsx file.",
    )


def note_columns(option: str) -> frozenset[str]:
    """Read the names of `--keep-notes a,b`; one that holds a comma is quoted."""
    names = next(csv.reader([option], skipinitialspace=True), [])
    return frozenset(name.strip() for name in names if name.strip())


def read_csv(file: Path, choices: Choices = NO_CHOICES) -> SheetFile:
    result = inspect(file)
    name = file.name.removesuffix(".csv")
    return SheetFile(name, file.name, result.lines, lambda: records(file), result.broken, choices=choices)


def _is_csv(file: Path) -> bool:
    return file.is_file() and file.suffix.lower() == ".csv" and not file.name.startswith(".")


def _one_file(path: Path, choices: Choices) -> Source:
    sheet = read_csv(path, choices)
    if sheet.name in ORDER:
        return Source({sheet.name: sheet}, folder=path.parent)
    meant = meant_sheet(path.stem)
    hint = (
        f" Có phải là {meant}.csv? Hãy đổi tên rồi chạy lại.",
        f" Is it {meant}.csv? Rename it and run again.",
    )
    raise CommandError(
        f"Tên tệp {path.name} không cho biết đây là bảng nào; các tên được nhận: {_names()}.{hint[0] if meant else ''}",
        f"The name {path.name} does not say which table this is; names that are taken: {_names()}.{hint[1] if meant else ''}",
    )


def _page(path: Path, page: workbook.Page, choices: Choices) -> SheetFile:
    name = page.title.strip()
    return SheetFile(
        name, page.title, page.size, lambda: workbook.records(path, page.title), (), page.layout, choices
    )


def _others(folder: Path) -> Sequence[str]:
    """Name what is not read: other files, and folders that are named like a sheet or hold tables themselves."""
    others = sorted(item for item in folder.iterdir() if not _is_csv(item))
    names = [f"{item.name}/" if item.is_dir() else item.name for item in others if _may_be_meant(item)]
    return [name for name in names if not name.startswith((".", "README", "~$"))]


def _may_be_meant(item: Path) -> bool:
    if not item.is_dir():
        return True
    try:
        return meant_sheet(item.stem) is not None or any(_is_csv(file) for file in item.iterdir())
    except OSError:  # not ours to read
        return True


def _names() -> str:
    return ", ".join(f"{name}.csv" for name in ORDER)


def _sorted(files: Sequence[SheetFile], others: Sequence[str], path: Path) -> Source:
    by_name = {sheet.name: sheet for sheet in files}
    existing = {name: by_name[name] for name in ORDER if name in by_name}
    unknown = [*(sheet.label for sheet in files if sheet.name not in ORDER), *others]
    asked = {label: meant for label in unknown if (meant := _meant(label)) is not None}
    if not existing:
        raise _nothing(unknown, asked, path)
    left = [label for label in unknown if label not in asked]
    return Source(existing, left, path if path.is_dir() else path.parent, asked)


def _meant(label: str) -> str | None:
    """Give the sheet that a file or page may be meant as: its name is like one, and it is a table."""
    if label.endswith("/"):
        return meant_sheet(Path(label).stem)
    suffix = Path(label).suffix.lower()
    if suffix in TABLES:
        return meant_sheet(label[: label.lower().rindex(suffix)].removesuffix(".csv"))
    return meant_sheet(label) if not suffix else None


def _nothing(unknown: Sequence[str], asked: Mapping[str, str], path: Path) -> CommandError:
    names = ", ".join(unknown)
    result = (f" Ở đó có: {names}.", f" There is: {names}.") if unknown else ("", "")
    meant = ", ".join(f"{label} → {sheet}" for label, sheet in asked.items())
    hint = (f" Có phải: {meant}?", f" Did you mean: {meant}?") if asked else ("", "")
    folders = [name for name in unknown if name.endswith("/")]
    if folders and not asked:
        hint = (
            f" Các tệp nằm trong thư mục con; hãy chạy: loa import {path / folders[0]}",
            f" The files are in a folder within it; run: loa import {path / folders[0]}",
        )
    books = [name for name in unknown if Path(name).suffix.lower() in WORKBOOKS and path.is_dir()]
    if books:
        hint = (
            f" Để nhập một tệp Excel, hãy chỉ đúng tệp: loa import {path / books[0]}",
            f" To import a workbook, name the file itself: loa import {path / books[0]}",
        )
    return CommandError(
        f"Không có tệp nào để nhập. Các tệp được nhận: {_names()}.{result[0]}{hint[0]}",
        f"There is nothing to import. The import reads: {_names()}.{result[1]}{hint[1]}",
    )


def question(label: str, meant: str) -> Broken:
    """Ask about a file or page that was not taken because of its name."""
    right = f"{meant}.csv" if Path(label).suffix or label.endswith("/") else meant
    why = Text(
        f"có phải {meant}? Tên phải viết đúng là “{right}”; tệp hoặc trang này chưa được nhập, hãy đổi tên rồi chạy lại",
        f"did you mean {meant}? The name must be exactly '{right}'; this file or sheet was not taken, rename it and run again",
    )
    return Broken(0, "", "", why)
