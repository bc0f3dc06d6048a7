"""What the report asks of the read model besides figures: each policy with its draft, of the same snapshot."""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from services.metrics.adapters.read_model import SqlSnapshot, _belongs, holds
from services.metrics.adapters.tables import DRAFT, POLICY_INTERVAL
from services.metrics.application.page_ports import PolicyRow
from shared.contracts.vocabulary import Answer, Dataset, Instrument
from shared.rules.figures import Period, effective_day
from shared.rules.verdicts import PolicyVerdict


class SqlReport(SqlSnapshot):
    """A snapshot with the rows of the report."""

    __slots__ = ()

    async def policies(self, as_of: date, period: Period | None) -> list[PolicyRow]:
        if period and period.from_day > effective_day(period, as_of):
            return []
        rows = await self.connection.execute(_policies(as_of, period))
        return [_policy(row) for row in rows]


def _policies(as_of: date, period: Period | None) -> Select[Any]:
    policy = POLICY_INTERVAL
    return (
        select(
            DRAFT.c.draft_code,
            DRAFT.c.title,
            func.coalesce(DRAFT.c.facts, DRAFT.c.record)["policies"].label("titles"),
            policy.c.unit_code,
            policy.c.instrument,
            policy.c.scope,
            policy.c.dataset,
            policy.c.policy_no,
            policy.c.verdict,
            policy.c.begun,
            policy.c.window_opened,
            policy.c.window_closed,
            policy.c.unopened_closed_on,
        )
        .join(DRAFT, DRAFT.c.draft_id == policy.c.draft_id)
        .where(
            policy.c.scope != Answer.NO,
            holds(policy, effective_day(period, as_of)),
            _belongs(policy, period, as_of),
        )
        .order_by(DRAFT.c.draft_code, policy.c.policy_no)
    )


def _policy(row: Any) -> PolicyRow:
    titles = dict(row.titles or ())
    return PolicyRow(
        draft_code=row.draft_code,
        draft_title=row.title,
        unit_code=row.unit_code,
        instrument=Instrument(row.instrument),
        scope=Answer(row.scope),
        dataset=Dataset(row.dataset),
        policy_no=row.policy_no,
        policy_title=titles.get(row.policy_no),
        verdict=PolicyVerdict(row.verdict),
        begun=row.begun,
        consultation_started_on=row.window_opened,
        adopted_on=row.window_closed or row.unopened_closed_on,
    )
