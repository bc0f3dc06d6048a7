"""Whether an alert is escalated, how far, and why not: decided by working days from configured steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.notifier.domain.gaps.gap_alert import AlertContext, Gap
from services.notifier.domain.recipients.audience import Tree
from shared.contracts.vocabulary import UnitLevel
from shared.rules.rulebook.rulebook import Calendar


class StepTo(StrEnum):
    SUPERIOR = "superior"
    JUSTICE = "justice"


@dataclass(frozen=True, slots=True)
class Step:
    """From `after` working days overdue on, the unit above or the justice body reads too.

    A step with a `level` is for units of that level, which then have no general steps.
    """

    after: int
    to: StepTo
    level: UnitLevel | None = None


STEPS = (Step(5, StepTo.SUPERIOR), Step(10, StepTo.JUSTICE))


@dataclass(frozen=True, slots=True)
class Rung:
    """A reached escalation step: its ordinal and its target unit."""

    level: int
    unit_code: str


class Verdict(StrEnum):
    """Why an alert is escalated (the last two), or why it is not."""

    RESOLVED = "resolved"
    DRAFT_HALTED = "draft_halted"
    SILENCED = "silenced"
    NOT_OVERDUE = "not_overdue"
    TOO_SOON = "too_soon"
    PLANNED = "planned"
    NO_UNIT_ABOVE = "nobody_above"
    OVERDUE = "overdue"
    PLAN_PASSED = "plan_passed"

    @property
    def goes_up(self) -> bool:
        return self in {Verdict.OVERDUE, Verdict.PLAN_PASSED}


def steps_for(level: UnitLevel | None, steps: Iterable[Step]) -> list[Step]:
    """Give the steps of units of a level, the earliest first."""
    own = [step for step in steps if step.level is level and level is not None]
    return sorted(own or [step for step in steps if step.level is None], key=lambda step: step.after)


def rungs(gap: Gap, overdue_days: int, steps: Iterable[Step], tree: Tree) -> list[Rung]:
    """Give every step that so many working days have reached and that has a target unit."""
    unit = gap.unit_code
    reached: list[Rung] = []
    for number, step in enumerate(steps_for(tree.unit(unit).level, steps), start=1):
        to = next(tree.above(unit), None) if step.to is StepTo.SUPERIOR else tree.justice_of(unit)
        if overdue_days >= step.after and to is not None and to not in {r.unit_code for r in reached}:
            reached.append(Rung(number, to))
    return reached


def verdict(  # noqa: PLR0911  one line a reason
    gap: Gap, context: AlertContext, day: date, steps: Sequence[Step], tree: Tree, calendar: Calendar
) -> Verdict:
    """Decide whether an alert is escalated on a day; a planned day stops it until it has passed."""
    if not gap.is_open_on(day):
        return Verdict.RESOLVED
    if context.halted:
        return Verdict.DRAFT_HALTED
    if context.silence is not None:
        return Verdict.SILENCED
    if day <= gap.due_on:
        return Verdict.NOT_OVERDUE
    overdue = calendar.working_days_between(gap.due_on, day)
    if overdue < min(
        (step.after for step in steps_for(tree.unit(gap.unit_code).level, steps)), default=overdue + 1
    ):
        return Verdict.TOO_SOON
    if context.is_planned(day):
        return Verdict.PLANNED
    if not rungs(gap, overdue, steps, tree):
        return Verdict.NO_UNIT_ABOVE
    return Verdict.PLAN_PASSED if context.planned_on is not None else Verdict.OVERDUE
