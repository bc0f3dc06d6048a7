"""Lists are paged by cursor: an opaque mark of where the last page ended."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from zlib import crc32

from fastapi import Depends, Query, Request
from pydantic import BaseModel

from shared.http.requests.request_context import MOST_POSITION
from shared.kernel.errors import Refusal
from shared.text_checks.printable import refuse_unprintable

MOST = 500
ROWS = 50  # of a page whose length nobody names
CHECKSUM_BYTES = 4

Item = TypeVar("Item", bound=BaseModel)
Key = TypeVar("Key")


class BadCursor(Refusal):
    """The cursor is not one that this list gave."""

    code = "bad-cursor"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Con trỏ trang không hợp lệ; đề nghị dùng giá trị `next` của trang trước.",
            "The cursor is not valid; use `next` of the page before.",
        )


class Listing(BaseModel, Generic[Item]):
    """One page: `next` is the cursor of the following page, null on the last one."""

    items: list[Item]
    next: str | None = None


class Cursor(BaseModel):
    """The wanted page: `limit` rows after the row whose key is `after`, of the list at route `path`."""

    path: str
    limit: int
    after: str | None = None

    def following(self, key: str) -> str:
        """Give the cursor of the page after the row with this key."""
        return _encode(self.path, key)

    def listing(self, item: type[Item], rows: Sequence[Mapping[str, Any]], key: str) -> Listing[Item]:
        full = len(rows) >= self.limit
        items = [item.model_validate(row) for row in rows]
        following = self.following(str(rows[-1][key])) if full and rows else None
        return Listing[item](items=items, next=following)  # type: ignore[valid-type]  # the model of this list's items


def key_of(after: str, read: Callable[[str], Key]) -> Key:
    """Read the key of a cursor; raises `BadCursor` where `read` raises `ValueError`."""
    try:
        return read(after)
    except ValueError as error:
        raise BadCursor from error


def position_of(after: str) -> int:
    """Read the key of a list in the order of the log; raises `BadCursor` for what is no position."""
    return key_of(after, _position)


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > MOST_POSITION:
        raise ValueError(text)
    return int(text)


Mark = Annotated[str | None, Query(description="`next` of the page before", max_length=1000)]


async def _cursor(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description="rows of a page")] = ROWS,
    cursor: Mark = None,
) -> Cursor:
    path = request.scope["route"].path
    return Cursor(path=path, limit=limit, after=None if cursor is None else _decode(path, cursor))


Paged = Annotated[Cursor, Depends(_cursor)]


async def _cursor_if_asked(
    request: Request,
    limit: Annotated[
        int | None, Query(ge=1, le=MOST, description="rows of a page; without it and `cursor`: all rows")
    ] = None,
    cursor: Mark = None,
) -> Cursor | None:
    return None if limit is None and cursor is None else await _cursor(request, limit or ROWS, cursor)


PagedIfAsked = Annotated[Cursor | None, Depends(_cursor_if_asked)]
"""The wanted page of a list that was given whole before it had pages; None: the whole list."""


def _encode(path: str, key: str) -> str:
    """Write a cursor: a checksum of list and key, so that no other list takes it and no damaged one is taken."""
    return urlsafe_b64encode(_checksum(path, key) + key.encode()).decode().rstrip("=")


def _decode(path: str, cursor: str) -> str:
    """Give the key in a cursor of the list at `path`; raises `BadCursor` for anything else."""
    return key_of(cursor, lambda text: _key(path, text))


def _key(path: str, cursor: str) -> str:
    written = b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
    key = written[CHECKSUM_BYTES:].decode()
    refuse_unprintable(key)
    if _encode(path, key) != cursor:
        raise ValueError(cursor)
    return key


def _checksum(path: str, key: str) -> bytes:
    return crc32(f"{path}\n{key}".encode()).to_bytes(CHECKSUM_BYTES)
