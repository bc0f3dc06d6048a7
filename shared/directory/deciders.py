"""Who decides a request of a unit: the body that follows it, and after an unanswered period the next one above."""

from datetime import date

from shared.directory.folds import UnitDirectory
from shared.rules.answer_periods import Forwarding, decider_on
from shared.rules.rulebook.rulebook import Calendar


def decider_of(
    units: UnitDirectory,
    unit_code: str,
    raised_on: date,
    day: date,
    calendar: Calendar,
    forwarded: Forwarding | None = None,
) -> str | None:
    """Say who decides on a day what a unit asked for on another; None if nobody follows it or stands above it."""
    return decider_on(raised_on, day, units.deciders_on(unit_code, day), calendar, forwarded)
