"""The cursor of lists that are in the order of alert ids."""

from uuid import UUID

from shared.paging import BadCursor


def id_in(cursor: str) -> UUID:
    """Read the id after which a page begins; raises `BadCursor`."""
    try:
        return UUID(cursor)
    except ValueError as error:
        raise BadCursor(
            "Con trỏ trang không hợp lệ; đề nghị dùng giá trị `next` của trang trước.",
            "The cursor is not valid; use `next` of the page before.",
        ) from error
