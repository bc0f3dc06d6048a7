"""What units ask of who supervises them: a transfer, an exemption, help with an obstacle; and how it is settled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Select, and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifier.adapters.tables import ALERT, UNIT_REQUEST, directory
from services.notifier.domain.gaps.gap_alert import WAITING, AlertStatus
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts import vocabulary
from shared.contracts.event import Code
from shared.contracts.notifier import (
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
)
from shared.contracts.vocabulary import Stage
from shared.directory.projection import with_unit_names
from shared.http.requests.audit import audited
from shared.http.requests.paging import Listing, Paged, key_of
from shared.http.requests.request_context import AtPosition
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.rules.rights.actions import Action


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
        principal: Annotated[Principal, may(Action.READ_REQUESTS)],
        page: Paged,
        kind: RequestKind | None = None,
        unit: Code | None = None,
    ) -> Listing[RequestView]:
        audited("requests", principal)
        async with engine.connect() as connection:
            rows = await open_requests(
                connection,
                day_in_vietnam(now()),
                kind,
                unit,
                page.limit,
                page.after,
                principal.acting.limit,
            )
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
    units: Collection[str] | None = None,
) -> Sequence[dict[str, Any]]:
    """List the requests of open alerts, of all units or of some, by alert id; units by their names of today.

    What waits at the registry takes the place of what the log of an earlier release says of the same alert.
    """
    place = (kind, unit_code, limit, after, units)
    answered = await _answered(connection, *place)
    waiting = {row["alert_id"]: row for row in await _waiting(connection, *place)}
    merged = {row["alert_id"]: row for row in answered} | waiting
    rows = [merged[alert] for alert in sorted(merged)][:limit]
    return await with_unit_names(connection, directory.units, rows, today)


async def _waiting(
    connection: AsyncConnection,
    kind: RequestKind | None,
    unit_code: str | None,
    limit: int | None,
    after: str | None,
    units: Collection[str] | None,
) -> list[dict[str, Any]]:
    """Read what readers of mails asked for and the registry has not decided."""
    of_alert = and_(ALERT.c.gap_id == UNIT_REQUEST.c.gap_id, ALERT.c.unit_code == UNIT_REQUEST.c.unit_code)
    query = (
        select(*_OF_ALERT, *(UNIT_REQUEST.c[name] for name in _OF_REQUEST), UNIT_REQUEST.c.kind)
        .join(ALERT, of_alert)
        .where(UNIT_REQUEST.c.state == WAITING)
        .where(UNIT_REQUEST.c.kind.in_([_ASKED[kind]] if kind in _ASKED else [] if kind else [*_BY_KIND]))
        .ext(distinct_on(ALERT.c.alert_id))
        .order_by(ALERT.c.alert_id, UNIT_REQUEST.c.position.desc())
        .limit(limit)
    )
    rows = (await connection.execute(_placed(query, unit_code, after, units))).mappings()
    return [_as_answer(dict(row)) for row in rows]


def _as_answer(row: dict[str, Any]) -> dict[str, Any]:
    """Show a request as answers of mails are shown: what was said, and when."""
    kind = _BY_KIND[row["kind"]]
    transfer = {"to_unit": row["to_unit"], "explanation": row["reason"]}
    papers = {name: row["wanted"].get(name) for name in ("document", "authority", "decided_on")}
    answered = transfer if kind is RequestKind.TRANSFER else papers
    return row | {"kind": kind, "said": answered, "asked_on": row["raised_on"]}


def _placed(
    query: Select[Any], unit_code: str | None, after: str | None, units: Collection[str] | None
) -> Select[Any]:
    if units is not None:
        query = query.where(ALERT.c.unit_code.in_(units))
    if unit_code is not None:
        query = query.where(ALERT.c.unit_code == unit_code)
    return query if after is None else query.where(ALERT.c.alert_id > key_of(after, UUID))


async def _answered(
    connection: AsyncConnection,
    kind: RequestKind | None,
    unit_code: str | None,
    limit: int | None,
    after: str | None,
    units: Collection[str] | None,
) -> list[dict[str, Any]]:
    query = (
        select(*_COLUMNS)
        .where(ALERT.c.state == AlertStatus.RAISED)
        .where(ALERT.c.answer.in_([kind] if kind else list(RequestKind)))
        .order_by(ALERT.c.alert_id)
        .limit(limit)
    )
    rows = await connection.execute(_placed(query, unit_code, after, units))
    return [dict(row) for row in rows.mappings()]


_ASKED = {
    RequestKind.TRANSFER: vocabulary.RequestKind.TRANSFER,
    RequestKind.EXEMPTION: vocabulary.RequestKind.EXEMPTION,
}
_BY_KIND = {asked.value: kind for kind, asked in _ASKED.items()}
_OF_ALERT = tuple(
    ALERT.c[name] for name in ("alert_id", "draft_code", "title", "unit_code", "stage", "due_on")
)
_OF_REQUEST = ("request_id", "raised_on", "document", "reason", "to_unit", "wanted")
_COLUMNS = (
    *_OF_ALERT,
    ALERT.c.answer.label("kind"),
    ALERT.c.answer_said.label("said"),
    ALERT.c.answered_on.label("asked_on"),
)


def settlement(request: Mapping[str, Any], registry: str) -> Settlement | None:
    """Say what grants a request; an obstacle is answered by advice, which no command can stand for."""
    answer, path = request["said"], f"{registry}/drafts/{request['draft_code']}"
    if request.get("request_id") is not None:
        return _decision(request, path)
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


def _decision(request: Mapping[str, Any], path: str) -> Settlement:
    """Approve at the registry; a transfer to a unit that was named in words needs its code."""
    names_unit = request["kind"] == RequestKind.TRANSFER
    body = {"decision": "approved", **({"to_unit_code": "MÃ-ĐƠN-VỊ-MỚI"} if names_unit else {})}
    return Settlement(method="POST", url=f"{path}/requests/{request['request_id']}/decision", body=body)
