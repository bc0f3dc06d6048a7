"""A service's application: middleware and routers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, Depends, FastAPI
from faststream.nats import NatsBroker
from starlette.types import ASGIApp

from shared.auth.admission import UnitsByDay
from shared.auth.callers import Access
from shared.contracts.envelope import Catalog
from shared.eventstore.buckets import AnswerBucket
from shared.http import problems
from shared.http.documents import documentation, openapi
from shared.http.overload.limits import AdmitFirst, FairShare, RequestLimits
from shared.http.requests.idempotency import KeptAnswers, keyed_routes
from shared.http.requests.request_context import BodyLimit, RequestLog
from shared.http.requests.strict_requests import AllowedHosts, HostCheck, HttpsOnly, SecurityHeaders, strict
from shared.http.routes import admin_routes, log_routes, service_routes
from shared.http.routes.live import Streams
from shared.kernel.health import Health
from shared.kernel.release import RELEASE
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.observability.signals import Telemetry, Tracing
from shared.persistence.owned_state import Settle, nothing_to_settle
from shared.projections.log_fence import LogFence
from shared.projections.projector import Runner

logger = signals.get_logger(__name__)


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI, with the security headers around everything that it answers."""

    def build_middleware_stack(self) -> ASGIApp:
        access: Access = self.state.access
        return SecurityHeaders(super().build_middleware_stack(), over_https=access.place.is_secure)


def create_api(
    *,
    service: str,
    description: str,
    routers: Sequence[APIRouter],
    broker: NatsBroker,
    catalog: Catalog,
    access: Access,
    runner: Runner,
    health: Health,
    metrics: Telemetry,
    tracing: Tracing,
    lifespan: Lifespan,
    now: Clock,
    fence: LogFence,
    answers: AnswerBucket,
    units: UnitsByDay,
    settle: Settle = nothing_to_settle,
    hosts: AllowedHosts = AllowedHosts(),  # noqa: B008  a frozen value
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
    app.state.verifier = access.verifier
    app.state.access = access
    app.state.runner = runner
    app.state.clock = now
    app.state.metrics = metrics
    app.state.request_limits = RequestLimits()
    app.state.streams = Streams()
    app.state.units = units
    problems.install(app)
    openapi.complete(app)
    keyed = [route for router in routers for route in keyed_routes(router.routes)]
    app.add_middleware(KeptAnswers, bucket=answers, verifier=access.verifier, routes=keyed)
    app.add_middleware(AdmitFirst, router=app.router)
    app.add_middleware(FairShare, state=app.state, refused=metrics.requests_refused.labels("overloaded").inc)
    app.add_middleware(BodyLimit)
    app.add_middleware(HttpsOnly, own=access.place.own)
    app.add_middleware(HostCheck, hosts=hosts)
    app.add_middleware(RequestLog, metrics=metrics, tracing=tracing)
    app.include_router(service_routes.probing(health, metrics))
    app.include_router(service_routes.contract(service, broker, catalog))
    app.include_router(documentation.router(app))
    app.include_router(log_routes.router(service, fence, runner, settle))
    for router in (*admin_routes.routers(runner, settle), *routers):
        app.include_router(router)
    return app
