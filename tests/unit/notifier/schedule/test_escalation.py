"""Whether a context goes up the tree of units, to whom, and why not: as tables."""

from datetime import date

import pytest

from services.notifier.domain.gaps.gap_alert import UNTOUCHED, AlertContext
from services.notifier.domain.notification.timing import (
    STEPS,
    Step,
    StepTo,
    Verdict,
    rungs,
    steps_for,
    verdict,
)
from shared.contracts.vocabulary import GapClosure, UnitLevel
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, planned, silence, tree

TREE = tree()
FIVE, TEN = date(2026, 11, 16), date(2026, 11, 9)  # due days that are five and ten working days before Monday
COMMUNE_STEPS = (*STEPS, Step(3, StepTo.SUPERIOR, UnitLevel.COMMUNE))


@pytest.mark.parametrize(
    ("alert", "context", "expected"),
    [
        (gap(unit_code="SO-A", due_on=FIVE), UNTOUCHED, Verdict.OVERDUE),
        (gap(unit_code="SO-A", due_on=date(2026, 11, 17)), UNTOUCHED, Verdict.TOO_SOON),  # four days
        (gap(unit_code="SO-A", due_on=MONDAY), UNTOUCHED, Verdict.NOT_OVERDUE),
        (gap(unit_code="SO-A", due_on=FIVE), AlertContext(planned_on=MONDAY), Verdict.PLANNED),
        (
            gap(unit_code="SO-A", due_on=FIVE),
            AlertContext(planned_on=date(2026, 11, 22)),
            Verdict.PLAN_PASSED,
        ),
        (
            gap(unit_code="SO-A", due_on=FIVE),
            planned((date(2026, 11, 17), date(2026, 11, 20)), (date(2026, 11, 19), date(2026, 11, 27))),
            Verdict.PLAN_PASSED,
        ),  # a second day is the supervisor's to grant
        (
            gap(unit_code="SO-A", due_on=FIVE),
            AlertContext(answer="obstacle_reported"),
            Verdict.OVERDUE,
        ),  # no day named
        (gap(unit_code="SO-A", due_on=FIVE), AlertContext(snoozed_until=date(2026, 11, 25)), Verdict.OVERDUE),
        (gap(unit_code="SO-A", due_on=FIVE), AlertContext(silence=silence()), Verdict.SILENCED),
        (gap(unit_code="SO-A", due_on=FIVE), AlertContext(halted=True), Verdict.DRAFT_HALTED),
        (
            gap(unit_code="SO-A", due_on=FIVE, closed_on=MONDAY, closure=GapClosure.COVERED),
            UNTOUCHED,
            Verdict.RESOLVED,
        ),
        (gap(unit_code="BTC", due_on=TEN), UNTOUCHED, Verdict.NO_UNIT_ABOVE),
    ],
)
def test_verdict(alert: object, context: AlertContext, expected: Verdict) -> None:
    assert verdict(alert, context, MONDAY, STEPS, TREE, CALENDAR) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "days", "expected"),
    [
        ("SO-A", 4, []),
        ("SO-A", 5, [(1, "UBND")]),
        ("SO-A", 9, [(1, "UBND")]),
        ("SO-A", 10, [(1, "UBND"), (2, "STP")]),
        ("XA", 10, [(1, "UBND"), (2, "STP")]),
        ("STP", 10, [(1, "UBND")]),  # the justice body does not report to itself
        ("UBND", 10, [(1, "TINH"), (2, "STP")]),
        ("BTC", 10, []),
    ],
)
def test_rungs(unit: str, days: int, expected: list[tuple[int, str]]) -> None:
    result = rungs(unit, days, STEPS, TREE)
    assert [(rung.level, rung.unit_code) for rung in result] == expected


def test_the_ministry_of_justice_follows_those_that_no_province_has() -> None:
    country = tree(justice_unit="BTP")
    assert [r.unit_code for r in rungs("BTC", 10, STEPS, country)] == ["BTP"]
    assert rungs("BTP", 10, STEPS, country) == []


def test_a_level_may_have_steps_of_its_own() -> None:
    assert [step.after for step in steps_for(UnitLevel.COMMUNE, COMMUNE_STEPS)] == [3]
    assert [step.after for step in steps_for(UnitLevel.PROVINCIAL, COMMUNE_STEPS)] == [5, 10]
    assert [step.after for step in steps_for(None, COMMUNE_STEPS)] == [5, 10]
