"""The answer to a client's idempotency key is given again for 24 hours, also a refusal and "nothing changed".

Events hold the key of the command that recorded them; what recorded nothing left no trace, so that its retry, later, would have
overwritten what another client recorded in between.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.key_sets import IssuerUnavailable
from shared.auth.tokens import Unauthenticated, Verifier
from shared.eventstore.buckets import AnswerBucket, Claim, KeptAnswer, NoBucket, Pending
from shared.eventstore.conflicts import IdempotencyKeyReused
from shared.http import problems
from shared.kernel.errors import LoaError, Refusal
from shared.kernel.transient import TRANSIENT
from shared.observability import signals

logger = signals.get_logger(__name__)

KEY = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
KEPT_HEADERS = {"content-type", "content-language", "etag", "loa-position", "location", "vary"}
# A stale version stays stale: with the same If-Match it is refused again, with another one it may be retried.
ONLY_FOR_NOW = {
    HTTPStatus.PRECONDITION_FAILED,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
MOST_BYTES = 256 << 10  # of an answer that is kept
PATIENCE = 10.0  # seconds to wait for the answer to a request that is under way
PAUSE = 0.05
WAITS = {"min_position"}
FORGOTTEN = b"urn:loa:problem:invalid-request"  # nothing was decided: the same body is refused again


class KeyInProgress(Refusal):
    """The first request with this key has no answer yet."""

    code = "idempotency-key-in-progress"
    kind = "unavailable"
    retry_after = 2

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Yêu cầu trước với khóa Idempotency-Key “{key}” đang được xử lý; đề nghị gửi lại sau ít giây.",
            f"An earlier request with the Idempotency-Key '{key}' is being processed; send it again in a few seconds.",
            key=key,
        )


@dataclass(slots=True)
class _Answer:
    """What the application sends, kept while it is passed on."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    @property
    def is_final(self) -> bool:
        """Say whether the same request would get it again; what may succeed later is not kept."""
        return (
            self.status < HTTPStatus.INTERNAL_SERVER_ERROR
            and self.status not in ONLY_FOR_NOW
            and "retry-after" not in self.headers
            and len(self.body) <= MOST_BYTES
            and FORGOTTEN not in self.body
        )


class KeptAnswers:
    """Gives the kept answer to a key, or lets the application answer and keeps that; one request of a key at a time."""

    def __init__(
        self, app: ASGIApp, bucket: AnswerBucket, verifier: Verifier, routes: Sequence[APIRoute]
    ) -> None:
        self._app = app
        self._bucket = bucket
        self._verifier = verifier
        self._routes = routes
        self._last_problem = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        subject = await self._subject(scope) if scope["type"] == "http" else None
        if subject is None:
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole(receive)
        except (LoaError, ClientDisconnect) as error:
            await self._app(scope, _raising(error), send)
            return
        await self._answer(scope, subject, body, send)

    async def _answer(self, scope: Scope, subject: str, body: bytes, send: Send) -> None:
        request = Request(scope)
        key = request.headers[KEY]
        digest = _hash(request)
        try:
            claim = await self._claimed(self._bucket.entry(subject, key), digest, key)
        except NoBucket as error:
            self._log_once(str(error))
            await self._app(scope, _giving(body), send)
        except Refusal as error:
            await problems.refused(request, error)(scope, _giving(body), send)
        else:
            if isinstance(claim, KeptAnswer):
                await _replay(claim)(scope, _giving(body), send)
            else:
                await self._carry_out(claim, scope, _giving(body), send)

    async def _claimed(self, entry: str, digest: str, key: str) -> Claim | KeptAnswer:
        until = time.monotonic() + PATIENCE
        while isinstance(claim := await self._bucket.claim(entry, digest), Pending):
            if claim.payload_hash != digest:
                raise IdempotencyKeyReused(key)
            if time.monotonic() > until:
                raise KeyInProgress(key)
            await asyncio.sleep(PAUSE)
        if claim.payload_hash != digest:
            raise IdempotencyKeyReused(key)
        return claim

    async def _carry_out(self, claim: Claim, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the answer before it is sent: a client that hangs up gets it by its retry."""
        answer, messages = _Answer(), list[Message]()

        async def collect(message: Message) -> None:
            answer.take(message)
            messages.append(message)

        try:
            await self._app(scope, receive, collect)
        finally:
            await self._end(claim, answer)
        for message in messages:
            await send(message)

    async def _end(self, claim: Claim, answer: _Answer) -> None:
        try:
            if answer.is_final:
                headers = {name: value for name, value in answer.headers.items() if name in KEPT_HEADERS}
                kept = KeptAnswer(claim.payload_hash, answer.status, headers, answer.body)
                await self._bucket.keep(claim, kept)
            else:
                await self._bucket.release(claim)
        except (NoBucket, *TRANSIENT) as error:
            self._log_once(f"{type(error).__name__}: {error}")

    async def _subject(self, scope: Scope) -> str | None:
        """Give the caller of a request with a key that its route takes; None for all others."""
        request = Request(scope)
        if KEY not in request.headers or not self._takes_key(scope):
            return None
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        try:
            return (await self._verifier.verify(token)).subject
        except (Unauthenticated, IssuerUnavailable):
            return None  # the route refuses it for the same reason

    def _takes_key(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)

    def _log_once(self, problem: str) -> None:
        if problem != self._last_problem:
            logger.warning("answers_not_kept", error=problem)
        self._last_problem = problem


def keyed_routes(routes: Iterable[object]) -> Iterator[APIRoute]:
    """Find the routes that take an idempotency key, in included routers too."""
    for route in routes:
        if isinstance(route, APIRoute):
            if _declares_key(route.dependant):
                yield route
        elif isinstance(router := getattr(route, "original_router", None), APIRouter):
            yield from keyed_routes(router.routes)


def _declares_key(dependant: Dependant) -> bool:
    own = any(parameter.alias.lower() == KEY for parameter in dependant.header_params)
    return own or any(map(_declares_key, dependant.dependencies))


def _hash(request: Request) -> str:
    """Tell payloads apart; how long a caller is ready to wait for a position is none of it.

    Method, path and body are hashed by `BodyLimit` while the body is read.
    """
    query = sorted(item for item in request.query_params.multi_items() if item[0] not in WAITS)
    payload = request.state.payload.copy()
    payload.update(f"\n{query} {request.headers.get('if-match', '')}".encode())
    digest: str = payload.hexdigest()[:32]
    return digest


def _replay(kept: KeptAnswer) -> Response:
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _giving(body: bytes) -> Receive:
    """Give a body that was read already; then the client is silent."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def _raising(error: Exception) -> Callable[[], Awaitable[Message]]:
    async def receive() -> Message:
        raise error

    return receive
