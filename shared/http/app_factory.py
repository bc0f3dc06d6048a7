"""A service's application: middleware and routers."""

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from faststream.nats import NatsBroker
from opentelemetry.trace import Span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.catalog import Catalog
from shared.eventstore.answer_bucket import AnswerBucket
from shared.http import admin_routes, documentation, log_routes, openapi, problems, service_routes
from shared.http.auth import Verifier
from shared.http.idempotency import KeptAnswers, keyed_routes
from shared.http.openapi import CORRELATION, REQUEST_ID
from shared.http.security_headers import SecurityHeaders
from shared.http.strict_requests import STREAMED, strict
from shared.kernel import clock, log
from shared.kernel.clock import Clock
from shared.kernel.errors import Refusal, Text
from shared.kernel.health import Health
from shared.kernel.release import RELEASE
from shared.observability.label_values import method_label
from shared.observability.metrics import Telemetry
from shared.observability.tracing import Tracing
from shared.persistence.owned_state import Settle, nothing_to_settle
from shared.projections.log_fence import LogFence
from shared.projections.projector import Runner
from shared.signed_links import links

logger = log.get(__name__)

UNPRINTABLE = Text(
    "Địa chỉ có ký tự điều khiển không hợp lệ; đề nghị bỏ ký tự đó.",
    "The address holds a control character, which is not allowed; leave it out.",
)
_NUL = b"%00"
_WORD = re.compile(r"[\x21-\x7e]{1,128}")
MOST_BYTES = 1 << 20  # of a request's body; the import has its own route and limit
MOST_BYTES_OF_A_FORM = 11 << 20  # behind a link of a mail, where a file of evidence may go along
QUIET = {"/livez", "/readyz", "/metrics"}  # asked by machines, every few seconds

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI, with the security headers around everything that it answers."""

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack())


def create_api(
    *,
    service: str,
    description: str,
    routers: Sequence[APIRouter],
    broker: NatsBroker,
    catalog: Catalog,
    verifier: Verifier,
    runner: Runner,
    health: Health,
    metrics: Telemetry,
    tracing: Tracing,
    lifespan: Lifespan,
    now: Clock,
    settle: Settle = nothing_to_settle,
    fence: LogFence | None = None,
    answers: AnswerBucket | None = None,
) -> FastAPI:
    """Make the service's application; `settle` repairs work that a backup interrupted (`shared.persistence.owned_state`)."""
    app = Application(
        title=f"Loa {service}",
        version=RELEASE,
        description=description,
        lifespan=lifespan,
        dependencies=[Depends(strict)],
        openapi_url=None,  # the routes of `documentation` take its place, and that of its pages
    )
    app.state.verifier = verifier
    app.state.runner = runner
    app.state.clock = now
    problems.install(app)
    openapi.complete(app)
    if answers is not None:
        keyed = [route for router in routers for route in keyed_routes(router.routes)]
        app.add_middleware(KeptAnswers, bucket=answers, verifier=verifier, routes=keyed)
    app.add_middleware(BodyLimit)
    app.middleware("http")(_observe(metrics, tracing))
    app.include_router(service_routes.probing(health, metrics))
    app.include_router(service_routes.contract(service, broker, catalog))
    app.include_router(documentation.router(app.title))
    if fence is not None:
        app.include_router(log_routes.router(service, fence, runner, settle))
    for router in (*admin_routes.routers(runner, settle), *routers):
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
        metrics.http.labels(method_label(request.method), route, response.status_code).observe(seconds)
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


def most_bytes(path: str) -> int:
    return MOST_BYTES_OF_A_FORM if path.startswith(f"{links.PATH}/") else MOST_BYTES


class BodyTooLarge(Refusal):
    code = "body-too-large"
    kind = "too_large"

    def __init__(self, most: int = MOST_BYTES) -> None:
        instead = (
            ("đề nghị chọn tệp nhỏ hơn.", "choose a smaller file.")
            if most > MOST_BYTES
            else (
                "đề nghị chia nhỏ, hoặc nhập hàng loạt bằng lệnh `loa import`.",
                "send less at once, or use `loa import`.",
            )
        )
        super().__init__(
            f"Nội dung gửi lên vượt quá {most >> 20} MiB; {instead[0]}",
            f"The body is larger than {most >> 20} MiB; {instead[1]}",
            most_bytes=most,
        )


class BodyLimit:
    """Refuses a body that grows beyond the limit, while it is read: it is never held whole.

    The body read is identified by its hash, so that one idempotency key can't stand for two different requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
            return
        left = most = most_bytes(scope["path"])
        payload = sha256(f"{scope['method']} {scope['path']}\n".encode())
        scope.setdefault("state", {})["payload"] = payload

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(body := message.get("body", b""))
            payload.update(body)
            if left < 0:
                raise BodyTooLarge(most)
            return message

        await self._app(scope, counted, send)
