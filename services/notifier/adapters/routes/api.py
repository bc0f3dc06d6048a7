"""Routes of alerts, recipients, plans and ticks, and how plans and ticks are shown."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from services.notifier.adapters.alerts.read_model import AlertState, SqlReadModel
from services.notifier.adapters.recipients.bodies import RecipientBody, SnoozeBody, TickBody
from services.notifier.adapters.recipients.store import SqlRecipients
from services.notifier.adapters.routes.views import (
    AlertView,
    RecipientPlace,
    RecipientsView,
    UnmailedGapView,
    UnreachedUnitsView,
    alert_view,
    recipients_view,
)
from services.notifier.application.alert_publisher import AlertPublisher
from services.notifier.application.commands import Commands
from services.notifier.application.pipeline import Brief, Plan, Skipped, Written, moment
from services.notifier.application.ticks import Sent, Ticked, Ticks, announcement
from services.notifier.domain.gaps.alert import Snooze
from services.notifier.domain.notification.reasons import Reason, Standing
from services.notifier.domain.recipients.naming import Namer
from shared.auth.admission import may
from shared.auth.sessions import require_recent
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.documents.openapi import Messages
from shared.http.requests import request_context
from shared.http.requests.audit import audited
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import (
    Accepted,
    AtPosition,
    IdempotencyKey,
    IfMatch,
    OfDataset,
    accepted,
)
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import NewId
from shared.observability import signals
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require
from shared.signed_links.links import masked

logger = signals.get_logger(__name__)


class LineView(BaseModel):
    gap_id: UUID
    draft_code: str
    standing: Standing
    reason: Reason


class MailView(BaseModel):
    digest_key: str
    kind: str
    recipient_id: UUID
    unit_code: str
    subject: str
    lines: list[LineView]
    attachments: list[str]


class SentView(MailView):
    """`file` is where the mail lies, if it is kept on this machine."""

    file: str | None = None


class PreviewedView(MailView):
    text: str
    html: str


class SkippedView(BaseModel):
    """Nobody was written to, or not yet, and this is why; no unit means all of them."""

    unit_code: str | None
    recipient_id: UUID | None = None
    reason: Reason
    detail: str | None = None


class _Moment(BaseModel):
    day: date
    at: datetime
    skipped: list[SkippedView]
    message: Messages


class TickView(_Moment):
    sent: list[SentView]
    simulated: bool


class PreviewView(_Moment):
    """`held`: nothing goes out until an operator releases it, whatever stands here."""

    mails: list[PreviewedView]
    unsaid: list[UnmailedGapView]
    held: bool


def tick_view(ticked: Ticked) -> TickView:
    shown = {
        "day": ticked.plan.day,
        "at": ticked.plan.at,
        "sent": [_sent(sent) for sent in ticked.sent],
        "skipped": [_skipped(skipped) for skipped in ticked.skipped],
        "simulated": ticked.simulated,
        "message": asdict(ticked.message),
    }
    return TickView.model_validate(shown)


def preview_view(plan: Plan, mails: Iterable[Written], message: Text, *, held: bool) -> PreviewView:
    shown = {
        "day": plan.day,
        "at": plan.at,
        "mails": [_previewed(mail) for mail in mails],
        "unsaid": [asdict(gap) for gap in plan.unmailed],
        "held": held,
        "skipped": [_skipped(skipped) for skipped in plan.skipped],
        "message": asdict(message),
    }
    return PreviewView.model_validate(shown)


def limited(plan: Plan, units: frozenset[str] | None) -> Plan:
    """Leave out what other units are written; why nothing at all goes out concerns everybody."""
    if units is None:
        return plan
    return replace(
        plan,
        notices=[notice for notice in plan.notices if notice.recipient.unit_code in units],
        skipped=[
            skipped for skipped in plan.skipped if skipped.unit_code is None or skipped.unit_code in units
        ],
        unmailed=[gap for gap in plan.unmailed if gap.unit_code in units],
    )


def _of(mail: Brief) -> dict[str, Any]:
    return {
        "digest_key": mail.notice.key,
        "kind": mail.notice.kind,
        "attachments": mail.files,
        "recipient_id": mail.notice.recipient.recipient_id,
        "unit_code": mail.notice.recipient.unit_code,
        "subject": mail.subject,
        "lines": [
            {
                "gap_id": line.gap.gap_id,
                "draft_code": line.gap.draft_code,
                "standing": line.standing,
                "reason": line.reason,
            }
            for line in mail.notice.lines
        ],
    }


def _sent(sent: Sent) -> dict[str, Any]:
    return _of(sent.mail) | ({"file": sent.file} if sent.file else {})


def _previewed(written: Written) -> dict[str, Any]:
    return _of(written.brief) | {"text": masked(written.mail.text), "html": masked(written.mail.html)}


def _skipped(skipped: Skipped) -> dict[str, Any]:
    shown = {
        "unit_code": skipped.unit_code,
        "recipient_id": skipped.recipient.recipient_id if skipped.recipient else None,
        "reason": skipped.reason,
        "detail": skipped.detail,
    }
    return {key: value for key, value in shown.items() if value is not None or key == "unit_code"}


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
    async def put(
        response: Response,
        principal: Annotated[Principal, may(Action.REPLACE_RECIPIENTS)],
        unit_code: Code,
        body: Mailboxes,
        if_match: IfMatch,
    ) -> RecipientsView:
        require(principal.acting, unit_code)
        await commands.require_unit(unit_code)
        wanted = {entry.email: entry.recipient(unit_code, new_id()) for entry in body}
        require_recent(principal, ticks.now())
        namer = Namer.of(principal.actor, principal.subject, principal.role)
        await recipients.replace(unit_code, list(wanted.values()), ticks.now(), namer, if_match)
        logger.info("recipients_replaced", unit_code=unit_code, count=len(wanted), by=principal.actor)
        return await listed(unit_code, response)

    @router.get(
        "/units/{unit_code}/recipients",
        summary="A unit's mailboxes (personal data), and what their readers chose",
        dependencies=[AtPosition],
    )
    async def of_unit(
        response: Response, principal: Annotated[Principal, may(Action.READ_RECIPIENTS)], unit_code: Code
    ) -> RecipientsView:
        require(principal.acting, unit_code)
        audited("recipients", principal, unit_code=unit_code)
        return await listed(unit_code, response)

    @router.get(
        "/recipients",
        summary="The mailboxes of all units (personal data), by pages",
        dependencies=[AtPosition],
    )
    async def every(
        principal: Annotated[Principal, may(Action.READ_RECIPIENTS)], page: Paged
    ) -> Listing[RecipientPlace]:
        audited("recipients", principal)
        today, units = day_in_vietnam(ticks.now()), principal.acting.limit
        mailboxes = await recipients.page(today, page.limit, page.after, units)
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
        dependencies=[AtPosition, OfDataset],
    )
    async def alerts(
        _: Annotated[Principal, may(Action.READ_ALERTS)],
        page: Paged,
        state: AlertState | None = None,
        unit: Code | None = None,
    ) -> Listing[AlertView]:
        today = day_in_vietnam(ticks.now())
        dataset = await read_model.dataset_asked()
        rows = await read_model.alerts(state, unit, today, page.limit, page.after, dataset)
        shown = [alert_view(row, today, ticks.pipeline.calendar) for row in rows]
        return page.listing(AlertView, shown, "alert_id")

    @router.get("/recipients/missing", summary="Units with open gaps and no recipient")
    async def missing(principal: Annotated[Principal, may(Action.READ_RECIPIENTS)]) -> UnreachedUnitsView:
        unreached, units = await ticks.pipeline.unreached(ticks.now()), principal.acting.limit
        shown = [unit for unit in unreached if units is None or unit.unit_code in units]
        return UnreachedUnitsView.model_validate(
            {"units": [{"unit_code": unit.unit_code, "read_by": unit.detail} for unit in shown]}
        )

    @router.post("/alerts/{alert_id}/snooze", summary="Pause the reminders of one alert for some days")
    async def snooze(
        request: Request,
        response: Response,
        principal: Annotated[Principal, may(Action.SNOOZE_ALERT)],
        alert_id: UUID,
        body: SnoozeBody,
        if_match: IfMatch,
        key: IdempotencyKey = None,
    ) -> Accepted:
        today = day_in_vietnam(ticks.now())
        snoozing = Snooze(
            alert_id=alert_id, on=today, until=body.until, reason=body.reason, by=principal.acting
        )
        metadata = replace(request_context.metadata(request, principal, key), time=ticks.now())
        handled = await publisher.carry_out(snoozing, metadata, if_match)
        return accepted(response, alert_id, handled.version, handled.event_names)

    @router.get("/digests/counts", summary="How many mails stand in which state")
    async def counts(principal: Annotated[Principal, may(Action.READ_MAIL)]) -> dict[str, int]:
        return await read_model.counts(principal.acting.limit)

    return router


def _mail(ticks: Ticks) -> APIRouter:
    router = APIRouter(tags=["mail"])

    @router.get(
        "/preview",
        summary="Which mails would go out; sends nothing",
        dependencies=[AtPosition],
        response_model_exclude_unset=True,
    )
    async def preview(
        principal: Annotated[Principal, may(Action.PREVIEW_MAIL)], at: At = None
    ) -> PreviewView:
        audited("preview", principal)
        whole = await ticks.pipeline.plan(moment(at, ticks.now()), ticks.now())
        plan = limited(whole, principal.acting.limit)
        held = (await ticks.sender.sending.state()).held
        mails = [mail async for mail in ticks.pipeline.mails(plan)]
        return preview_view(plan, mails, announcement(plan, ticks.pipeline.calendar), held=held)

    @router.post(
        "/tick",
        summary="Send what is due; a past day is only simulated",
        dependencies=[AtPosition],
        response_model_exclude_unset=True,
    )
    async def tick(
        request: Request, principal: Annotated[Principal, may(Action.TICK)], body: TickBody | None = None
    ) -> TickView:
        at = moment(body.at if body else None, ticks.now())
        ticked = await ticks.tick(at, request.state.correlation_id)
        logger.info("tick", at=at.isoformat(), sent=len(ticked.sent), by=principal.actor)
        return tick_view(ticked)

    return router
