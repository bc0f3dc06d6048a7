"""Mail runs: one for each day, week and month, on its first working day on which the service is up."""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from shared.contracts.vocabulary import Weekday
from shared.rules.rulebook.rulebook import Calendar

DIGEST = "digest"  # the kind whose runs record on which days the service was up
DECISION = "decision"  # a request was decided: to who asked
REQUESTS = "requests"  # what waits for a decision: to who decides
CHANGE = "change"  # a far-reaching change: to who was there before
CUT = 15  # a reporting month ends on the 14th (Decree 09/2019/NĐ-CP, article 12)


@dataclass(frozen=True, slots=True)
class MailRun:
    """The mail run of a kind in a period: `opens` is its first day, which may be no working day."""

    kind: str
    period: str
    opens: date

    @property
    def key(self) -> str:
        return f"{self.period}.{self.kind}"

    def is_on_time(self, day: date, calendar: Calendar) -> bool:
        """Say whether a day is the scheduled day of this run."""
        return day == calendar.next_working_day(self.opens)


def of_day(kind: str, day: date) -> MailRun:
    return MailRun(kind, day.isoformat(), day)


def of_week(kind: str, day: date) -> MailRun:
    year, week, weekday = day.isocalendar()
    return MailRun(kind, f"{year}-W{week:02}", day - timedelta(days=weekday - 1))


def of_reporting_month(kind: str, day: date) -> MailRun:
    """The run for the reporting month that ended last."""
    opens = reporting_month_before(day)[1] + timedelta(days=1)
    return MailRun(kind, f"{opens:%Y-%m}", opens)


def reporting_month_before(day: date) -> tuple[date, date]:
    """Give the first and last day of the reporting month that has ended: the 15th to the 14th."""
    cut = day.replace(day=CUT) if day.day >= CUT else _month_before(day).replace(day=CUT)
    return _month_before(cut).replace(day=CUT), cut - timedelta(days=1)


def due(
    runs: Collection[MailRun], day: date, done: frozenset[str], calendar: Calendar, *, today: bool
) -> frozenset[str]:
    """Give the kinds whose run is due on a day: those on time, and `today` those that were missed.

    `runs` are those that the day belongs to. `done` are all completed runs; what was due before the first of them
    was not missed: a new installation has no past to report.
    """
    began = min(_days_of_digests(done), default=None)
    late = (run for run in runs if today and began and run.opens >= began)
    on_time = (run for run in runs if run.is_on_time(day, calendar))
    return frozenset(run.kind for run in (*on_time, *late) if run.key not in done)


def turns(day: date, done: frozenset[str], calendar: Calendar, *, today: bool) -> frozenset[Weekday]:
    """Say which days of the week have their turn: the day itself, or the first working day after it.

    `today` also those whose digests were missed and not made since; `done` are all completed runs.
    """
    made = _days_of_digests(done) if today else []
    return frozenset(weekday for weekday in Weekday if _has_turn(_last(weekday, day), day, made, calendar))


def following(chosen: Weekday, day: date, calendar: Calendar) -> date:
    """Give the working day after `day` on which the next mail of a chosen day of the week goes out."""
    return calendar.next_working_day(_last(chosen, day) + timedelta(weeks=1))


def _last(chosen: Weekday, day: date) -> date:
    number = list(Weekday).index(chosen) + 1  # by ISO 8601: Monday is 1
    return day - timedelta(days=(day.isoweekday() - number) % 7)


def _days_of_digests(done: frozenset[str]) -> list[date]:
    ends = f".{DIGEST}"
    return [date.fromisoformat(key.removesuffix(ends)) for key in done if key.endswith(ends)]


def _has_turn(opens: date, day: date, made: Collection[date], calendar: Calendar) -> bool:
    if day == calendar.next_working_day(opens):
        return True
    return bool(made) and min(made) <= opens and not any(opens <= day_made < day for day_made in made)


def _month_before(day: date) -> date:
    first = day.replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))
