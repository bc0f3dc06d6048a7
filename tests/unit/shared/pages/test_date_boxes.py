"""A day in three boxes: read as exactly as it was given, or refused with what to correct."""

from datetime import date, timedelta

import pytest

from shared.contracts.vocabulary import Precision
from shared.kernel.errors import Text
from shared.pages.date_boxes import (
    DIGITS,
    NO_DATE,
    NO_MONTH,
    NO_YEAR,
    SHORT_YEAR,
    TWO_DIGITS,
    WHOLE_DAY,
    WRONG_MONTH,
    date_in_boxes,
    day_in_boxes,
    in_boxes,
)
from shared.pages.forms import Fields


def form(day: str = "", month: str = "", year: str = "") -> Fields:
    return Fields({"on_day": [day], "on_month": [month], "on_year": [year]})


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (("5", "3", "2026"), (date(2026, 3, 5), Precision.DAY)),
        ((" 05 ", "03", "2026"), (date(2026, 3, 5), Precision.DAY)),
        (("29", "2", "2024"), (date(2024, 2, 29), Precision.DAY)),
        (("", "3", "2026"), (date(2026, 3, 1), Precision.MONTH)),
        (("", "", "2026"), (date(2026, 1, 1), Precision.YEAR)),
    ],
)
def test_as_exactly_as_it_was_given(boxes: tuple[str, str, str], expected: tuple[date, Precision]) -> None:
    read = form(*boxes)
    assert date_in_boxes(read, "on") == expected
    assert read.errors == {}
    again = Fields(in_boxes("on", *expected))
    assert date_in_boxes(again, "on") == expected


@pytest.mark.parametrize(
    ("boxes", "why"),
    [
        (("", "", ""), NO_DATE),
        (("5", "3", ""), NO_YEAR),
        (("5", "", "2026"), NO_MONTH),
        (("x", "3", "2026"), DIGITS),
        (("٥", "3", "2026"), DIGITS),
        (("-1", "3", "2026"), DIGITS),
        (("5", "3", "26"), SHORT_YEAR),
        (("5", "3", "0000"), SHORT_YEAR),
        (("5", "13", "2026"), WRONG_MONTH),
        (("5", "0", "2026"), WRONG_MONTH),
        (("1" * 5000, "3", "2026"), TWO_DIGITS),
        (("5", "1" * 5000, "2026"), TWO_DIGITS),
    ],
)
def test_what_has_to_be_corrected(boxes: tuple[str, str, str], why: object) -> None:
    read = form(*boxes)
    assert date_in_boxes(read, "on") is None
    assert read.errors == {"on": why}


@pytest.mark.parametrize(
    ("boxes", "words"), [(("30", "2", "2026"), "từ 1 đến 28"), (("1", "1", "1900"), "1945")]
)
def test_days_that_are_none_and_days_out_of_bounds(boxes: tuple[str, str, str], words: str) -> None:
    read = form(*boxes)
    assert date_in_boxes(read, "on") is None
    assert words in read.errors["on"].vi


def test_a_whole_day_alone_and_no_day_at_all() -> None:
    assert date_in_boxes(month := form("", "3", "2026"), "on", whole=True) is None
    assert month.errors == {"on": WHOLE_DAY}
    assert date_in_boxes(empty := form(), "on", required=False) is None
    assert empty.errors == {}


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (28, Text("Ngày này phải từ 01/03/2026 trở đi.", "Not before 01/03/2026.")),
        (29, None),
        (31, None),
        (32, Text("Ngày này không được sau ngày 03/03/2026.", "Not after 03/03/2026.")),
    ],
)
def test_a_day_within_bounds(day: int, why: Text | None) -> None:
    """The days 28 to 32 are counted from 1 February: the bounds themselves are within."""
    given = date(2026, 2, 1) + timedelta(days=day - 1)
    read = Fields(in_boxes("on", given))
    within = day_in_boxes(read, "on", earliest=date(2026, 3, 1), latest=date(2026, 3, 3))
    assert (within, read.errors) == ((given, {}) if why is None else (None, {"on": why}))


@pytest.mark.parametrize(
    "boxes", [("", "", ""), ("5", "", ""), ("", "3", "2026"), ("31", "2", "2026"), ("29", "2", "2025")]
)
def test_no_whole_day_is_refused_and_kept(boxes: tuple[str, str, str]) -> None:
    read = form(*boxes)
    assert day_in_boxes(read, "on") is None
    assert [*read.errors] == ["on"]
    assert tuple(read.text(f"on_{part}") for part in ("day", "month", "year")) == boxes
