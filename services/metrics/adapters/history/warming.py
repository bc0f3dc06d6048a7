"""What readers ask first on a day is asked by the service itself before, so that none of them waits while all rows are read.

That is when it starts, when a day begins in Vietnam, after a rebuild, and once nothing was recorded for a minute: what changed in
between is little then. Nothing is asked while the log grows, as an import would have all rows read every minute.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from services.metrics.adapters.history.standing import Stood
from services.metrics.adapters.read_model import SqlSnapshots
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.kernel.transient import TRANSIENT

SECONDS = 60  # from one look to the next
FIRST_SECONDS = 5  # after the start, which has its own work

Ask = Callable[[date], Awaitable[object]]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Warming:
    """`asks` are the questions of a day."""

    snapshots: SqlSnapshots
    asks: Sequence[Ask]
    now: Clock
    _asked: tuple[date, Stood] | None = None
    _seen: Stood | None = None

    async def run(self) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.look()
            except TRANSIENT as error:  # the next look may succeed; readers ask themselves meanwhile
                logger.warning("not_asked_before", extra={"error": f"{type(error).__name__}: {error}"})
            except Exception as error:
                logger.warning("not_asked_before", exc_info=error)
            await asyncio.sleep(SECONDS)

    async def look(self) -> bool:
        """Ask what has to be asked, if it is time; tell whether it was."""
        today = day_in_vietnam(self.now())
        async with self.snapshots.snapshot() as snapshot:
            stood = await snapshot.kept.stood()
        before, self._seen = self._seen, stood
        if stood is None or not self._is_due(today, stood, quiet=before == stood):
            return False
        for ask in self.asks:
            await ask(today)
        self._asked = today, stood
        return True

    def _is_due(self, today: date, stood: Stood, *, quiet: bool) -> bool:
        if self._asked is None:
            return True
        day, last = self._asked
        return day != today or last.tables != stood.tables or (quiet and last != stood)
