"""Due days: the day itself, or the last one of a month, quarter or year."""

from calendar import monthrange
from datetime import date

from shared.contracts.vocabulary import DuePrecision

MONTHS = {DuePrecision.MONTH: 1, DuePrecision.QUARTER: 3, DuePrecision.YEAR: 12}


def last_due_day(day: date, precision: DuePrecision) -> date:
    """Return the last day of the month, quarter or year of a day."""
    if precision is DuePrecision.DAY:
        return day
    months = MONTHS[precision]
    month = -(-day.month // months) * months
    return date(day.year, month, monthrange(day.year, month)[1])


def first_due_day(day: date, precision: DuePrecision) -> date:
    """Return the first day of the month, quarter or year of a day."""
    if precision is DuePrecision.DAY:
        return day
    months = MONTHS[precision]
    return date(day.year, (day.month - 1) // months * months + 1, 1)
