"""A mailbox that is written to: of which unit, in which role, in which language, and while it is valid."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from shared.contracts.vocabulary import Language, RecipientRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A mailbox of a unit; `valid_to` is its last day.

    `undeliverable_on` is the day from which its server takes no mail; `calendar`: due dates go along.
    """

    recipient_id: UUID
    unit_code: str
    role: RecipientRole
    email: str
    language: Language = Language.VI
    valid_from: date | None = None
    valid_to: date | None = None
    undeliverable_on: date | None = None
    calendar: bool = False

    def is_valid_on(self, day: date) -> bool:
        taken = self.undeliverable_on is None or day < self.undeliverable_on
        return taken and self.is_listed_on(day)

    def is_listed_on(self, day: date) -> bool:
        """Say whether its unit lists it, reached or not."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and not self.has_ended(day)

    def has_ended(self, day: date) -> bool:
        return self.valid_to is not None and self.valid_to < day


def taken_off(listed: Iterable[Recipient], wanted: Collection[str], today: date) -> list[Recipient]:
    """Give those of a unit's list whose address is not `wanted` any more: yesterday was their last day."""
    gone = (
        recipient for recipient in listed if recipient.email not in wanted and not recipient.has_ended(today)
    )
    return [replace(recipient, valid_to=today - timedelta(days=1)) for recipient in gone]
