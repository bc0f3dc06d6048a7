"""The registry's read model in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncEngine

from services.registry.adapters.tables import DRAFT, LEAD, STAGE, UNIT
from services.registry.application.queries import DraftFilter
from shared.search import fold


@dataclass(frozen=True, slots=True)
class SqlReadModel:
    engine: AsyncEngine

    async def units(self, text: str | None, limit: int, after: str | None) -> list[dict[str, Any]]:
        columns = [column for column in UNIT.c if column.name != "search"]
        query = select(*columns).order_by(UNIT.c.unit_code).limit(limit)
        if text:
            query = query.where(UNIT.c.search.contains(fold(text), autoescape=True))
        if after:
            query = query.where(UNIT.c.unit_code > after)
        return await self._rows(query)

    async def drafts(self, wanted: DraftFilter, limit: int, after: str | None) -> list[dict[str, Any]]:
        return await self._rows(_drafts(wanted, limit, after))

    async def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            found: Sequence[Any] = (await connection.execute(query)).mappings().all()
        return [dict(row) for row in found]


def _drafts(wanted: DraftFilter, limit: int, after: str | None) -> Select[Any]:
    current, lead = _current_stage(), _current_lead()
    leading = func.coalesce(lead.c.unit_code, DRAFT.c.lead_unit_code)
    query = (
        select(
            *(column for column in DRAFT.c if column.name not in {"search", "lead_unit_code"}),
            leading.label("lead_unit_code"),
            current.c.stage,
            current.c.entered_on,
        )
        .outerjoin(current, current.c.draft_id == DRAFT.c.draft_id)
        .outerjoin(lead, lead.c.draft_id == DRAFT.c.draft_id)
        .order_by(DRAFT.c.draft_code)
        .limit(limit)
    )
    if wanted.text:
        query = query.where(DRAFT.c.search.contains(fold(wanted.text), autoescape=True))
    if wanted.unit_code:
        query = query.where(leading == wanted.unit_code)
    if wanted.stage:
        query = query.where(current.c.stage == wanted.stage)
    if after:
        query = query.where(DRAFT.c.draft_code > after)
    return query


def _current_stage() -> Any:
    place = func.row_number().over(
        partition_by=STAGE.c.draft_id, order_by=(STAGE.c.entered_on.desc(), STAGE.c.stage_order.desc())
    )
    ranked = select(STAGE.c.draft_id, STAGE.c.stage, STAGE.c.entered_on, place.label("place")).subquery()
    return select(ranked).where(ranked.c.place == 1).subquery()


def _current_lead() -> Any:
    newest = select(LEAD).ext(distinct_on(LEAD.c.draft_id)).order_by(LEAD.c.draft_id, LEAD.c.on.desc())
    return newest.subquery()
