"""The operator's doors of every service: the read model's state, rebuilt without a pause, checked against the log."""

from fastapi import APIRouter
from pydantic import BaseModel

from shared import log
from shared.auth import Operator, Reader
from shared.projections.refill import Purpose
from shared.projections.runner import Runner

logger = log.get(__name__)


class Refilling(BaseModel):
    """Rows that are made anew beside the live ones: `position` is how far they are."""

    position: int
    problem: str | None


class ProjectionState(BaseModel):
    """The read model as it stands; `stuck_at` is the position of an event that can't be projected."""

    projection: str
    state: str
    position: int
    pending: int | None
    stuck_at: int | None
    problem: str | None
    rebuild: Refilling | None = None


class Rebuilding(BaseModel):
    projection: str
    state: str = "rebuilding"


class TableDigest(BaseModel):
    rows: int
    md5: str


class TableCompared(BaseModel):
    table: str
    live: TableDigest
    anew: TableDigest
    same: bool


class Outcome(BaseModel):
    """What a verification found: each table as it stood at `position`, and as the log gives it anew."""

    position: int
    tables: list[TableCompared]


class Verification(BaseModel):
    """`running` while one is under way; `outcome` is the last one's."""

    projection: str
    running: Refilling | None
    outcome: Outcome | None


def router(runner: Runner) -> APIRouter:
    doors = APIRouter(prefix="/projections", tags=["operation"])
    verification = runner.refills[Purpose.VERIFICATION]

    @doors.get("", summary="State of the read model")
    async def status(_: Reader) -> ProjectionState:
        now = runner.status
        return ProjectionState(
            projection=runner.name,
            state=now.state,
            position=now.position,
            pending=now.pending,
            stuck_at=now.stuck_at,
            problem=now.problem,
            rebuild=await _refilling(runner, Purpose.REBUILD),
        )

    @doors.post(
        "/rebuild", status_code=202, summary="Fill the read model anew from the log, beside the live one"
    )
    async def rebuild(principal: Operator) -> Rebuilding:
        await runner.rebuild()
        logger.info("rebuild_requested", projection=runner.name, by=principal.actor)
        return Rebuilding(projection=runner.name)

    @doors.post(
        "/verification", status_code=202, summary="Compare the read model with what the log gives anew"
    )
    async def verify(principal: Operator) -> Verification:
        await verification.ask()
        logger.info("verification_requested", projection=runner.name, by=principal.actor)
        return await verified(principal)

    @doors.get("/verification", summary="What the last comparison found")
    async def verified(_: Operator) -> Verification:
        running = await _refilling(runner, Purpose.VERIFICATION)
        found = None if running else await verification.outcome()
        return Verification(
            projection=runner.name,
            running=running,
            outcome=Outcome.model_validate(found) if found else None,
        )

    return doors


async def _refilling(runner: Runner, purpose: Purpose) -> Refilling | None:
    progress = await runner.refills[purpose].progress()
    if progress.position is None:
        return None
    return Refilling(position=progress.position, problem=progress.problem)
