"""What the report asks of the read model besides figures: each policy with its draft, of the same snapshot."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from services.metrics.adapters.history import standing
from services.metrics.adapters.read_model import DATASETS, Drafts, SqlSnapshot, _belongs, holds, is_of
from services.metrics.adapters.snapshots.activities import of_parts, parts_about
from services.metrics.adapters.tables import DRAFT, POLICY_INTERVAL
from services.metrics.application.page_ports import PolicyRow
from shared.contracts.vocabulary import Answer, Instrument
from shared.rules.counts import Member
from shared.rules.figures import Period, effective_day
from shared.rules.verdicts import PolicyVerdict

_INSTRUMENTS: Mapping[str, Instrument] = {each.value: each for each in Instrument}
_SCOPES: Mapping[str, Answer] = {each.value: each for each in Answer}
_VERDICTS: Mapping[str, PolicyVerdict] = {each.value: each for each in PolicyVerdict}


class SqlReport(SqlSnapshot):
    """A snapshot with the rows of the report."""

    __slots__ = ()

    async def policies(self, as_of: date, period: Period | None) -> list[PolicyRow]:
        if period and period.from_day > effective_day(period, as_of):
            return []

        async def read(drafts: Drafts) -> list[tuple[Any, PolicyRow]]:
            query = _policies(as_of, period).where(is_of(drafts, POLICY_INTERVAL, DRAFT))
            policies = [_policy(*row) for row in (await self.connection.execute(query)).all()]
            return [((row.draft_code, row.policy_no), row) for row in policies]

        question = "policies", effective_day(period, as_of), period
        return list((await self.kept.of(question, read, standing.rows)).values())

    async def members_about(self, drafts: Collection[str], first: date | None, last: date) -> list[Member]:
        query = select(DRAFT.c.draft_id).where(DRAFT.c.draft_code.in_(drafts))
        parts = await parts_about(self.connection, (await self.connection.execute(query)).scalars().all())
        return [member for where in of_parts(parts) for member in await self._members(first, last, *where)]


def _policies(as_of: date, period: Period | None) -> Select[Any]:
    policy = POLICY_INTERVAL
    named = func.jsonb_array_elements(
        func.coalesce(DRAFT.c.facts, DRAFT.c.record)["policies"]
    )  # numbers and titles
    pair = named.column_valued("pair")
    title_of = select(pair.op("->>")(1)).where(pair.op("->")(0) == func.to_jsonb(policy.c.policy_no)).limit(1)
    return (
        select(
            DRAFT.c.draft_code,
            DRAFT.c.title,
            title_of.scalar_subquery(),
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


def _policy(
    draft_code: str,
    title: str,
    policy_title: str | None,
    unit_code: str,
    instrument: str,
    scope: str,
    dataset: str,
    policy_no: int,
    verdict: str,
    begun: bool,
    opened: date | None,
    closed: date | None,
    unopened_closed: date | None,
) -> PolicyRow:
    return PolicyRow(
        draft_code=draft_code,
        draft_title=title,
        unit_code=unit_code,
        instrument=_INSTRUMENTS[instrument],
        scope=_SCOPES[scope],
        dataset=DATASETS[dataset],
        policy_no=policy_no,
        policy_title=policy_title,
        verdict=_VERDICTS[verdict],
        begun=begun,
        consultation_started_on=opened,
        adopted_on=closed or unopened_closed,
    )
