"""Rounds of mail: of a day, a week, a reporting month; when they are due and when they are made up for."""

from datetime import date

import pytest

from services.notifier.domain.notification.timing import DIGEST, due, reporting_month_before
from services.notifier.domain.overview import MONTHLY_SUMMARY, WEEKLY_LIST
from tests.unit.notifier.builders import CALENDAR, MONDAY
from tests.unit.notifier.mails import KINDS

DAILY = {DIGEST}


def asked(day: date, done: frozenset[str], *, today: bool) -> frozenset[str]:
    return due(KINDS.runs_of(day), day, done, CALENDAR, today=today)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (MONDAY, {DIGEST, WEEKLY_LIST}),
        (date(2026, 11, 25), DAILY),
        (date(2026, 11, 16), {DIGEST, WEEKLY_LIST, MONTHLY_SUMMARY}),  # the 15th is a Sunday
        (date(2026, 12, 15), {DIGEST, MONTHLY_SUMMARY}),
        (date(2026, 2, 23), {DIGEST, WEEKLY_LIST, MONTHLY_SUMMARY}),  # Tết, 14 to 22 February
    ],
)
def test_the_runs_of_a_day(day: date, expected: set[str]) -> None:
    assert asked(day, frozenset(), today=False) == expected


def test_a_missed_run_is_made_up_once_on_any_day() -> None:
    thursday = date(2026, 11, 26)
    keys = {item.kind: item.key for item in KINDS.runs_of(thursday)}
    assert asked(thursday, frozenset({"2026-11-12.digest"}), today=True) == {
        DIGEST,
        WEEKLY_LIST,
        MONTHLY_SUMMARY,
    }
    assert asked(thursday, frozenset(), today=True) == DAILY  # who is new has no past to report
    done = frozenset({keys[WEEKLY_LIST], keys[MONTHLY_SUMMARY]})
    assert asked(thursday, done, today=True) == DAILY
    assert asked(thursday, done | {keys[DIGEST]}, today=True) == set()


def test_what_was_due_before_the_first_round_was_not_missed() -> None:
    wednesday, thursday = date(2026, 11, 25), date(2026, 11, 26)
    begun = frozenset({"2026-11-25.digest"})
    assert asked(wednesday, begun, today=True) == set()
    assert asked(thursday, begun, today=True) == DAILY
    since_monday = frozenset({"2026-11-23.digest"})
    assert asked(thursday, since_monday, today=True) == {DIGEST, WEEKLY_LIST}


def test_periods_across_the_turn_of_a_year() -> None:
    assert [item.key for item in KINDS.runs_of(date(2027, 1, 3))] == [
        "2027-01-03.digest",
        "2026-W53.weekly_list",
        "2026-12.monthly_summary",
    ]


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-11-15", "2026-10-15", "2026-11-14"),
        ("2026-11-14", "2026-09-15", "2026-10-14"),
        ("2026-01-03", "2025-11-15", "2025-12-14"),
        ("2026-03-31", "2026-02-15", "2026-03-14"),
    ],
)
def test_the_reporting_month_that_has_ended(day: str, first: str, last: str) -> None:
    bounds = reporting_month_before(date.fromisoformat(day))
    assert bounds == (date.fromisoformat(first), date.fromisoformat(last))
