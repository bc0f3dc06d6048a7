"""When a mail is tried again, as a table: its kind, when it was put off, and the next try or none."""

from datetime import datetime, timedelta

import pytest

from services.notifier.domain.delivery.retries import LONGEST_PAUSE, PATIENCE, Shipment, pause
from services.notifier.domain.digest import IMMEDIATE, KIND
from services.notifier.domain.overview import MONTHLY_SUMMARY, WEEKLY_LIST
from services.notifier.domain.programmes.notices import DUTIES
from services.notifier.domain.recipients.preference import SETTINGS
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import CALENDAR, MONDAY
from tests.unit.notifier.mails import KINDS

WEEKLY = WEEKLY_LIST


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def shipment(kind: str = KIND) -> Shipment:
    return KINDS.shipment(kind, MONDAY, at("2026-11-23T08:00"))


@pytest.mark.parametrize(
    ("kind", "earliest", "expected"),
    [
        (KIND, "2026-11-23T08:01", "2026-11-23T08:01"),
        (KIND, "2026-11-23T19:59", "2026-11-23T19:59"),
        (KIND, "2026-11-23T20:00", None),  # not at night, and tomorrow's digest says it anew
        (KIND, "2026-11-24T00:30", None),
        (WEEKLY, "2026-11-23T19:59", "2026-11-23T19:59"),
        (WEEKLY, "2026-11-23T20:00", "2026-11-25T08:00"),  # the day between is a holiday
        (WEEKLY, "2026-11-24T10:00", "2026-11-25T08:00"),
        (WEEKLY, "2026-11-25T07:00", "2026-11-25T08:00"),
        (WEEKLY, "2026-11-26T08:00", "2026-11-26T08:00"),
        (WEEKLY, "2026-11-26T08:01", None),  # three days
    ],
)
def test_next_try(kind: str, earliest: str, expected: str | None) -> None:
    assert shipment(kind).next_try(at(earliest), CALENDAR) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("kind", "moment", "expected"),
    [
        (KIND, "2026-11-23T23:59", False),
        (KIND, "2026-11-24T00:00", True),
        (WEEKLY, "2026-11-26T08:00", False),
        (WEEKLY, "2026-11-26T08:01", True),
    ],
)
def test_over(kind: str, moment: str, expected: bool) -> None:
    assert shipment(kind).is_over(at(moment)) is expected


def test_what_speaks_of_its_day_ends_with_it() -> None:
    ends = {kind.name for kind in KINDS if shipment(kind.name).lasts_a_day}
    assert ends == {KIND, IMMEDIATE, DUTIES}
    assert not shipment("of another release").lasts_a_day
    assert {MONTHLY_SUMMARY, SETTINGS} <= {kind.name for kind in KINDS} - ends


def test_pauses_grow_and_are_spread() -> None:
    pauses = [pause(attempt, 0.5) for attempt in range(1, 12)]
    assert pauses[:3] == [timedelta(seconds=seconds) for seconds in (30, 60, 120)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert (pause(1, 0), pause(1, 1)) == (timedelta(seconds=22.5), timedelta(seconds=37.5))
    assert pause(5000, 1) < PATIENCE
