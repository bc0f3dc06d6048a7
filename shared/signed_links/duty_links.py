"""Links under what a unit owes of a programme: to report it done, to ask for more time, to report an obstacle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from shared.rules.programme.owed import Act, Owed
from shared.signed_links.links import LinkNotValid
from shared.signed_links.short_links import Purpose, ShortLink, link_id


class DutyAnswer(StrEnum):
    """What a link under an item of a programme is good for."""

    DONE = "done"
    MORE_TIME = "more_time"
    OBSTACLE = "obstacle"
    REFUSE = "refuse"


OPEN_TO_OTHERS = frozenset({Act.CARRY_OUT, Act.CORRECT, Act.REPORT})
"""What the unit does itself: it may ask for more time, or report an obstacle. The rest is a decision of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLink:
    """`entry_id` stands in the programme of `asked_by` in `year`; `item_id` and `period_from` are those of a report."""

    link_id: UUID
    recipient_id: UUID
    unit_code: str
    expires: datetime
    answer: DutyAnswer
    act: Act
    asked_by: str
    year: int
    entry_id: UUID
    item_id: UUID
    period_from: date | None = None


def answers_to(item: Owed) -> Sequence[DutyAnswer]:
    """Give the answers that an item has: more time is asked of another unit, which assigned it, once at a time."""
    if item.act is Act.EXTEND:
        return [DutyAnswer.DONE, DutyAnswer.REFUSE]
    if item.act not in OPEN_TO_OTHERS:
        return [DutyAnswer.DONE]
    if item.request is not None or item.asked_by == item.unit_code:
        return [DutyAnswer.DONE, DutyAnswer.OBSTACLE]
    return [DutyAnswer.DONE, DutyAnswer.MORE_TIME, DutyAnswer.OBSTACLE]


def link_to(
    item: Owed, year: int, answer: DutyAnswer, mail_key: str, recipient_id: UUID, expires: datetime
) -> DutyLink:
    """Make the link of an answer to an item, in a mail to a recipient."""
    return DutyLink(
        link_id=link_id(mail_key, item.item_id, answer),
        recipient_id=recipient_id,
        unit_code=item.unit_code,
        expires=expires,
        answer=answer,
        act=item.act,
        asked_by=item.asked_by,
        year=year,
        entry_id=item.entry_id,
        item_id=item.item_id,
        period_from=item.period.from_day if item.period else None,
    )


def short_link(link: DutyLink) -> ShortLink:
    claims = {
        "answer": link.answer.value,
        "act": link.act.value,
        "asked_by": link.asked_by,
        "year": str(link.year),
        "entry": str(link.entry_id),
        "item": str(link.item_id),
    }
    if link.period_from is not None:
        claims["period_from"] = link.period_from.isoformat()
    return ShortLink(
        link_id=link.link_id,
        purpose=Purpose.DUTY,
        recipient_id=link.recipient_id,
        unit_code=link.unit_code,
        expires=link.expires,
        claims=claims,
    )


def duty_link(link: ShortLink) -> DutyLink:
    """Read the link under an item; raises `LinkNotValid` for one of another purpose."""
    if link.purpose is not Purpose.DUTY:
        raise LinkNotValid
    begin = link.claims.get("period_from")
    return DutyLink(
        link_id=link.link_id,
        recipient_id=link.recipient_id,
        unit_code=link.unit_code,
        expires=link.expires,
        answer=DutyAnswer(link.claims["answer"]),
        act=Act(link.claims["act"]),
        asked_by=link.claims["asked_by"],
        year=int(link.claims["year"]),
        entry_id=UUID(link.claims["entry"]),
        item_id=UUID(link.claims["item"]),
        period_from=date.fromisoformat(begin) if begin else None,
    )
