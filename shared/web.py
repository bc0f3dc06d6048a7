"""The conventions of every HTTP door: probes, schemas, problems, versions, positions, idempotency."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from faststream import FastStream
from faststream.nats import NatsBroker
from faststream.specification import AsyncAPI
from faststream.specification.asyncapi import get_asyncapi_html
from opentelemetry.trace import Span
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import clock, log, openapi, problems, telemetry, upkeep
from shared.auth import Operator, Principal, Verifier
from shared.broker import envelope_model
from shared.contracts.catalog import Catalog
from shared.envelope import Metadata
from shared.errors import Refusal, Text
from shared.eventstore.port import Version
from shared.health import Probe, examine
from shared.openapi import CORRELATION, POSITION, REQUEST_ID
from shared.own_data import Settle, nothing_to_settle
from shared.printable import refuse_unprintable
from shared.projections.runner import Runner
from shared.telemetry import Telemetry
from shared.tracing import Tracing, traceparent

logger = log.get(__name__)

UNPRINTABLE = Text(
    "Địa chỉ có ký tự điều khiển không hợp lệ; đề nghị bỏ ký tự đó.",
    "The address holds a control character, which is not allowed; leave it out.",
)
_NUL = b"%00"
_VERSION = re.compile(r"[0-9]{1,18}")
_WORD = re.compile(r"[\x21-\x7e]{1,128}")
MOST_BYTES = 1 << 20  # of a request's body; the import has its own door and limit
BULK = {"/imports", upkeep.OWN_DATA}
QUIET = {"/livez", "/readyz", "/metrics"}  # asked by machines, every few seconds
MIN_POSITION_SECONDS = 5.0
MOST_POSITION = (1 << 63) - 1
RELEASE = "0.1.0"

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is never taken for silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _printable(cls, fields: Any) -> Any:
        refuse_unprintable(fields)
        return fields


def example(**fields: Any) -> ConfigDict:
    """Give a body's model one realistic example, for its description."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Accepted(BaseModel):
    """The answer to a write: the aggregate's id and version, and the position to wait for when reading."""

    id: str
    version: int
    position: int
    events: list[str] = []


class NotYetProjected(Refusal):
    code = "position-not-reached"
    kind = "unavailable"
    retry_after = 1


class WrongVersionHeader(Refusal):
    code = "invalid-if-match"
    kind = "invalid"


def create_api(
    *,
    service: str,
    description: str,
    routers: Sequence[APIRouter],
    broker: NatsBroker,
    catalog: Catalog,
    verifier: Verifier,
    runner: Runner,
    probes: Mapping[str, Probe],
    metrics: Telemetry,
    tracing: Tracing,
    lifespan: Lifespan,
    settle: Settle = nothing_to_settle,
) -> FastAPI:
    """Make the service's application; `settle` puts right what a backup has cut in two (`shared.own_data`)."""
    app = FastAPI(title=f"Loa {service}", version=RELEASE, description=description, lifespan=lifespan)
    app.state.verifier = verifier
    app.state.runner = runner
    problems.install(app)
    openapi.complete(app)
    app.add_middleware(BodyLimit)
    app.middleware("http")(_observe(metrics, tracing))
    app.include_router(_probes(probes, metrics))
    app.include_router(_contract(service, broker, catalog))
    for router in (*upkeep.routers(runner, settle), _skipping(runner), *routers):
        app.include_router(router)
    return app


def _observe(metrics: Telemetry, tracing: Tracing) -> Callable[..., Awaitable[Response]]:
    async def observe(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.perf_counter()
        request_id = str(clock.new_id())
        correlation = _word(request.headers.get(CORRELATION)) or request_id
        request.state.correlation_id = correlation
        if _NUL in request.scope["query_string"] or "\0" in request.scope["path"]:
            return problems.problem(request, 422, "invalid-request", UNPRINTABLE)
        with (
            log.bound(correlation_id=correlation, request_id=request_id),
            tracing.serving(request.method, request.headers.get("traceparent")) as span,
        ):
            response = await call_next(request)
            # The template, never the path itself: some paths are keys.
            route = getattr(request.scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - started
            _name(span, request.method, route, response.status_code)
            if route not in QUIET:
                logger.info(
                    "http_answered",
                    method=request.method,
                    route=route,
                    status=response.status_code,
                    seconds=round(seconds, 4),
                )
        metrics.http.labels(request.method, route, response.status_code).observe(seconds)
        response.headers[CORRELATION] = correlation
        response.headers[REQUEST_ID] = request_id
        return response

    return observe


def _name(span: Span, method: str, route: str, status: int) -> None:
    """Name a span by OpenTelemetry's conventions for HTTP."""
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    )


def _word(given: str | None) -> str | None:
    """Take an id of the caller's if it is one plain word: it goes into the log and into events."""
    return given if given and _WORD.fullmatch(given) else None


class BodyTooLarge(Refusal):
    code = "body-too-large"
    kind = "too_large"

    def __init__(self) -> None:
        super().__init__(
            f"Nội dung gửi lên vượt quá {MOST_BYTES >> 20} MiB; đề nghị chia nhỏ, hoặc nhập hàng loạt bằng "
            "lệnh `loa import`.",
            f"The body is larger than {MOST_BYTES >> 20} MiB; send less at once, or use `loa import`.",
            most_bytes=MOST_BYTES,
        )


class BodyLimit:
    """Refuses a body that grows beyond the limit, while it is read: it is never held whole.

    What was read is told by its hash, so that one idempotency key can't stand for two different requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in BULK:
            await self._app(scope, receive, send)
            return
        left = MOST_BYTES
        payload = sha256(f"{scope['method']} {scope['path']}\n".encode())
        scope.setdefault("state", {})["payload"] = payload

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(body := message.get("body", b""))
            payload.update(body)
            if left < 0:
                raise BodyTooLarge
            return message

        await self._app(scope, counted, send)


def _probes(probes: Mapping[str, Probe], metrics: Telemetry) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/livez", summary="Is the process alive?")
    async def livez() -> Alive:
        return Alive()

    @router.get(
        "/readyz",
        summary="Is every part ready? Says which is not.",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Some part is not ready."}},
    )
    async def readyz() -> JSONResponse:
        checks = await examine(probes)
        ready = all(check.ok for check in checks.values())
        body = {
            "ready": ready,
            "checks": {name: {"ok": c.ok, "detail": c.detail} for name, c in checks.items()},
        }
        return JSONResponse(body, 200 if ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus metrics")
    async def prometheus() -> Response:
        return Response(await metrics.exposition(), media_type=telemetry.CONTENT_TYPE)

    return router


def _contract(service: str, broker: NatsBroker, catalog: Catalog) -> APIRouter:
    router = APIRouter(tags=["contract"])
    specification = FastStream(
        broker, specification=AsyncAPI(title=f"Loa {service}", version=RELEASE, schema_version="3.0.0")
    ).schema.to_specification()

    @router.get("/asyncapi.json", summary="AsyncAPI 3 document of this service's events")
    async def asyncapi_json() -> Response:
        return Response(specification.to_json(), media_type="application/json")

    @router.get("/asyncapi", response_class=HTMLResponse, summary="AsyncAPI for people")
    async def asyncapi_html() -> str:
        return get_asyncapi_html(specification)

    @router.get("/schemas/{type_name}", summary="JSON Schema of an event type, in its envelope")
    async def schema(type_name: str) -> dict[str, Any]:
        if (model := catalog.types.get(type_name)) is None:
            raise UnknownEventType(
                f"Không có loại sự kiện “{type_name}”; danh mục tại /asyncapi.",
                f"There is no event type '{type_name}'; see /asyncapi for the list.",
            )
        return envelope_model(model).model_json_schema()

    return router


class UnknownEventType(Refusal):
    code = "unknown-event-type"
    kind = "not_found"


class Skip(Body):
    """Pass over one event that can't be projected; the reason is kept."""

    model_config = example(position=1204, reason="Sự kiện ghi nhầm khi kiểm thử, không có dự thảo này.")

    position: int = Field(ge=1, le=MOST_POSITION)
    reason: str = Field(min_length=1, max_length=2000)


class Alive(BaseModel):
    status: str = "ok"


class CheckState(BaseModel):
    ok: bool
    detail: str | None = None


class Readiness(BaseModel):
    ready: bool
    checks: dict[str, CheckState]


class Skipped(BaseModel):
    projection: str
    skipped: int


def _skipping(runner: Runner) -> APIRouter:
    router = APIRouter(prefix="/projections", tags=["operation"])

    @router.post("/skip", status_code=202, summary="Pass over one event that can't be projected")
    async def skip(principal: Operator, body: Skip) -> Skipped:
        await runner.skip(body.position, reason=body.reason, by=principal.actor)
        logger.warning("event_skipped", projection=runner.name, position=body.position, by=principal.actor)
        return Skipped(projection=runner.name, skipped=body.position)

    return router


async def _at_position(
    request: Request,
    response: Response,
    min_position: Annotated[
        int | None,
        Query(
            ge=0, le=MOST_POSITION, description="wait until the read model has this position (at most 5 s)"
        ),
    ] = None,
) -> None:
    runner: Runner = request.app.state.runner
    if min_position and not await runner.wait_for(min_position, MIN_POSITION_SECONDS):
        raise NotYetProjected(
            f"Dữ liệu đọc mới đến vị trí {runner.status.position}, chưa tới {min_position}; đề nghị thử lại.",
            f"The read model is at position {runner.status.position}, not yet at {min_position}; try again.",
            position=runner.status.position,
        )
    response.headers[POSITION] = str(runner.status.position)


AtPosition = Depends(_at_position)
"""Declared by every query: `?min_position=N` reads one's own writes."""


def _if_match(
    if_match: Annotated[
        str | None,
        Header(description="the ETag that was read; 412 if it is no longer so", examples=['"3"']),
    ] = None,
) -> int | None:
    if if_match is None or if_match == "*":
        return None
    version = if_match.removeprefix("W/").strip('"')
    if not _VERSION.fullmatch(version):
        raise WrongVersionHeader(
            f'Tiêu đề If-Match phải là ETag đã đọc, ví dụ "3"; nhận được {if_match}.',
            f'If-Match must be the ETag that was read, such as "3"; got {if_match}.',
        )
    return int(version)


IfMatch = Annotated[int | None, Depends(_if_match)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="the same key writes only once; 422 if it came before with something else",
        examples=["stp-2025-0117"],
    ),
]


def metadata(request: Request, principal: Principal, idempotency_key: str | None = None) -> Metadata:
    """Stamp time, actor and correlation onto a command: the edge is where they come in."""
    return Metadata(
        time=clock.now(),
        actor=principal.actor,
        correlation_id=request.state.correlation_id,
        idempotency_key=idempotency_key,
        payload_hash=request.state.payload.hexdigest()[:32] if idempotency_key else None,
        traceparent=traceparent() or request.headers.get("traceparent"),
    )


def versioned(response: Response, version: Version) -> None:
    """Say of which version, and from which position of the log, an answer on one aggregate is."""
    response.headers[POSITION] = str(version.position)
    response.headers["ETag"] = f'"{version.count}"'


def accepted(response: Response, aggregate_id: object, version: Version, events: Sequence[str]) -> Accepted:
    """Answer a write, with its position and version in the headers too."""
    versioned(response, version)
    return Accepted(
        id=str(aggregate_id), version=version.count, position=version.position, events=list(events)
    )
