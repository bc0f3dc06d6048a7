"""What a supervising body answered without deciding, passed on, or did not verify: mailed to the unit, each once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.notifier.domain.digest import Line
from services.notifier.domain.gaps.gap_alert import UnitRequest
from services.notifier.domain.gaps.request_replies import Reply
from services.notifier.domain.notification.timing import REPLY
from services.notifier.domain.recipients.audience import Audience, Recipient, once_an_address
from shared.contracts.vocabulary import Dataset


class Outcome(StrEnum):
    """What the mail is about: the request that goes on waiting, or the communication that was not verified."""

    ANSWERED = "answered"
    FORWARDED = "forwarded"
    NOT_VERIFIED = "not_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyNote:
    """One mail for each reply and address, ever; `request` is what was asked for, None for a communication."""

    recipient: Recipient
    day: date
    reply: Reply
    request: UnitRequest | None
    names: Mapping[str, str]
    kind: str = REPLY
    lines: tuple[Line, ...] = field(default=(), init=False)

    @property
    def key(self) -> str:
        return f"{REPLY}.{self.reply.reply_id}.{self.recipient.recipient_id}"

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset({self.reply.dataset})

    @property
    def outcome(self) -> Outcome:
        if self.request is None:
            return Outcome.NOT_VERIFIED
        return Outcome.FORWARDED if self.reply.to_unit_code else Outcome.ANSWERED


def reply_notes(
    replies: Iterable[Reply],
    requests: Iterable[UnitRequest],
    audience: Audience,
    names: Mapping[str, str],
    day: date,
) -> Iterator[ReplyNote]:
    """Write to who answers for the duties of the unit; a request that was decided meanwhile has its own mail."""
    waiting: dict[UUID, UnitRequest] = {each.request_id: each for each in requests if each.is_waiting}
    for reply in replies:
        request = waiting.get(reply.request_id) if reply.request_id else None
        if not reply.is_shown_on(day) or (reply.request_id and request is None):
            continue
        for recipient in once_an_address(audience.on_duty(reply.unit_code)):
            yield ReplyNote(recipient=recipient, day=day, reply=reply, request=request, names=names)
