"""Cells of a workbook by format and value: what they show (as LibreOffice does), and what that means in a column."""

import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from deploy.cli.console import CommandError
from deploy.cli.data import workbook
from deploy.cli.data.tables.cell_values import Cell, made, written
from deploy.cli.data.tables.number_format import SHORT_DATE
from deploy.cli.data.tables.shown_value import shown
from shared.kernel.errors import Text
from tests.support.cases import for_each
from tests.support.samples import cell_formats
from tests.support.samples.cell_formats import Formatted, Value

RECORDED = list(cell_formats.recorded())
_NAMES = "january|february|march|april|may|june|july|august|september|october|november|december"


def plain(text: str) -> str:
    return " ".join(text.split())


def test_the_corpus_is_large_enough() -> None:
    assert len(RECORDED) >= 60


@for_each(RECORDED)
def test_a_cell_shows_what_libreoffice_shows(cell: Formatted) -> None:
    if cell.format == SHORT_DATE:  # the short date of whoever looks: recorded in English, ours is Vietnam's
        assert shown(cell.value, cell.format) == "12/03/2025"
    else:
        assert plain(shown(cell.value, cell.format)) == plain(cell.shown)


@pytest.mark.office
def test_the_recorded_texts_are_what_libreoffice_shows_today(tmp_path: Path) -> None:
    book = cell_formats.workbook(tmp_path / "formats.xlsx")
    today = cell_formats.shown_by_libreoffice(book)
    assert today == [cell.shown for cell in RECORDED]


@for_each([cell for cell in RECORDED if isinstance(cell.value, date)])
def test_a_date_is_as_exact_as_what_is_shown_of_it(cell: Formatted) -> None:
    """Read the recorded text again by another way: count the days, months and years in it."""
    taken = written(made(cell.value, cell.format), "entered_on")
    text = re.sub(r"\d+:\d+(:\d+)?( [AP]M)?", "", cell.shown)
    months = re.findall(_NAMES, text.lower()) or re.findall(r"\b(?:mar|sep)\b", text.lower())
    parts = len(re.findall(r"\d+", text)) + len(months[:1])
    by_parts = {3: 10, 2: 7, 1: 4}
    of_no_month = re.search(r"Q\d", text) or "ww" in cell.format
    parts -= parts > len(by_parts)  # a quarter beside a whole date
    no_year = not re.search(r"25\b", text) or (of_no_month and parts < len(by_parts))
    if isinstance(taken, Text):
        assert no_year
        assert str(cell.shown) in taken.vi or cell.format == SHORT_DATE
    elif ":" not in taken:
        assert not no_year
        assert len(taken) == by_parts[parts]
        assert str(cell.value).startswith(taken)


def test_a_workbook_gives_the_same_cells(tmp_path: Path) -> None:
    path = cell_formats.workbook(tmp_path / "formats.xlsx")
    read = [cells[1] for _, cells in workbook.records(path, "Sheet")]
    assert [plain(str(cell)) for cell in read] == [
        plain(str(made(item.value, item.format))) for item in RECORDED
    ]
    for column in ("entered_on", "title", "quantity", "target_percent", "in_scope"):
        assert [written(cell, column) for cell in read] == [
            written(made(item.value, item.format), column) for item in RECORDED
        ]


REFUSED = None
MOMENT = datetime(2025, 3, 12, 14, 5)  # noqa: DTZ001  as Excel has it


@pytest.mark.parametrize(
    ("value", "form", "column", "expected"),
    [
        # dates: as much as is shown
        (date(2025, 9, 1), "mmm-yy", "entered_on", "2025-09"),
        (date(2025, 9, 15), "mm/yyyy", "entered_on", "2025-09"),
        (date(2025, 9, 1), "[$-42A]mm/yyyy;@", "held_on", "2025-09"),
        (date(2025, 1, 1), "yyyy", "entered_on", "2025"),
        (date(2025, 9, 1), "dd/mm/yyyy", "entered_on", "2025-09-01"),
        (date(2025, 9, 1), SHORT_DATE, "valid_from", "2025-09-01"),
        (date(2025, 9, 25), "d-mmm", "entered_on", REFUSED),
        (date(2025, 9, 25), "q yyyy", "entered_on", REFUSED),  # a quarter is no year
        (date(2025, 9, 25), '"Quý "q/yyyy', "entered_on", REFUSED),
        (date(2025, 9, 25), "ww yyyy", "entered_on", REFUSED),
        (date(2025, 9, 25), "dd/mm/yyyy q", "entered_on", "2025-09-25"),
        (date(2025, 9, 25), "[<45000]mm/yyyy;dd/mm/yyyy", "entered_on", "2025-09-25"),
        (date(2025, 9, 25), "[>45000]mm/yyyy;dd/mm/yyyy", "entered_on", "2025-09"),
        (45925, ";;;", "entered_on", REFUSED),
        (datetime(2025, 3, 12), "dd/mm/yyyy hh:mm", "held_on", "2025-03-12"),  # noqa: DTZ001  as Excel has it
        (MOMENT, "dd/mm/yyyy", "held_on", "2025-03-12"),
        (MOMENT, "dd/mm/yyyy hh:mm", "held_on", "2025-03-12 14:05:00"),
        (time(8, 30), "h:mm", "held_on", REFUSED),
        (timedelta(hours=30), "[h]:mm", "held_on", REFUSED),
        (True, "General", "held_on", REFUSED),
        (2025, "General", "entered_on", "2025"),
        (45337, "General", "entered_on", "45337"),
        ("tháng 3/2024", "@", "entered_on", "tháng 3/2024"),
        # percentages and numbers
        (0.7, "0%", "target_percent", "70"),
        (1, "0%", "target_percent", "100"),
        (0.725, "0.0%", "target_percent", "72.5"),
        (0.07, "0%", "target_percent", "7"),
        (0.29, "0%", "target_percent", "29"),
        (0.007, "0.0%", "target_percent", "0.7%"),
        (0.01, "0%", "target_percent", "1%"),
        (0, "0%", "target_percent", "0"),
        (0.7, "General", "target_percent", "0.7"),  # the service asks whether 0.7 % or 70 %
        (70, "General", "target_percent", "70"),
        (70.5, "0.00", "target_percent", "70.5"),
        (0.7, "0%", "attendance", REFUSED),
        (1500000, '#,##0 "₫"', "amount", "1500000"),
        (1500000, "#,##0.00", "amount", "1500000"),
        (1.5e15, "0.00E+00", "amount", "1500000000000000"),
        (date(2026, 1, 1), "yyyy", "year", "2026"),
        (date(2026, 1, 1), "dd/mm/yyyy", "year", REFUSED),
        (date(2025, 3, 2), "d/m", "policy_no", REFUSED),
        (1.2, "General", "policy_no", "1.2"),
        (True, "General", "quantity", REFUSED),
        # texts and codes
        (True, "General", "title", REFUSED),
        (False, "General", "draft_code", REFUSED),
        (date(2024, 12, 1), "yyyy-mm-dd", "final_number", REFUSED),
        (date(2024, 12, 1), "mmm-yy", "final_number", REFUSED),
        (2026.1, "General", "draft_code", REFUSED),
        (2026.1, "0.00", "draft_code", REFUSED),
        (0.7, "0%", "title", REFUSED),
        (0.5, "# ?/?", "final_number", REFUSED),
        (1.5e12, "0.00E+00", "draft_code", REFUSED),
        (time(8, 30), "h:mm", "place", REFUSED),
        (1500000, '#,##0 "₫"', "note", REFUSED),
        (5, '"STP-"000', "code", REFUSED),
        (1, "00", "province_code", "01"),
        (1, "000", "code", "001"),
        (2026, "General", "draft_code", "2026"),
        (1500, "#,##0", "reach", "1500"),
        (0, "General", "title", "0"),
        (3, ";;;", "title", REFUSED),
        ("ẩn", ";;;", "title", REFUSED),
        (1000, "00-00", "draft_code", REFUSED),  # shown as 10-00
        (1000, '0"."00', "final_number", REFUSED),
        (12, '0"/2024"', "final_number", REFUSED),
        (12, 'General" người"', "attendance", "12"),
        (0.7, "[<1]0%;0", "target_percent", "70"),
        (70, "[<1]0%;0", "target_percent", "70"),
        ("0912", "@", "draft_code", "0912"),
        # answers
        (True, "General", "in_scope", "yes"),
        (False, "General", "contested", "no"),
        (1, "General", "in_scope", "1"),
    ],
)
def test_what_a_cell_means_in_a_column(value: Value, form: str, column: str, expected: str | None) -> None:
    taken = written(made(value, form), column)
    if expected is not None:
        assert taken == expected
    else:
        assert isinstance(taken, Text)
        assert f"“{shown(value, form)}”" in taken.vi
        assert f"'{shown(value, form)}'" in taken.en


def stored(tmp_path: Path, cell: str) -> Path:
    """Store a cell of raw XML, as programs write it."""
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.active["B1"] = "=1"
    book.save(tmp_path / "plain.xlsx")
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(tmp_path / "made.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                content = re.sub(r'<c r="B1".*?</c>', cell, content)
            new.writestr(name, content)
    return tmp_path / "made.xlsx"


def formula(tmp_path: Path, cell: str) -> Cell:
    ((_, cells),) = workbook.records(stored(tmp_path, cell), "Sheet")
    match = cells[1]
    assert isinstance(match, Cell)
    return match


@pytest.mark.parametrize(
    ("cell", "value", "english"),
    [
        ('<c r="B1"><f>TODAY()</f></c>', None, "without a stored result"),
        ('<c r="B1"><f>TODAY()</f><v></v></c>', None, "without a stored result"),
        ('<c r="B1"><f>A1+1</f><v>3</v></c>', 3, ""),
        ('<c r="B1" t="str"><f>A1&amp;"y"</f><v>xy</v></c>', "xy", ""),
        ('<c r="B1" t="str"><f>IF(A1="","","")</f><v></v></c>', None, ""),
        ('<c r="B1" t="b"><f>TRUE()</f><v>1</v></c>', True, ""),
        ('<c r="B1" t="e"><f>NA()</f><v>#N/A</v></c>', "#N/A", "formula error"),
        ('<c r="B1" t="e"><f>A9</f><v>#REF!</v></c>', "#REF!", "formula error"),
        ('<c r="B1"><v>1e15</v></c>', None, "more than 15 digits"),
        ('<c r="B1"><v>12345678901234567890</v></c>', None, "more than 15 digits"),
        ('<c r="B1"><v>1e400</v></c>', None, "more than 15 digits"),
        ('<c r="B1"><v>-1e21</v></c>', None, "more than 15 digits"),
    ],
)
def test_formulas_give_their_stored_results(
    tmp_path: Path, cell: str, value: Value | None, english: str
) -> None:
    actual = formula(tmp_path, cell)
    assert actual.value == value
    assert (english in actual.fault.en) if actual.fault else (english == "")


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B1"><v>NaN</v></c>',
        '<c r="B1"><v>abc</v></c>',
        '<c r="B1" t="s"><v>9999</v></c>',
        '<c r="B1" s="9999"><v>12</v></c>',
        '<c r="B1" t="d"><v>2025-13-45</v></c>',
    ],
)
def test_a_cell_that_is_none_by_the_standard_is_reported_in_both_languages(tmp_path: Path, cell: str) -> None:
    """Each of these ended an import with a traceback."""
    path = stored(tmp_path, cell)
    with pytest.raises(CommandError) as error:
        list(workbook.records(path, "Sheet"))
    assert "hãy mở bằng Excel" in error.value.message.vi
    assert "no proper .xlsx" in error.value.message.en


def test_a_number_that_no_date_has_is_reported_as_that(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append([2_958_466])
    book.active["A1"].number_format = "dd/mm/yyyy"
    book.save(tmp_path / "far.xlsx")
    ((_, cells),) = workbook.records(tmp_path / "far.xlsx", "Sheet")
    fault = cells[0].fault
    assert fault is not None
    assert ("####" in fault.vi, "A1" in fault.en) == (True, True)


@pytest.mark.parametrize(
    ("name", "content", "vietnamese"),
    [
        ("~$số liệu.xlsx", b"\x05User" + b" " * 160, "đóng Excel rồi nhập số liệu.xlsx"),
        ("a.xlsx", b"", "tệp trống"),
        ("a.xlsx", b"\0\1\2" * 500, "tải về chưa đủ"),
    ],
)
def test_a_file_that_is_no_workbook_is_described_without_english_words(
    tmp_path: Path, name: str, content: bytes, vietnamese: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError) as error:
        workbook.pages(tmp_path / name)
    assert vietnamese in error.value.message.vi
    assert "zip file" not in error.value.message.vi
