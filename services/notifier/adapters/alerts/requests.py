"""What units ask of who supervises them: a transfer, an exemption, help with an obstacle; and how it is settled."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import ALERT, directory
from services.notifier.domain.gaps.gap_alert import AlertStatus
from shared.auth.admission import Supervisor
from shared.contracts.event import Code
from shared.contracts.notifier import (
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
)
from shared.contracts.vocabulary import Stage
from shared.directory.projection import with_unit_names
from shared.http.audit import audited
from shared.http.paging import Listing, Paged, key_of
from shared.http.request_context import AtPosition
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock


class RequestKind(StrEnum):
    """The answers that a supervisor must act on, by the names of their events."""

    TRANSFER = AlertTransferRequested.name
    EXEMPTION = AlertExemptionRequested.name
    OBSTACLE = AlertObstacleReported.name


class Settlement(BaseModel):
    """The request to the registry that grants it, as far as it is determined; it needs a supervisor's token."""

    method: str
    url: str
    body: dict[str, Any]


class RequestView(BaseModel):
    """A unit's last answer to an open alert; `said` holds its text."""

    alert_id: UUID
    draft_code: str
    title: str
    unit_code: str
    unit_name: str
    stage: Stage
    due_on: date
    kind: RequestKind
    said: dict[str, str | None]
    asked_on: date
    settlement: Settlement | None


def router(engine: AsyncEngine, registry: str, now: Clock) -> APIRouter:
    routes = APIRouter(tags=["alerts"])

    @routes.get(
        "/requests", summary="What units ask of their supervisors, still open", dependencies=[AtPosition]
    )
    async def requests(
        principal: Supervisor, page: Paged, kind: RequestKind | None = None, unit: Code | None = None
    ) -> Listing[RequestView]:
        audited("requests", principal)
        async with engine.connect() as connection:
            rows = await open_requests(connection, day_in_vietnam(now()), kind, unit, page.limit, page.after)
        return page.listing(
            RequestView, [row | {"settlement": settlement(row, registry)} for row in rows], "alert_id"
        )

    return routes


async def open_requests(
    connection: AsyncConnection,
    today: date,
    kind: RequestKind | None = None,
    unit_code: str | None = None,
    limit: int | None = None,
    after: str | None = None,
) -> Sequence[dict[str, Any]]:
    """List the requests of open alerts, by alert id; units by their names of today."""
    query = (
        select(*_COLUMNS)
        .where(ALERT.c.state == AlertStatus.RAISED)
        .where(ALERT.c.answer.in_([kind] if kind else list(RequestKind)))
        .order_by(ALERT.c.alert_id)
        .limit(limit)
    )
    if unit_code is not None:
        query = query.where(ALERT.c.unit_code == unit_code)
    if after is not None:
        query = query.where(ALERT.c.alert_id > key_of(after, UUID))
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    return await with_unit_names(connection, directory.units, rows, today)


_COLUMNS = (
    ALERT.c.alert_id,
    ALERT.c.draft_code,
    ALERT.c.title,
    ALERT.c.unit_code,
    ALERT.c.stage,
    ALERT.c.due_on,
    ALERT.c.answer.label("kind"),
    ALERT.c.answer_said.label("said"),
    ALERT.c.answered_on.label("asked_on"),
)


def settlement(request: Mapping[str, Any], registry: str) -> Settlement | None:
    """Say what grants a request; an obstacle is answered by advice, which no command can stand for."""
    answer, path = request["said"], f"{registry}/drafts/{request['draft_code']}"
    match RequestKind(request["kind"]):
        case RequestKind.TRANSFER:
            body = {"to_unit_code": "MÃ-ĐƠN-VỊ-MỚI", "on": request["asked_on"].isoformat()}
            return Settlement(method="POST", url=f"{path}/transfer", body=body)
        case RequestKind.EXEMPTION:
            papers = {name: answer[name] for name in ("document", "authority", "decided_on")}
            body = {"stages": [request["stage"]], **papers}
            return Settlement(method="POST", url=f"{path}/exemptions", body=body)
        case _:
            return None
