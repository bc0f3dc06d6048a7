"""The one place that reads the clock and draws ids; everything below the edges takes them as input."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.kernel.local_day import VIETNAM, day_in_vietnam

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid4()


__all__ = ["VIETNAM", "Clock", "NewId", "day_in_vietnam", "new_id", "now"]
