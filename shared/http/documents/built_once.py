"""Documents that are the same as long as the service runs: built when they are first asked for, beside the service's loop."""

import asyncio
from collections.abc import Callable


class BuiltOnce:
    """The bytes of a document. To build one takes as long as the rest of a start, so a thread does it, and once for all who ask."""

    def __init__(self, build: Callable[[], str]) -> None:
        self._build = build
        self._building: asyncio.Task[bytes] | None = None

    async def content(self) -> bytes:
        """Give the document in UTF-8; what `build` raises is raised to all who wait, and the next one tries again."""
        if self._building is None or (self._building.done() and self._failed(self._building)):
            self._building = asyncio.create_task(asyncio.to_thread(lambda: self._build().encode()))
        return await asyncio.shield(self._building)

    @staticmethod
    def _failed(building: asyncio.Task[bytes]) -> bool:
        return building.cancelled() or building.exception() is not None
