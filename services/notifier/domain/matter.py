"""What is known beside a gap: what its unit answered, and what keeps it quiet."""

from dataclasses import dataclass
from datetime import date

from services.notifier.domain.silence import Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """`answer` is the name of the unit's last answer (an event of `alert`); `snoozed_until` its last quiet day.

    `halted`: the draft is suspended, withdrawn or merged, even if metrics has not closed the gap yet.
    """

    answer: str | None = None
    answered_on: date | None = None
    planned_on: date | None = None
    snoozed_until: date | None = None
    silence: Silence | None = None
    halted: bool = False

    def is_planned(self, day: date) -> bool:
        return self.planned_on is not None and day <= self.planned_on

    def is_snoozed(self, day: date) -> bool:
        return self.snoozed_until is not None and day <= self.snoozed_until


UNTOUCHED = Matter()
