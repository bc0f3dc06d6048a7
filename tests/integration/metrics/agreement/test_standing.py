"""Answers that are kept in memory and brought up to date are those of all rows, after any stream of events."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.metrics.adapters.history import versions
from services.metrics.adapters.history.standing import Standing
from services.metrics.adapters.snapshots.activities import joined
from services.metrics.adapters.snapshots.lists import SqlList
from services.metrics.adapters.snapshots.reports import SqlReport
from services.metrics.application.counts import Counting, CountQuestion, counts_in, earliest_day
from services.metrics.application.draft_counts import (
    DraftCountQueries,
    DraftQuestion,
    SeenDrafts,
    opinions_of,
)
from services.metrics.application.leaders import month_ends
from services.metrics.application.ports import ActivitiesAsked
from services.metrics.application.queries import Queries, Question
from services.metrics.application.reports import ReportQueries
from services.metrics.domain.draft_counts import DraftsBy, OpinionsBy
from shared.contracts.campaigns import (
    CommunicationFeedbackSummarised,
    PlanActivityCancelled,
    PlanActivityPlanned,
)
from shared.contracts.envelope import Recorded
from shared.contracts.event import Event
from shared.contracts.registry import DraftOpinionsSummarised, DraftStageExpected
from shared.contracts.vocabulary import Answer, Channel, ContentItem, Precision, Stage
from shared.rules.counts import CountBy, first_day
from shared.rules.figures import Period, effective_day, year_period
from tests.integration.metrics.agreement.test_incremental import ASKED, EVENTS, batches
from tests.integration.metrics.streams import FIRST, Draft, Stream
from tests.support.platform.projections import RULEBOOK, read_model
from tests.unit.metrics.made_up import items_of

PERIODS = (
    None,
    year_period(2024),
    year_period(2025),
    Period(FIRST + timedelta(days=30), FIRST + timedelta(days=60)),
)
SHARE = 0.15  # of events that are of the kinds below
YEAR_ENDS = (date(2023, 12, 14), date(2023, 12, 15), date(2024, 12, 14), date(2024, 12, 15))
CONTENT = tuple(ContentItem)
AT_ONCE = 4  # answers asked for after a batch
MOST_EMPTY = 1  # answers of a kind with something in them, at least


class FullStream(Stream):
    """A stream in which drafts also have expected stages and consultations, and activities a code and who they were for."""

    def _next(self, draft: Draft) -> Recorded | None:
        if self._random.random() > SHARE:
            return super()._next(draft)
        stage = self._random.choice([Stage.APPRAISAL, Stage.ADOPTED])
        if self._random.random() > SHARE:
            day = self._random.choice([None, self._day(), self._day()])
            return self._recorded(
                draft,
                self._random.choice(
                    [
                        DraftStageExpected(stage=stage, expected_on=day, session=f"K{self._number()}"),
                        self._planned(draft),
                    ]
                ),
            )
        number = self._number()
        return self._recorded(
            draft,
            DraftOpinionsSummarised(
                stage=stage,
                summarised_on=self._day(),
                received=number,
                agree=self._random.choice([None, number]),
                disagree=1,
                groups={"people": number},
                counting_rule=self._random.choice([None, "Quy tắc 1", "Quy tắc 2"]),
            ),
        )

    def _planned(self, draft: Draft) -> Event:
        about = {
            "activity_id": UUID(int=self._number()),
            "draft_id": draft.draft_id,
            "draft_code": draft.code,
        }
        day = FIRST + timedelta(days=700)
        return self._random.choice(
            [PlanActivityPlanned(**about, planned_on=day), PlanActivityCancelled(**about)]
        )

    def _activity(self, draft: Draft, number: UUID) -> dict[str, Any]:
        made = super()._activity(draft, number)
        if made["precision"] is Precision.DAY and self._random.random() < SHARE:
            made["held_on"] = self._random.choice(YEAR_ENDS)
        return made | {
            "activity_code": self._random.choice([None, "HN-1", "HN-2"]),
            "audience": self._random.sample(["people", "enterprises"], self._random.randint(0, 2)),
            "area": self._random.sample(["Xã A", "Xã B"], self._random.randint(0, 2)),
            "items": self._random.choice([None, 1, 3]),
            "attendance": self._random.choice([None, 10, 20]),
            "cost_state": self._random.choice([None, 0, 5_000_000_000]),
            "content": self._random.choice([None, CONTENT[:3], CONTENT[3:], CONTENT]),
        }

    def _summarised(self, draft: Draft) -> Event | None:
        number, received = self._any(draft), self._number()
        if number is None:
            return None
        given = {"received": received, "accepted": self._random.randrange(received), "explained": 1}
        return CommunicationFeedbackSummarised(
            **self._of(draft, number), **given, explained_on=self._random.choice([None, self._day()])
        )


class Rows(SqlList, SqlReport):
    """A snapshot with the rows of all pages."""

    __slots__ = ()


Asks = Callable[[Rows, date, Period | None], Awaitable[Any]]


async def cells(snapshot: Rows, day: date, period: Period | None) -> Any:
    parts: Counter[Any] = Counter()
    for cell in await snapshot.cells(day, period):
        key = cell.unit_code, cell.instrument, cell.regime, cell.year
        parts.update({(*key, name): number for name, number in asdict(cell.counts).items()})
    return +parts


async def months(snapshot: Rows, day: date, period: Period | None) -> Any:
    ends = month_ends(Question(as_of=day, period=period))
    return {
        (cell.day, cell.unit_code): cell
        for cell in await snapshot.months(ends)
        if cell.judged or cell.overdue
    }


async def stages(snapshot: Rows, day: date, period: Period | None) -> Any:
    return {(cell.unit_code, cell.stage): cell for cell in await snapshot.stages(day, period)}


async def evidence(snapshot: Rows, day: date, _: Period | None) -> Any:
    return {row.unit_code: row for row in await snapshot.evidence(day)}


async def counts(snapshot: Rows, day: date, period: Period | None) -> Any:
    """Give the figures of activities by every grouping that is kept, which are those of all communications."""
    question = CountQuestion(as_of=day, period=period)
    answers = await counts_in(snapshot, question, GROUPINGS)
    members = await snapshot.members(earliest_day(question), question.last)
    whole = Counting.of(question, snapshot.position, await snapshot.units(), members)
    for by, answer in answers.items():
        assert answer.groups == whole.answer(by).groups
        assert answer == whole.answer(by)
    return {(by, group.key): group.figures for by, answer in answers.items() for group in answer.groups}


async def pairs(snapshot: Rows, day: date, period: Period | None) -> Any:
    """Give the figures of activities by two keys, which are those of all communications."""
    asked = ActivitiesAsked(as_of=day, period=period, units=None, by=PAIRS)
    sums = await snapshot.activity_sums(asked)
    members = await snapshot.members(first_day(period), effective_day(period, day))
    assert sums == joined({}, items_of(asked, members), ())
    return sums


async def some_activities(snapshot: Rows, day: date, period: Period | None) -> Any:
    """Give the figures of activities of some units, of one form, on drafts in scope."""
    asked = ActivitiesAsked(
        as_of=day,
        period=period,
        units=frozenset({"BTP", "TINH-22"}),
        scope=Answer.YES,
        channel=Channel.CONFERENCE,
        drafts=False,
    )
    sums = await snapshot.activity_sums(asked)
    members = await snapshot.members(first_day(period), effective_day(period, day))
    assert sums == joined({}, items_of(asked, members), ())
    return sums


async def drafts(snapshot: Rows, day: date, period: Period | None) -> Any:
    queries, question = DraftCountQueries(opened(snapshot)), Question(as_of=day, period=period)
    return [(await queries.drafts(DraftQuestion(of_units=question, drafts_by=by))).groups for by in DraftsBy]


async def opinions(snapshot: Rows, day: date, period: Period | None) -> Any:
    """Give what consultations brought by every grouping that is kept, which is that of all drafts."""
    queries, question = DraftCountQueries(opened(snapshot)), Question(as_of=day, period=period)
    asked = [DraftQuestion(of_units=question, opinions_by=by) for by in OpinionsBy]
    answers = [await queries.opinions(each) for each in asked]
    seen = SeenDrafts(await snapshot.counted_drafts(), await snapshot.units(), snapshot.position)
    assert answers == [opinions_of(each, seen) for each in asked]
    return [answer.groups for answer in answers]


async def report(snapshot: Rows, day: date, period: Period | None) -> Any:
    """Give the drafts of the report, of which the page lists the first ones alone."""
    queries, asked = ReportQueries(Queries(opened(snapshot), RULEBOOK), opened(snapshot)), Question(as_of=day)
    whole = await queries.report(asked, period or year_period(day.year), day)
    page = await queries.report(asked, period or year_period(day.year), day, most=2)
    assert page == replace(whole, drafts=whole.drafts[:2])
    assert whole.of_drafts.drafts == len(whole.drafts)
    assert whole.of_drafts.begun == sum(draft.begun for draft in whole.drafts)
    return whole.drafts, whole.of_drafts


def opened(snapshot: Rows) -> Any:
    @asynccontextmanager
    async def snapshots(_known_at: object = None, /) -> AsyncIterator[Rows]:
        yield snapshot

    return snapshots


PAIRS = (
    (CountBy.CHANNEL, CountBy.AUDIENCE),
    (CountBy.AREA, CountBy.ROLE),
    (CountBy.INSTRUMENT, CountBy.MONTH),
)
GROUPINGS = [by for by in CountBy if by is not CountBy.DRAFT]
ANSWERS: dict[str, Asks] = {
    "counts": counts,
    "pairs": pairs,
    "some activities": some_activities,
    "drafts": drafts,
    "opinions": opinions,
    "cells": cells,
    "months": months,
    "stages": stages,
    "evidence": evidence,
    "report": report,
    "gaps": lambda snapshot, day, _: snapshot.gaps(day),
    "todos": lambda snapshot, day, _: snapshot.todos(day, day - timedelta(days=30)),
    "late": lambda snapshot, day, period: snapshot.late_occurrences(day, period),
    "happened": lambda snapshot, day, _: snapshot.happened(day - timedelta(days=20), day),
    "coming": lambda snapshot, day, _: snapshot.coming(day),
    "planned": lambda snapshot, day, _: snapshot.planned(day),
    "unnamed": lambda snapshot, day, _: snapshot.unnamed(day),
}


@pytest.mark.parametrize("seed", [0, 2])
async def test_what_is_kept_and_brought_up_to_date_is_what_all_rows_say(seed: int, database_url: str) -> None:
    stream, random = FullStream(seed, drafts=6), Random(seed)
    async with read_model("metrics", database_url) as model:
        versions.enable(model.engine)
        standing = Standing("metrics.rebuild")
        events = [*stream.registrations(), *stream.events(EVENTS)]
        asked: Counter[str] = Counter()
        for batch in batches(events, seed):
            await model.project(batch)
            day, period = random.choice(ASKED), random.choice(PERIODS)
            async with model.engine.connect() as connection:
                position = batch[-1].position
                for name in random.sample(sorted(ANSWERS), AT_ONCE):
                    ask = ANSWERS[name]
                    kept = await ask(Rows(connection, position, standing), day, period)
                    read = await ask(Rows(connection, position), day, period)
                    assert kept == read, (name, position, day, period)
                    asked[name] += bool(read)
        assert {name for name, times in asked.items() if times > MOST_EMPTY} == ANSWERS.keys(), asked


async def test_they_are_read_again_when_the_tables_are_others_or_a_rebuild_is_asked_for(
    database_url: str,
) -> None:
    stream = Stream(7)
    async with read_model("metrics", database_url) as model:
        versions.enable(model.engine)
        standing = Standing("metrics.rebuild")
        events = [*stream.registrations(), *stream.events(20)]
        await model.project(events)

        async def kept() -> Any:
            async with model.engine.connect() as connection:
                snapshot = Rows(connection, events[-1].position, standing)
                return await cells(snapshot, ASKED[-1], None)

        async def write(statement: str) -> None:
            async with model.engine.begin() as connection:
                await connection.execute(text(statement))

        first = await kept()
        assert first
        await write("DELETE FROM policy_interval")
        assert await kept() == first  # nothing moved the position
        await write("INSERT INTO projection_checkpoint (projection, position) VALUES ('metrics.rebuild', 0)")
        assert await kept() != first
        await write("DELETE FROM projection_checkpoint")
        assert await kept() == first
        await write("CREATE TABLE other (LIKE policy_interval INCLUDING ALL)")
        await write("DROP TABLE policy_interval")
        await write("ALTER TABLE other RENAME TO policy_interval")
        assert await kept() != first
