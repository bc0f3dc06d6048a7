"""What happens to every request: its limits, ids and trace, who sends it, how its body and position are read, how it is answered."""

import re
import time
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Header, Query, Request, Response
from opentelemetry.trace import Span
from pydantic import BaseModel, ConfigDict, model_validator
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.callers import VISIT
from shared.auth.tokens import Principal
from shared.contracts.envelope import Metadata
from shared.contracts.vocabulary import Dataset, Role
from shared.directory.datasets import NAMED
from shared.eventstore.handle import Version
from shared.http import problems
from shared.http.documents.openapi import CORRELATION, POSITION, REQUEST_ID
from shared.http.overload.turns import resting
from shared.kernel import runtime
from shared.kernel.errors import Refusal, Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.observability.signals import Telemetry, Tracing, method_label, traceparent
from shared.projections.projector import Runner
from shared.signed_links import links
from shared.text_checks.event_texts import find
from shared.text_checks.printable import LONGEST_TEXT, readable

OWN_DATA = "/own-data"
OWN_FILES = "/own-files"
STREAMED = frozenset({"/imports", OWN_DATA})  # they read lines of JSON themselves


MOST_BYTES = 1 << 20  # of a request's body; the import has its own route and limit
SMALL_BODY = 64 << 10
MOST_SEPARATORS = (
    20_000  # commas and opening brackets of a JSON body; of values the parsed one may have a quarter
)
RULES = "/rules/effect"  # an operator's files, with many commas in their text
FILES_OF_EVIDENCE = "/evidence/files"
MOST_BYTES_OF_A_FILE = 51 << 20  # 50 MiB, and what a form adds
MOST_BYTES_OF_A_FORM = 11 << 20  # behind a link of a mail, where a file of evidence may go along
FORM_OF_EVIDENCE = ("/entry/communications/", "/evidence")
MOST_BYTES_OF_A_FILE_FORM = 128 << 20  # a file that is too large is read to its end: what was typed is kept


def most_bytes(path: str) -> int:
    if path.endswith(FILES_OF_EVIDENCE) or path.startswith(f"{OWN_FILES}/"):
        return MOST_BYTES_OF_A_FILE
    first, last = FORM_OF_EVIDENCE
    if path.startswith(first) and path.endswith(last):
        return MOST_BYTES_OF_A_FILE_FORM
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


class TooManyValues(Refusal):
    """A body of so many values takes long to parse, and no command has them."""

    code = "too-many-values"
    kind = "too_large"

    def __init__(self) -> None:
        super().__init__(
            f"Nội dung gửi lên có quá nhiều giá trị (hơn {MOST_SEPARATORS:_} dấu phẩy và dấu ngoặc mở); đề nghị chia nhỏ, hoặc nhập hàng loạt bằng lệnh "
            "`loa import`.".replace("_", "."),
            f"The body has too many values (more than {MOST_SEPARATORS:,} commas and opening brackets); send less at once, or use `loa import`.",
            most_separators=MOST_SEPARATORS,
        )


class BodyLimit:
    """Refuses a body that grows beyond the limits, while it is read: it is never held whole, nor parsed.

    The body read is identified by its hash, so that one idempotency key can't stand for two different requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
            return
        left = most = most_bytes(scope["path"])
        separators_left = MOST_SEPARATORS if _is_json(scope) and scope["path"] != RULES else None
        announced = announced_bytes(scope)
        whole = announced == 0
        payload = sha256(f"{scope['method']} {scope['path']}\n".encode())
        scope.setdefault("state", {})["payload"] = payload

        async def counted() -> Message:
            nonlocal left, separators_left, whole
            if announced is not None and announced > most:
                raise BodyTooLarge(most)
            message = await receive()
            left -= len(body := message.get("body", b""))
            payload.update(body)
            if left < 0:
                raise BodyTooLarge(most)
            if separators_left is not None and (separators_left := separators_left - _separators(body)) < 0:
                raise TooManyValues
            whole = not message.get("more_body", False)
            return message

        async def closing(message: Message) -> None:
            """Close the connection after an answer to a body that nobody reads to its end."""
            if message["type"] == "http.response.start" and not (whole or is_small(announced)):
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, counted, closing)


def _is_json(scope: Scope) -> bool:
    """Tell whether a body is parsed as JSON: also one without a type, which FastAPI takes for it."""
    kind = Headers(scope=scope).get("content-type", "")
    return not kind or "json" in kind.lower()


def _separators(body: bytes) -> int:
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def announced_bytes(scope: Scope) -> int | None:
    """Give the length of a body as its header announces it: 0 without a body, None if it comes in chunks."""
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return None
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else None


def is_small(announced: int | None) -> bool:
    """Tell whether the rest of a body costs nothing to pass over."""
    return announced is not None and announced <= SMALL_BODY


_VERSION = re.compile(r"[0-9]{1,18}")
MIN_POSITION_SECONDS = 5.0
MOST_POSITION = (1 << 63) - 1


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is never taken for silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    longest_text: ClassVar[int] = LONGEST_TEXT  # letters of one text, looked at before anything else
    file_fields: ClassVar[frozenset[str]] = (
        frozenset()
    )  # fields that hold a file: what reads it checks its texts

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, fields: Any) -> Any:
        if not cls.file_fields or not isinstance(fields, Mapping):
            return readable(fields, longest=cls.longest_text)
        kept = {name: fields[name] for name in cls.file_fields & fields.keys()}
        others = {name: value for name, value in fields.items() if name not in kept}
        return {**readable(others, longest=cls.longest_text), **kept}


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


async def projected(request: Request, position: int) -> int:
    """Wait until the read model has a position (0: for none), and give its own; raises `NotYetProjected`."""
    runner: Runner = request.app.state.runner
    with resting(request.scope):
        reached = not position or await runner.wait_for(position, MIN_POSITION_SECONDS)
    if not reached:
        raise NotYetProjected(
            f"Dữ liệu đọc mới đến vị trí {runner.status.position}, chưa tới {position}; đề nghị thử lại.",
            f"The read model is at position {runner.status.position}, not yet at {position}; try again.",
            position=runner.status.position,
        )
    return runner.status.position


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
    response.headers[POSITION] = str(await projected(request, min_position or 0))


AtPosition = Depends(_at_position)
"""Declared by every query: `?min_position=N` reads one's own writes."""


async def _of_dataset(
    dataset: Annotated[
        Dataset | None,
        Query(description="live, sample or exercise data; if absent live, and all while nothing is live"),
    ] = None,
) -> Dataset | None:
    if dataset is not None:
        NAMED.set(dataset)
    return NAMED.get()


OfDataset = Depends(_of_dataset)
"""Declared by what counts, ranks or reports: one question is about one data set (`shared.directory.datasets`)."""


async def _of_rows(
    dataset: Annotated[
        Dataset | None, Query(description="only live, sample or exercise data; each row names its own")
    ] = None,
) -> Dataset | None:
    return dataset or NAMED.get()


OfRows = Depends(_of_rows)
"""Declared by lists of what was recorded, for other systems: of all data sets if none is named."""


async def _if_match(
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


def clock_of(request: Request) -> Clock:
    """Give the clock that the composition root chose."""
    clock: Clock = request.app.state.clock
    return clock


async def _today(request: Request) -> date:
    return day_in_vietnam(clock_of(request)())


Today = Annotated[date, Depends(_today)]
"""The present day in Vietnam."""


def metadata(request: Request, principal: Principal, idempotency_key: str | None = None) -> Metadata:
    """Stamp time, actor and correlation onto a command: the edge is where they come in."""
    return Metadata(
        time=clock_of(request)(),
        actor=principal.actor,
        correlation_id=request.state.correlation_id,
        idempotency_key=idempotency_key,
        payload_hash=request.state.payload.hexdigest()[:32] if idempotency_key else None,
        traceparent=traceparent() or _trace(request.headers.get("traceparent")),
        actor_unit=principal.unit if principal.role is not Role.OPERATOR else None,
        training=principal.training,
    )


def _trace(header: str | None) -> str | None:
    """Give a header of W3C Trace Context; None if it is none: what it holds is recorded in the log."""
    return header if header and _TRACEPARENT.fullmatch(header) else None


_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


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


logger = signals.get_logger(__name__)

UNPRINTABLE = Text(
    "Địa chỉ có ký tự điều khiển không hợp lệ; đề nghị bỏ ký tự đó.",
    "The address holds a control character, which is not allowed; leave it out.",
)
_NUL = b"%00"
_WORD = re.compile(r"[\x21-\x7e]{1,128}")
LIVE = "/live"  # a stream of events, which holds a connection and no turn
EVENT_STREAM = "text/event-stream"
QUIET = {"/livez", "/readyz", "/metrics"}  # asked by machines, every few seconds


class RequestLog:
    """Gives every request its ids, and tells how it was answered, once the whole answer is sent.

    It passes an answer on as it comes, and an error in the middle of an answer too: the connection breaks off then, so that
    no caller takes a part for the whole.
    """

    def __init__(self, app: ASGIApp, metrics: Telemetry, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, started, status, answered = Request(scope), time.perf_counter(), 0, 0.0
        request_id = str(runtime.new_id())
        correlation = _recordable(request.headers.get(CORRELATION)) or request_id
        request.state.correlation_id = correlation
        NAMED.set(None)
        VISIT.set(None)

        async def named(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(EVENT_STREAM):
                    answered = time.perf_counter()  # how long the page stays open is no duration of ours
                headers[CORRELATION], headers[REQUEST_ID] = correlation, request_id
            await send(message)

        with (
            signals.bound(correlation_id=correlation, request_id=request_id),
            self._tracing.serving(request.method, request.headers.get("traceparent")) as span,
        ):
            await self._answered(request, receive, named)
            self._record(span, request, status, (answered or time.perf_counter()) - started)

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
                "http_answered",
                method=request.method,
                route=route,
                status=status,
                seconds=round(seconds, 4),
                by=getattr(request.state, "actor", None),
            )
        self._metrics.http.labels(method_label(request.method), route, status).observe(seconds)


def _name(span: Span, method: str, route: str, status: int) -> None:
    """Name a span by OpenTelemetry's conventions for HTTP."""
    if not span.is_recording():
        return
    span.update_name(f"{method} {route}")
    span.set_attributes(
        {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    )


def _recordable(given: str | None) -> str | None:
    """Take an id of the caller's if it is one plain word without personal data: it goes into the log and into events."""
    return given if given and _WORD.fullmatch(given) and find(given) is None else None
