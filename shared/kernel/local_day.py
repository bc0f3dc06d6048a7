"""The country's own day: all days of the domain are calendar days in Asia/Ho_Chi_Minh."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def day_in_vietnam(moment: datetime) -> date:
    """Give the calendar day in Asia/Ho_Chi_Minh on which a moment falls."""
    return moment.astimezone(VIETNAM).date()
