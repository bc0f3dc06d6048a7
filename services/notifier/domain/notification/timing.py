"""When mail goes out: office hours, the runs of days, weeks and months, what can't wait, and what is escalated."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from services.notifier.domain.gaps.gap_alert import AlertContext, Gap
from services.notifier.domain.recipients.audience import Tree
from shared.contracts.vocabulary import Procedure, UnitLevel, Weekday
from shared.rules.rulebook.rulebook import Calendar

HOUR = time(8)  # mail is waiting when the office opens
CLOSING = time(17)  # what can't wait for a digest still waits for the morning from here on


def next_digest(local: datetime, calendar: Calendar) -> datetime:
    """Return the next moment (Vietnam's time) from which digests go out, from a moment without one."""
    day = calendar.next_working_day(local.date())
    if day == local.date() and local.time() >= HOUR:
        day = calendar.add_working_days(day, 1)
    return datetime.combine(day, HOUR, local.tzinfo)


DIGEST = "digest"  # the kind whose runs record on which days the service was up
DECISION = "decision"  # a request was decided: to who asked
REQUESTS = "requests"  # what waits for a decision: to who decides
REPLY = "reply"  # a request was answered or passed on, or a communication not verified: to the unit
CHANGE = "change"  # a far-reaching change: to who was there before
CUT = 15  # a reporting month ends on the 14th (Decree 09/2019/NĐ-CP, article 12)


@dataclass(frozen=True, slots=True)
class MailRun:
    """The mail run of a kind in a period: `opens` is its first day, which may be no working day."""

    kind: str
    period: str
    opens: date

    @property
    def key(self) -> str:
        return f"{self.period}.{self.kind}"

    def is_on_time(self, day: date, calendar: Calendar) -> bool:
        """Say whether a day is the scheduled day of this run."""
        return day == calendar.next_working_day(self.opens)


def of_day(kind: str, day: date) -> MailRun:
    return MailRun(kind, day.isoformat(), day)


def of_week(kind: str, day: date) -> MailRun:
    year, week, weekday = day.isocalendar()
    return MailRun(kind, f"{year}-W{week:02}", day - timedelta(days=weekday - 1))


def of_reporting_month(kind: str, day: date) -> MailRun:
    """The run for the reporting month that ended last."""
    opens = reporting_month_before(day)[1] + timedelta(days=1)
    return MailRun(kind, f"{opens:%Y-%m}", opens)


def reporting_month_before(day: date) -> tuple[date, date]:
    """Give the first and last day of the reporting month that has ended: the 15th to the 14th."""
    cut = day.replace(day=CUT) if day.day >= CUT else _month_before(day).replace(day=CUT)
    return _month_before(cut).replace(day=CUT), cut - timedelta(days=1)


def due(
    runs: Collection[MailRun], day: date, done: frozenset[str], calendar: Calendar, *, today: bool
) -> frozenset[str]:
    """Give the kinds whose run is due on a day: those on time, and `today` those that were missed.

    `runs` are those that the day belongs to. `done` are all completed runs; what was due before the first of them
    was not missed: a new installation has no past to report.
    """
    began = min(_days_of_digests(done), default=None)
    late = (run for run in runs if today and began and run.opens >= began)
    on_time = (run for run in runs if run.is_on_time(day, calendar))
    return frozenset(run.kind for run in (*on_time, *late) if run.key not in done)


def turns(day: date, done: frozenset[str], calendar: Calendar, *, today: bool) -> frozenset[Weekday]:
    """Say which days of the week have their turn: the day itself, or the first working day after it.

    `today` also those whose digests were missed and not made since; `done` are all completed runs.
    """
    made = _days_of_digests(done) if today else []
    return frozenset(weekday for weekday in Weekday if _has_turn(_last(weekday, day), day, made, calendar))


def following(chosen: Weekday, day: date, calendar: Calendar) -> date:
    """Give the working day after `day` on which the next mail of a chosen day of the week goes out."""
    return calendar.next_working_day(_last(chosen, day) + timedelta(weeks=1))


def _last(chosen: Weekday, day: date) -> date:
    number = list(Weekday).index(chosen) + 1  # by ISO 8601: Monday is 1
    return day - timedelta(days=(day.isoweekday() - number) % 7)


def _days_of_digests(done: frozenset[str]) -> list[date]:
    ends = f".{DIGEST}"
    return [date.fromisoformat(key.removesuffix(ends)) for key in done if key.endswith(ends)]


def _has_turn(opens: date, day: date, made: Collection[date], calendar: Calendar) -> bool:
    if day == calendar.next_working_day(opens):
        return True
    return bool(made) and min(made) <= opens and not any(opens <= day_made < day for day_made in made)


def _month_before(day: date) -> date:
    first = day.replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


@dataclass(frozen=True, slots=True)
class Urgency:
    """Open gaps of these procedures that are due from the `first` day, today, to the `last`, that of the next digest."""

    procedures: ClassVar[frozenset[Procedure]] = frozenset({Procedure.SIMPLIFIED})

    first: date
    last: date

    def covers(self, gap: Gap) -> bool:
        return (
            gap.procedure in self.procedures
            and self.first <= gap.due_on <= self.last
            and gap.is_open_on(self.first)
        )


def urgency_at(local: datetime, calendar: Calendar) -> Urgency:
    """Give what can't wait at a moment (Vietnam's time)."""
    return Urgency(local.date(), next_digest(local, calendar).date())


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


def rungs(unit: str, overdue_days: int, steps: Iterable[Step], tree: Tree) -> list[Rung]:
    """Give every step that so many working days have reached and that has a target unit above `unit`."""
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
    if not rungs(gap.unit_code, overdue, steps, tree):
        return Verdict.NO_UNIT_ABOVE
    return Verdict.PLAN_PASSED if context.planned_on is not None else Verdict.OVERDUE
