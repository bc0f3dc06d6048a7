"""No client takes the service from the others: callers are admitted before their body is read, and share the service evenly.

A caller is a token, or an address where there is none. Of one caller a few requests run at once, and of all together some
more; the others wait for a moment (`queue_seconds`), and are refused where that is not enough. What takes long (`HEAVY`) runs a
few at once for all callers together, and waits longer.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers, State
from starlette.routing import Match, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.admission import admission_of
from shared.auth.callers import UnreadRequest
from shared.auth.tokens import Principal
from shared.http import problems
from shared.http.overload.turns import Overloaded, Refused, TooBusy, TooManyRequests, Turns, Work, begin
from shared.http.requests.request_context import LIVE, announced_bytes, is_small
from shared.http.requests.strict_requests import is_page
from shared.kernel.errors import Refusal

PATIENCE = 10.0  # seconds that a large request waits for its turn
MOST_CALLERS = 10_000  # that are remembered
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
HEAVY = frozenset({"/imports", "/preview", "/own-data", "/rules/effect", "/entry/urging", "/overview.pdf"})
HEAVY_PREFIXES = ("/reports/",)
MOST_HEAVY = 2  # at once, of all callers together
MOST_AT_WORK = 8  # reads, and as many writes, of all callers together: some 7 ms of a processor each
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """`rate` requests a second of one caller (after a `burst` at once), `running` of them at the same time.

    `queue_seconds` is how long one of them waits for its turn.
    """

    rate: float = 200.0
    burst: int = 2000
    running: int = 16
    queue_seconds: float = 0.3


@dataclass(slots=True)
class Caller:
    """What one caller may still send: a bucket of tokens that fills up with time."""

    turns: Turns
    left: float
    filled_at: float

    def take(self, limits: RequestLimits) -> int:
        """Count a request; give 0, or the seconds after which there is room for the next one."""
        now = time.monotonic()
        self.left = min(limits.burst, self.left + (now - self.filled_at) * limits.rate)
        self.filled_at = now
        if self.left < 1:
            return max(1, round((1 - self.left) / limits.rate))
        self.left -= 1
        return 0


class FairShare:
    """Shares the service between callers, by the `request_limits` of the application's state."""

    def __init__(self, app: ASGIApp, state: State, refused: Callable[[], None] = lambda: None) -> None:
        self._app = app
        self._state = state
        self._callers: OrderedDict[str, Caller] = OrderedDict()
        self._heavy = Turns(MOST_HEAVY)
        # Queues of their own: a log that takes no writes must not hold up reads.
        self._reads = Turns(MOST_AT_WORK)
        self._writes = Turns(MOST_AT_WORK)
        self._refused = Refused(refused)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        with ExitStack() as turns:
            try:
                work = await self._begin(scope, turns)
            except Refusal as error:
                await problems.refused(Request(scope), error)(scope, receive, send)
                return
            sending = work.sending(send)
            if scope["path"] == LIVE:
                sending = _after_start(sending, turns.close)
            await self._app(scope, work.receiving(receive), sending)

    async def _begin(self, scope: Scope, entered: ExitStack) -> Work:
        """Wait for the turn of the caller, that of large requests, and that of all; raises the `Refusal` of the first that fails.

        What was `entered` is left in the opposite order.
        """
        caller, seconds = self._caller(caller_of(scope)), self._limits.queue_seconds
        if wait := caller.take(self._limits):
            raise TooManyRequests(wait)
        until = time.monotonic() + seconds
        await self._enter(caller.turns, seconds)
        entered.callback(caller.turns.leave)
        if is_heavy(scope["path"]):
            await self._heavy.enter(PATIENCE, TooBusy)
            entered.callback(self._heavy.leave)
            until = time.monotonic() + PATIENCE
        turns = self._writes if scope["method"] in WRITES else self._reads
        await self._enter(turns, max(0.0, until - time.monotonic()))
        work = begin(scope, turns)
        entered.callback(work.end)
        return work

    async def _enter(self, turns: Turns, patience: float) -> None:
        try:
            await turns.enter(patience, Overloaded)
        except Overloaded:
            self._refused.note(turns.age)
            raise

    @property
    def _limits(self) -> RequestLimits:
        limits: RequestLimits = self._state.request_limits
        return limits

    def _caller(self, name: str) -> Caller:
        caller = self._callers.pop(name, None)
        if caller is None:
            limits = self._limits
            caller = Caller(Turns(limits.running), limits.burst, time.monotonic())
        self._callers[name] = caller
        if len(self._callers) > MOST_CALLERS:
            idle = next((key for key, each in self._callers.items() if not each.turns.running), name)
            del self._callers[idle]
        return caller


def _after_start(send: Send, call: Callable[[], None]) -> Send:
    """Call once the answer has begun."""

    async def sent(message: Message) -> None:
        await send(message)
        if message["type"] == "http.response.start":
            call()

    return sent


def is_heavy(path: str) -> bool:
    return path in HEAVY or path.startswith(HEAVY_PREFIXES)


def caller_of(scope: Scope) -> str:
    """Name a caller: a token by its hash, else the address."""
    token = Headers(scope=scope).get("authorization", "")
    if token:
        return sha256(token.encode("latin-1", "replace")).hexdigest()
    client = scope.get("client")
    return str(client[0]) if client else ""


Admission = Callable[[Request], Awaitable[Principal]]


class AdmitFirst:
    """Admits the caller of a request with a body before any byte of the body is read.

    A page itself answers whoever it refuses: it keeps what was typed, as long as that is small.
    """

    def __init__(self, app: ASGIApp, router: Router) -> None:
        self._app = app
        self._router = router
        self._admissions: list[tuple[APIRoute, Admission]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        matched = self._admission(scope) if self._has_body(scope) else None
        if matched is not None:
            route, admission = matched
            request = UnreadRequest(scope)
            try:
                await admission(request)
            except Refusal as error:
                if not (is_page(route) and is_small(announced_bytes(scope))):
                    await problems.refused(request, error)(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _has_body(self, scope: Scope) -> bool:
        return scope["type"] == "http" and scope["method"] in WRITES and announced_bytes(scope) != 0

    def _admission(self, scope: Scope) -> tuple[APIRoute, Admission] | None:
        if self._admissions is None:
            self._admissions = list(_admissions(self._router.routes))
        return next((pair for pair in self._admissions if pair[0].matches(scope)[0] is Match.FULL), None)


def _admissions(routes: Any) -> Iterator[tuple[APIRoute, Admission]]:
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute) and (admission := admission_of(route.dependant)) is not None:
            yield route, admission
