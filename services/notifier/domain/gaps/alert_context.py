"""The context of an alert: what its unit answered, and what keeps it quiet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.notifier.domain.gaps.silence import Silence
from shared.contracts.notifier import (
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContext:
    """What a unit answered last, and what halts or silences its alert.

    `answer` is the name of an event of `alert`, `answer_said` its words; `snoozed_until` is the last quiet day.
    `halted`: the draft is suspended, withdrawn or merged, even if metrics has not closed the gap yet.
    """

    answer: str | None = None
    answered_on: date | None = None
    answer_said: Mapping[str, str | None] | None = None
    planned_on: date | None = None
    snoozed_until: date | None = None
    silence: Silence | None = None
    halted: bool = False

    @property
    def asks(self) -> bool:
        """Say whether somebody else must settle what the unit answered."""
        return self.answer in _ASKING

    def is_planned(self, day: date) -> bool:
        return self.planned_on is not None and day <= self.planned_on

    def is_snoozed(self, day: date) -> bool:
        return self.snoozed_until is not None and day <= self.snoozed_until


MOST_AHEAD = timedelta(days=60)


def latest_planned_day(today: date, due_on: date) -> date:
    """The last day for which an activity may be planned: so far beyond today or the due day, whichever is later."""
    return max(today, due_on) + MOST_AHEAD


_ASKING = {AlertTransferRequested.name, AlertExemptionRequested.name, AlertObstacleReported.name}
UNTOUCHED = AlertContext()
