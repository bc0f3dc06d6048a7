"""What no figure judges and a person should review: the rules behind the list of to-dos."""

from datetime import date, timedelta

LONG_SUSPENSION = timedelta(days=180)


def long_suspended_before(as_of: date) -> date:
    """Give the day before which a suspension must have begun to be long on `as_of`."""
    return as_of - LONG_SUSPENSION
