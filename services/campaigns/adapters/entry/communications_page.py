"""The communications of one's unit, the newest first; one is taken back with a reason."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.campaigns.adapters.communications.bodies import Retraction
from services.campaigns.adapters.entry.communication_words import consequences, sentence
from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.application.queries import CommunicationFilter
from services.campaigns.domain.communication import Communication
from services.campaigns.domain.communication_commands import Confirm
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Channel, CommunicationRole, Precision
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import (
    FORM_ID,
    VERSION,
    Step,
    body_of,
    form_id_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.words.wording import CHANNELS, ROLES, dated

LISTED = Text("Hoạt động truyền thông của đơn vị", "Communications of the unit")
RETRACTING = Text("Rút hoạt động truyền thông", "Take a communication back")
LABELS = {"reason": Text("Lý do rút", "Reason")}
RETRACTION_HELP = Help(
    "retraction",
    RETRACTING,
    Text(
        "Rút một hoạt động không diễn ra hoặc đã ghi trùng, kèm lý do. Nếu chỉ ghi nhầm ngày hoặc nội dung, dùng “Đính chính”.",
        "Takes back what did not take place, or was recorded twice, with the reason. To change a day or a text, correct it.",
    ),
    LABELS,
    Text(
        "Hoạt động không còn được tính; nếu vì vậy dự thảo thiếu truyền thông, hệ thống nhắc lại.",
        "It counts no more; if the draft lacks communication because of that, reminders follow.",
    ),
)
MOST, MOST_WORDS = 50, 2000
NOTHING_COUNTS = Text(
    "Hoạt động này không còn được tính; nếu dự thảo vì vậy thiếu truyền thông, hệ thống nhắc lại theo thời hạn.",
    "It counts no more; if the draft lacks communication because of that, reminders follow.",
)


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("communications")
    _listing(routes, entry)
    _confirming(routes, entry)
    _retracting(routes, entry)
    return routes


def _listing(routes: APIRouter, entry: Entry) -> None:
    @routes.get(
        "/entry/communications",
        response_class=HTMLResponse,
        summary="The communications of one's unit (a page for people)",
        dependencies=[AtPosition],
    )
    async def listed(
        request: Request,
        principal: Annotated[Principal, may(Action.RECORD_COMMUNICATION)],
        draft: str | None = None,
        after: str | None = None,
    ) -> HTMLResponse:
        dataset = await entry.read_model.dataset()
        wanted = CommunicationFilter(
            draft_code=draft or None, unit_code=principal.unit, newest_first=True, dataset=dataset
        )
        rows = await entry.read_model.communications(wanted, MOST + 1, after or None)
        asking = CommunicationFilter(confirmed_by=principal.unit, dataset=dataset)
        waiting = asking if principal.unit else None
        asked = await entry.read_model.communications(waiting, MOST, None) if waiting else []
        return entry.pages.page(
            request,
            "communications.html",
            heading=LISTED,
            unit=await entry.unit(principal.unit) if principal.unit else None,
            rows=[_row(row) for row in rows[:MOST]],
            asked=[_row(row) | {"unit": await entry.unit(row["unit_code"])} for row in asked],
            draft=draft or "",
            more=rows[MOST - 1]["cursor"] if len(rows) > MOST else None,
        )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    role = ROLES[CommunicationRole(row["role"])] if row["role"] else None
    when = dated(row["held_on"], Precision(row["precision"]))
    return {**row, "channel": CHANNELS[Channel(row["channel"])], "role": role, "when": when}


def _confirming(routes: APIRouter, entry: Entry) -> None:
    @routes.post(
        "/entry/communications/{communication_id}/confirm",
        response_class=HTMLResponse,
        summary="Confirm that another unit did it with or for the drafting body (from the list)",
    )
    async def confirm(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.CONFIRM_COMMUNICATION)],
    ) -> Response:
        if step_of(await sent(request)) is not Step.RECORD:
            return RedirectResponse("../../communications", HTTPStatus.SEE_OTHER)
        context = context_of(request, principal, None, None)
        handled = await entry.commands.on_communication(
            communication_id, lambda given: Confirm(**given), context.by, context.metadata
        )
        state = handled.state
        assert isinstance(state, Communication)  # noqa: S101  narrowing: it is recorded
        what, position, code = sentence(state.activity), handled.version.position, state.recorded.draft_code
        card, _ = await entry.draft(request, code)
        text = Text(f"Đã xác nhận phối hợp: {what.vi}.", f"Confirmed: {what.en}.")
        following = list(consequences(state.activity, card, entry.rulebook))
        return entry.done(request, text, following, entry.links(request, code, position), position)


def _retracting(routes: APIRouter, entry: Entry) -> None:
    path = "/entry/communications/{communication_id}/retract"

    async def shown(
        request: Request, principal: Principal, number: UUID, form: Fields, status: int = 200
    ) -> HTMLResponse:
        state, history = await entry.commands.communication(number)
        await _check(entry, request, principal, state)
        hidden = {FORM_ID: form_id_of(form, entry.commands.new_id), VERSION: history.version.count}
        return entry.pages.page(
            request,
            "retraction_form.html",
            status,
            heading=RETRACTING,
            help=RETRACTION_HELP,
            form=with_values(form, **hidden),
            labels=LABELS,
            what=sentence(state.activity),
            draft_code=state.recorded.draft_code,
        )

    @routes.get(path, response_class=HTMLResponse, summary="Take a communication back (a form for people)")
    async def opened(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.RETRACT_COMMUNICATION)],
    ) -> HTMLResponse:
        return await shown(request, principal, communication_id, Fields())

    @routes.post(path, response_class=HTMLResponse, summary="Take a communication back (from the form)")
    async def retract(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.RETRACT_COMMUNICATION)],
    ) -> HTMLResponse:
        form = await sent(request)
        if step_of(form) is not Step.RECORD:
            return await shown(request, principal, communication_id, form)
        body = body_of(form, Retraction, {"reason": form.words("reason", MOST_WORDS)})
        if body is None:
            return await shown(request, principal, communication_id, form, 422)
        key = str(form_id_of(form, entry.commands.new_id))
        context = context_of(request, principal, key, version_of(form))
        try:
            handled = await entry.commands.on_communication(
                communication_id, body.command, context.by, context.metadata, context.if_match
            )
        except Refusal as refusal:
            return await shown(request, principal, communication_id, form, refused(form, refusal))
        state = handled.state
        assert isinstance(state, Communication)  # noqa: S101  narrowing: it is recorded
        what, position = sentence(state.activity), handled.version.position
        text = Text(f"Đã rút: {what.vi}.", f"Taken back: {what.en}.")
        links = entry.links(request, state.recorded.draft_code, position)
        return entry.done(request, text, [NOTHING_COUNTS], links, position)


async def _check(entry: Entry, request: Request, principal: Principal, state: Communication) -> None:
    """Refuse now, by the command's own rules, whoever could not send the form."""
    context = context_of(request, principal, None, None)
    rehearsed = entry.commands.rehearsed(entry.store)
    number = state.recorded.communication_id
    await rehearsed.on_communication(number, Retraction().command, context.by, context.metadata)
