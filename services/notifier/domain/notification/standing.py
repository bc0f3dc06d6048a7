"""Where a gap stands on a day, and a recipient's last notification of it, from the ledger."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.notifier.domain.gaps.gap import Gap
from shared.rules.rulebook.working_days import Calendar

SOON = 2  # working days before the due day


class Standing(StrEnum):
    """Where a gap stands on a day, in the order of how much it presses."""

    IN_GRACE = "in_grace"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    RESOLVED = "resolved"

    @property
    def order(self) -> int:
        return list(Standing).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastNotification:
    """A recipient's last notification of a gap, from the ledger; `unit_code` is the unit that had the gap."""

    day: date
    standing: Standing
    due_on: date
    policies: tuple[int, ...]
    unit_code: str
    above: bool = False

    def is_of(self, unit_code: str) -> bool:
        """Say whether it was about a unit's gap as a duty: not as another unit's, and not as a report to those above."""
        return not self.above and self.unit_code == unit_code

    @property
    def weight(self) -> tuple[bool, date]:
        """Order two notifications of one gap to one person: that of its own duty counts, then the later one."""
        return not self.above, self.day

    @property
    def is_over(self) -> bool:
        """Whether it said that the gap is closed: if it opens again, that is news."""
        return self.standing is Standing.RESOLVED


def standing(gap: Gap, day: date, calendar: Calendar) -> Standing:
    if not gap.is_open_on(day):
        return Standing.RESOLVED
    if day > gap.due_on:
        return Standing.OVERDUE
    soon = calendar.working_days_between(day, gap.due_on) <= SOON
    return Standing.DUE_SOON if soon else Standing.IN_GRACE
