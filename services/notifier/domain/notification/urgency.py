"""Which gaps can't wait for the next digest: the one rule of it, for plans of mails and for whether to plan at all."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from services.notifier.domain.gaps.gap_alert import Gap
from services.notifier.domain.notification.office_hours import next_digest
from shared.contracts.vocabulary import Procedure
from shared.rules.rulebook.rulebook import Calendar


@dataclass(frozen=True, slots=True)
class Urgency:
    """Open gaps of these procedures that are due from the `first` day, today, to the `last`, that of the next digest."""

    procedures: ClassVar[frozenset[Procedure]] = frozenset({Procedure.SIMPLIFIED})

    first: date
    last: date

    def covers(self, gap: Gap) -> bool:
        return (
            gap.procedure in self.procedures
            and self.first <= gap.due_on <= self.last
            and gap.is_open_on(self.first)
        )


def urgency_at(local: datetime, calendar: Calendar) -> Urgency:
    """Give what can't wait at a moment (Vietnam's time)."""
    return Urgency(local.date(), next_digest(local, calendar).date())
