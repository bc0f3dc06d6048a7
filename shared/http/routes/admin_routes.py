"""Operator routes of every service: rebuild, verify and unblock the read model; back up and restore owned state."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests.request_context import MOST_POSITION, OWN_DATA, Body, example
from shared.kernel.counted import counted
from shared.kernel.errors import Refusal
from shared.observability import signals
from shared.persistence.owned_state import OwnedState, Settle
from shared.projections.projector import Runner
from shared.projections.rebuild import Purpose
from shared.rules.rights.actions import Action
from shared.text_checks.days import Instant

logger = signals.get_logger(__name__)


class ShadowProgress(BaseModel):
    """Progress of a rebuild into shadow tables: `position` is the last event in them."""

    position: int
    problem: str | None


class ProjectionState(BaseModel):
    """The read model as it stands; `halted_at` is the position of an event that can't be projected."""

    projection: str
    state: str
    position: int
    pending: int
    halted_at: int | None
    problem: str | None
    rebuild: ShadowProgress | None = None


class Rebuilding(BaseModel):
    projection: str
    state: str = "rebuilding"


class TableDigest(BaseModel):
    rows: int
    md5: str


class TableComparison(BaseModel):
    table: str
    live: TableDigest
    rebuilt: TableDigest
    same: bool


class Outcome(BaseModel):
    """Result of a verification: each table as it was at `position`, and as rebuilt from the log."""

    position: int
    tables: list[TableComparison]


class Verification(BaseModel):
    """`running` while one is under way; `outcome` is the last one's."""

    projection: str
    running: ShadowProgress | None
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
            f"The log has {counted(last, 'event')} already; a backup is only restored into an empty installation.",
            last=last,
        )


NDJSON = "application/x-ndjson"


def routers(runner: Runner, settle: Settle) -> list[APIRouter]:
    rows = runner.rows
    derived = (*rows.projection.tables, rows.checkpoints.checkpoint, rows.checkpoints.recent)
    own = OwnedState.of(rows.engine, rows.checkpoints.checkpoint.metadata, derived, settle)
    return [_projections(runner), _owned_state(runner, own)]


def _owned_state(runner: Runner, own: OwnedState) -> APIRouter:
    router = APIRouter(prefix=OWN_DATA, tags=["operation"])

    @router.get(
        "",
        summary="State of this service that is not in the log (personal data), for a backup",
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    async def read(principal: Annotated[Principal, may(Action.BACK_UP_OWN_DATA)]) -> StreamingResponse:
        logger.info("owned_state_read", by=principal.actor)
        return StreamingResponse(own.lines(), media_type=NDJSON)

    @router.put(
        "",
        summary="Put a backup's rows into an empty installation",
        openapi_extra={
            "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}
        },
    )
    async def restore(
        request: Request,
        principal: Annotated[Principal, may(Action.RESTORE_OWN_DATA)],
        begun: Annotated[Instant, Query(description="when the backup began")],
    ) -> Restored:
        if last := await runner.log_end():
            raise LogNotEmpty(last)
        rows = await own.restore(_lines(request), begun)
        logger.warning("owned_state_restored", rows=rows, begun=begun.isoformat(), by=principal.actor)
        return Restored(rows=rows)

    return router


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
    router = APIRouter(prefix="/projections", tags=["operation"])
    verification = runner.shadow_rebuilds[Purpose.VERIFICATION]

    @router.get("", summary="State of the read model")
    async def status(_: Annotated[Principal, may(Action.READ_PROJECTION)]) -> ProjectionState:
        pending, now = await runner.behind(), runner.status
        return ProjectionState(
            projection=runner.name,
            state=now.state,
            position=now.position,
            pending=pending,
            halted_at=now.halted_at,
            problem=now.problem,
            rebuild=await _shadow_progress(runner, Purpose.REBUILD),
        )

    @router.post("/rebuild", status_code=202, summary="Rebuild the read model from the log in shadow tables")
    async def rebuild(principal: Annotated[Principal, may(Action.REBUILD_PROJECTION)]) -> Rebuilding:
        await runner.rebuild()
        logger.info("rebuild_requested", projection=runner.name, by=principal.actor)
        return Rebuilding(projection=runner.name)

    @router.post(
        "/verification", status_code=202, summary="Compare the read model with a rebuild from the log"
    )
    async def verify(principal: Annotated[Principal, may(Action.VERIFY_PROJECTION)]) -> Verification:
        await verification.ask()
        logger.info("verification_requested", projection=runner.name, by=principal.actor)
        return await verified(principal)

    @router.get("/verification", summary="Result of the last comparison")
    async def verified(_: Annotated[Principal, may(Action.VERIFY_PROJECTION)]) -> Verification:
        running = await _shadow_progress(runner, Purpose.VERIFICATION)
        last_outcome = None if running else await verification.outcome()
        return Verification(
            projection=runner.name,
            running=running,
            outcome=Outcome.model_validate(last_outcome) if last_outcome else None,
        )

    @router.post("/skip", status_code=202, summary="Pass over one event that can't be projected")
    async def skip(principal: Annotated[Principal, may(Action.SKIP_EVENT)], body: Skip) -> Skipped:
        await runner.skip(body.position, reason=body.reason, by=principal.actor)
        logger.warning("event_skipped", projection=runner.name, position=body.position, by=principal.actor)
        return Skipped(projection=runner.name, skipped=body.position)

    return router


async def _shadow_progress(runner: Runner, purpose: Purpose) -> ShadowProgress | None:
    progress = await runner.shadow_rebuilds[purpose].progress()
    if progress.position is None:
        return None
    return ShadowProgress(position=progress.position, problem=progress.problem)
