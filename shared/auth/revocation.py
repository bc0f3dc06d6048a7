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


@dataclass(slots=True)
class RevokedTokens:
    """A token that is revoked is refused within `MOST_AGE_SECONDS` by every service that reaches the broker.

    While the broker is away the last list counts: without the broker nothing can be written either.
    """

    bucket: Bucket
    clock: Callable[[], float] = monotonic
    _keys: frozenset[str] = frozenset()
    _asked_at: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def include(self, token_id: str) -> bool:
        """Say whether a token is revoked, by its `jti`, or its subject if it has none."""
        if self.bucket.client.is_connected and self._is_old():
            async with self._lock:
                await self._read()
        return hashed(token_id) in self._keys

    async def revoke(self, token_id: str, at: datetime, by: str) -> None:
        await self.bucket.put(hashed(token_id), {"id": token_id, "at": at.isoformat(), "by": by})
        self._asked_at = float("-inf")

    async def listed(self) -> list[dict[str, str]]:
        """Give what is known of each revoked token: `id`, `at`, `by`."""
        keys = sorted(await self.bucket.keys())
        entries = await asyncio.gather(*(self.bucket.get(key) for key in keys))
        return [dict(entry.document) for entry in entries if entry.document]

    def _is_old(self) -> bool:
        return self.clock() - self._asked_at > MOST_AGE_SECONDS

    async def _read(self) -> None:
        if not self._is_old():  # another request has read it meanwhile
            return
        try:
            self._keys = await self.bucket.keys()
        except BROKER as error:
            logger.warning("revoked_tokens_not_read", error=f"{type(error).__name__}: {error}")
        self._asked_at = self.clock()
