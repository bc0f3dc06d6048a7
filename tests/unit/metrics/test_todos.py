"""When a suspension is long."""

from datetime import date, timedelta

import pytest

from services.metrics.domain.grouping import LONG_SUSPENSION, long_suspended_before

DAY = date(2026, 11, 29)


@pytest.mark.parametrize(("days", "is_long"), [(179, False), (180, False), (181, True)])
def test_a_suspension_is_long_after_180_days(days: int, is_long: bool) -> None:
    assert LONG_SUSPENSION.days == 180
    assert (DAY - timedelta(days=days) < long_suspended_before(DAY)) is is_long
