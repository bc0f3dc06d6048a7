"""What the page for leaders asks of the read model besides figures, of the same snapshot."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, Select, cast, column, func, literal, or_, select, union_all

from services.metrics.adapters.history import standing
from services.metrics.adapters.read_model import (
    Drafts,
    SqlSnapshot,
    _belongs,
    _sum,
    belongs_between,
    holds,
    is_of,
    leading,
)
from services.metrics.adapters.tables import (
    DRAFT,
    GAP_INTERVAL,
    OCCURRENCE,
    OCCURRENCE_INTERVAL,
    POLICY_INTERVAL,
)
from services.metrics.application.page_ports import Happened, LateOccurrence, MonthCell, StageCell, Turn
from shared.contracts.vocabulary import Answer, GapClosure, Stage
from shared.rules.figures import DECIDED, ONE_DAY, Period, effective_day
from shared.rules.verdicts import COVERED, JUDGED, OccurrenceVerdict, PolicyVerdict


class SqlOverview(SqlSnapshot):
    """A snapshot with the rows of the page for leaders."""

    __slots__ = ()

    async def late_occurrences(self, as_of: date, period: Period | None) -> list[LateOccurrence]:
        async def read(drafts: Drafts) -> list[tuple[Any, LateOccurrence]]:
            query = _late(as_of, period).where(is_of(drafts, POLICY_INTERVAL, OCCURRENCE_INTERVAL, DRAFT))
            return [
                (
                    (row.draft_code, row.policy_no, row.due_on, row.entry_id.int),
                    LateOccurrence(
                        unit_code=row.unit_code,
                        draft_code=row.draft_code,
                        policy_no=row.policy_no,
                        verdict=OccurrenceVerdict(row.verdict),
                    ),
                )
                for row in await self.connection.execute(query)
            ]

        return list((await self.kept.of(("late", as_of, period), read, standing.rows)).values())

    async def months(self, days: Mapping[date, Period | None]) -> list[MonthCell]:
        if not days:
            return []

        async def read(
            of: Mapping[date, Period | None], drafts: Drafts
        ) -> list[tuple[Any, tuple[int, int, int]]]:
            rows = await self.connection.execute(union_all(*_months(of, drafts)))
            return [((row.day, row.unit_code), (row.begun, row.judged, row.overdue)) for row in rows]

        ends = list(days.items())
        cells: list[MonthCell] = []
        for part in filter(None, (ends[:-1], ends[-1:])):  # on the next day only the last one is another day
            kept = await self.kept.of(("months", *part), partial(read, dict(part)), standing.sums)
            cells += [
                MonthCell(day=day, unit_code=unit_code, begun=begun, judged=judged, overdue=overdue)
                for (day, unit_code), (begun, judged, overdue) in kept.items()
            ]
        return cells

    async def stages(self, as_of: date, period: Period | None) -> list[StageCell]:
        if period and period.from_day > effective_day(period, as_of):
            return []

        async def read(drafts: Drafts) -> list[tuple[Any, tuple[int, int]]]:
            query = _stages(as_of, period).where(is_of(drafts, OCCURRENCE_INTERVAL))
            rows = await self.connection.execute(query)
            return [((row.unit_code, row.stage), (row.covered, row.decided)) for row in rows]

        kept = await self.kept.of(("stages", effective_day(period, as_of), period), read, standing.sums)
        return [
            StageCell(unit_code=unit_code, stage=Stage(stage), covered=covered, decided=decided)
            for (unit_code, stage), (covered, decided) in kept.items()
        ]

    async def happened(self, first: date, last: date) -> list[Happened]:
        async def read(drafts: Drafts) -> list[tuple[Any, Happened]]:
            return [
                (
                    (row.turn, row.draft_code, row.unit_code),
                    Happened(unit_code=row.unit_code, turn=Turn(row.turn), draft_code=row.draft_code),
                )
                for table, part in (
                    (OCCURRENCE, _entered(first, last)),
                    (GAP_INTERVAL, _covered(first, last)),
                    (GAP_INTERVAL, _overdue(first, last)),
                )
                for row in await self.connection.execute(part.where(is_of(drafts, DRAFT, table)))
            ]

        return list((await self.kept.of(("happened", first, last), read, standing.rows)).values())


def _late(as_of: date, period: Period | None) -> Select[Any]:
    policy, pair, gap = POLICY_INTERVAL, OCCURRENCE_INTERVAL, GAP_INTERVAL
    owed = (
        select(literal(1))
        .where(
            gap.c.draft_id == policy.c.draft_id,
            holds(gap, as_of),
            gap.c.due_on < as_of,
            policy.c.policy_no == func.any(gap.c.policies),
        )
        .exists()
    )
    return (
        select(
            policy.c.unit_code,
            DRAFT.c.draft_code,
            policy.c.policy_no,
            pair.c.verdict,
            pair.c.due_on,
            pair.c.entry_id,
        )
        .join(pair, (pair.c.draft_id == policy.c.draft_id) & (pair.c.policy_no == policy.c.policy_no))
        .join(DRAFT, DRAFT.c.draft_id == policy.c.draft_id)
        .where(
            policy.c.scope == Answer.YES,
            policy.c.verdict == PolicyVerdict.MISSED,
            ~policy.c.begun,
            holds(policy, as_of),
            _belongs(policy, period, as_of),
            holds(pair, as_of),
            owed,
        )
    )


def _months(days: Mapping[date, Period | None], drafts: Drafts) -> Iterator[Select[Any]]:
    """Count by day and unit: policies by the plan in the period of the day, then drafts after their due day."""
    policy, gap = POLICY_INTERVAL, GAP_INTERVAL
    firsts = [period.from_day if period else None for period in days.values()]
    given = (cast(list(days), ARRAY(Date)), cast(firsts, ARRAY(Date)))
    listed = func.unnest(*given).table_valued(column("day", Date), column("first_day", Date))
    on = listed.render_derived(name="days")
    judged = policy.c.verdict.in_(JUDGED)
    in_period = or_(on.c.first_day.is_(None), belongs_between(policy, on.c.first_day, on.c.day))
    yield (
        select(
            on.c.day,
            policy.c.unit_code,
            _sum(judged & policy.c.begun, "begun"),
            _sum(judged, "judged"),
            literal(0).label("overdue"),
        )
        .join(policy, holds(policy, on.c.day) & in_period)
        .where(policy.c.scope == Answer.YES, is_of(drafts, policy))
        .group_by(on.c.day, policy.c.unit_code)
    )
    yield (
        select(
            on.c.day,
            gap.c.unit_code,
            literal(0).label("begun"),
            literal(0).label("judged"),
            func.count().label("overdue"),
        )
        .join(gap, holds(gap, on.c.day) & (gap.c.due_on < on.c.day))
        .where(is_of(drafts, gap))
        .group_by(on.c.day, gap.c.unit_code)
    )


def _stages(as_of: date, period: Period | None) -> Select[Any]:
    pair = OCCURRENCE_INTERVAL
    due: ColumnElement[bool] = (
        pair.c.due_on.between(period.from_day, period.to_day) if period else literal(value=True)
    )
    return (
        select(
            pair.c.unit_code,
            pair.c.stage,
            func.count().label("decided"),
            _sum(pair.c.verdict.in_(COVERED), "covered"),
        )
        .where(
            pair.c.scope == Answer.YES,
            pair.c.counts,
            pair.c.verdict.in_(DECIDED),
            due,
            holds(pair, effective_day(period, as_of)),
            _belongs(pair, period, as_of),
        )
        .group_by(pair.c.unit_code, pair.c.stage)
    )


def _turn(turn: Turn, unit_code: ColumnElement[str]) -> list[ColumnElement[Any]]:
    return [literal(turn.value).label("turn"), DRAFT.c.draft_code, unit_code.label("unit_code")]


def _entered(first: date, last: date) -> Select[Any]:
    return (
        select(*_turn(Turn.ENTERED, leading(last)))
        .join(OCCURRENCE, OCCURRENCE.c.draft_id == DRAFT.c.draft_id)
        .where(DRAFT.c.scope == Answer.YES, OCCURRENCE.c.entered_on.between(first, last))
    )


def _covered(first: date, last: date) -> Select[Any]:
    gap = GAP_INTERVAL
    return (
        select(*_turn(Turn.COVERED, gap.c.unit_code))
        .join(DRAFT, DRAFT.c.draft_id == gap.c.draft_id)
        .where(gap.c.closure == GapClosure.COVERED, gap.c.closed_on.between(first, last))
    )


def _overdue(first: date, last: date) -> Select[Any]:
    """Select the gaps whose first day after the due day lies in the days, and that are still open."""
    gap = GAP_INTERVAL
    return (
        select(*_turn(Turn.OVERDUE, gap.c.unit_code))
        .join(DRAFT, DRAFT.c.draft_id == gap.c.draft_id)
        .where(holds(gap, last), gap.c.due_on.between(first - ONE_DAY, last - ONE_DAY))
    )
