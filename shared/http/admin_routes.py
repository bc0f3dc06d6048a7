"""The operator's doors of every service: the read model's state, rebuilt, verified and helped past; what is its own, kept."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from shared.http.auth import Operator, Reader
from shared.http.request_context import MOST_POSITION, Body, example
from shared.kernel import log
from shared.kernel.errors import Refusal
from shared.persistence.owned_state import OwnData, Settle
from shared.projections.projector import Runner
from shared.projections.rebuild import Purpose

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
    pending: int
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


class Skip(Body):
    """Pass over one event that can't be projected; the reason is kept."""

    model_config = example(position=1204, reason="Sự kiện ghi nhầm khi kiểm thử, không có dự thảo này.")

    position: int = Field(ge=1, le=MOST_POSITION)
    reason: str = Field(min_length=1, max_length=2000)


class Skipped(BaseModel):
    projection: str
    skipped: int


class Restored(BaseModel):
    """How many rows were put in."""

    rows: int


class LogNotEmpty(Refusal):
    """Own data are only put into an installation that has recorded nothing yet."""

    code = "log-not-empty"
    kind = "conflict"

    def __init__(self, last: int) -> None:
        super().__init__(
            f"Nhật ký đã có {last} sự kiện; chỉ phục hồi vào một hệ thống trống, dữ liệu hiện có không bị ghi đè.",
            f"The log has {last} events already; a backup is only restored into an empty installation.",
            last=last,
        )


OWN_DATA = "/own-data"
NDJSON = "application/x-ndjson"


def routers(runner: Runner, settle: Settle) -> list[APIRouter]:
    rows = runner.rows
    derived = (*rows.projection.tables, rows.checkpoints.checkpoint)
    own = OwnData.of(rows.engine, rows.checkpoints.checkpoint.metadata, derived, settle)
    return [_projections(runner), _own_data(runner, own)]


def _own_data(runner: Runner, own: OwnData) -> APIRouter:
    doors = APIRouter(prefix=OWN_DATA, tags=["operation"])

    @doors.get(
        "",
        summary="Everything that this service keeps beside the log (personal data), for a backup",
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    async def read(principal: Operator) -> StreamingResponse:
        logger.info("own_data_read", by=principal.actor)
        return StreamingResponse(own.lines(), media_type=NDJSON)

    @doors.put(
        "",
        summary="Put a backup's rows into an empty installation",
        openapi_extra={
            "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}
        },
    )
    async def restore(
        request: Request,
        principal: Operator,
        begun: Annotated[AwareDatetime, Query(description="when the backup began")],
    ) -> Restored:
        if last := await runner.log_end():
            raise LogNotEmpty(last)
        rows = await own.restore(_lines(request), begun)
        logger.warning("own_data_restored", rows=rows, begun=begun.isoformat(), by=principal.actor)
        return Restored(rows=rows)

    return doors


async def _lines(request: Request) -> AsyncIterator[bytes]:
    left = b""
    async for part in request.stream():
        *lines, left = (left + part).split(b"\n")
        for line in lines:
            if line:
                yield line
    if left:
        yield left


def _projections(runner: Runner) -> APIRouter:
    doors = APIRouter(prefix="/projections", tags=["operation"])
    verification = runner.refills[Purpose.VERIFICATION]

    @doors.get("", summary="State of the read model")
    async def status(_: Reader) -> ProjectionState:
        pending, now = await runner.behind(), runner.status
        return ProjectionState(
            projection=runner.name,
            state=now.state,
            position=now.position,
            pending=pending,
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

    @doors.post("/skip", status_code=202, summary="Pass over one event that can't be projected")
    async def skip(principal: Operator, body: Skip) -> Skipped:
        await runner.skip(body.position, reason=body.reason, by=principal.actor)
        logger.warning("event_skipped", projection=runner.name, position=body.position, by=principal.actor)
        return Skipped(projection=runner.name, skipped=body.position)

    return doors


async def _refilling(runner: Runner, purpose: Purpose) -> Refilling | None:
    progress = await runner.refills[purpose].progress()
    if progress.position is None:
        return None
    return Refilling(position=progress.position, problem=progress.problem)
