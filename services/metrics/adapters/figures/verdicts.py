"""The route for other systems that follow verdicts: drafts of which something was recorded after a position."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import date
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.metrics.adapters.figures.api import AsOf
from services.metrics.adapters.read_model import SqlSnapshot, holds
from services.metrics.adapters.tables import DRAFT, POLICY_INTERVAL
from services.metrics.application.queries import Queries
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Answer, Dataset
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.paging import Paged, position_of
from shared.http.requests.request_context import MOST_POSITION, AtPosition, Today
from shared.rules.rights.actions import Action
from shared.rules.verdicts import PolicyVerdict


class PolicyVerdictView(BaseModel):
    """A policy's verdict on the day; the flags are those of `GET /drafts/{draft_code}/coverage`."""

    policy_no: int
    verdict: PolicyVerdict
    begun: bool
    on_time: bool
    any_communication: bool
    provisional: bool


class DraftVerdictsView(BaseModel):
    """`changed_at` is the position of the last event about the draft; `unit_code` leads it on the day."""

    draft_id: UUID
    draft_code: str
    unit_code: str
    in_scope: Answer
    dataset: Dataset
    changed_at: int
    policies: list[PolicyVerdictView]


class VerdictsPage(Dated):
    """Drafts in the order of their last events; `next` is the cursor of the following page, null on the last one."""

    position: int
    rules_version: str
    drafts: list[DraftVerdictsView]
    next: str | None


def router(snapshots: Callable[[], AbstractAsyncContextManager[SqlSnapshot]], queries: Queries) -> APIRouter:
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition])

    @routes.get("/verdicts", summary="Verdicts of the drafts that changed after a position")
    async def verdicts(
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        paged: Paged,
        as_of: AsOf,
        today: Today,
        changed_after: Annotated[
            int, Query(ge=0, le=MOST_POSITION, description="`position` of an earlier answer; 0: all drafts")
        ] = 0,
    ) -> VerdictsPage:
        """What the day alone changes (a due day that passes) moves no position: ask for all drafts once a day."""
        after = max(changed_after, position_of(paged.after) if paged.after else 0)
        async with snapshots() as snapshot:
            await snapshot.with_all_data()  # each draft names its own
            drafts = await changed(snapshot.connection, after, as_of, paged.limit)
        following = paged.listing(DraftVerdictsView, drafts, "changed_at").next
        page = {
            "as_of": as_of,
            "position": snapshot.position,
            "rules_version": queries.rulebook.version,
            "drafts": drafts,
            "next": following,
        }
        return marked(VerdictsPage.model_validate(page), today)

    return routes


async def changed(connection: AsyncConnection, after: int, as_of: date, limit: int) -> list[dict[str, Any]]:
    """Read the verdicts on a day of the next drafts whose last event stands after a position."""
    wanted = select(DRAFT).where(DRAFT.c.position > after).order_by(DRAFT.c.position).limit(limit).subquery()
    interval = POLICY_INTERVAL.c
    query = (
        select(
            wanted.c.draft_id,
            wanted.c.draft_code,
            wanted.c.dataset,
            wanted.c.scope.label("in_scope"),
            wanted.c.position.label("changed_at"),
            interval.unit_code,
            *(interval[name] for name in PolicyVerdictView.model_fields),
        )
        .join(POLICY_INTERVAL, and_(interval.draft_id == wanted.c.draft_id, holds(POLICY_INTERVAL, as_of)))
        .order_by(wanted.c.position, wanted.c.draft_id, interval.policy_no)
    )
    rows = (await connection.execute(query)).mappings().all()
    return list(_by_draft([dict(row) for row in rows]))


def _by_draft(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for _, group in groupby(rows, lambda row: row["draft_id"]):
        policies = list(group)
        yield policies[0] | {"policies": policies}
