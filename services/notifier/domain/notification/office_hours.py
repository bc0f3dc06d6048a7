"""The hours in which mail goes out (Asia/Ho_Chi_Minh), and when the next digest does."""

from datetime import datetime, time

from shared.rules.rulebook.rulebook import Calendar

HOUR = time(8)  # mail is waiting when the office opens
CLOSING = time(17)  # what can't wait for a digest still waits for the morning from here on


def next_digest(local: datetime, calendar: Calendar) -> datetime:
    """Return the next moment (Vietnam's time) from which digests go out, from a moment without one."""
    day = calendar.next_working_day(local.date())
    if day == local.date() and local.time() >= HOUR:
        day = calendar.add_working_days(day, 1)
    return datetime.combine(day, HOUR, local.tzinfo)
