"""Tables of the pages of lists: sorted by what a column means, written as officials do, and as CSV that is safe to open."""

import csv
from datetime import date
from io import StringIO

import pytest

from services.metrics.adapters.lists.listing import (
    Column,
    Kind,
    Linked,
    Marked,
    Share,
    Table,
    Value,
    shown,
    table_of,
)
from services.metrics.adapters.pages.leaders import Words
from services.metrics.domain.errors import ColumnUnknown, TableUnknown
from shared.kernel.errors import Text

VI, EN = Words("vi"), Words("en")
COLUMNS = (
    Column("unit", Text("Đơn vị", "Unit")),
    Column("rate", Text("Tỷ lệ", "Rate"), Kind.SHARE),
    Column("trend", Text("Xu hướng", "Trend"), Kind.POINTS),
    Column("state", Text("Tình trạng", "State")),
    Column("day", Text("Ngày", "Day"), Kind.DAY),
)
NONE = Text("không áp dụng: xã không chủ trì dự thảo", "not applicable: it leads no draft")
ROWS: list[dict[str, Value]] = [
    {
        "unit": Linked("Sở B", "/b"),
        "rate": Share(1, 3),
        "trend": -0.012,
        "state": Marked(Text("quá hạn 2 ngày", "2 days overdue"), "bad", 2),
        "day": date(2026, 3, 5),
    },
    {
        "unit": Linked("=HYPERLINK(1)", "/a"),
        "rate": Share(0, 0, NONE),
        "trend": None,
        "state": Marked(Text("còn 10 ngày", "10 days left"), "plain", -10),
        "day": None,
    },
    {
        "unit": Linked("Sở A", "/c"),
        "rate": Share(2, 3),
        "trend": 0.0,
        "state": Marked(Text("quá hạn 11 ngày", "11 days overdue"), "bad", 11),
        "day": date(2025, 12, 31),
    },
]
TABLE = Table(key="units", title=Text("Đơn vị", "Units"), columns=COLUMNS, rows=ROWS)


def order(table: Table) -> list[str]:
    return [row["unit"].href for row in table.rows]  # type: ignore[union-attr]  # all of them are links


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("rate", ["/b", "/c", "/a"]),
        ("-rate", ["/c", "/b", "/a"]),
        ("state", ["/a", "/b", "/c"]),
        ("-state", ["/c", "/b", "/a"]),
        ("day", ["/c", "/b", "/a"]),
        ("-trend", ["/c", "/b", "/a"]),
        ("unit", ["/a", "/c", "/b"]),
    ],
)
def test_what_has_no_value_comes_last_whichever_way_it_is_sorted(by: str, wanted: list[str]) -> None:
    assert order(TABLE.sorted_by(by)) == wanted


def test_an_unknown_column_or_table_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ColumnUnknown, match="unit, rate, trend, state, day"):
        TABLE.sorted_by("-size")
    with pytest.raises(TableUnknown, match="units"):
        table_of([TABLE], "drafts")
    assert table_of([TABLE], None) is TABLE


def test_csv_has_fractions_and_iso_days_and_no_formula() -> None:
    lines = TABLE.as_csv(VI).splitlines()
    assert lines[0] == "\N{ZERO WIDTH NO-BREAK SPACE}Đơn vị,Tỷ lệ,Xu hướng,Tình trạng,Ngày"
    assert lines[1] == "Sở B,0.3333333333333333,-0.012,quá hạn 2 ngày,2026-03-05"
    assert lines[2] == "'=HYPERLINK(1),,,còn 10 ngày,"
    assert TABLE.as_csv(EN).splitlines()[1].endswith("2 days overdue,2026-03-05")


def test_values_are_written_as_officials_do() -> None:
    def cells(number: int, words: Words) -> list[str]:
        return [shown(ROWS[number][column.key], column, words) for column in COLUMNS]

    minus = "\N{MINUS SIGN}"
    assert cells(0, VI) == ["Sở B", "33,3% (1/3)", f"{minus}1,2", "quá hạn 2 ngày", "05/03/2026"]
    assert cells(1, VI)[1:3] == [NONE.vi, "–"]
    assert cells(1, EN)[1] == NONE.en
    assert cells(0, EN)[1:3] == ["33.3% (1/3)", f"{minus}1.2"]
    assert (cells(2, VI)[2], cells(2, EN)[2]) == ("0,0", "0.0")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_sign_makes_a_formula_of_a_title(sign: str) -> None:
    """Signs of East Asian keyboards are run like the others (CWE-1236)."""
    column, text = TABLE.columns[0], f"{sign}HYPERLINK(1)"
    table = Table(key="t", title=TABLE.title, columns=[column], rows=[{column.key: Linked(text, "/a")}])
    _, row = csv.reader(StringIO(table.as_csv(VI), newline=""))
    assert row == [f"'{text}"]
