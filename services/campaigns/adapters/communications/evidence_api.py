"""Campaigns' door for what is said of a communication later: verified, shown by evidence, answered by people."""

from uuid import UUID

from fastapi import APIRouter

from services.campaigns.adapters.command_context import Door, SupervisorDoor
from services.campaigns.adapters.communications import evidence_bodies
from services.campaigns.application.commands import Commands, OnCommunication
from shared.http.request_context import Accepted, AtPosition


def router(commands: Commands) -> APIRouter:
    path = "/communications/{communication_id}"
    router = APIRouter(prefix=path, tags=["communications"], dependencies=[AtPosition])

    @router.post("/verify", summary="Confirm that a communication took place as recorded")
    async def verify(
        communication_id: UUID, door: SupervisorDoor, body: evidence_bodies.Verification | None = None
    ) -> Accepted:
        verification = body or evidence_bodies.Verification()
        return await add(
            communication_id, lambda given: verification.command(door.principal.unit, given), door
        )

    @router.post("/evidence", status_code=201, summary="Attach a link or the digest of a file")
    async def attach(communication_id: UUID, body: evidence_bodies.Evidence, door: Door) -> Accepted:
        return await add(communication_id, lambda given: body.command(communication_id, given), door)

    @router.put("/feedback", summary="Say how many comments came, and what became of them")
    async def summarise(communication_id: UUID, body: evidence_bodies.Feedback, door: Door) -> Accepted:
        return await add(communication_id, body.command, door)

    async def add(communication_id: UUID, make: OnCommunication, door: Door) -> Accepted:
        handled = await commands.on_communication(
            communication_id, make, door.by, door.metadata, door.if_match
        )
        return door.accepted(communication_id, handled)

    return router
