"""What a page knows of the link that opened it: resolved by the notifier, which keeps the links."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.kernel.errors import Refusal
from shared.signed_links.links import LinkIsOver
from shared.signed_links.short_links import ShortLink

RESOLVE_PATH = "/links/resolve"


class Barred(StrEnum):
    """Why a link that is ours admits nobody any more."""

    WITHDRAWN = "withdrawn"
    NOT_LISTED = "not_listed"


class LinkIsWithdrawn(Refusal):
    code = "link-is-withdrawn"
    kind = "gone"

    def __init__(self) -> None:
        super().__init__(
            "Liên kết này đã được thu hồi nên không dùng được nữa. Chưa có nội dung nào được ghi nhận. "
            "Nếu địa chỉ nhận thư còn trong danh sách của đơn vị, có thể nhận liên kết mới qua thư.",
            "This link was withdrawn and can't be used any more. Nothing was recorded. "
            "If the address is still on the unit's list, a new link can be sent by mail.",
            renewable=True,
        )


class RecipientNotListed(Refusal):
    code = "recipient-not-listed"
    kind = "gone"

    def __init__(self) -> None:
        super().__init__(
            "Địa chỉ đã nhận thư này không còn trong danh sách nhận thư của đơn vị, nên liên kết không dùng được nữa. "
            "Chưa có nội dung nào được ghi nhận. Người đang được phân công trả lời bằng thư gửi cho mình; "
            "nếu cần thay đổi danh sách, đề nghị liên hệ cơ quan theo dõi.",
            "The address that got this mail is no longer on the unit's list, so its links can't be used any more. "
            "Nothing was recorded. Whoever is in charge now answers from a mail of their own; "
            "the supervising body changes the list.",
        )


@dataclass(frozen=True, slots=True)
class ResolvedLink:
    """A link of ours; `barred` says why it admits nobody, though it may not be over yet."""

    link: ShortLink
    barred: Barred | None = None

    def require_usable(self, now: datetime) -> None:
        """Raise why it can't be used: `LinkIsWithdrawn`, `RecipientNotListed`, `LinkIsOver`."""
        match self.barred:
            case Barred.WITHDRAWN:
                raise LinkIsWithdrawn
            case Barred.NOT_LISTED:
                raise RecipientNotListed
            case None:
                if self.link.is_over(now):
                    raise LinkIsOver(self.link.expires)


class LinkSource(Protocol):
    async def resolve(self, token: str, client: str) -> ResolvedLink:
        """Find the link of a token; `client` is the address that it is asked from.

        Raises `LinkNotValid`, or a refusal when that address asks for too many links that are none.
        """
        ...
