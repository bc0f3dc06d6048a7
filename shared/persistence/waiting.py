"""Waits for a database that is not available yet."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.kernel.transient import TRANSIENT
from shared.observability import signals

logger = signals.get_logger(__name__)


async def until_available(work: Callable[[], Awaitable[None]]) -> None:
    """Repeat work until the database is available for it."""
    last_problem = ""
    while True:
        try:
            await work()
        except TRANSIENT as error:
            if str(error) != last_problem:
                logger.warning("waiting_for_database", error=str(error))
            last_problem = str(error)
            await asyncio.sleep(1)
        else:
            return
