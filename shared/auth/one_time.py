"""One-time codes, kept hashed until they are spent or over; and counters that hold across all replicas."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.auth.buckets import Bucket, Entry, hashed
from shared.kernel.errors import Refusal
from shared.kernel.runtime import Clock

CODE_BYTES = 32
MOST_CODE = 100
TRIES = 5  # to count while others count too


class CodeIsOver(Refusal):
    """Not a code of ours, spent, or too old: nothing more is told."""

    code = "sign-in-link-is-over"
    kind = "gone"

    def __init__(self) -> None:
        super().__init__(
            "Liên kết đăng nhập này không còn dùng được: đã được sử dụng, đã quá thời hạn hoặc không đầy đủ. "
            "Đề nghị yêu cầu liên kết mới từ trang đăng nhập.",
            "This sign-in link can't be used any more: it was used, it is too old, or it is not complete. "
            "Please ask for a new one on the sign-in page.",
        )


@dataclass(frozen=True, slots=True)
class OneTimeCodes:
    """`kind` keeps the codes of one purpose apart from those of every other."""

    bucket: Bucket
    kind: str
    lifetime: timedelta
    now: Clock

    async def issue(self, document: Mapping[str, Any]) -> tuple[str, datetime]:
        """Make a code that stands for a document, and say until when."""
        code = secrets.token_urlsafe(CODE_BYTES)
        expires = self.now() + self.lifetime
        await self.bucket.put(self._key(code), {"expires": expires.isoformat(), "for": dict(document)}, 0)
        return code, expires

    async def look(self, code: str) -> Mapping[str, Any]:
        """Give what a code stands for, and leave it as it is; raises `CodeIsOver`."""
        return (await self._valid(code)).document["for"]  # type: ignore[no-any-return]

    async def spend(self, code: str) -> Mapping[str, Any]:
        """Use a code up; of several at the same moment one succeeds. Raises `CodeIsOver`."""
        entry = await self._valid(code)
        if not await self.bucket.put(self._key(code), {}, entry.sequence):
            raise CodeIsOver
        return entry.document["for"]  # type: ignore[no-any-return]

    async def _valid(self, code: str) -> Entry:
        if not code or len(code) > MOST_CODE:
            raise CodeIsOver
        entry = await self.bucket.get(self._key(code))
        expires = entry.document.get("expires")
        if expires is None or datetime.fromisoformat(expires) <= self.now():
            raise CodeIsOver
        return entry

    def _key(self, code: str) -> str:
        return f"{self.kind}.{hashed(code)}"


@dataclass(frozen=True, slots=True)
class Throttle:
    """Allows `most` in each `window`, counted for all replicas together; who is counted is kept hashed."""

    bucket: Bucket
    kind: str
    most: int
    window: timedelta
    now: Clock

    async def allows(self, who: str) -> bool:
        """Count one more, and say whether it is allowed; where too many count at once it is not."""
        key = f"count-{self.kind}.{hashed(who)}"
        for _ in range(TRIES):
            entry = await self.bucket.get(key)
            counted, until = self._counted(entry)
            if counted >= self.most:
                return False
            if await self.bucket.put(key, {"count": counted + 1, "until": until.isoformat()}, entry.sequence):
                return True
        return False

    def _counted(self, entry: Entry) -> tuple[int, datetime]:
        now = self.now()
        if entry.document and (until := datetime.fromisoformat(entry.document["until"])) > now:
            return int(entry.document["count"]), until
        return 0, now + self.window
