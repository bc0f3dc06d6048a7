"""A service's application: middleware and routers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256

from fastapi import APIRouter, Depends, FastAPI
from faststream.nats import NatsBroker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.catalog import Catalog
from shared.eventstore.answer_bucket import AnswerBucket
from shared.http import admin_routes, documentation, log_routes, openapi, problems, service_routes
from shared.http.auth import Verifier
from shared.http.idempotency import KeptAnswers, keyed_routes
from shared.http.request_log import RequestLog
from shared.http.security_headers import SecurityHeaders
from shared.http.strict_requests import STREAMED, strict
from shared.kernel import log
from shared.kernel.clock import Clock
from shared.kernel.errors import Refusal
from shared.kernel.health import Health
from shared.kernel.release import RELEASE
from shared.observability.metrics import Telemetry
from shared.observability.tracing import Tracing
from shared.persistence.owned_state import Settle, nothing_to_settle
from shared.projections.log_fence import LogFence
from shared.projections.projector import Runner
from shared.signed_links import links

logger = log.get(__name__)

MOST_BYTES = 1 << 20  # of a request's body; the import has its own route and limit
MOST_BYTES_OF_A_FORM = 11 << 20  # behind a link of a mail, where a file of evidence may go along

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
    fence: LogFence,
    answers: AnswerBucket,
    settle: Settle = nothing_to_settle,
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
    keyed = [route for router in routers for route in keyed_routes(router.routes)]
    app.add_middleware(KeptAnswers, bucket=answers, verifier=verifier, routes=keyed)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLog, metrics=metrics, tracing=tracing)
    app.include_router(service_routes.probing(health, metrics))
    app.include_router(service_routes.contract(service, broker, catalog))
    app.include_router(documentation.router(app.title))
    app.include_router(log_routes.router(service, fence, runner, settle))
    for router in (*admin_routes.routers(runner, settle), *routers):
        app.include_router(router)
    return app


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
