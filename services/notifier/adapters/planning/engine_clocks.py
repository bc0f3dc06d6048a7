"""Whether the scheduler may trust its clock: PostgreSQL's clock and the time of the log's last event bound it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.eventstore.streams import EVENTS, stream_state
from shared.persistence.clock_check import ClockCheck


@dataclass(frozen=True, slots=True)
class EngineClocks:
    check: ClockCheck
    client: Client

    async def problem(self) -> str:
        """Say why the clock is not trusted; an empty text if it is."""
        if problem := await self.check.problem():
            return problem
        last = await self._last_event_time()
        late = (last - self.check.now()) if last else None
        if late is None or late <= self.check.tolerance:
            return ""
        return f"the last event of the log is {late.total_seconds():.0f} s later than our clock"

    async def _last_event_time(self) -> datetime | None:
        """Return when the broker received the last event; None if the log is empty."""
        js = self.client.jetstream(timeout=5)
        try:
            message = await js.get_msg(EVENTS, (await stream_state(js)).last, direct=True)
        except NotFoundError:
            return None
        return message.time.astimezone(UTC) if message.time else None
