"""A silence of a supervising body has a near end; an operator's may be longer, and none over everything is long."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.notifier.domain.errors import SilenceOver, SilenceOverEverything, SilenceTooLong
from services.notifier.domain.gaps.gap_alert import LONGEST, LONGEST_OVER_EVERYTHING, Silence, checked

TODAY = date(2026, 11, 23)


def silence(last_day: date, *, unit_code: str | None = "STP-01", first_day: date = TODAY) -> Silence:
    return Silence(
        silence_id=UUID(int=1),
        first_day=first_day,
        last_day=last_day,
        reason="Chờ ý kiến của Ủy ban",
        unit_code=unit_code,
    )


@pytest.mark.parametrize("first_day", [TODAY, date(2098, 12, 1)])
def test_a_supervising_body_cannot_silence_without_a_near_end(first_day: date) -> None:
    """It was taken until 2099."""
    asked = silence(date(2099, 1, 1), first_day=first_day)
    with pytest.raises(SilenceTooLong) as refused:
        checked(asked, TODAY, by_operator=False)
    assert "23/02/2027" in refused.value.message.vi
    assert "2027-02-23" in refused.value.message.en
    assert checked(asked, TODAY, by_operator=True) == asked


def test_the_last_day_that_is_allowed() -> None:
    asked = silence(TODAY + timedelta(days=LONGEST))
    assert checked(asked, TODAY, by_operator=False) == asked
    with pytest.raises(SilenceTooLong):
        checked(silence(TODAY + timedelta(days=LONGEST + 1)), TODAY, by_operator=False)


def test_other_bounds_hold_for_operators_too() -> None:
    with pytest.raises(SilenceOver):
        checked(silence(TODAY - timedelta(days=1)), TODAY, by_operator=True)
    with pytest.raises(SilenceOverEverything):
        checked(
            silence(TODAY + timedelta(days=LONGEST_OVER_EVERYTHING), unit_code=None), TODAY, by_operator=True
        )
