"""Which tokens are not accepted any more: a list that every service reads again every two seconds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from shared.auth.buckets import Bucket, hashed
from shared.kernel.transient import BROKER
from shared.observability import signals

logger = signals.get_logger(__name__)

MOST_AGE_SECONDS = 2.0
AGAIN_SECONDS = 10.0  # after a reading that failed: the bucket may not be declared yet, or the broker is busy


@dataclass(slots=True)
class RevokedTokens:
    """A token that is revoked is refused within `MOST_AGE_SECONDS` by every service that reaches the broker.

    While the broker is away the last list counts: without the broker nothing can be written either.
    """

    bucket: Bucket
    clock: Callable[[], float] = monotonic
    _keys: frozenset[str] = frozenset()
    _due_at: float = float("-inf")
    _was_read: bool = False
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def include(self, token_id: str) -> bool:
        """Say whether a token is revoked, by its `jti`, or its subject if it has none."""
        if self.bucket.client.is_connected and self._is_due() and not self._is_being_read():
            async with self._lock:
                await self._read()
        return hashed(token_id) in self._keys

    async def revoke(self, token_id: str, at: datetime, by: str) -> None:
        await self.bucket.put(hashed(token_id), {"id": token_id, "at": at.isoformat(), "by": by})
        self._due_at = float("-inf")

    async def listed(self) -> list[dict[str, str]]:
        """Give what is known of each revoked token: `id`, `at`, `by`."""
        keys = sorted(await self.bucket.keys())
        entries = await asyncio.gather(*(self.bucket.get(key) for key in keys))
        return [dict(entry.document) for entry in entries if entry.document]

    def _is_due(self) -> bool:
        return self.clock() > self._due_at

    def _is_being_read(self) -> bool:
        """While the list is read again the last one counts; for the first one every request waits."""
        return self._lock.locked() and self._was_read

    async def _read(self) -> None:
        if not self._is_due():  # another request has read it meanwhile
            return
        try:
            self._keys = await self.bucket.keys()
            self._was_read, self._due_at = True, self.clock() + MOST_AGE_SECONDS
        except BROKER as error:
            self._due_at = self.clock() + AGAIN_SECONDS
            logger.warning("revoked_tokens_not_read", error=f"{type(error).__name__}: {error}")
