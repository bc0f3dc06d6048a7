"""Whether to plan at all and what to write at once go by one rule."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.notifier.domain.notification.reasons import GapCase, Purpose, Reason, decide_notification
from services.notifier.domain.notification.timing import urgency_at
from shared.contracts.vocabulary import GapClosure, Procedure
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap

TEN = datetime(2026, 11, 23, 10, 0, tzinfo=VIETNAM)  # Monday; the next digest is Wednesday's
URGENT = {"procedure": Procedure.SIMPLIFIED, "due_on": MONDAY}
CASES: list[tuple[dict[str, Any], bool]] = [
    (URGENT, True),
    (URGENT | {"due_on": date(2026, 11, 24)}, True),
    (URGENT | {"due_on": date(2026, 11, 25)}, True),
    (URGENT | {"due_on": date(2026, 11, 26)}, False),
    (URGENT | {"due_on": MONDAY - timedelta(days=1)}, False),
    (URGENT | {"procedure": Procedure.ORDINARY}, False),
    (URGENT | {"since": MONDAY + timedelta(days=1)}, False),
    (URGENT | {"closed_on": MONDAY, "closure": GapClosure.COVERED}, False),
    (URGENT | {"closed_on": date(2026, 11, 25), "closure": GapClosure.STAGE_LEFT}, True),
    (URGENT | {"closed_on": date(2026, 11, 25), "closure": GapClosure.EXEMPTED}, False),
]


@pytest.mark.parametrize(("changes", "urgent"), CASES)
def test_what_wakes_a_plan_is_what_it_writes(changes: dict[str, Any], urgent: bool) -> None:
    owed = gap(**changes)
    assert urgency_at(TEN, CALENDAR).covers(owed) is urgent
    case = GapCase(gap=owed, day=MONDAY, local=TEN, calendar=CALENDAR, purpose=Purpose.AT_ONCE)
    assert (decide_notification(case) is Reason.NO_TIME) is urgent
