"""Campaigns' door for what is said of a communication later: verified, shown by evidence, answered by people."""

from uuid import UUID

from fastapi import APIRouter

from services.campaigns.adapters import proof_bodies
from services.campaigns.adapters.door import Door, SupervisorDoor
from services.campaigns.application.commands import Commands
from services.campaigns.domain.communication import Attach, Summarise, Verify
from shared.clock import day_in_vietnam
from shared.conventions import Accepted, AtPosition


def router(commands: Commands) -> APIRouter:
    path = "/communications/{communication_id}"
    router = APIRouter(prefix=path, tags=["communications"], dependencies=[AtPosition])

    @router.post("/verify", summary="Confirm that a communication took place as recorded")
    async def verify(
        communication_id: UUID, door: SupervisorDoor, body: proof_bodies.Verification | None = None
    ) -> Accepted:
        recorded = await door.admitted(commands, communication_id)
        today = day_in_vietnam(door.metadata.time)
        said = (body or proof_bodies.Verification()).event(recorded, door.principal.unit, today)
        command = Verify(verification=said, today=today)
        handled = await commands.tell(communication_id, command, door.metadata, door.if_match)
        return door.accepted(communication_id, handled)

    @router.post("/evidence", status_code=201, summary="Attach a link or the digest of a file")
    async def attach(communication_id: UUID, body: proof_bodies.Evidence, door: Door) -> Accepted:
        recorded = await door.admitted(commands, communication_id)
        command = Attach(evidence=body.event(recorded), today=day_in_vietnam(door.metadata.time))
        handled = await commands.tell(communication_id, command, door.metadata, door.if_match)
        return door.accepted(communication_id, handled)

    @router.put("/feedback", summary="Say how many comments came, and what became of them")
    async def summarise(communication_id: UUID, body: proof_bodies.Feedback, door: Door) -> Accepted:
        recorded = await door.admitted(commands, communication_id)
        command = Summarise(feedback=body.event(recorded), today=day_in_vietnam(door.metadata.time))
        handled = await commands.tell(communication_id, command, door.metadata, door.if_match)
        return door.accepted(communication_id, handled)

    return router
