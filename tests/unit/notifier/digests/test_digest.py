"""The digest: what stands in it and in which order, when none is made, when none goes out."""

from datetime import date, datetime
from uuid import UUID

import pytest

from services.notifier.application.pipeline import moment
from services.notifier.domain.digest import Entry, compose
from services.notifier.domain.errors import BadMoment
from services.notifier.domain.gaps.gap_alert import Gap
from services.notifier.domain.notification.reasons import Reason, Standing
from services.notifier.domain.notification.timing import Verdict, next_digest
from shared.contracts.vocabulary import GapClosure
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, notified, recipient


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def entries(*gaps: Gap) -> list[Entry]:
    return [Entry(gap=item) for item in gaps]


def test_worst_first() -> None:
    gaps = [
        gap(1, due_on=date(2026, 11, 30)),
        gap(2, due_on=date(2026, 11, 20)),
        gap(3, due_on=date(2026, 11, 26)),
        gap(4, due_on=date(2026, 11, 9)),
    ]
    digest = compose(recipient(), entries(*gaps), {}, MONDAY, CALENDAR)
    assert digest is not None
    assert [line.gap.gap_id.int for line in digest.owed] == [4, 2, 3, 1]
    assert [line.overdue_days for line in digest.owed] == [10, 1, 0, 0]
    assert digest.key == f"2026-11-23.digest.{UUID(int=99)}"


def test_one_line_with_news_brings_all_that_is_owed() -> None:
    old, new = gap(1), gap(2, due_on=date(2026, 11, 20))
    before = {old.gap_id: notified(Standing.IN_GRACE)}
    digest = compose(recipient(), entries(old, new), before, MONDAY, CALENDAR)
    assert digest is not None
    assert [line.reason for line in digest.owed] == [Reason.OVERDUE_FIRST, Reason.STILL_OWED]
    assert compose(recipient(), entries(old), before, MONDAY, CALENDAR) is None


def test_a_closure_without_communication_alone_is_no_reason_to_write() -> None:
    left = gap(1, closed_on=date(2026, 11, 20), closure=GapClosure.STAGE_LEFT)
    before = {left.gap_id: notified(Standing.OVERDUE)}
    assert compose(recipient(), entries(left), before, MONDAY, CALENDAR) is None
    digest = compose(recipient(), entries(left, gap(2)), before, MONDAY, CALENDAR)
    assert digest is not None
    assert [line.reason for line in digest.closed] == [Reason.CLOSED_OTHERWISE]


def test_a_transferred_gap_is_closed_for_the_notified_unit() -> None:
    gone, fresh = gap(1, unit_code="BTC"), gap(2)
    digest = compose(
        recipient(),
        [Entry(gap=gone, left=True), *entries(fresh)],
        {gone.gap_id: notified(Standing.OVERDUE)},
        MONDAY,
        CALENDAR,
    )
    assert digest is not None
    assert [line.gap.closure for line in digest.closed] == [GapClosure.TRANSFERRED]


def test_a_recipient_of_both_units_is_notified_for_the_new_unit() -> None:
    moved = gap(1, unit_code="BTC", due_on=date(2026, 11, 20))
    digest = compose(
        recipient(), entries(moved), {moved.gap_id: notified(Standing.OVERDUE)}, MONDAY, CALENDAR
    )
    assert digest is not None
    assert [(line.unit_code, line.reason) for line in digest.owed] == [("BTC", Reason.OVERDUE_FIRST)]


def test_what_climbed_stands_apart_from_what_is_owed() -> None:
    below = Entry(gap=gap(2, unit_code="BTC", due_on=date(2026, 11, 9)), verdict=Verdict.OVERDUE, above=True)
    digest = compose(recipient(), [*entries(gap(1)), below], {}, MONDAY, CALENDAR)
    assert digest is not None
    assert [line.gap.gap_id.int for line in digest.owed] == [1]
    assert [(line.unit_code, line.reason) for line in digest.above] == [("BTC", Reason.ESCALATED)]


@pytest.mark.parametrize(
    ("local", "following"),
    [
        ("2026-11-22T09:00", "2026-11-23T08:00"),
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-23T08:00", "2026-11-25T08:00"),
        ("2026-11-24T08:00", "2026-11-25T08:00"),
        ("2026-01-10T08:00", "2026-01-12T08:00"),  # a Saturday that was worked
    ],
)
def test_the_next_digest(local: str, following: str) -> None:
    assert next_digest(at(local), CALENDAR) == at(following)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "2026-11-23T12:00+07:00"),
        ("2026-11-25", "2026-11-25T08:00+07:00"),
        ("2026-11-25T09:30", "2026-11-25T09:30+07:00"),
        ("2026-11-25T02:30+00:00", "2026-11-25T09:30+07:00"),
    ],
)
def test_moments(text: str | None, expected: str) -> None:
    assert moment(text, at("2026-11-23T12:00")) == datetime.fromisoformat(expected)


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(BadMoment):
        moment("mai", at("2026-11-23T12:00"))


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "expected"),
    [
        (None, None, True),
        (MONDAY, MONDAY, True),
        (date(2026, 11, 24), None, False),
        (None, date(2026, 11, 22), False),
    ],
)
def test_a_recipient_is_valid_from_its_first_to_its_last_day(
    valid_from: date | None, valid_to: date | None, expected: bool
) -> None:
    assert recipient(valid_from=valid_from, valid_to=valid_to).is_valid_on(MONDAY) is expected
