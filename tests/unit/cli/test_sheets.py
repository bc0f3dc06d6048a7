"""How files are read: lines as an editor counts them, and what cannot be a row."""

from datetime import date, datetime
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from deploy.cli import sheets
from deploy.cli.console import Said


def read(folder: Path, content: str | bytes) -> sheets.SheetFile:
    file = folder / "units.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return sheets.read_csv(file)


def test_a_row_bears_the_line_on_which_it_begins(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'code,note\nA,"một\nhai\nba"\n\nB,x\r\nC,y\n')
    assert [(row.line, row.cells["code"]) for row in sheet.rows] == [(2, "A"), (6, "B"), (7, "C")]
    assert sheet.rows[0].cells["note"] == "một\nhai\nba"


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffcode,name\nA,B\n").rows[0].cells == {"code": "A", "name": "B"}


def test_headers_are_trimmed_and_empty_or_missing_cells_are_absent(tmp_path: Path) -> None:
    assert read(tmp_path, " code , name ,\nA, \nB\n").rows == [
        sheets.Row(2, {"code": "A"}),
        sheets.Row(3, {"code": "B"}),
    ]


@pytest.mark.parametrize(
    ("content", "line", "english"),
    [
        ("code;name\nA;B\n", 2, "commas"),
        ("code;name\n", 1, "commas"),
        ("code,name\nA,B,C\n", 2, "3 cells"),
        ("code,name\nA,Sở\n".encode("utf-16"), 1, "UTF-8"),
        ('code,name\nA,"B\nC,D\n', 2, "quotes"),
        ('code,name\nA,"B"C\n', 2, "quotes"),
        ("code,name\nA,B\0\n", 2, "quotes"),
        ("code,name\nA,B\nC,Sở Tư pháp\n".encode("cp1258", "replace"), 3, "UTF-8"),
    ],
)
def test_what_cannot_be_a_row_is_told(tmp_path: Path, content: str | bytes, line: int, english: str) -> None:
    broken = read(tmp_path, content).broken
    assert [(one.line, english in one.why.en) for one in broken] == [(line, True)]


def test_cells_of_a_workbook_read_as_in_a_file() -> None:
    cells = [None, True, 3.0, 2.5, datetime(2026, 3, 2), date(2026, 3, 2), " A "]  # noqa: DTZ001  as Excel has it
    assert [sheets.as_text(cell) for cell in cells] == [
        "",
        "yes",
        "3",
        "2.5",
        "2026-03-02",
        "2026-03-02",
        " A ",
    ]


def test_sheets_are_sorted_into_taken_not_yet_and_unknown(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("units", "programme", "ghi chú"):
        page = book.create_sheet(name)
        page.append(["code"])
        page.append(["A"])
    book.save(tmp_path / "all.xlsx")
    source = sheets.read(tmp_path / "all.xlsx")
    assert list(source.sheets) == ["units"]
    assert [sheet.name for sheet in source.not_yet] == ["programme"]
    assert source.unknown == ["Sheet", "ghi chú"]


def test_nothing_to_import_is_said(tmp_path: Path) -> None:
    with pytest.raises(Said, match="nothing to import"):
        sheets.read(tmp_path)
    with pytest.raises(Said, match="There is no"):
        sheets.read(tmp_path / "absent")
