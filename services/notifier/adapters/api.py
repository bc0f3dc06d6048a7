"""The notifier's routes: recipients, alerts, previews and the tick."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.notifier.adapters.alerts.read_model import AlertState, SqlReadModel
from services.notifier.adapters.recipients.bodies import RecipientBody, SnoozeBody, TickBody
from services.notifier.adapters.recipients.store import SqlRecipients
from services.notifier.adapters.views import (
    AlertView,
    PreviewView,
    RecipientPlace,
    RecipientsView,
    TickView,
    UnreachedUnitsView,
    alert_view,
    preview_view,
    recipients_view,
    tick_view,
)
from services.notifier.application.alert_publisher import AlertPublisher
from services.notifier.application.commands import Commands
from services.notifier.application.pipeline import moment
from services.notifier.application.ticks import Ticks, announcement
from services.notifier.domain.gaps.alert import Snooze
from shared.contracts.event import Code
from shared.http import request_context
from shared.http.auth import Operator, Reader, Supervisor, Writer
from shared.http.paging import Listing, Paged
from shared.http.request_context import Accepted, AtPosition, IdempotencyKey, IfMatch, accepted
from shared.kernel import log
from shared.kernel.clock import NewId, day_in_vietnam

logger = log.get(__name__)

Mailboxes = Annotated[list[RecipientBody], Field(max_length=200)]
At = Annotated[
    str | None, Query(max_length=40, description="a moment, or a day (08:00 in Vietnam); none means now")
]


def routers(
    commands: Commands, recipients: SqlRecipients, read_model: SqlReadModel, ticks: Ticks, new_id: NewId
) -> list[APIRouter]:
    return [
        _recipients(commands, recipients, ticks, new_id),
        _alerts(ticks.sender.publisher, read_model, ticks),
        _mail(ticks),
    ]


def _recipients(commands: Commands, recipients: SqlRecipients, ticks: Ticks, new_id: NewId) -> APIRouter:
    router = APIRouter(tags=["recipients"])

    async def listed(unit_code: str, response: Response) -> RecipientsView:
        response.headers["ETag"] = f'"{await recipients.version(unit_code)}"'
        listed_mailboxes = await recipients.of_unit(unit_code, day_in_vietnam(ticks.now()))
        return recipients_view(unit_code, listed_mailboxes, await recipients.preferences(listed_mailboxes))

    @router.put("/units/{unit_code}/recipients", summary="Replace the list of a unit's mailboxes")
    async def replace(
        response: Response, principal: Supervisor, unit_code: Code, body: Mailboxes, if_match: IfMatch
    ) -> RecipientsView:
        await commands.require_unit(unit_code)
        wanted = {entry.email: entry.recipient(unit_code, new_id()) for entry in body}
        await recipients.replace(unit_code, list(wanted.values()), day_in_vietnam(ticks.now()), if_match)
        logger.info("recipients_replaced", unit_code=unit_code, count=len(wanted), by=principal.actor)
        return await listed(unit_code, response)

    @router.get(
        "/units/{unit_code}/recipients",
        summary="A unit's mailboxes (personal data), and what their readers chose",
        dependencies=[AtPosition],
    )
    async def of_unit(response: Response, _: Supervisor, unit_code: Code) -> RecipientsView:
        return await listed(unit_code, response)

    @router.get(
        "/recipients",
        summary="The mailboxes of all units (personal data), by pages",
        dependencies=[AtPosition],
    )
    async def every(_: Supervisor, page: Paged) -> Listing[RecipientPlace]:
        mailboxes = await recipients.page(day_in_vietnam(ticks.now()), page.limit, page.after)
        chosen = await recipients.preferences([recipient for _, recipient in mailboxes])
        views = recipients_view("", [recipient for _, recipient in mailboxes], chosen).recipients
        shown = [
            {**view.model_dump(), "place": place} for (place, _), view in zip(mailboxes, views, strict=True)
        ]
        return page.listing(RecipientPlace, shown, "place")

    return router


def _alerts(publisher: AlertPublisher, read_model: SqlReadModel, ticks: Ticks) -> APIRouter:
    router = APIRouter(tags=["alerts"])

    @router.get(
        "/alerts",
        summary="Alerts: gaps with what was sent to their units and answered",
        dependencies=[AtPosition],
    )
    async def alerts(
        _: Reader,
        page: Paged,
        state: AlertState | None = None,
        unit: Code | None = None,
    ) -> Listing[AlertView]:
        today = day_in_vietnam(ticks.now())
        rows = await read_model.alerts(state, unit, today, page.limit, page.after)
        shown = [alert_view(row, today, ticks.pipeline.calendar) for row in rows]
        return page.listing(AlertView, shown, "alert_id")

    @router.get("/recipients/missing", summary="Units with open gaps and no recipient")
    async def missing(_: Reader) -> UnreachedUnitsView:
        unreached = await ticks.pipeline.unreached(ticks.now())
        return UnreachedUnitsView.model_validate(
            {"units": [{"unit_code": unit.unit_code, "read_by": unit.detail} for unit in unreached]}
        )

    @router.post("/alerts/{alert_id}/snooze", summary="Pause the reminders of one alert for some days")
    async def snooze(
        request: Request,
        response: Response,
        principal: Writer,
        alert_id: UUID,
        body: SnoozeBody,
        if_match: IfMatch,
        key: IdempotencyKey = None,
    ) -> Accepted:
        today = day_in_vietnam(ticks.now())
        snoozing = Snooze(
            alert_id=alert_id, on=today, until=body.until, reason=body.reason, by=principal.unit
        )
        metadata = replace(request_context.metadata(request, principal, key), time=ticks.now())
        handled = await publisher.carry_out(snoozing, metadata, if_match)
        return accepted(response, alert_id, handled.version, handled.event_names)

    @router.get("/digests/counts", summary="How many mails stand in which state")
    async def counts(_: Reader) -> dict[str, int]:
        return await read_model.counts()

    return router


def _mail(ticks: Ticks) -> APIRouter:
    router = APIRouter(tags=["mail"])

    @router.get(
        "/preview",
        summary="Which mails would go out; sends nothing",
        dependencies=[AtPosition],
        response_model_exclude_unset=True,
    )
    async def preview(_: Reader, at: At = None) -> PreviewView:
        plan = await ticks.pipeline.plan(moment(at, ticks.now()), ticks.now())
        held = (await ticks.sender.sending.state()).held
        mails = [mail async for mail in ticks.pipeline.mails(plan)]
        return preview_view(plan, mails, announcement(plan, ticks.pipeline.calendar), held=held)

    @router.post(
        "/tick",
        summary="Send what is due; a past day is only simulated",
        dependencies=[AtPosition],
        response_model_exclude_unset=True,
    )
    async def tick(request: Request, principal: Operator, body: TickBody | None = None) -> TickView:
        at = moment(body.at if body else None, ticks.now())
        ticked = await ticks.tick(at, request.state.correlation_id)
        logger.info("tick", at=at.isoformat(), sent=len(ticked.sent), by=principal.actor)
        return tick_view(ticked)

    return router
