"""Lists are paged by cursor: an opaque mark of where the last page ended."""

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from shared.errors import Refusal
from shared.printable import refuse_unprintable

MOST = 500

Item = TypeVar("Item", bound=BaseModel)


class BadCursor(Refusal):
    code = "bad-cursor"
    kind = "invalid"


class Listing(BaseModel, Generic[Item]):
    """One page: `next` is the cursor of the following page, null on the last one."""

    items: list[Item]
    next: str | None = None


class Cursor(BaseModel):
    limit: int
    after: str | None = None

    def listing(self, item: type[Item], rows: Sequence[Mapping[str, Any]], key: str) -> Listing[Item]:
        full = len(rows) >= self.limit
        items = [item.model_validate(row) for row in rows]
        return Listing[item](items=items, next=_encode(str(rows[-1][key])) if full and rows else None)  # type: ignore[valid-type]  # the model of this list's items


def _cursor(
    limit: Annotated[int, Query(ge=1, le=MOST, description="rows of a page")] = 50,
    cursor: Annotated[str | None, Query(description="`next` of the page before", max_length=1000)] = None,
) -> Cursor:
    return Cursor(limit=limit, after=_decode(cursor) if cursor else None)


Paged = Annotated[Cursor, Depends(_cursor)]


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        refuse_unprintable(key)
    except ValueError as error:  # no Base64, or no text in it, or none that can be stored
        raise BadCursor(
            "Con trỏ trang không hợp lệ; đề nghị dùng giá trị `next` của trang trước.",
            "The cursor is not valid; use `next` of the page before.",
        ) from error
    return key
