"""Lists are paged by cursor: an opaque mark of where the last page ended."""

import base64
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel

from shared.errors import Refusal

MOST = 500


class BadCursor(Refusal):
    code = "bad-cursor"
    kind = "invalid"


class Listing(BaseModel):
    """One page: `next` is the cursor of the following page, null on the last one."""

    items: list[dict[str, Any]]
    next: str | None = None


class Cursor(BaseModel):
    limit: int
    after: str | None = None

    def listing(self, rows: list[dict[str, Any]], key: str) -> Listing:
        full = len(rows) >= self.limit
        return Listing(items=rows, next=_encode(str(rows[-1][key])) if full and rows else None)


def _cursor(
    limit: Annotated[int, Query(ge=1, le=MOST, description="rows of a page")] = 50,
    cursor: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> Cursor:
    return Cursor(limit=limit, after=_decode(cursor) if cursor else None)


Paged = Annotated[Cursor, Depends(_cursor)]


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:  # no Base64, or no text in it
        raise BadCursor(
            "Con trỏ trang không hợp lệ; đề nghị dùng giá trị `next` của trang trước.",
            "The cursor is not valid; use `next` of the page before.",
        ) from error
