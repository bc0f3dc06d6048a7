"""Ceilings of connections: how many, how long a header or body may take, how large a header may be.

uvicorn's protocol has none of them for httptools: a client that opens connections and sends nothing, or half a header, would keep
every other one out. A connection without a request is closed for the one that comes next; one with a request never is.
"""

import asyncio
import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from shared.observability import signals

logger = signals.get_logger(__name__)

MOST_HEADER_BYTES = 32 << 10  # of the request line and all header fields
PROGRESS_SECONDS = 20.0  # in which a body must grow by at least
LEAST_PROGRESS = 16 << 10  # bytes
MOST_BODY_SECONDS = 600.0
FREE_CHUNKS = 1024  # pieces of one body; each costs a call, however small it is
LEAST_CHUNK = 32  # bytes of each further piece, in the mean of all
MOST_BEHIND = 8  # requests that wait on a connection behind the one at work
WRITE_SECONDS = 60.0  # in which a client must read what was sent
LINGER_SECONDS = (
    2.0  # in which the rest of a refused body is passed over, so that the client reads the answer
)
LOG_SECONDS = 10.0  # between two lines of the same reason
RESERVED_FILES = 128  # for the database, the broker and files
BACKLOG = 512  # connections that the system accepts before we do
# Until a connection without a request is closed. It must be longer than clients and proxies keep one (httpx 5 s, nginx 60 s):
# else we close it just when they send on it, and that request gets no answer.
KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """`most` connections at once, `most_of_address` of one address, `header_seconds` for a whole header."""

    most: int = 2000
    most_of_address: int = 512
    header_seconds: float = 10.0


@dataclass(slots=True)
class Connections:
    """All connections of a server: which wait for a request, how many each address has, why some were closed."""

    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    count: Callable[[str], None] = lambda _reason: None
    open: set["GuardedProtocol"] = field(default_factory=set)
    of_address: Counter[str] = field(default_factory=Counter)
    waiting: OrderedDict["GuardedProtocol", None] = field(default_factory=OrderedDict)  # the longest first
    _closed: Counter[str] = field(default_factory=Counter)
    _logged_at: dict[str, float] = field(default_factory=dict)

    def protocol(self, *arguments: Any, **options: Any) -> "GuardedProtocol":
        """Make the protocol of a new connection, as uvicorn calls it."""
        return GuardedProtocol(self, *arguments, **options)

    def admit(self, new: "GuardedProtocol") -> bool:
        """Count a new connection; one that waits is closed for it, or it is refused if all are at work."""
        if self.of_address[new.address] >= self.limits.most_of_address:
            crowd: str | None = new.address
        elif len(self.open) >= self.limits.most:
            crowd = None
        else:
            crowd = ""
        if crowd != "" and not self._make_way(crowd):
            self.note("too_many", new.address)
            return False
        self.open.add(new)
        self.of_address[new.address] += 1
        self.waiting[new] = None
        return True

    def _make_way(self, address: str | None) -> bool:
        """Close the connection that has waited longest: of one address, or of any."""
        longest = next((each for each in self.waiting if address is None or each.address == address), None)
        if longest is None:
            return False
        self.note("replaced", longest.address)
        self.forget(longest)
        longest.abort()
        return True

    def forget(self, gone: "GuardedProtocol") -> None:
        if gone in self.open:
            self.open.discard(gone)
            self.waiting.pop(gone, None)
            self.of_address[gone.address] -= 1
            if self.of_address[gone.address] <= 0:
                del self.of_address[gone.address]

    def note(self, reason: str, address: str) -> None:
        """Count a connection that was closed, and log the reason from time to time."""
        self.count(reason)
        self._closed[reason] += 1
        if time.monotonic() - self._logged_at.get(reason, -LOG_SECONDS) >= LOG_SECONDS:
            self._logged_at[reason] = time.monotonic()
            logger.warning(
                "connections_closed",
                reason=reason,
                address=address,
                closed=self._closed.pop(reason),
                open=len(self.open),
                of_address=self.of_address[address],
            )


class RefusedParsing(Exception):
    """Ends the parsing of what was received: it has so many small parts that others would wait for it."""


class _Lingering:
    """A transport that is closed only after what the client still sends of a refused body was passed over."""

    def __init__(self, transport: asyncio.Transport, protocol: "GuardedProtocol") -> None:
        self._transport = transport
        self._protocol = protocol
        self.write = transport.write

    def close(self) -> None:
        if self._protocol.is_reading_body and self._transport.can_write_eof():
            self._protocol.pass_over()
        else:
            self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with deadlines and ceilings."""

    def __init__(self, guard: Connections, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._guard = guard
        self.address = ""
        self.is_reading_body = False
        self._header_bytes = 0
        self._body_bytes = 0
        self._chunks = self._content_bytes = 0
        self._in_header = False
        self._passing_over = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._cycles: list[RequestResponseCycle] = []  # uvicorn knows the last alone

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = _Lingering(transport, self)  # type: ignore[assignment]
        self.address = self.client[0] if self.client else "unix"
        if not self._guard.admit(self):
            self._turn_away()
        else:
            self._after("header", self._guard.limits.header_seconds, self._header_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.forget(self)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for cycle in self._cycles:  # also of a request that others wait behind: its answer ends now
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._passing_over or self.transport.is_closing():
            return
        if not self.is_reading_body:
            self._begin_header()
        before = self._in_header
        self._body_bytes += len(data)
        super().data_received(data)
        if before and self._in_header:
            self._header_bytes += len(data)
            self._refuse_large_header()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MOST_BEHIND:
            self._guard.note("too_many_behind", self.address)
            self.abort()
            raise RefusedParsing
        super().on_message_begin()
        self._begin_header()

    def on_headers_complete(self) -> None:
        self._in_header = False
        self._cancel("header")
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self._header_bytes = max(self._header_bytes, size) if size > MOST_HEADER_BYTES else 0
        self._guard.waiting.pop(self, None)
        if self._refuse_large_header():
            return
        self.is_reading_body, self._body_bytes = True, 0
        self._chunks = self._content_bytes = 0
        super().on_headers_complete()
        self._cycles = [*(cycle for cycle in self._cycles if not cycle.response_complete), self.cycle]
        self._watch_body(time.monotonic())

    def on_body(self, body: bytes) -> None:
        self._chunks += 1
        self._content_bytes += len(body)
        if self._chunks > FREE_CHUNKS and self._content_bytes < LEAST_CHUNK * self._chunks:
            self._refuse_small_chunks()
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.is_reading_body = False
        self._cancel("body")
        if not self._is_refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if (
            self in self._guard.open
            and not self._passing_over
            and not self.is_reading_body
            and not self.pipeline
        ):
            self._guard.waiting[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._after("write", WRITE_SECONDS, self._write_is_late)

    def resume_writing(self) -> None:
        self._cancel("write")
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        if not self._is_refused:
            super().send_400_response(msg)

    def pass_over(self) -> None:
        """Send no more, and read no more than what is on its way already."""
        if not self._passing_over:
            self._passing_over = True
            with suppress(OSError, RuntimeError):
                self.transport.write_eof()
            self.flow.resume_reading()
            self._after("linger", LINGER_SECONDS, self.abort)

    def abort(self) -> None:
        with suppress(OSError, RuntimeError):
            self.transport.abort()

    @property
    def _is_refused(self) -> bool:
        return self._passing_over or self.transport.is_closing() or self._header_bytes > MOST_HEADER_BYTES

    def _begin_header(self) -> None:
        if not self._in_header:
            self._in_header, self._header_bytes = True, 0
        if "header" not in self._timers:
            self._after("header", self._guard.limits.header_seconds, self._header_is_late)

    def _refuse_large_header(self) -> bool:
        if self._header_bytes <= MOST_HEADER_BYTES:
            return False
        self._guard.note("header_too_large", self.address)
        self._answer(431, f"The header is larger than {MOST_HEADER_BYTES >> 10} KiB.")
        return True

    def _refuse_small_chunks(self) -> NoReturn:
        if not self._is_refused:
            self._guard.note("chunks_too_small", self.address)
            self._answer(400, f"The chunks of a body must be larger (in the mean, bytes: {LEAST_CHUNK}).")
        raise RefusedParsing

    def _watch_body(self, begun: float) -> None:
        self._body_bytes = 0
        if self.is_reading_body:
            self._after("body", PROGRESS_SECONDS, lambda: self._look_at_body(begun))

    def _look_at_body(self, begun: float) -> None:
        if not self.is_reading_body or self._passing_over:
            return
        waits_for_us = self.flow.read_paused
        slow = self._body_bytes < LEAST_PROGRESS or time.monotonic() - begun > MOST_BODY_SECONDS
        if slow and not waits_for_us:
            self._guard.note("body_too_slow", self.address)
            self._answer(408, "The body did not arrive in time.")
        else:
            self._watch_body(begun)

    def _header_is_late(self) -> None:
        self._timers.pop("header", None)
        if self.cycle is not None and not self.cycle.response_complete:
            return  # the next request begins behind one that is under way
        self._guard.note("header_too_slow" if self._in_header else "no_request", self.address)
        if self._in_header:
            self._answer(408, "The header did not arrive in time.")
        else:
            self.abort()  # a browser that connects in advance takes an answer for that of its next request

    def _write_is_late(self) -> None:
        self._guard.note("answer_not_read", self.address)
        self.abort()

    def _turn_away(self) -> None:
        self.transport.write(
            _plain_answer(503, "Too many connections; try again in a few seconds.", retry_after=5)
        )
        self._passing_over = True
        self.transport.close()

    def _answer(self, status: int, message: str) -> None:
        """Answer what is no whole request, and close; nothing if an answer is under way already."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_plain_answer(status, message))
            if self.cycle is not None:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
        self.pass_over()

    def _after(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        self._cancel(name)
        self._timers[name] = self.loop.call_later(seconds, call)

    def _cancel(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()


def _plain_answer(status: int, message: str, retry_after: int | None = None) -> bytes:
    later = b"retry-after: %d\r\n" % retry_after if retry_after else b""
    head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n"
    return STATUS_LINE[status] + head % len(message) + later + b"\r\n" + message.encode()


def bounded_by_files(limits: ConnectionLimits) -> ConnectionLimits:
    """Raise the number of files that may be open, and never take more connections than that allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.most + RESERVED_FILES
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(limits.most, max(16, soft - RESERVED_FILES))
    return ConnectionLimits(most, min(limits.most_of_address, most), limits.header_seconds)
