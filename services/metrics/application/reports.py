"""The report on the scheme of Decision 407/QĐ-TTg: every part of one snapshot, beside the same period a year before."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Protocol, Self

from services.metrics.application.counts import (
    CountAnswer,
    CountQuestion,
    counted_activities,
    counts_in,
    performing_units,
)
from services.metrics.application.draft_counts import CountedDrafts, DraftAnswer, DraftQuestion, opinions_in
from services.metrics.application.leaders import situation_of
from services.metrics.application.page_ports import PolicyRow
from services.metrics.application.ports import Opens
from services.metrics.application.programme import ProgrammeAnswer, ProgrammeQuestion, programme_in
from services.metrics.application.queries import Compliance, Overview, Queries, Question, counted_rows
from services.metrics.domain.draft_counts import OpinionNumbers
from services.metrics.domain.grouping import Group, GroupBy
from services.metrics.domain.programme import ProgrammeEntryRow, obstacles_of
from services.metrics.domain.report import ReportDraft, ReportPolicy, Work, work_of
from shared.contracts.vocabulary import Answer, Dataset, ProgrammeKind
from shared.directory.folds import UnitDirectory
from shared.rules.counts import CountBy, Member, first_day, grouped, period_before, published, year_before
from shared.rules.figures import Period, effective_day, reporting_year
from shared.rules.programme.states import EntryFact, Standing
from shared.rules.summary.conclusion import Situation
from shared.rules.summary.segments import segments
from shared.rules.verdicts import JUDGED

TABLES = (CountBy.CHANNEL, CountBy.AUDIENCE)

DECIDED, ANSWERED = ProgrammeKind.OBSTACLE_DECIDED, ProgrammeKind.OBSTACLE_ANSWERED


class ReportSnapshot(CountedDrafts, Protocol):
    """What the report asks besides."""

    async def policies(self, as_of: date, period: Period | None) -> list[PolicyRow]:
        """Give the policies that `cells` counts, those of one draft together."""
        ...

    async def members_about(self, drafts: Collection[str], first: date | None, last: date) -> list[Member]:
        """Give the members of the activities that are about some drafts, also those about other drafts."""
        ...

    async def programme_entries(self, year: int, units: Collection[str] | None) -> list[ProgrammeEntryRow]:
        """Give all entries of the programmes of a year, and those about obstacles of the years before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportObstacle:
    """An obstacle with where it stands; `waits_with` names who is to decide, `decision` is the step that settled it."""

    row: ProgrammeEntryRow
    standing: Standing
    unit_name: str
    waits_with: str | None
    decision: EntryFact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTotals:
    """Of all drafts of a report, and of their `listed` policies: those of drafts in scope are `policies`."""

    drafts: int
    listed: int
    policies: int
    judged: int
    begun: int

    @classmethod
    def of(cls, rows: Sequence[PolicyRow], drafts: int) -> Self:
        counted = [row for row in rows if row.scope is Answer.YES]
        return cls(
            drafts=drafts,
            listed=len(rows),
            policies=len(counted),
            judged=sum(row.verdict in JUDGED for row in counted),
            begun=sum(row.begun for row in counted),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`overview` has the figures and gaps, `before` the figures of the same period a year before.

    `opinions` are those of whole consultations, never added to the comments on activities.
    `counts` are the activities that the units asked for performed: all of them, then by the groupings of `TABLES`.
    `programme` is that of `programme_year`, `obstacles` those that waited on some day of the period.
    `drafts` may be the first ones alone; `of_drafts` sums up all of them.
    """

    overview: Overview
    period: Period
    before: Compliance
    situation: Situation
    drafts: list[ReportDraft]
    of_drafts: DraftTotals
    counts: Mapping[CountBy, CountAnswer]
    opinions: DraftAnswer[OpinionNumbers]
    programme: ProgrammeAnswer
    obstacles: Sequence[ReportObstacle]
    datasets: frozenset[Dataset]

    @property
    def question(self) -> Question:
        return self.overview.question

    @property
    def figures_before(self) -> Group:
        return self.before.groups[0]


@dataclass(frozen=True, slots=True)
class ReportQueries:
    queries: Queries
    snapshots: Opens[ReportSnapshot]

    async def report(
        self, question: Question, period: Period, today: date, most: int | None = None
    ) -> Report:
        """Answer for a period; units may be named instead of their codes. `most` drafts are listed (None: all of them)."""
        asked = replace(question, period=period, group_by=GroupBy.NONE)
        async with self.snapshots(question.known_at) as snapshot:
            overview = await self.queries.overview_in(snapshot, asked)
            asked = overview.question
            before = await self.queries.compliance_in(snapshot, _before(asked, period))
            policies = await snapshot.policies(asked.as_of, period)
            rows = counted_rows(policies, overview.units_then, asked)
            listed = await asyncio.to_thread(_in_order, rows)
            counting, directory = CountQuestion.of(asked), await snapshot.units()
            counts = await counts_in(snapshot, counting, (CountBy.NONE, *TABLES))
            members = await _members_of(snapshot, counting, directory, listed, most)
            consultations = await opinions_in(snapshot, DraftQuestion(of_units=asked))
            programme = await programme_in(snapshot, _programme(asked, period))
        work = await asyncio.to_thread(_work, counting, directory, members)
        drafts = await asyncio.to_thread(_drafts, listed[:most], overview, work)
        present = {row.dataset for row in rows}.union(*(answer.datasets for answer in counts.values()))
        return Report(
            overview=overview,
            period=period,
            before=before,
            situation=situation_of(overview, segments(overview.whole.counts, 0), today),
            drafts=drafts,
            of_drafts=DraftTotals.of(rows, len(listed)),
            counts=counts,
            opinions=consultations,
            programme=programme,
            obstacles=_obstacles(programme, overview, period),
            datasets=overview.datasets | present | programme.datasets,
        )


def programme_year(period: Period, as_of: date) -> int:
    """Return the reporting year whose programme a report has: of a period of several years the one that is under way."""
    if reporting_year(period.from_day) < reporting_year(period.to_day):
        return reporting_year(max(period.from_day, effective_day(period, as_of)))
    return reporting_year(period.to_day)


def _programme(question: Question, period: Period) -> ProgrammeQuestion:
    return ProgrammeQuestion(
        as_of=question.as_of,
        year=programme_year(period, question.as_of),
        unit_code=question.unit_code,
        include_descendants=question.include_descendants,
        area_of=question.area_of,
    )


def _obstacles(programme: ProgrammeAnswer, overview: Overview, period: Period) -> list[ReportObstacle]:
    entries, units = programme.entries, overview.units_then
    last = effective_day(period, overview.question.as_of)
    return [
        ReportObstacle(
            row=row,
            standing=(standing := entries.stand[row.fact.entry_id]),
            unit_name=units.name(row.fact.unit_code),
            waits_with=units.name(standing.owed_by) if standing.owed_by else None,
            decision=next(
                (step for step in reversed(standing.steps) if step.kind in (DECIDED, ANSWERED)), None
            ),
        )
        for row in obstacles_of(entries, period.from_day, last)
    ]


def _before(question: Question, period: Period) -> Question:
    return replace(
        question,
        as_of=year_before(question.as_of),
        period=period_before(period),
        year=question.year - 1 if question.year else None,
    )


Policies = Sequence[PolicyRow]
"""The policies of one draft, at least one."""


def _in_order(rows: Iterable[PolicyRow]) -> list[Policies]:
    """Put drafts in the order in which their consultations started; those without one come last."""
    drafts = [list(policies) for _, policies in groupby(rows, key=attrgetter("draft_code"))]
    return sorted(drafts, key=_started)


def _started(policies: Policies) -> tuple[bool, date, str]:
    day = policies[0].consultation_started_on
    return day is None, day or date.max, policies[0].draft_code


async def _members_of(
    snapshot: ReportSnapshot,
    question: CountQuestion,
    directory: UnitDirectory,
    listed: Sequence[Policies],
    most: int | None,
) -> list[Member]:
    """Read what the activities on the drafts that are listed consist of."""
    first = first_day(question.period)
    if most is None:
        return await snapshot.members(first, question.last, performing_units(question, directory))
    codes = [policies[0].draft_code for policies in listed[:most]]
    return await snapshot.members_about(codes, first, question.last)


Works = Mapping[str, Work]


def _work(question: CountQuestion, directory: UnitDirectory, members: list[Member]) -> Works:
    counted = counted_activities(question, directory, members)
    of_draft = grouped(counted, CountBy.DRAFT, str)
    return {
        str(code): work_of(made, published(made, question.last)) for code, made in of_draft.items() if code
    }


def _drafts(listed: Iterable[Policies], overview: Overview, work: Works) -> list[ReportDraft]:
    lacking = {seen.gap.draft_code for seen in overview.gaps}
    nothing = work_of((), published((), effective_day(overview.question.period, overview.question.as_of)))
    return [
        _draft(number, policies, overview, work.get(code, nothing), lacks=code in lacking)
        for number, policies in enumerate(listed, start=1)
        if (code := policies[0].draft_code)
    ]


def _draft(number: int, policies: Policies, overview: Overview, work: Work, *, lacks: bool) -> ReportDraft:
    first = policies[0]
    return ReportDraft(
        row_no=number,
        draft_code=first.draft_code,
        title=first.draft_title,
        instrument=first.instrument,
        unit_code=first.unit_code,
        unit_name=overview.units_then.name(first.unit_code),
        scope=first.scope,
        consultation_started_on=first.consultation_started_on,
        adopted_on=first.adopted_on,
        policies=[
            ReportPolicy(
                policy_no=row.policy_no, title=row.policy_title, verdict=row.verdict, begun=row.begun
            )
            for row in policies
        ],
        work=work,
        lacks_communication=lacks,
    )
