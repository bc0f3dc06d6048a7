"""The report on the scheme of Decision 407/QĐ-TTg: every part of one snapshot, beside the same period a year before."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from services.metrics.application.counts import (
    CountAnswer,
    Counting,
    CountQuestion,
    earliest_day,
)
from services.metrics.application.draft_counts import DraftAnswer, DraftQuestion, SeenDrafts, opinions_of
from services.metrics.application.leaders import situation_of
from services.metrics.application.page_ports import PolicyRow, ReportSnapshot
from services.metrics.application.ports import Opens
from services.metrics.application.programme import ProgrammeAnswer, ProgrammeQuestion, programme_in
from services.metrics.application.queries import Compliance, Overview, Queries, Question, counted_rows
from services.metrics.domain.draft_counts import OpinionNumbers
from services.metrics.domain.grouping import Group, GroupBy
from services.metrics.domain.programme import ProgrammeEntryRow, obstacles_of
from services.metrics.domain.report import ReportDraft, ReportPolicy, Work, work_of
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.directory.folds import UnitDirectory
from shared.rules.counts import CountBy, Member, period_before, published, year_before
from shared.rules.figures import Period, effective_day, reporting_year
from shared.rules.programme.states import EntryFact, Standing
from shared.rules.summary.conclusion import Situation
from shared.rules.summary.segments import segments

TABLES = (CountBy.CHANNEL, CountBy.AUDIENCE)


DECIDED, ANSWERED = ProgrammeKind.OBSTACLE_DECIDED, ProgrammeKind.OBSTACLE_ANSWERED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportObstacle:
    """An obstacle with where it stands; `waits_with` names who is to decide, `decision` is the step that settled it."""

    row: ProgrammeEntryRow
    standing: Standing
    unit_name: str
    waits_with: str | None
    decision: EntryFact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`overview` has the figures and gaps, `before` the figures of the same period a year before.

    `opinions` are those of whole consultations, never added to the comments on activities.
    `counts` are the activities that the units asked for performed: all of them, then by the groupings of `TABLES`.
    `programme` is that of `programme_year`, `obstacles` those that waited on some day of the period.
    """

    overview: Overview
    period: Period
    before: Compliance
    situation: Situation
    drafts: list[ReportDraft]
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

    async def report(self, question: Question, period: Period, today: date) -> Report:
        """Answer for a period; units may be named instead of their codes."""
        asked = replace(question, period=period, group_by=GroupBy.NONE)
        async with self.snapshots(question.known_at) as snapshot:
            overview = await self.queries.overview_in(snapshot, asked)
            asked = overview.question
            before = await self.queries.compliance_in(snapshot, _before(asked, period))
            policies = await snapshot.policies(asked.as_of, period)
            counting = CountQuestion.of(asked)
            members = await snapshot.members(earliest_day(counting), counting.last)
            directory = await snapshot.units()
            consulted = await snapshot.counted_drafts(consulted=True)
            programme = await programme_in(snapshot, _programme(asked, period))
        seen = SeenDrafts(consulted, directory, snapshot.position)
        consultations = await asyncio.to_thread(opinions_of, DraftQuestion(of_units=asked), seen)
        rows = counted_rows(policies, overview.units_then, asked)
        counts, work = await asyncio.to_thread(_counted, counting, snapshot.position, directory, members)
        drafts = _drafts(rows, overview, work)
        present = {row.dataset for row in rows}.union(*(answer.datasets for answer in counts.values()))
        return Report(
            overview=overview,
            period=period,
            before=before,
            situation=situation_of(overview, segments(overview.whole.counts, 0), today),
            drafts=drafts,
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


Works = Mapping[str, Work]


def _counted(
    question: CountQuestion, position: int, directory: UnitDirectory, members: list[Member]
) -> tuple[Mapping[CountBy, CountAnswer], Works]:
    counting = Counting.of(question, position, directory, members)
    of_draft = counting.now.groups(CountBy.DRAFT)
    work = {
        str(code): work_of(made, published(made, question.last)) for code, made in of_draft.items() if code
    }
    return {by: counting.answer(by) for by in (CountBy.NONE, *TABLES)}, work


def _drafts(rows: Iterable[PolicyRow], overview: Overview, work: Works) -> list[ReportDraft]:
    """Order drafts by the start of their consultation; those without one come last."""
    lacking = {seen.gap.draft_code for seen in overview.gaps}
    nothing = work_of((), published((), effective_day(overview.question.period, overview.question.as_of)))
    made = [
        _draft(list(policies), overview, work.get(code, nothing), lacks=code in lacking)
        for code, policies in groupby(rows, key=lambda row: row.draft_code)
    ]
    ordered = sorted(
        made,
        key=lambda draft: (
            draft.consultation_started_on is None,
            draft.consultation_started_on,
            draft.draft_code,
        ),
    )
    return [replace(draft, row_no=number) for number, draft in enumerate(ordered, start=1)]


def _draft(policies: list[PolicyRow], overview: Overview, work: Work, *, lacks: bool) -> ReportDraft:
    first = policies[0]
    return ReportDraft(
        row_no=0,
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
