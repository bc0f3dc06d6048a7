"""A page whose last row or column lies far away is refused at once: the reader would make all empty cells before it."""

import zipfile
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from deploy.cli.console import CommandError
from deploy.cli.data.sources import read
from deploy.cli.data.workbook import MOST_COLUMNS, MOST_ROWS
from tests.support.timing import processor_seconds

PART = "xl/worksheets/sheet1.xml"
AT_ONCE = 2.0  # seconds; with all empty cells made it takes minutes
HEADINGS = ("code", "name", "level", "kind")


def workbook(folder: Path, addition: str, instead: tuple[str, str] = ("", "")) -> Path:
    """Write a workbook of one unit, with a row of XML added behind it."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "units"
    page.append(HEADINGS)
    page.append(("STP-A", "Sở Tư pháp", "provincial", "department"))
    book.save(folder / "plain.xlsx")
    path = folder / "far.xlsx"
    with zipfile.ZipFile(folder / "plain.xlsx") as source, zipfile.ZipFile(path, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == PART:
                text = content.decode().replace("</sheetData>", f"{addition}</sheetData>").replace(*instead)
                content = text.encode()
            target.writestr(item, content)
    return path


def cell(name: str, row: str) -> str:
    return f'<row r="{row}"><c r="{name}{row}" t="inlineStr"><is><t>x</t></is></c></row>'


@pytest.mark.parametrize(
    "addition",
    [
        cell("A", str(10**9)),
        cell("A", str(MOST_ROWS + 1)),
        cell("XFD", "3"),
        cell("ZZZZZZZ", "3"),
        cell("A" * 5000, "3"),
        cell("A", "9" * 5000),
        cell("A", "x"),
        f'<row r="{10**9}"/>',
        '<row r="3"><c r="XFD3" s="1"/></row>',
    ],
    ids=lambda text: text[:30],
)
def test_a_far_cell_is_refused_at_once(tmp_path: Path, addition: str) -> None:
    path = workbook(tmp_path, addition)

    def refused() -> None:
        with pytest.raises(CommandError, match=r"far\.xlsx"):
            [list(sheet.read()) for sheet in read(path).sheets.values()]

    assert processor_seconds(refused, AT_ONCE) < AT_ONCE


def test_what_stands_within_the_bounds_is_read(tmp_path: Path) -> None:
    source = read(workbook(tmp_path, cell("D", "50")))
    assert len(list(source.sheets["units"].read())) >= 1
    assert len(HEADINGS) <= MOST_COLUMNS


def test_a_size_that_is_not_true_does_no_harm(tmp_path: Path) -> None:
    path = workbook(tmp_path, "", ('<dimension ref="A1:D2" />', '<dimension ref="A1:XFD1048576" />'))

    def is_read() -> None:
        assert len(list(read(path).sheets["units"].read())) == 1

    assert processor_seconds(is_read, AT_ONCE) < AT_ONCE
