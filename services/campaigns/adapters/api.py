"""Campaigns' door: communications, as commands and queries over HTTP."""

from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response

from services.campaigns.adapters import bodies
from services.campaigns.adapters.views import CommunicationItem, CommunicationView, communication_view
from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import CommunicationFilter, ReadModel
from shared import web
from shared.auth import Principal, Reader, Writer
from shared.contracts.campaigns import CommunicationRecorded
from shared.contracts.event import Code
from shared.contracts.ids import LOA_NAMESPACE
from shared.contracts.vocabulary import Role
from shared.eventstore.handle import Handled
from shared.openapi import VERSIONED
from shared.paging import Listing, Paged
from shared.web import Accepted, AtPosition, IdempotencyKey, IfMatch


def routers(commands: Commands, read_model: ReadModel) -> list[APIRouter]:
    return [_recording(commands), _amending(commands), _queries(commands, read_model)]


class _Door:
    """What every command shares: who asks, with which key, on which version, and how it is answered."""

    def __init__(
        self,
        request: Request,
        response: Response,
        principal: Writer,
        if_match: IfMatch,
        key: IdempotencyKey = None,
    ) -> None:
        self.principal: Principal = principal
        self.if_match = if_match
        self.key = key
        self.metadata = web.metadata(request, principal, key)
        self._response = response

    async def admit(self, commands: Commands, draft_code: str) -> None:
        if self.principal.role is Role.UNIT:
            await commands.require_lead(draft_code, self.principal.unit)

    async def admitted(self, commands: Commands, communication_id: UUID) -> CommunicationRecorded:
        found, _ = await commands.communication(communication_id)
        await self.admit(commands, found.recorded.draft_code)
        return found.recorded

    def accepted(self, communication_id: UUID, handled: Handled) -> Accepted:
        return web.accepted(self._response, communication_id, handled.version, handled.event_names)

    def communication_id(self, commands: Commands, draft_code: str, given: UUID | None) -> UUID:
        """Take the caller's own id, else the one that the caller's key always gives, else a new one."""
        if given is not None:
            return given
        if self.key is None:
            return commands.new_id()
        name = f"communication-key:{draft_code}:{self.principal.actor}:{self.key}"
        return uuid5(LOA_NAMESPACE, name)


Door = Annotated[_Door, Depends()]


def _recording(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}/communications", tags=["communications"])

    @router.post("", status_code=201, summary="Record a communication", dependencies=[AtPosition])
    async def record(draft_code: Code, body: bodies.NewCommunication, door: Door) -> Accepted:
        await commands.require_draft(draft_code)
        await door.admit(commands, draft_code)
        communication_id = door.communication_id(commands, draft_code, body.id)
        handled = await commands.record(body.event(draft_code, communication_id), door.metadata)
        return door.accepted(communication_id, handled)

    return router


def _amending(commands: Commands) -> APIRouter:
    router = APIRouter(prefix="/communications/{communication_id}", tags=["communications"])

    @router.post("/correct", summary="Say how the activity really was", dependencies=[AtPosition])
    async def correct(communication_id: UUID, body: bodies.Correction, door: Door) -> Accepted:
        recorded = await door.admitted(commands, communication_id)
        handled = await commands.correct(body.event(recorded), door.metadata, door.if_match)
        return door.accepted(communication_id, handled)

    @router.post("/retract", summary="Take a communication back", dependencies=[AtPosition])
    async def retract(communication_id: UUID, door: Door, body: bodies.Retraction | None = None) -> Accepted:
        await door.admitted(commands, communication_id)
        reason = body.reason if body else None
        handled = await commands.retract(communication_id, reason, door.metadata, door.if_match)
        return door.accepted(communication_id, handled)

    return router


def _queries(commands: Commands, read_model: ReadModel) -> APIRouter:
    router = APIRouter(tags=["queries"])

    @router.get(
        "/drafts/{draft_code}/communications",
        summary="Communications of a draft, by day",
        dependencies=[AtPosition],
    )
    async def of_draft(
        _: Reader, page: Paged, draft_code: str, *, include_retracted: bool = False
    ) -> Listing[CommunicationItem]:
        await commands.require_draft(draft_code)
        wanted = CommunicationFilter(draft_code=draft_code, include_retracted=include_retracted)
        found = await read_model.communications(wanted, page.limit, page.after)
        return page.listing(CommunicationItem, found, "cursor")

    @router.get(
        "/communications/{communication_id}",
        summary="One communication, read from the log itself",
        responses=VERSIONED,
    )
    async def communication(_: Reader, response: Response, communication_id: UUID) -> CommunicationView:
        found, history = await commands.communication(communication_id)
        web.versioned(response, history.version)
        return communication_view(found, history)

    return router
