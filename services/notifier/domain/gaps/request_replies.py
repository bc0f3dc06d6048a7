"""What a supervising body said about a request without deciding it, or about a communication that it did not verify."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from shared.contracts.vocabulary import Channel, Dataset, Instrument, Precision
from shared.rules.answer_periods import Forwarding

SHOWN = timedelta(days=10)
"""For how long a card and the at-once mail of a decision or a reply speak of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A communication as it was when its verification was refused."""

    title: str
    held_on: date
    precision: Precision
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`to_unit_code`: the request was passed on to that body; `activity`: it was not verified, and there is no request."""

    reply_id: UUID
    unit_code: str
    on: date
    words: str
    draft_code: str
    title: str
    instrument: Instrument
    dataset: Dataset
    by_unit_code: str | None = None
    to_unit_code: str | None = None
    request_id: UUID | None = None
    activity: Activity | None = None

    @property
    def forwarding(self) -> Forwarding | None:
        return Forwarding(self.to_unit_code, self.on) if self.to_unit_code else None

    def is_shown_on(self, day: date) -> bool:
        return self.on <= day <= self.on + SHOWN
