"""Why a gap is spoken of, as a table: what it is, what was said before, and the reason."""

from datetime import date

import pytest

from services.notifier.domain.escalation import Verdict
from services.notifier.domain.gap import Gap
from services.notifier.domain.matter import UNTOUCHED, Matter
from services.notifier.domain.reasons import (
    Quiet,
    Reason,
    Standing,
    Told,
    reason_above,
    reason_to_speak,
    standing,
)
from shared.contracts.vocabulary import GapClosure
from tests.unit.notifier.made import CALENDAR, MONDAY, gap, silence, told

IN_GRACE = gap(due_on=date(2026, 11, 30))
DUE_SOON = gap(due_on=date(2026, 11, 26))
OVERDUE = gap(due_on=date(2026, 11, 20))


def closed(reason: GapClosure) -> Gap:
    return gap(closed_on=date(2026, 11, 20), closure=reason)


@pytest.mark.parametrize(
    ("found", "day", "expected"),
    [
        (IN_GRACE, MONDAY, Standing.IN_GRACE),  # the holiday of 24/11 doesn't count: four days left
        (gap(due_on=date(2026, 11, 27)), MONDAY, Standing.IN_GRACE),
        (DUE_SOON, MONDAY, Standing.DUE_SOON),
        (gap(due_on=MONDAY), MONDAY, Standing.DUE_SOON),
        (OVERDUE, date(2026, 11, 21), Standing.OVERDUE),
        (closed(GapClosure.COVERED), MONDAY, Standing.RESOLVED),
        (closed(GapClosure.COVERED), date(2026, 11, 19), Standing.IN_GRACE),  # open on that day
        (closed(GapClosure.EXEMPTED), date(2026, 11, 19), Standing.RESOLVED),  # holds for every day
        (gap(since=date(2026, 11, 25)), MONDAY, Standing.RESOLVED),  # not begun yet
    ],
)
def test_standing(found: Gap, day: date, expected: Standing) -> None:
    assert standing(found, day, CALENDAR) is expected


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        (IN_GRACE, None, Reason.FIRST_NOTICE),
        (DUE_SOON, None, Reason.DUE_SOON),
        (OVERDUE, None, Reason.OVERDUE_FIRST),
        (IN_GRACE, told(Standing.IN_GRACE), Reason.STILL_OWED),
        (DUE_SOON, told(Standing.IN_GRACE, due_on=DUE_SOON.due_on), Reason.DUE_SOON),
        (DUE_SOON, told(Standing.DUE_SOON, due_on=DUE_SOON.due_on), Reason.STILL_OWED),
        (OVERDUE, told(Standing.DUE_SOON, due_on=OVERDUE.due_on), Reason.OVERDUE_FIRST),
        (OVERDUE, told(Standing.OVERDUE, due_on=OVERDUE.due_on), Reason.STILL_OWED),
        (
            OVERDUE,
            told(Standing.OVERDUE, due_on=OVERDUE.due_on, day=date(2026, 11, 16)),
            Reason.OVERDUE_REPEAT,
        ),
        (
            OVERDUE,
            told(Standing.OVERDUE, due_on=OVERDUE.due_on, day=date(2026, 11, 17)),
            Reason.STILL_OWED,  # four working days only
        ),
        (IN_GRACE, told(Standing.IN_GRACE, policies=(1,)), Reason.WORSE),
        (IN_GRACE, told(Standing.IN_GRACE, policies=(1, 2, 3)), Reason.STILL_OWED),
        (IN_GRACE, told(Standing.IN_GRACE, due_on=date(2026, 12, 1)), Reason.WORSE),
        (IN_GRACE, told(Standing.IN_GRACE, due_on=date(2026, 11, 27)), Reason.STILL_OWED),
        (IN_GRACE, told(Standing.RESOLVED), Reason.FIRST_NOTICE),  # it opened again
        (closed(GapClosure.COVERED), told(Standing.IN_GRACE), Reason.RESOLVED_SINCE),
        (closed(GapClosure.COVERED), None, Quiet.NEVER_TOLD),
        (closed(GapClosure.COVERED), told(Standing.RESOLVED), Quiet.KNOWN_TO_BE_CLOSED),
        (closed(GapClosure.STAGE_LEFT), told(Standing.OVERDUE), Reason.CLOSED_OTHERWISE),
        (closed(GapClosure.SUSPENDED), told(Standing.OVERDUE), Reason.CLOSED_OTHERWISE),
        (closed(GapClosure.RULES_CHANGED), told(Standing.OVERDUE), Quiet.NOT_THE_UNITS_DOING),
        (closed(GapClosure.CORRECTED), told(Standing.OVERDUE), Quiet.NOT_THE_UNITS_DOING),
    ],
)
def test_reason(found: Gap, before: Told | None, expected: Reason | Quiet) -> None:
    assert reason_to_speak(found, before, UNTOUCHED, MONDAY, CALENDAR) is expected


WEDNESDAY = date(2026, 11, 25)
PLANNED = Matter(planned_on=WEDNESDAY)
PASSED = Matter(planned_on=date(2026, 11, 20))
OVERDUE_TOLD = told(Standing.OVERDUE, due_on=OVERDUE.due_on, day=date(2026, 11, 13))


@pytest.mark.parametrize(
    ("found", "before", "matter", "expected"),
    [
        (OVERDUE, None, Matter(silence=silence()), Quiet.SILENCED),
        (OVERDUE, OVERDUE_TOLD, Matter(snoozed_until=MONDAY), Quiet.SNOOZED),
        (OVERDUE, OVERDUE_TOLD, Matter(snoozed_until=date(2026, 11, 20)), Reason.OVERDUE_REPEAT),
        (OVERDUE, OVERDUE_TOLD, Matter(halted=True), Quiet.DRAFT_HALTED),
        (OVERDUE, OVERDUE_TOLD, Matter(halted=True, silence=silence()), Quiet.DRAFT_HALTED),
        (OVERDUE, OVERDUE_TOLD, PLANNED, Reason.PLANNED),  # no repeat before the day that was named
        (OVERDUE, None, PLANNED, Reason.PLANNED),
        (OVERDUE, told(Standing.DUE_SOON, due_on=OVERDUE.due_on), PLANNED, Reason.PLANNED),
        (OVERDUE, told(Standing.OVERDUE, due_on=OVERDUE.due_on, policies=(1,)), PLANNED, Reason.WORSE),
        (OVERDUE, told(Standing.OVERDUE, due_on=OVERDUE.due_on), PASSED, Reason.PLAN_PASSED),
        (
            OVERDUE,
            told(Standing.OVERDUE, due_on=OVERDUE.due_on, day=MONDAY),
            PASSED,
            Reason.STILL_OWED,  # said already
        ),
        (
            closed(GapClosure.COVERED),
            told(Standing.OVERDUE),
            Matter(silence=silence()),
            Reason.RESOLVED_SINCE,
        ),
    ],
)
def test_reason_of_what_was_answered_or_is_kept_quiet(
    found: Gap, before: Told | None, matter: Matter, expected: Reason | Quiet
) -> None:
    assert reason_to_speak(found, before, matter, MONDAY, CALENDAR) is expected


ABOVE = told(Standing.OVERDUE, due_on=OVERDUE.due_on, above=True)


@pytest.mark.parametrize(
    ("found", "before", "matter", "verdict", "expected"),
    [
        (OVERDUE, None, UNTOUCHED, Verdict.OVERDUE, Reason.ESCALATED),
        (OVERDUE, ABOVE, UNTOUCHED, Verdict.OVERDUE, Reason.STILL_ESCALATED),
        (OVERDUE, told(Standing.OVERDUE), UNTOUCHED, Verdict.OVERDUE, Reason.ESCALATED),  # as its own, once
        (OVERDUE, ABOVE, PASSED, Verdict.PLAN_PASSED, Reason.ESCALATED),  # told before that day had passed
        (OVERDUE, ABOVE, PLANNED, Verdict.PLANNED, Quiet.NOT_ESCALATED),
        (OVERDUE, None, UNTOUCHED, Verdict.TOO_SOON, Quiet.NOT_ESCALATED),
        (OVERDUE, None, UNTOUCHED, Verdict.SILENCED, Quiet.NOT_ESCALATED),
        (closed(GapClosure.COVERED), ABOVE, UNTOUCHED, Verdict.RESOLVED, Reason.CLOSED_BELOW),
        (closed(GapClosure.COVERED), None, UNTOUCHED, Verdict.RESOLVED, Quiet.NEVER_TOLD),
    ],
)
def test_reason_above(
    found: Gap, before: Told | None, matter: Matter, verdict: Verdict, expected: Reason | Quiet
) -> None:
    assert reason_above(found, before, matter, verdict, MONDAY) is expected


def test_what_only_fills_up_a_mail_is_no_news() -> None:
    assert {r for r in Reason if not r.is_news} == {
        Reason.STILL_OWED,
        Reason.PLANNED,
        Reason.CLOSED_OTHERWISE,
        Reason.STILL_ESCALATED,
        Reason.CLOSED_BELOW,
    }
