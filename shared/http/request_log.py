"""One log line, one measurement and one span for each request, with the ids under which its events are found.

It passes an answer on as it comes, and an error in the middle of an answer too: the connection breaks off then, so that no
caller takes a part for the whole.
"""

import re
import time

from fastapi import Request
from opentelemetry.trace import Span
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http import problems
from shared.http.openapi import CORRELATION, REQUEST_ID
from shared.kernel import runtime
from shared.kernel.errors import Text
from shared.observability import signals
from shared.observability.signals import Telemetry, Tracing, method_label

logger = signals.get_logger(__name__)

UNPRINTABLE = Text(
    "Địa chỉ có ký tự điều khiển không hợp lệ; đề nghị bỏ ký tự đó.",
    "The address holds a control character, which is not allowed; leave it out.",
)
_NUL = b"%00"
_WORD = re.compile(r"[\x21-\x7e]{1,128}")
QUIET = {"/livez", "/readyz", "/metrics"}  # asked by machines, every few seconds


class RequestLog:
    """Gives every request its ids, and tells how it was answered, once the whole answer is sent."""

    def __init__(self, app: ASGIApp, metrics: Telemetry, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, started, status = Request(scope), time.perf_counter(), 0
        request_id = str(runtime.new_id())
        correlation = _word(request.headers.get(CORRELATION)) or request_id
        request.state.correlation_id = correlation

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[CORRELATION], headers[REQUEST_ID] = correlation, request_id
            await send(message)

        with (
            signals.bound(correlation_id=correlation, request_id=request_id),
            self._tracing.serving(request.method, request.headers.get("traceparent")) as span,
        ):
            await self._answered(request, receive, named)
            self._record(span, request, status, time.perf_counter() - started)

    async def _answered(self, request: Request, receive: Receive, send: Send) -> None:
        if _NUL in request.scope["query_string"] or "\0" in request.scope["path"]:
            refusal = problems.problem(request, 422, "invalid-request", UNPRINTABLE)
            await refusal(request.scope, receive, send)
        else:
            await self._app(request.scope, receive, send)

    def _record(self, span: Span, request: Request, status: int, seconds: float) -> None:
        """Name the route by its template, never the path itself: some paths are keys."""
        route = getattr(request.scope.get("route"), "path", "unmatched")
        _name(span, request.method, route, status)
        if route not in QUIET:
            logger.info(
                "http_answered", method=request.method, route=route, status=status, seconds=round(seconds, 4)
            )
        self._metrics.http.labels(method_label(request.method), route, status).observe(seconds)


def _name(span: Span, method: str, route: str, status: int) -> None:
    """Name a span by OpenTelemetry's conventions for HTTP."""
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    )


def _word(given: str | None) -> str | None:
    """Take an id of the caller's if it is one plain word: it goes into the log and into events."""
    return given if given and _WORD.fullmatch(given) else None
