"""What the report asks of the read model besides figures: each policy with its draft, of the same snapshot."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from services.metrics.adapters.history import standing
from services.metrics.adapters.read_model import Drafts, SqlSnapshot, _belongs, holds, is_of
from services.metrics.adapters.snapshots.activities import of_parts, parts_about
from services.metrics.adapters.tables import DRAFT, POLICY_INTERVAL
from services.metrics.application.page_ports import PolicyRow
from shared.contracts.vocabulary import Answer, Dataset, Instrument
from shared.rules.counts import Member
from shared.rules.figures import Period, effective_day
from shared.rules.verdicts import PolicyVerdict


class SqlReport(SqlSnapshot):
    """A snapshot with the rows of the report."""

    __slots__ = ()

    async def policies(self, as_of: date, period: Period | None) -> list[PolicyRow]:
        if period and period.from_day > effective_day(period, as_of):
            return []

        async def read(drafts: Drafts) -> list[tuple[Any, PolicyRow]]:
            query = _policies(as_of, period).where(is_of(drafts, POLICY_INTERVAL, DRAFT))
            policies = [_policy(row) for row in await self.connection.execute(query)]
            return [((row.draft_code, row.policy_no), row) for row in policies]

        question = "policies", effective_day(period, as_of), period
        return list((await self.kept.of(question, read, standing.rows)).values())

    async def members_about(self, drafts: Collection[str], first: date | None, last: date) -> list[Member]:
        query = select(DRAFT.c.draft_id).where(DRAFT.c.draft_code.in_(drafts))
        parts = await parts_about(self.connection, (await self.connection.execute(query)).scalars().all())
        return [member for where in of_parts(parts) for member in await self._members(first, last, *where)]


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
