"""Whether the scheduler may trust its clock: PostgreSQL's clock and the time of the log's last event bound it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from shared.persistence.clock_check import ClockCheck


@dataclass(frozen=True, slots=True)
class EngineClocks:
    """`last_event_time` gives when the broker received the log's last event; None if there is none."""

    check: ClockCheck
    last_event_time: Callable[[], Awaitable[datetime | None]]

    async def problem(self) -> str:
        """Say why the clock is not trusted; an empty text if it is."""
        if problem := await self.check.problem():
            return problem
        last = await self.last_event_time()
        late = (last - self.check.now()) if last else None
        if late is None or late <= self.check.tolerance:
            return ""
        return f"the last event of the log is {late.total_seconds():.0f} s later than our clock"
