"""The one place that reads the clock and draws ids; everything below the edges takes them as input."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid4()


def day_in_vietnam(moment: datetime) -> date:
    """The calendar day in Asia/Ho_Chi_Minh on which a moment falls."""
    return moment.astimezone(VIETNAM).date()
