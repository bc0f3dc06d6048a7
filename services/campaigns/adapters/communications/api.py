"""Routes of communications and their evidence."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.campaigns.adapters.command_context import CommandContext, on
from services.campaigns.adapters.communications import bodies
from services.campaigns.adapters.communications.views import (
    CommunicationItem,
    CommunicationView,
    communication_view,
)
from services.campaigns.adapters.plans import api
from services.campaigns.adapters.programmes import api as programmes_api
from services.campaigns.adapters.programmes import reports as reports_api
from services.campaigns.application.commands import Commands, OnCommunication
from services.campaigns.application.queries import CommunicationFilter, ReadModel
from services.campaigns.domain import communication_commands as asked
from services.campaigns.domain.communication import natural_id
from services.campaigns.domain.draft import Given
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.documents.openapi import VERSIONED
from shared.http.requests import request_context
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import Accepted, AtPosition
from shared.rules.rights.actions import Action


def router(commands: Commands) -> APIRouter:
    path = "/communications/{communication_id}"
    router = APIRouter(prefix=path, tags=["communications"], dependencies=[AtPosition])

    @router.post("/verify", summary="Confirm that a communication took place as recorded")
    async def verify(
        communication_id: UUID,
        context: Annotated[CommandContext, on(Action.VERIFY_COMMUNICATION)],
        body: bodies.Verification | None = None,
    ) -> Accepted:
        verification = body or bodies.Verification()
        return await add(
            communication_id, lambda given: verification.command(context.principal.unit, given), context
        )

    @router.post(
        "/refuse-verification", summary="Do not confirm a communication, with the reason for its unit"
    )
    async def refuse(
        communication_id: UUID,
        body: bodies.VerificationRefusal,
        context: Annotated[CommandContext, on(Action.VERIFY_COMMUNICATION)],
    ) -> Accepted:
        return await add(communication_id, lambda given: body.command(context.principal.unit, given), context)

    @router.post("/evidence", status_code=201, summary="Attach a link or the digest of a file")
    async def attach(
        communication_id: UUID,
        body: bodies.Evidence,
        context: Annotated[CommandContext, on(Action.ATTACH_EVIDENCE)],
    ) -> Accepted:
        return await add(communication_id, lambda given: body.command(communication_id, given), context)

    @router.put("/feedback", summary="Record how many comments came, and what became of them")
    async def summarise(
        communication_id: UUID,
        body: bodies.Feedback,
        context: Annotated[CommandContext, on(Action.SUMMARISE_FEEDBACK)],
    ) -> Accepted:
        return await add(communication_id, body.command, context)

    async def add(communication_id: UUID, make: OnCommunication, context: CommandContext) -> Accepted:
        handled = await commands.on_communication(
            communication_id, make, context.by, context.metadata, context.if_match
        )
        return context.accepted(communication_id, handled)

    return router


def routers(commands: Commands, read_model: ReadModel) -> list[APIRouter]:
    return [
        _recording(commands),
        _amending(commands),
        router(commands),
        _queries(commands, read_model),
        *api.routers(commands, read_model),
        *programmes_api.routers(commands, read_model),
        *reports_api.routers(commands, read_model),
    ]


def _recording(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}/communications", tags=["communications"])

    @router.post("", status_code=201, summary="Record a communication", dependencies=[AtPosition])
    async def record(
        draft_code: Code,
        body: bodies.NewCommunication,
        context: Annotated[CommandContext, on(Action.RECORD_COMMUNICATION)],
    ) -> Accepted:
        communication_id = body.id or context.id_of("communication", draft_code, commands.new_id)

        def command(given: Given) -> asked.Record:
            stated = body.command(communication_id, given)
            if body.id is not None:
                context.chosen_id(body.id, natural_id(stated))
            return stated

        handled = await commands.record(draft_code, command, context.by, context.metadata)
        return context.accepted(communication_id, handled)

    return router


def _amending(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/communications/{communication_id}", tags=["communications"])

    @router.post("/correct", summary="Correct what was recorded of the activity", dependencies=[AtPosition])
    async def correct(
        communication_id: UUID,
        body: bodies.Correction,
        context: Annotated[CommandContext, on(Action.CORRECT_COMMUNICATION)],
    ) -> Accepted:
        handled = await commands.on_communication(
            communication_id, body.command, context.by, context.metadata, context.if_match
        )
        return context.accepted(communication_id, handled)

    @router.post(
        "/confirm",
        summary="Confirm, as the lead unit, that another unit did it with or for the drafting body",
        dependencies=[AtPosition],
    )
    async def confirm(
        communication_id: UUID, context: Annotated[CommandContext, on(Action.CONFIRM_COMMUNICATION)]
    ) -> Accepted:
        handled = await commands.on_communication(
            communication_id,
            lambda given: asked.Confirm(**given),
            context.by,
            context.metadata,
            context.if_match,
        )
        return context.accepted(communication_id, handled)

    @router.post("/retract", summary="Take a communication back", dependencies=[AtPosition])
    async def retract(
        communication_id: UUID,
        context: Annotated[CommandContext, on(Action.RETRACT_COMMUNICATION)],
        body: bodies.Retraction | None = None,
    ) -> Accepted:
        retraction = body or bodies.Retraction()
        handled = await commands.on_communication(
            communication_id, retraction.command, context.by, context.metadata, context.if_match
        )
        return context.accepted(communication_id, handled)

    return router


def _queries(commands: Commands, read_model: ReadModel) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get(
        "/drafts/{draft_code}/communications",
        summary="Communications of a draft, by day",
        dependencies=[AtPosition],
    )
    async def of_draft(
        _: Annotated[Principal, may(Action.READ_COMMUNICATIONS)],
        page: Paged,
        draft_code: str,
        *,
        include_retracted: bool = False,
    ) -> Listing[CommunicationItem]:
        await commands.require_draft(draft_code)
        wanted = CommunicationFilter(draft_code=draft_code, include_retracted=include_retracted)
        rows = await read_model.communications(wanted, page.limit, page.after)
        return page.listing(CommunicationItem, rows, "cursor")

    @router.get(
        "/communications/{communication_id}",
        summary="One communication, read from the log itself",
        responses=VERSIONED,
    )
    async def communication(
        _: Annotated[Principal, may(Action.READ_COMMUNICATIONS)], response: Response, communication_id: UUID
    ) -> CommunicationView:
        state, history = await commands.communication(communication_id)
        request_context.versioned(response, history.version)
        return communication_view(state, history)

    return router
