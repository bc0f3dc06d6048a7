"""A mailbox that is written to: of which unit, in which role, in which language, and while it is valid."""

from dataclasses import dataclass
from datetime import date
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
        return begun and (self.valid_to is None or day <= self.valid_to)
