"""What the page for leaders asks of the read model besides figures, of the same snapshot."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, bindparam, func, literal, select, union_all

from services.metrics.adapters.read_model import (
    SqlSnapshot,
    _belongs,
    _leading,
    _sum,
    holds,
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
        rows = await self.connection.execute(_late(as_of, period))
        return [
            LateOccurrence(
                unit_code=row.unit_code,
                draft_code=row.draft_code,
                policy_no=row.policy_no,
                verdict=OccurrenceVerdict(row.verdict),
            )
            for row in rows
        ]

    async def months(self, days: Mapping[date, Period | None]) -> list[MonthCell]:
        if not days:
            return []
        parts = [part for day, period in days.items() for part in _month(day, period)]
        rows = await self.connection.execute(union_all(*parts))
        return [
            MonthCell(
                day=row.day,
                unit_code=row.unit_code,
                begun=row.begun,
                judged=row.judged,
                overdue=row.overdue,
            )
            for row in rows
        ]

    async def stages(self, as_of: date, period: Period | None) -> list[StageCell]:
        if period and period.from_day > effective_day(period, as_of):
            return []
        rows = await self.connection.execute(_stages(as_of, period))
        return [
            StageCell(
                unit_code=row.unit_code, stage=Stage(row.stage), covered=row.covered, decided=row.decided
            )
            for row in rows
        ]

    async def happened(self, first: date, last: date) -> list[Happened]:
        parts = (_entered(first, last), _covered(first, last), _overdue(first, last))
        rows = [row for part in parts for row in await self.connection.execute(part)]
        return [
            Happened(unit_code=row.unit_code, turn=Turn(row.turn), draft_code=row.draft_code) for row in rows
        ]


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
        select(policy.c.unit_code, DRAFT.c.draft_code, policy.c.policy_no, pair.c.verdict)
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
        .order_by(DRAFT.c.draft_code, policy.c.policy_no, pair.c.due_on)
    )


def _month(day: date, period: Period | None) -> Iterator[Select[Any]]:
    """Count by unit: policies by the plan, then drafts after their due day."""
    policy, gap = POLICY_INTERVAL, GAP_INTERVAL
    judged = policy.c.verdict.in_(JUDGED)
    on = bindparam(None, day, Date, literal_execute=False).label("day")
    yield (
        select(
            on,
            policy.c.unit_code,
            _sum(judged & policy.c.begun, "begun"),
            _sum(judged, "judged"),
            literal(0).label("overdue"),
        )
        .where(policy.c.scope == Answer.YES, holds(policy, day), _belongs(policy, period, day))
        .group_by(policy.c.unit_code)
    )
    yield (
        select(
            on,
            gap.c.unit_code,
            literal(0).label("begun"),
            literal(0).label("judged"),
            func.count().label("overdue"),
        )
        .where(holds(gap, day), gap.c.due_on < day)
        .group_by(gap.c.unit_code)
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
    leading = _leading(last)
    return (
        select(*_turn(Turn.ENTERED, leading.c.unit_code))
        .join(leading, leading.c.draft_id == DRAFT.c.draft_id)
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
