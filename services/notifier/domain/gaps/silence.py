"""A silence: what is kept out of mails for a while, by whose decision and why."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.notifier.domain.errors import SilenceOver, SilenceOverEverything
from services.notifier.domain.gaps.gap import Gap
from shared.contracts.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Keeps alerts of a unit, a draft, a stage (all that are given must match) quiet in a period.

    Both days are within it. A period alone, with nothing else, covers every alert: that is what it is for
    on a mourning day or while an office moves, so it must be short.
    """

    silence_id: UUID
    first_day: date
    last_day: date
    reason: str
    unit_code: str | None = None
    draft_code: str | None = None
    stage: Stage | None = None

    def covers(self, gap: Gap, day: date) -> bool:
        return (
            self.first_day <= day <= self.last_day
            and self.unit_code in (None, gap.unit_code)
            and self.draft_code in (None, gap.draft_code)
            and self.stage in (None, gap.stage)
        )


LONGEST_OVER_EVERYTHING = 31  # days; whoever wants all mail to stop for longer holds it


def checked(silence: Silence, today: date) -> Silence:
    """Refuse a silence that has passed, or one over everything that would be forgotten."""
    if silence.last_day < max(today, silence.first_day):
        raise SilenceOver(silence.first_day, silence.last_day)
    everything = silence.unit_code is silence.draft_code is silence.stage is None
    days = (silence.last_day - silence.first_day).days + 1
    if everything and days > LONGEST_OVER_EVERYTHING:
        raise SilenceOverEverything(LONGEST_OVER_EVERYTHING)
    return silence
