"""Days as routes and import rows take them: exact ISO forms within bounds; anything else is named with what to write."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.kernel.runtime import now
from shared.text_checks.days import FIRST_DAY, LAST_DAY, MOST_YEARS_AHEAD, Day, FactDay, Instant, moment_of
from shared.text_checks.exact_values import not_a_day


def refusal(kind: Any, value: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    context = refused.value.errors()[0]["ctx"]
    return context["vi"], context["en"]


@pytest.mark.parametrize(
    "value", [0, -1, 1735689600, 1.5, True, [], {}, b"2025-04-15", datetime(2025, 4, 15, tzinfo=VIETNAM)]
)
def test_only_a_text_is_a_day(value: Any) -> None:
    assert "hãy ghi dạng năm-tháng-ngày" in refusal(Day, value)[0]


@pytest.mark.parametrize(
    "value",
    ["", "1735689600", "1735689600000", "-1", "2025-04-15T24:00:00", "2025-04-15 lúc 8 giờ", "x", "\0"],
)
def test_what_names_no_day_gets_the_form(value: str) -> None:
    vi, en = refusal(Day, value)
    assert "2024-02-15" in vi
    assert "2024-02-15" in en


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("2025-04-15T17:00:00Z", "2025-04-16"),
        ("2025-04-15T16:59:59Z", "2025-04-15"),
        ("2025-04-15t17:00:00z", "2025-04-16"),
        ("2025-04-15 17:00:00 UTC", "2025-04-16"),
        ("2025-04-15T17:00:00+00:00", "2025-04-16"),
        ("2025-04-15T17:00:00.123456789Z", "2025-04-16"),
        ("2025-12-31T17:00Z", "2026-01-01"),
        ("2025-04-16T00:00:00+07:00", "2025-04-16"),
        ("2025-04-16T03:00:00+14:00", "2025-04-15"),
        ("2025-04-15T12:00:00-05:00", "2025-04-16"),
        ("2025-04-15T17:00 GMT+7", "2025-04-15"),
        ("2025-4-15T17:00:00Z", "2025-04-16"),
        ("15/04/2025 17:00:00Z", "2025-04-16"),
        ("20250415T170000Z", "2025-04-16"),
        ("2025-04-15T17:00:00", "2025-04-15"),
        ("2025-04-15 00:00", "2025-04-15"),
        ("2025-04-15 5:00 PM", "2025-04-15"),
        ("20250415", "2025-04-15"),
        ("2025-W16-2", "2025-04-15"),
        ("2025W162", "2025-04-15"),
        ("15/04/2025", "2025-04-15"),
        ("２０２５-０４-１５", "2025-04-15"),
        (" 2025-04-15 ", "2025-04-15"),
        ("2025-04", "2025-04-01"),
        ("2025", "2025-01-01"),
        ("tháng 4/2025", "2025-04-01"),
    ],
)
def test_a_day_written_otherwise_is_advised_exactly(written: str, right: str) -> None:
    for kind in (Day, FactDay):
        vi, en = refusal(kind, written)
        assert f"hãy ghi {right}" in vi
        assert f"write {right}" in en


def test_an_import_row_gets_the_same_day() -> None:
    why = not_a_day("2025-04-15T17:00:00Z")
    assert why is not None
    assert "hãy ghi 2025-04-16" in why.vi


def test_bounds_of_days_and_facts() -> None:
    latest = date(day_in_vietnam(now()).year + MOST_YEARS_AHEAD, 12, 31)
    a_day = timedelta(days=1)
    for kind, last in ((Day, LAST_DAY), (FactDay, latest)):
        for right in (FIRST_DAY, date(1945, 9, 2), last):
            assert TypeAdapter(kind).validate_python(right.isoformat()) == right
        for wrong in (FIRST_DAY - a_day, last + a_day, date.min, date.max, date(1024, 4, 5)):
            vi, en = refusal(kind, wrong.isoformat())
            assert "hãy xem lại năm" in vi
            assert wrong.isoformat() in en


@pytest.mark.parametrize(
    "value",
    [
        *("2025-04-15", "2025-04-15T08:00:00", "2025-04-15 08:00:00Z", "1735689600", 1735689600, ""),
        *(
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59Z",
            "2025-02-30T00:00:00Z",
            "2025-04-15T25:00:00Z",
        ),
    ],
)
def test_an_instant_is_of_rfc_3339_and_within_bounds(value: Any) -> None:
    refusal(Instant, value)


def test_a_moment_is_an_instant_a_local_time_or_a_day() -> None:
    eight = datetime(2025, 4, 15, 8, tzinfo=VIETNAM)
    for text in ("2025-04-15", "2025-04-15T08:00", "2025-04-15T08:00:00", "2025-04-15T01:00:00Z"):
        assert moment_of(text, time(8)) == eight
    for text in ("", "20250415", "2025-W16-2", "2025-04-15 08:00", "1735689600", "9999-12-31T08:00"):
        with pytest.raises(ValueError, match=r"."):
            moment_of(text, time(8))
