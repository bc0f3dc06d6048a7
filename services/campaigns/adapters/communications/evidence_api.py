"""Routes of what is recorded of a communication later: verification, evidence, feedback."""

from uuid import UUID

from fastapi import APIRouter

from services.campaigns.adapters.command_context import CommandContext, SupervisorContext
from services.campaigns.adapters.communications import evidence_bodies
from services.campaigns.application.commands import Commands, OnCommunication
from shared.http.request_context import Accepted, AtPosition


def router(commands: Commands) -> APIRouter:
    path = "/communications/{communication_id}"
    router = APIRouter(prefix=path, tags=["communications"], dependencies=[AtPosition])

    @router.post("/verify", summary="Confirm that a communication took place as recorded")
    async def verify(
        communication_id: UUID, context: SupervisorContext, body: evidence_bodies.Verification | None = None
    ) -> Accepted:
        verification = body or evidence_bodies.Verification()
        return await add(
            communication_id, lambda given: verification.command(context.principal.unit, given), context
        )

    @router.post("/evidence", status_code=201, summary="Attach a link or the digest of a file")
    async def attach(
        communication_id: UUID, body: evidence_bodies.Evidence, context: CommandContext
    ) -> Accepted:
        return await add(communication_id, lambda given: body.command(communication_id, given), context)

    @router.put("/feedback", summary="Record how many comments came, and what became of them")
    async def summarise(
        communication_id: UUID, body: evidence_bodies.Feedback, context: CommandContext
    ) -> Accepted:
        return await add(communication_id, body.command, context)

    async def add(communication_id: UUID, make: OnCommunication, context: CommandContext) -> Accepted:
        handled = await commands.on_communication(
            communication_id, make, context.by, context.metadata, context.if_match
        )
        return context.accepted(communication_id, handled)

    return router
