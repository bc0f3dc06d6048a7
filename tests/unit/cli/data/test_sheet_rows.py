"""Tables as offices lay them out: titles, merged and hidden cells, totals, dates with day and month swapped."""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from openpyxl.styles import Color, Font, PatternFill  # type: ignore[import-untyped]

from deploy.cli.console import CommandError
from deploy.cli.data import sources as sheets
from deploy.cli.data.columns import Broken
from deploy.cli.data.sources import Choices, Row
from deploy.cli.data.textfile import escaped, unescaped

HEADER = ("draft_code", "stage", "entered_on", "what")
Page = Any  # openpyxl has no types


def book(path: Path, rows: Sequence[Sequence[object]], change: Callable[[Page], None] | None = None) -> Path:
    made = openpyxl.Workbook()
    made.active.title = "stages"
    for row in rows:
        made.active.append(row)
    if change is not None:
        change(made.active)
    made.save(path / "all.xlsx")
    return path / "all.xlsx"


def read(path: Path, choices: Choices = sheets.NO_CHOICES) -> list[Row | Broken]:
    return list(sheets.read(path, choices).sheets["stages"].read())


def places(rows: Sequence[Row | Broken]) -> list[tuple[int, str, bool]]:
    return [(row.line, row.column, row.refused) for row in rows if isinstance(row, Broken)]


def lines(rows: Sequence[Row | Broken]) -> list[int]:
    return [row.line for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("above", "reported"),
    [
        ([], []),
        ([["SỞ TƯ PHÁP"]], [2]),
        ([["SỞ TƯ PHÁP", None, "CỘNG HÒA"], [None, "DANH MỤC"], []], [4]),
        ([[f"dòng {n}"] for n in range(20)], [21]),
    ],
)
def test_headings_are_recognized_below_titles(
    tmp_path: Path, above: list[list[object]], reported: list[int]
) -> None:
    actual = read(book(tmp_path, [*above, HEADER, ["A", "drafting", "2026-01-05"]]))
    assert places(actual) == [(line, "", False) for line in reported]
    assert lines(actual) == [len(above) + 2]


def test_headings_are_recognized_below_titles_of_a_csv_file(tmp_path: Path) -> None:
    (tmp_path / "stages.csv").write_text(f"DANH MỤC,,\n,,\n{','.join(HEADER)}\nA,drafting,2026-01-05,\n")
    actual = read(tmp_path)
    assert (places(actual), lines(actual)) == ([(3, "", False)], [4])


@pytest.mark.parametrize(
    ("name", "rows_taken", "refused"),
    [
        ("D2:D4", [2, 3, 4], []),
        ("C2:D2", [3, 4], [(2, "entered_on")]),
        ("C2:D4", [], [(2, "entered_on"), (3, "entered_on"), (4, "entered_on")]),
    ],
)
def test_merged_cells(
    tmp_path: Path, name: str, rows_taken: list[int], refused: list[tuple[int, str]]
) -> None:
    rows = [
        HEADER,
        *(["A", "drafting", "2026-01-05" if n == 0 else None, "x" if n == 0 else None] for n in range(3)),
    ]
    actual = read(book(tmp_path, rows, lambda page: page.merge_cells(name)))
    assert lines(actual) == rows_taken
    assert [(line, column) for line, column, is_refused in places(actual) if is_refused] == refused
    if name == "D2:D4":
        assert [item.cells["what"] for item in actual if isinstance(item, Row)] == ["x", "x", "x"]
        assert places(actual) == [(2, "what", False)]
    else:
        texts = [item.why.vi for item in actual if isinstance(item, Broken)]
        assert all(name in text for text in texts)


def test_a_merged_range_outside_our_columns_is_ignored(tmp_path: Path) -> None:
    rows = [
        ("STT", *HEADER, "Ghi chú"),
        [1, "A", "drafting", "2026-01-05", "x", "y"],
        [None, "B", "drafting", "2026-01-05", "x"],
    ]

    def merge(page: Page) -> None:
        page.merge_cells("A2:A3")
        page.merge_cells("F2:F3")

    actual = read(book(tmp_path, rows, merge))
    assert (places(actual), lines(actual)) == ([], [2, 3])


def hide_row(page: Page) -> None:
    page.row_dimensions[3].hidden = True


def hide_column(page: Page) -> None:
    page.column_dimensions["D"].hidden = True


def hide_extra(page: Page) -> None:
    page.column_dimensions["E"].hidden = True


@pytest.mark.parametrize(
    ("hide", "rows_taken", "asked"),
    [
        (hide_row, [2, 4], [(3, "", True)]),
        (hide_column, [], [(0, "what", True)]),
        (hide_extra, [2, 3, 4], []),
    ],
)
def test_what_is_hidden_is_asked_about(
    tmp_path: Path, hide: Callable[[Page], None], rows_taken: list[int], asked: list[tuple[int, str, bool]]
) -> None:
    rows = [(*HEADER, "Riêng"), *(["A", "drafting", f"2026-01-2{n}", "x", "y"] for n in range(3))]
    path = book(tmp_path, rows, hide)
    actual = read(path)
    assert (lines(actual), places(actual)) == (rows_taken, asked)
    assert lines(read(path, Choices(take_hidden=True))) == [2, 3, 4]


def paint(font: Font, fill: PatternFill | None = None) -> Callable[[Page], None]:
    def change(page: Page) -> None:
        for cell in page[3]:
            cell.font = font
            if fill is not None:
                cell.fill = fill

    return change


@pytest.mark.parametrize(
    ("change", "rows_taken"),
    [
        (paint(Font(strike=True)), [2, 4]),
        (paint(Font(color="FFFFFFFF")), [2, 4]),
        (paint(Font(color=Color(theme=0))), [2, 4]),
        (paint(Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FFFFFFFF")), [2, 4]),
        (paint(Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF1F4E78")), [2, 3, 4]),
        (paint(Font(color=Color(theme=1))), [2, 3, 4]),
        (paint(Font(color="FFFF0000", bold=True)), [2, 3, 4]),
    ],
)
def test_what_is_crossed_out_or_white_is_asked_about(
    tmp_path: Path, change: Callable[[Page], None], rows_taken: list[int]
) -> None:
    rows = [HEADER, *(["A", "drafting", f"2026-01-2{n}", "x"] for n in range(3))]
    path = book(tmp_path, rows, change)
    actual = read(path)
    assert lines(actual) == rows_taken
    assert [(line, is_refused) for line, _, is_refused in places(actual)] == [(3, True)][
        : 3 - len(rows_taken)
    ]
    assert lines(read(path, Choices(take_hidden=True))) == [2, 3, 4]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_page_is_asked_about(tmp_path: Path, state: str) -> None:
    def hide(page: Page) -> None:
        page.parent.create_sheet("Sheet2")
        page.sheet_state = state

    path = book(tmp_path, [HEADER, ["A", "drafting", "2026-01-05"]], hide)
    assert places(read(path)) == [(0, "", True)]
    assert lines(read(path, Choices(take_hidden=True))) == [2]


SWAPPED = [
    date(2025, month, day)
    for month, day in ((1, 3), (2, 5), (3, 7), (4, 9), (5, 11), (6, 2), (7, 4), (8, 6), (9, 8), (10, 10))
]


@pytest.mark.parametrize(
    ("dates", "remarked", "asked"),
    [
        ([date(2025, 3, 12), "25/03/2025"], True, True),
        ([date(2025, 3, 12), "2025-03-25"], False, False),
        ([date(2025, 3, 12), "25/03/2025", date(2025, 3, 25)], False, False),
        ([date(2025, 3, 12), "05/03/2025"], False, False),
        (SWAPPED, True, True),
        (SWAPPED[:7], True, False),
        (SWAPPED[:5], False, False),
        ([*SWAPPED, date(2025, 1, 13)], False, False),
        ([date(2025, month, 1) for month in range(1, 13)], False, False),
        ([f"2025-{month:02}" for month in range(1, 13)], False, False),
    ],
)
def test_dates_that_look_swapped_are_asked_about(
    tmp_path: Path, dates: Sequence[date | str], *, remarked: bool, asked: bool
) -> None:
    rows: list[Sequence[object]] = [HEADER, *(["A", "drafting", day] for day in dates)]
    path = book(tmp_path, rows, _as_dates)
    actual = read(path)
    assert (0, "entered_on", asked) in places(actual) if remarked else places(actual) == []
    assert bool(lines(actual)) is not asked
    checked = read(path, Choices(dates_checked=True))
    assert (places(checked), len(lines(checked))) == ([], len(dates))


def _as_dates(page: Page) -> None:
    for row in page.iter_rows(min_row=2):
        row[2].number_format = "dd/mm/yyyy"


def test_columns_that_are_not_taken_refuse_nothing(tmp_path: Path) -> None:
    header = ("STT", *HEADER, "Ghi chú riêng")
    path = book(tmp_path, [header, ["=A1+1", "A", "drafting", "2026-01-05", "x", "#REF!"], ["=A2+1"]])
    assert (places(read(path)), lines(read(path))) == ([], [2])
    kept = read(path, Choices(keep_notes=frozenset({"Ghi chú riêng"})))
    assert places(kept) == [(2, "", True)]


def test_kept_columns_go_along_and_others_do_not(tmp_path: Path) -> None:
    (tmp_path / "stages.csv").write_text(
        f"{','.join(HEADER)},Số công văn,Điện thoại\nA,drafting,2026-01-05,x,12/CV,0912345678\n",
        encoding="utf-8",
    )
    (row,) = read(tmp_path, Choices(keep_notes=sheets.note_columns("Số công văn, Khác")))
    assert isinstance(row, Row)
    assert row.cells == {
        "draft_code": "A",
        "stage": "drafting",
        "entered_on": "2026-01-05",
        "what": "x",
        "Số công văn": "12/CV",
    }
    assert sheets.note_columns('a,"b, c", d ,') == {"a", "b, c", "d"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('=HYPERLINK("http://a.vn","x")', '\'=HYPERLINK("http://a.vn","x")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("'=1", "''=1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"),
        ("+84", "+84"),
        ("-1.500,5", "-1.500,5"),
        ("'tên'", "'tên'"),
        ("Luật", "Luật"),
        ("", ""),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_written_as_text_and_read_back(
    text: str, expected: str
) -> None:
    assert escaped(text) == expected
    assert unescaped(escaped(text)) == text


DATA = "A-1,drafting,2026-01-05,x"


def csv_rows(folder: Path, *rows: str, header: str = ",".join(HEADER)) -> list[Row | Broken]:
    (folder / "stages.csv").write_text("\n".join((header, *rows, "")), encoding="utf-8")
    return read(folder)


@pytest.mark.parametrize(
    "row",
    [
        ",".join(HEADER),
        "Mã dự thảo,Giai đoạn,Ngày,Nội dung",
        "MA DU THAO,GIAI DOAN,,",
        "(1),(2),(3),(4)",
        "1,2,3,4",
    ],
)
def test_headings_that_stand_again_are_passed_over(tmp_path: Path, row: str) -> None:
    """Six complaints stood for one such row."""
    actual = csv_rows(tmp_path, row, DATA)
    assert (places(actual), lines(actual)) == ([(2, "", False)], [3])


def test_numbers_further_down_are_data(tmp_path: Path) -> None:
    assert lines(csv_rows(tmp_path, DATA, "1,2,3,4")) == [2, 3]


@pytest.mark.parametrize("header", ["code,name,level,kind", "draft_code,policy_no,title,"])
def test_another_table_below_is_one_complaint(tmp_path: Path, header: str) -> None:
    actual = csv_rows(tmp_path, DATA, ",,,", header, "B-1,1,Chính sách,", "B-2,2,Chính sách,")
    assert (places(actual), lines(actual)) == ([(4, "", True)], [2])


@pytest.mark.parametrize(
    "row",
    [
        "* Số liệu tạm tính,,,",
        "Tong cong: 12,,,",
        unicodedata.normalize("NFD", "Tổng cộng,,,"),
        "Lưu ý: gửi trước ngày 15,,,",
        "PHÓ GIÁM ĐỐC,,,",
        ",,,Trưởng phòng",
        "Người tổng hợp,,,",
        "Trang 1/2,,,",
        "./.,,,",
        "---,,,",
        "- Như trên;,,,",
        "Grand total,,,",
    ],
)
def test_a_line_of_totals_remarks_or_signatures_is_passed_over(tmp_path: Path, row: str) -> None:
    actual = csv_rows(tmp_path, DATA, row)
    assert (places(actual), lines(actual)) == ([(3, "", False)], [2])


def test_names_of_groups_are_passed_over_and_rows_below_them_taken(tmp_path: Path) -> None:
    actual = csv_rows(tmp_path, "I. LĨNH VỰC ĐẤT ĐAI,,,", DATA, "II. Lĩnh vực y tế,,,", DATA, "A-2,,,")
    assert places(actual) == [(2, "", False), (4, "", False)]
    assert lines(actual) == [3, 5, 6]  # a code alone is data that is not whole


@pytest.mark.parametrize(
    "header",
    [
        "\ufeff\ufeffdraft_code,stage,entered_on,what",
        "\u200bdraft_code,stage\u00a0,entered_on\u200e,what",
        '"draft_code\n",  stage , entered_on,what',
    ],
)
def test_what_nobody_sees_in_a_heading_changes_nothing(tmp_path: Path, header: str) -> None:
    actual = csv_rows(tmp_path, DATA, header=header)
    assert places(actual) == []
    assert [row.cells["draft_code"] for row in actual if isinstance(row, Row)] == ["A-1"]


def test_two_kept_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    """Of two the last was kept without a word."""
    header = ",".join((*HEADER, "Ghi chú", "Ghi chú"))
    (tmp_path / "stages.csv").write_text(f"{header}\n{DATA},a,b\n", encoding="utf-8")
    assert places(read(tmp_path)) == []
    kept = read(tmp_path, Choices(keep_notes=frozenset({"Ghi chú"})))
    assert (places(kept), lines(kept)) == ([(1, "Ghi chú", True)], [])


@pytest.mark.parametrize(
    ("content", "line", "vietnamese"),
    [
        (b"draft_code,stage\nA,caf\xe9", 2, "không phải là UTF-8"),
        (b"draft_code,stage\nA,\xe1\xba", 2, "UTF-8"),
        (b"<!DOCTYPE html><html>", 0, "trang HTML"),
        (b'\xef\xbb\xbf[{"draft_code": "A"}]', 0, "JSON"),
    ],
)
def test_a_file_that_ends_within_a_letter_or_is_no_table(
    tmp_path: Path, content: bytes, line: int, vietnamese: str
) -> None:
    (tmp_path / "stages.csv").write_bytes(content)
    (broken,) = read(tmp_path)
    assert isinstance(broken, Broken)
    assert (broken.line, broken.refused) == (line, True)
    assert vietnamese in broken.why.vi


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Copy of units.csv", "units"),
        ("Bản sao của units.csv", "units"),
        ("units - Bản sao.csv", "units"),
        ("01_units.csv", "units"),
        ("2. units.csv", "units"),
        ("units.csv.csv", "units"),
        ("policy.csv", "policies"),
        ("units/", "units"),
        ("units.csv/", "units"),
        (unicodedata.normalize("NFD", "Đơn vị.csv"), "units"),
    ],
)
def test_names_that_programs_and_people_give_are_asked_about(tmp_path: Path, name: str, meant: str) -> None:
    (tmp_path / "stages.csv").write_text(f"{','.join(HEADER)}\n", encoding="utf-8")
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("a\n", encoding="utf-8")
    assert dict(sheets.read(tmp_path).asked) == {name: meant}


def test_a_folder_within_it_that_holds_the_tables_is_named(tmp_path: Path) -> None:
    (tmp_path / "số liệu").mkdir()
    (tmp_path / "số liệu" / "stages.csv").write_text("a\n", encoding="utf-8")
    (tmp_path / "ảnh").mkdir()
    with pytest.raises(CommandError) as error:
        sheets.read(tmp_path)
    assert f"loa import {tmp_path / 'số liệu'}" in error.value.message.vi
    assert "ảnh" not in error.value.message.vi
