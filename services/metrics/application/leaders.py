"""The page for leaders: where it stands, who owes what, what waits for a decision, and how it developed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

from services.metrics.application.page_ports import (
    Happened,
    LateOccurrence,
    MonthCell,
    OverviewSnapshot,
    StageCell,
    Turn,
)
from services.metrics.application.ports import Opens
from services.metrics.application.queries import (
    Overview,
    Queries,
    Question,
    SeenGap,
    counted_rows,
    overdue_of,
)
from services.metrics.domain.waiting import ShownRequest
from shared.contracts.vocabulary import Stage
from shared.rules.figures import CUT_DAY, Period, national_floor, reporting_year, year_period
from shared.rules.summary.conclusion import Situation
from shared.rules.summary.recoverable import recoverable
from shared.rules.summary.segments import Segment, Segments, segments

MONTHS = 12
WEEK = timedelta(days=6)  # before the last of seven days


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The state at the end of a reporting month, or on the day asked for; `target` is that of its reporting year."""

    day: date
    begun: int
    judged: int
    overdue: int
    target: float | None

    @property
    def rate(self) -> float | None:
        return self.begun / self.judged if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Drafts to which something happened on the seven days up to `last`."""

    first: date
    last: date
    entered: int
    covered: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutcome:
    covered: int = 0
    decided: int = 0
    lacking: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStages:
    unit_code: str
    unit_name: str
    stages: Mapping[Stage, StageOutcome]

    @property
    def lacking(self) -> int:
        return sum(outcome.lacking for outcome in self.stages.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """A request of a unit and the gap because of which it is shown."""

    seen: SeenGap
    shown: ShownRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadersPage:
    overview: Overview
    situation: Situation
    segments: Segments
    owing: list[SeenGap]
    waiting: list[WaitingRequest]
    months: list[Month]
    week: Week
    units: list[UnitStages]


@dataclass(frozen=True, slots=True)
class LeadersQueries:
    queries: Queries
    snapshots: Opens[OverviewSnapshot]

    async def page(self, question: Question, today: date) -> LeadersPage:
        as_of, week = question.as_of, question.as_of - WEEK
        async with self.snapshots(question.known_at) as snapshot:
            overview = await self.queries.overview_in(snapshot, question)
            late = await snapshot.late_occurrences(as_of, question.period) if _can_change(question) else []
            months = await snapshot.months(month_ends(question))
            stages = await snapshot.stages(as_of, question.period)
            happened = await snapshot.happened(week, as_of)
        asked = overview.question
        owed = segments(overview.whole.counts, _recoverable(counted_rows(late, overview.units_then, asked)))
        return LeadersPage(
            overview=overview,
            situation=situation_of(overview, owed, today),
            segments=owed,
            owing=sorted(overview.gaps, key=_urgency),
            waiting=waiting_of(overview.gaps),
            months=_months(counted_rows(months, overview.units_then, asked), question),
            week=_week(counted_rows(happened, overview.units, replace(asked, period=None)), week, as_of),
            units=_unit_stages(counted_rows(stages, overview.units_then, asked), overview),
        )


def situation_of(overview: Overview, owed: Segments, today: date) -> Situation:
    asked, counts = overview.question, overview.whole.counts
    return Situation(
        begun=counts.begun,
        judged=counts.judged,
        recoverable=owed.of(Segment.RECOVERABLE),
        lacking=len(overview.gaps),
        overdue=overdue_of(overview.gaps),
        target=overview.whole.floor if asked.period else None,
        forecast_of=asked.as_of if asked.as_of > today else None,
    )


def _can_change(question: Question) -> bool:
    """Tell whether what is communicated on the day asked for still counts for the period."""
    return question.effective == question.as_of


def _recoverable(late: Iterable[LateOccurrence]) -> int:
    """Count the policies; rows of one policy follow each other."""
    policies = groupby(late, key=attrgetter("draft_code", "policy_no"))
    alike = Counter(tuple(map(attrgetter("verdict"), rows)) for _, rows in policies)
    return sum(number for seen, number in alike.items() if recoverable(seen, owed_now=True))


def _urgency(seen: SeenGap) -> tuple[date, int, str]:
    """Order what is overdue longest first, then what falls due next; of one day what concerns more policies."""
    return seen.gap.due_on, -len(seen.gap.policies), seen.gap.draft_code


def waiting_of(gaps: Iterable[SeenGap]) -> list[WaitingRequest]:
    """List each request once, the longest waiting first."""
    by_id = {
        shown.request.request_id: WaitingRequest(seen=seen, shown=shown)
        for seen in gaps
        for shown in seen.requests
    }
    return sorted(by_id.values(), key=lambda row: (row.shown.answer_by, row.seen.gap.draft_code))


def month_ends(question: Question) -> dict[date, Period | None]:
    """Give the last day of the question, the ends of the reporting months before it, and the period of each."""
    day = question.effective
    if question.period and question.period.from_day > day:
        return {}
    days = [day]
    while len(days) < MONTHS:
        day = _end_before(day)
        days.append(day)
    return {day: year_period(reporting_year(day)) if question.period else None for day in reversed(days)}


def _end_before(day: date) -> date:
    """Return the last day of the reporting month before that of `day`: the 14th."""
    last = CUT_DAY - 1
    if day.day > last:
        return day.replace(day=last)
    return (day.replace(day=1) - timedelta(days=1)).replace(day=last)


def _months(cells: Iterable[MonthCell], question: Question) -> list[Month]:
    by_day: dict[date, list[MonthCell]] = defaultdict(list)
    for cell in cells:
        by_day[cell.day].append(cell)
    return [
        Month(
            day=day,
            begun=sum(cell.begun for cell in by_day[day]),
            judged=sum(cell.judged for cell in by_day[day]),
            overdue=sum(cell.overdue for cell in by_day[day]),
            target=national_floor(reporting_year(day)),
        )
        for day in month_ends(question)
    ]


def _week(rows: Iterable[Happened], first: date, last: date) -> Week:
    drafts: dict[Turn, set[str]] = defaultdict(set)
    for row in rows:
        drafts[row.turn].add(row.draft_code)
    return Week(
        first=first,
        last=last,
        entered=len(drafts[Turn.ENTERED]),
        covered=len(drafts[Turn.COVERED]),
        overdue=len(drafts[Turn.OVERDUE]),
    )


def _unit_stages(cells: Iterable[StageCell], overview: Overview) -> list[UnitStages]:
    """Order units by what they owe now."""
    outcomes: dict[str, dict[Stage, StageOutcome]] = defaultdict(lambda: defaultdict(StageOutcome))
    for cell in cells:
        before = outcomes[cell.unit_code][cell.stage]
        outcomes[cell.unit_code][cell.stage] = replace(
            before, covered=before.covered + cell.covered, decided=before.decided + cell.decided
        )
    lacking = Counter((seen.gap.unit_code, seen.gap.stage) for seen in overview.gaps)
    for (code, stage), drafts in lacking.items():
        outcomes[code][stage] = replace(outcomes[code][stage], lacking=drafts)
    units = [
        UnitStages(unit_code=code, unit_name=overview.units.name(code), stages=dict(stages))
        for code, stages in outcomes.items()
    ]
    return sorted(units, key=lambda unit: (-unit.lacking, unit.unit_name))
