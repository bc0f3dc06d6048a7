"""Campaigns' read model in SQL."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from services.campaigns.adapters.tables import COMMUNICATION, DRAFT, LEAD, POLICY
from services.campaigns.application.queries import CommunicationFilter, KnownDraft
from shared.paging import BadCursor


@dataclass(frozen=True, slots=True)
class SqlReadModel:
    engine: AsyncEngine

    async def draft(self, draft_code: str) -> KnownDraft | None:
        async with self.engine.connect() as connection:
            # Every row of an import asks this: one statement, built once, without a transaction around it.
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            row = (await connection.execute(_DRAFT, {"draft_code": draft_code})).one_or_none()
        return KnownDraft(row.draft_code, row.lead, frozenset(row.policies or ())) if row else None

    async def communications(
        self, wanted: CommunicationFilter, limit: int, after: str | None
    ) -> list[dict[str, Any]]:
        query = _communications(wanted, limit, after)
        async with self.engine.connect() as connection:
            found = (await connection.execute(query)).mappings().all()
        return [_placed(dict(row)) for row in found]


def _draft() -> Select[Any]:
    lead = select(LEAD.c.unit_code).where(LEAD.c.draft_id == DRAFT.c.draft_id)
    policies = select(func.array_agg(POLICY.c.policy_no)).where(POLICY.c.draft_id == DRAFT.c.draft_id)
    return select(
        DRAFT.c.draft_code,
        lead.order_by(LEAD.c.on.desc()).limit(1).scalar_subquery().label("lead"),
        policies.scalar_subquery().label("policies"),
    ).where(DRAFT.c.draft_code == bindparam("draft_code"))


_DRAFT = _draft()


def _communications(wanted: CommunicationFilter, limit: int, after: str | None) -> Select[Any]:
    table = COMMUNICATION.c
    query = (
        select(COMMUNICATION)
        .where(table.draft_code == wanted.draft_code)
        .order_by(table.held_on, table.communication_id)
        .limit(limit)
    )
    if not wanted.include_retracted:
        query = query.where(table.retracted.is_(False))
    if after:
        query = query.where(tuple_(table.held_on, table.communication_id) > _place(after))
    return query


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"cursor": f"{row['held_on'].isoformat()} {row['communication_id']}"}


def _place(after: str) -> tuple[date, UUID]:
    day, _, communication_id = after.partition(" ")
    try:
        return date.fromisoformat(day), UUID(communication_id)
    except ValueError as error:
        raise BadCursor(
            "Con trỏ trang không hợp lệ; đề nghị dùng giá trị `next` của trang trước.",
            "The cursor is not valid; use `next` of the page before.",
        ) from error
