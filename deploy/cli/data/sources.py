"""Reads the source of an import row by row: a folder of CSV files, or one XLSX file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from deploy.cli.console import CommandError
from deploy.cli.data import workbook
from deploy.cli.data.columns import ORDER, Broken, check_header
from deploy.cli.data.textfile import Record, inspect, records
from shared.errors import Text


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SheetFile:
    """One sheet, read again at each call; `label` is its name for people, `size` its approximate number of rows."""

    name: str
    label: str
    size: int
    records: Callable[[], Iterator[Record]]
    broken: Sequence[Broken] = ()  # why the whole file cannot be read

    def read(self) -> Iterator[Row | Broken]:
        """Give each row, or why it cannot be read."""
        if self.broken:
            yield from self.broken
        else:
            yield from self._rows()

    def header(self) -> Sequence[str]:
        return [] if self.broken else next((cells for _, cells in self._filled() if _is_row(cells)), [])

    def _filled(self) -> Iterator[Record]:
        return (
            (line, cells)
            for line, cells in self.records()
            if not _is_row(cells) or any(map(str.strip, cells))
        )

    def _rows(self) -> Iterator[Row | Broken]:
        header: list[str] = []
        for line, cells in self._filled():
            if isinstance(cells, Text):
                yield Broken(line, "", "", cells)
            elif header:
                yield _row(line, cells, header)
            else:
                header = [cell.strip() for cell in cells]
                if wrong := check_header(self.name, line, header):
                    yield from wrong
                    return
        if not header:
            yield Broken(0, "", "", _EMPTY)


_EMPTY = Text(
    "tệp trống; dòng đầu phải là tên các cột, hoặc bỏ tệp này ra khỏi thư mục",
    "the file is empty; its first line must name the columns, or take the file out of the folder",
)


def _is_row(cells: Sequence[str] | Text) -> TypeGuard[Sequence[str]]:
    return not isinstance(cells, Text)


def _row(line: int, cells: Sequence[str], header: Sequence[str]) -> Row | Broken:
    if any(cell.strip() for cell in cells[len(header) :]):
        why = Text(
            f"dòng có {len(cells)} ô nhưng tiêu đề chỉ có {len(header)} cột; ô chứa dấu phẩy phải đặt trong dấu ngoặc kép",
            f"the line has {len(cells)} cells, the header {len(header)} columns; quote a cell that has a comma in it",
        )
        return Broken(line, "", cells[len(header)], why)
    named = list(zip(header, cells, strict=False))
    if lost := [cell for name, cell in named if not name and cell.strip()]:
        why = Text(
            "ô này nằm dưới một cột chưa có tên; hãy đặt tên cho cột hoặc xóa ô",
            "this cell stands under a column without a name; name the column or delete the cell",
        )
        return Broken(line, "", lost[0], why)
    return Row(line, {name: cell for name, cell in named if name and cell.strip()})


@dataclass(frozen=True, slots=True)
class Source:
    """The sheets of a source; `unknown` files are ignored."""

    sheets: Mapping[str, SheetFile]
    unknown: Sequence[str] = ()


def read(path: Path) -> Source:
    """Find the sheets of a folder or a workbook."""
    if path.is_dir():
        return _sorted([read_csv(file) for file in sorted(path.glob("*.csv"))], _others(path))
    if path.is_file() and path.suffix.lower() == ".xlsx":
        return _sorted(_pages(path), ())
    if not path.exists():
        raise CommandError(f"Không tìm thấy {path}.", f"{path} does not exist.")
    raise CommandError(
        f"{path} không phải là thư mục chứa tệp CSV hoặc một tệp .xlsx.",
        f"{path} is neither a folder of CSV files nor an .xlsx file.",
    )


def read_csv(file: Path) -> SheetFile:
    found = inspect(file)
    return SheetFile(file.stem, file.name, found.lines, lambda: records(file), found.broken)


def _pages(path: Path) -> list[SheetFile]:
    return [_page(path, title, size) for title, size in workbook.pages(path)]


def _page(path: Path, title: str, size: int) -> SheetFile:
    return SheetFile(title.strip(), title, size, lambda: workbook.records(path, title))


def _others(folder: Path) -> Sequence[str]:
    files = sorted(file.name for file in folder.iterdir() if file.is_file())
    return [name for name in files if not name.endswith(".csv") and not name.startswith((".", "README"))]


def _sorted(found: Sequence[SheetFile], others: Sequence[str]) -> Source:
    by_name = {sheet.name: sheet for sheet in found}
    sheets = {name: by_name[name] for name in ORDER if name in by_name}
    if not sheets:
        files = ", ".join(f"{name}.csv" for name in ORDER)
        raise CommandError(
            f"Không có tệp nào để nhập. Các tệp được nhận: {files}.",
            f"There is nothing to import. The import reads: {files}.",
        )
    unknown = [sheet.label for sheet in found if sheet.name not in ORDER]
    return Source(sheets, [*unknown, *others])
