"""The form on which a clerk records a communication of the unit, or corrects one with a reason."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.campaigns.adapters.communications import bodies
from services.campaigns.adapters.entry import communication_fields as fields
from services.campaigns.adapters.entry.communication_words import consequences, sentence
from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.application.queries import ActivityFilter
from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import Communication, State
from services.campaigns.domain.draft import Given
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.directory.folds import DraftCard
from shared.eventstore.handle import Handled
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
from shared.rules.rights.actions import Action
from shared.rules.words.decision_407 import CONTENT_ITEMS
from shared.rules.words.wording import CHANNELS

MOST_PLANNED = 100  # activities of one plan to choose from


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("communications")
    form = CommunicationForm(entry)
    _recording(routes, form)
    _correcting(routes, form)
    return routes


def _recording(routes: APIRouter, form: "CommunicationForm") -> None:
    path = "/entry/drafts/{draft_code}/communications"

    @routes.get(
        path,
        response_class=HTMLResponse,
        summary="Record a communication (a form for people)",
        dependencies=[AtPosition],
    )
    async def opened(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.RECORD_COMMUNICATION)]
    ) -> HTMLResponse:
        card, _ = await form.entry.draft(request, draft_code)
        return await form.shown(request, principal, card, Fields())

    @routes.post(
        path,
        response_class=HTMLResponse,
        summary="Record a communication (from the form)",
        dependencies=[AtPosition],
    )
    async def record(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.RECORD_COMMUNICATION)]
    ) -> HTMLResponse:
        card, _ = await form.entry.draft(request, draft_code)
        return await form.recorded(request, principal, card, await sent(request))


def _correcting(routes: APIRouter, form: "CommunicationForm") -> None:
    path = "/entry/communications/{communication_id}/correct"

    @routes.get(path, response_class=HTMLResponse, summary="Correct a communication (a form for people)")
    async def opened(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.CORRECT_COMMUNICATION)],
    ) -> HTMLResponse:
        state, _ = await form.entry.commands.communication(communication_id)
        card, _ = await form.entry.draft(request, state.recorded.draft_code)
        await form.check_correcting(request, principal, state)
        filled = Fields(fields.written(state.activity, card))
        return await form.shown(request, principal, card, filled, correcting=communication_id)

    @routes.post(path, response_class=HTMLResponse, summary="Correct a communication (from the form)")
    async def correct(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.CORRECT_COMMUNICATION)],
    ) -> HTMLResponse:
        state, _ = await form.entry.commands.communication(communication_id)
        card, _ = await form.entry.draft(request, state.recorded.draft_code)
        return await form.corrected(request, principal, card, state, await sent(request))


class CommunicationForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(
        self,
        request: Request,
        principal: Principal,
        card: DraftCard,
        form: Fields,
        status: int = 200,
        *,
        correcting: UUID | None = None,
    ) -> HTMLResponse:
        """Show the form; one that corrects takes the version along that the communication has now."""
        hidden: dict[str, object] = {FORM_ID: form_id_of(form, self.entry.commands.new_id)}
        present = None
        if correcting:
            state, history = await self.entry.commands.communication(correcting)
            hidden[VERSION], present = history.version.count, sentence(state.activity)
        leads = principal.acting.may_act_for(card.lead_on(self.entry.today))
        return self.entry.pages.page(
            request,
            "communication_form.html",
            status,
            heading=fields.CORRECTING if correcting else fields.RECORDING,
            help=fields.CORRECTION_HELP if correcting else fields.HELP,
            form=with_values(form, **hidden),
            labels=fields.LABELS,
            card=card,
            lead=await self.entry.unit(card.lead_on(self.entry.today)),
            leads=leads,
            present=present,
            channels=CHANNELS,
            policies=fields.policy_options(card),
            roles={} if leads or correcting else fields.SUPPORTING,
            items=CONTENT_ITEMS,
            planned=await self._planned(card.draft_code),
            is_open=bool(form.errors) or any(form.text(name) for name in fields.MORE),
        )

    async def recorded(
        self, request: Request, principal: Principal, card: DraftCard, form: Fields
    ) -> HTMLResponse:
        if step_of(form) is not Step.RECORD:
            return await self.shown(request, principal, card, form)
        body = body_of(form, bodies.NewCommunication, fields.read(form, card))
        if body is None:
            return await self.shown(request, principal, card, form, 422)
        commands, code = self.entry.commands, card.draft_code
        context = context_of(request, principal, str(form_id_of(form, commands.new_id)), None)
        number = context.id_of("communication", code, commands.new_id)

        def command(given: Given) -> asked.Record:
            return body.command(number, given)

        try:
            handled = await commands.record(code, command, context.by, context.metadata)
        except Refusal as refusal:
            return await self.shown(request, principal, card, form, refused(form, refusal, fields.FIELDS))
        return self._done(request, card, handled, Text("Đã ghi nhận", "Recorded"))

    async def corrected(
        self, request: Request, principal: Principal, card: DraftCard, state: Communication, form: Fields
    ) -> HTMLResponse:
        number = state.recorded.communication_id
        if step_of(form) is not Step.RECORD:
            return await self.shown(request, principal, card, form, correcting=number)
        kept = {name: getattr(state.activity, name) for name in bodies.Activity.model_fields}
        values = {
            **kept,
            **fields.read(form, card),
            "reason": form.words("reason", fields.MOST_WORDS),
        }
        body = body_of(form, bodies.Correction, values)
        if body is None:
            return await self.shown(request, principal, card, form, 422, correcting=number)
        commands = self.entry.commands
        key = str(form_id_of(form, commands.new_id))
        context = context_of(request, principal, key, version_of(form))
        try:
            handled = await commands.on_communication(
                number, body.command, context.by, context.metadata, context.if_match
            )
        except Refusal as refusal:
            status = refused(form, refusal, fields.FIELDS)
            return await self.shown(request, principal, card, form, status, correcting=number)
        return self._done(request, card, handled, Text("Đã đính chính", "Corrected"))

    async def check_correcting(self, request: Request, principal: Principal, state: Communication) -> None:
        """Refuse now, by the command's own rules, whoever could not send the form."""
        same = {name: getattr(state.activity, name) for name in bodies.Activity.model_fields}
        body = bodies.Correction.model_validate({k: v for k, v in same.items() if v is not None})
        context = context_of(request, principal, None, None)
        number = state.recorded.communication_id
        rehearsed = self.entry.commands.rehearsed(self.entry.store)
        await rehearsed.on_communication(number, body.command, context.by, context.metadata)

    def _done(self, request: Request, card: DraftCard, handled: Handled[State], verb: Text) -> HTMLResponse:
        state = handled.state
        assert isinstance(state, Communication)  # noqa: S101  narrowing: it is recorded
        what, position = sentence(state.activity), handled.version.position
        text = Text(f"{verb.vi}: {what.vi}.", f"{verb.en}: {what.en}.")
        following = list(consequences(state.activity, card, self.entry.rulebook))
        return self.entry.done(
            request, text, following, self.entry.links(request, card.draft_code, position), position
        )

    async def _planned(self, draft_code: str) -> dict[str, Text]:
        wanted = ActivityFilter(draft_code=draft_code, pending=True)
        rows: list[dict[str, Any]] = await self.entry.read_model.activities(wanted, MOST_PLANNED, None)
        return {str(row["activity_id"]): _planned_words(row) for row in rows}


def _planned_words(row: dict[str, Any]) -> Text:
    name = row["title"] or (CHANNELS[row["channel"]].vi if row["channel"] else "Hoạt động")
    words = f"{row['planned_on']:%d/%m/%Y}: {name}"
    return Text(words, words)
