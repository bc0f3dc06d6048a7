"""The period of a command that names none: the reporting year of the day that it asks about."""

from datetime import date

from shared.kernel import runtime
from shared.kernel.local_day import day_in_vietnam
from shared.rules.figures import reporting_year


def default_year(as_of: str | None) -> int | None:
    """Return the reporting year of a day, today's without one; None for what is no day: the service refuses it."""
    if as_of is None:
        return reporting_year(day_in_vietnam(runtime.now()))
    try:
        return reporting_year(date.fromisoformat(as_of))
    except ValueError:
        return None
