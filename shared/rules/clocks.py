"""Clocks of a consultation: the least days of posting, and until when those who are asked reply and appraise.

Only a least duration of posting is asked for, so days off count (Ministry of Public Security, 26/2/2026). The first day
is not counted (Civil Code 2015, Art. 147): what is posted on the 1st for 10 days may end with the 11th.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from shared.contracts.vocabulary import Stage
from shared.rules.facts import DraftFacts, Posting
from shared.rules.rulebook.procedures import AppraisalRule, AppraisingBody, DaysOf, PostingRule, ReplyRule
from shared.rules.rulebook.rulebook import Calendar, Rulebook, last_day
from shared.rules.sequence import Occurrence, occurrences, rule_on
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
            "rule": rule_for_people(rule) if rule else None,
        }

    def has_run(self, by: date) -> bool:
        """Tell whether the minimum is over on a day, and was not cut short."""
        end = self.lawful_end or self.posting.opened_on
        return end <= by and (self.closed_on is None or self.closed_on >= end)


def rule_for_people(rule: PostingRule | ReplyRule | AppraisalRule) -> dict[str, Any]:
    """Give a rule as data; its law and what that asks for only if it was seen there."""
    content = rule.content if rule.cited else ""
    return asdict(rule) | {"legal_basis": rule.grounds.vi, "content": content}


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


def clocks_of(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> tuple[PostingClock, ...]:
    """Give every posting that had begun by a day, with the rule of its first day."""
    begun = sorted((p for p in facts.postings if p.opened_on <= as_of), key=lambda posting: posting.opened_on)
    return tuple(clock_of(posting, _rule_of(posting, facts, rulebook), as_of) for posting in begun)


def _rule_of(posting: Posting, facts: DraftFacts, rulebook: Rulebook) -> PostingRule | None:
    rule = rule_on(facts, rulebook, posting.opened_on)
    return rule.posting_of(posting.stage)


class WaitsFor(StrEnum):
    """What a period runs for: the written replies of those who were asked, or the appraisal."""

    REPLY = "reply"
    APPRAISAL = "appraisal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyClock:
    """Until when a stage is answered: `days` after `since`, its last day on a working day.

    `since` is the first day of posting in the stage, else its entry: a body that receives the papers later counts from
    their receipt. `by` is None where no number of days is on record.
    """

    waits_for: WaitsFor
    stage: Stage
    body: AppraisingBody | None
    since: date
    days: int | None
    counted_in: DaysOf
    by: date | None
    is_open: bool
    rule: ReplyRule | AppraisalRule

    def as_dict(self) -> dict[str, Any]:
        """Give the clock as data; days are ISO."""
        return {
            "waits_for": self.waits_for,
            "stage": self.stage,
            "body": self.body,
            "since": self.since.isoformat(),
            "days": self.days,
            "counted_in": self.counted_in,
            "by": _iso(self.by),
            "is_open": self.is_open,
            "legal_basis": self.rule.grounds.vi,
            "certainty": self.rule.certainty,
        }


def reply_clocks(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> tuple[ReplyClock, ...]:
    """Give the periods of reply and appraisal of every occurrence of a stage that had begun by a day."""
    begun = (occurrence for occurrence in occurrences(facts, rulebook) if occurrence.entered_on <= as_of)
    return tuple(
        clock for occurrence in begun for clock in _of_occurrence(occurrence, facts, rulebook.calendar, as_of)
    )


def _of_occurrence(
    occurrence: Occurrence, facts: DraftFacts, calendar: Calendar, as_of: date
) -> Iterator[ReplyClock]:
    is_open = occurrence.exited_on is None or occurrence.exited_on > as_of
    if (reply := occurrence.rule.reply_of(occurrence.stage)) is not None:
        since = _posted_in(occurrence, facts, as_of) or last_day(occurrence.entered_on, occurrence.precision)
        yield ReplyClock(
            waits_for=WaitsFor.REPLY,
            stage=occurrence.stage,
            body=None,
            since=since,
            days=reply.days,
            counted_in=reply.counted_in,
            by=_last(since, reply.days, reply.counted_in, calendar),
            is_open=is_open,
            rule=reply,
        )
    appraisal = occurrence.rule.appraisal
    if occurrence.stage is Stage.APPRAISAL and appraisal is not None:
        since = last_day(occurrence.entered_on, occurrence.precision)
        yield ReplyClock(
            waits_for=WaitsFor.APPRAISAL,
            stage=occurrence.stage,
            body=appraisal.body,
            since=since,
            days=appraisal.days,
            counted_in=DaysOf.CALENDAR,
            by=_last(since, appraisal.days, DaysOf.CALENDAR, calendar) if appraisal.days else None,
            is_open=is_open,
            rule=appraisal,
        )


def _posted_in(occurrence: Occurrence, facts: DraftFacts, as_of: date) -> date | None:
    until = min(occurrence.exited_on or as_of, as_of)
    opened = (posting.opened_on for posting in facts.postings if posting.stage is occurrence.stage)
    return min((day for day in opened if occurrence.entered_on <= day <= until), default=None)


def _last(since: date, days: int, counted_in: DaysOf, calendar: Calendar) -> date:
    """Give the last day of a period; one that ends on a day off runs to the next working day (Civil Code, Art. 148)."""
    if counted_in is DaysOf.WORKING:
        return calendar.add_working_days(since, days)
    return calendar.next_working_day(since + timedelta(days=days))
