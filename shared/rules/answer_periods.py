"""Within how many working days a request of a unit is answered, and who decides it from which day on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.rules.rulebook.rulebook import Calendar


@dataclass(frozen=True, slots=True)
class AnswerPeriod:
    """From `valid_from` on a request is answered within `working_days`; then it goes one step up.

    The number of days is Loa's own: no law sets it, so `note` names none.
    """

    valid_from: date
    working_days: int
    note: str


ANSWER_PERIODS = (
    AnswerPeriod(
        date(2022, 3, 30),
        5,
        "05 ngày làm việc là mặc định của hệ thống",
    ),
)


def answer_period(raised_on: date, periods: Sequence[AnswerPeriod] = ANSWER_PERIODS) -> AnswerPeriod:
    """Give the period in force on the day of raising; the first one also holds for the days before it."""
    return next((each for each in reversed(periods) if each.valid_from <= raised_on), periods[0])


def answer_by(raised_on: date, calendar: Calendar) -> date:
    """Give the last day on which the first decider answers."""
    return calendar.add_working_days(raised_on, answer_period(raised_on).working_days)


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A request was passed on: from `on` the body `to_unit_code` decides."""

    to_unit_code: str
    on: date


def decider_on(
    raised_on: date, day: date, line: Sequence[str], calendar: Calendar, forwarded: Forwarding | None = None
) -> str | None:
    """Say who decides on a day: the first of the `line` of supervisors, the next one after an unanswered period.

    A request that was forwarded in the period is decided by that body, and after the same period by the next one of the
    line; one that was forwarded later stays there. A body that is not in the line any more decides nothing.
    """
    if not line:
        return None
    first, until = 0, answer_by(raised_on, calendar)
    step = 1 if day > until else 0
    if forwarded is not None and forwarded.on <= day and forwarded.to_unit_code in line:
        first = line.index(forwarded.to_unit_code)
        step = step if forwarded.on <= until else 0
    return line[min(first + step, len(line) - 1)]
