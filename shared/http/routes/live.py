"""Server-sent events for open pages: the position of the read model, whenever it moved (WHATWG HTML, 9.2).

An event has no content but the position: the page fetches itself again, with the rights of its reader. A stream holds a connection
and no turn of a request. It ends after some minutes, when the browser asks again, so that ended sessions and shutdowns end it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.documents.openapi import POSITION
from shared.http.overload.client_address import client_of
from shared.http.requests.request_context import EVENT_STREAM, LIVE
from shared.kernel.errors import Refusal
from shared.projections.projector import Runner
from shared.rules.rights.actions import Action

SCRIPT = "/live.js"
_SCRIPT_FILE = Path(__file__).with_name("live.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """How many streams there are in all and of one address, and how many seconds something takes.

    `least` lie between two events of a stream, `heartbeat` between two lines of it, `lasts` is its life, `tick` how soon it
    sees that the service ends.
    """

    most: int = 500
    most_of_address: int = 64
    least: float = 5.0
    heartbeat: float = 15.0
    lasts: float = 600.0
    tick: float = 1.0


class TooManyStreams(Refusal):
    code = "too-many-streams"
    kind = "too_many"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            "Đang có quá nhiều trang được cập nhật tự động; trang này vẫn dùng được, đề nghị tải lại khi cần số liệu mới.",
            "Too many pages are updated automatically; this page still works, reload it for new figures.",
        )


@dataclass(slots=True)
class Streams:
    """The streams of a service that are open."""

    limits: StreamLimits = field(default_factory=StreamLimits)
    of_address: Counter[str] = field(default_factory=Counter)
    closed: bool = False

    def close(self) -> None:
        """End all streams within a tick, and admit no more: the service ends."""
        self.closed = True

    def enter(self, address: str) -> None:
        """Count a stream; raises `TooManyStreams`."""
        crowded = self.of_address[address] >= self.limits.most_of_address
        if self.closed or crowded or self.of_address.total() >= self.limits.most:
            raise TooManyStreams
        self.of_address[address] += 1

    def leave(self, address: str) -> None:
        self.of_address[address] -= 1
        if not self.of_address[address]:
            del self.of_address[address]

    async def positions(self, runner: Runner) -> AsyncIterator[str]:
        """Give the position now, and then whenever it has moved; a line of comment where nothing does."""
        limits = self.limits
        began = written = time.monotonic()
        position = runner.status.position
        yield f"retry: {limits.least * 1000:.0f}\n{_event(position)}"
        while not self.closed and time.monotonic() - began < limits.lasts:
            moved = await runner.wait_for(position + 1, limits.tick)
            quiet = time.monotonic() - written
            if moved and quiet < limits.least:
                await asyncio.sleep(min(limits.tick, limits.least - quiet))
            elif moved:
                position, written = runner.status.position, time.monotonic()
                yield _event(position)
            elif quiet >= limits.heartbeat:
                written = time.monotonic()
                yield ":\n\n"


class _Stream(StreamingResponse):
    """A stream that is `left` however it ends, also before its first line."""

    def __init__(
        self, content: AsyncIterator[str], left: Callable[[], None], headers: Mapping[str, str]
    ) -> None:
        super().__init__(content, headers=headers, media_type=EVENT_STREAM)
        self._left = left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left()


def _event(position: int) -> str:
    return f"event: position\ndata: {position}\n\n"


def streams_of(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


def router() -> APIRouter:
    """Make the routes of open pages, which are no part of the API."""
    routes = APIRouter(tags=["pages"], include_in_schema=False)

    @routes.get(SCRIPT, response_class=Response)
    async def script(_: Annotated[Principal, may(Action.READ_FIGURES)]) -> Response:
        return Response(_SCRIPT_FILE.read_bytes(), media_type="text/javascript")

    @routes.get(LIVE, response_class=Response)
    async def live(request: Request, _: Annotated[Principal, may(Action.READ_FIGURES)]) -> Response:
        streams, runner, address = streams_of(request), request.app.state.runner, client_of(request)
        streams.enter(address)
        # A proxy must pass each event on at once (nginx: X-Accel-Buffering).
        headers = {"X-Accel-Buffering": "no", POSITION: str(runner.status.position)}
        content = streams.positions(runner)
        return _Stream(content, lambda: streams.leave(address), headers)

    return routes
