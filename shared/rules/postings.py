"""The clock of a posting for comment: calendar days, weekends and holidays too.

Only a least duration is asked for, so days off count (Ministry of Public Security, 26/2/2026). The first day is
not counted (Civil Code 2015, Art. 147): what is posted on the 1st for 10 days may end with the 11th.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from shared.rules.facts import Posting
from shared.rules.rulebook.procedures import PostingRule
from shared.rules.verdicts import date_as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingClock:
    """A posting on a day: `posted_days` by then, against `rule` (None: no minimum is known).

    `lawful_end` is the earliest last day, `planned_end` the day until which it is to run.
    """

    posting: Posting
    rule: PostingRule | None
    posted_days: int
    lawful_end: date | None
    planned_end: date | None
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    @property
    def is_short(self) -> bool:
        """Tell whether it was closed before the minimum."""
        return self.closed_on is not None and self.lawful_end is not None and self.closed_on < self.lawful_end

    @property
    def is_planned_short(self) -> bool:
        return (
            self.is_open
            and self.lawful_end is not None
            and self.planned_end is not None
            and self.planned_end < self.lawful_end
        )

    def as_dict(self) -> dict[str, Any]:
        """Give how the posting stands, as data; days are ISO."""
        rule = self.rule
        return {
            "posting_id": str(self.posting.posting_id),
            "stage": self.posting.stage,
            "opened_on": self.posting.opened_on.isoformat(),
            "planned_end": _iso(self.planned_end),
            "closed_on": _iso(self.closed_on),
            "posted_days": self.posted_days,
            "min_days": rule.min_days if rule else None,
            "lawful_end": _iso(self.lawful_end),
            "rule": asdict(rule) if rule else None,
        }

    def has_run(self, by: date) -> bool:
        """Tell whether the minimum is over on a day, and was not cut short."""
        end = self.lawful_end or self.posting.opened_on
        return end <= by and (self.closed_on is None or self.closed_on >= end)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def clock_of(posting: Posting, rule: PostingRule | None, as_of: date) -> PostingClock:
    closed_on = date_as_of(posting.closed_on, as_of)
    lawful_end = posting.opened_on + timedelta(days=rule.min_days) if rule else None
    return PostingClock(
        posting=posting,
        rule=rule,
        posted_days=max(0, ((closed_on or as_of) - posting.opened_on).days),
        lawful_end=lawful_end,
        planned_end=next(reversed(posting.extended_to), posting.closes_on) or lawful_end,
        closed_on=closed_on,
    )
