"""Logs, metrics and traces.

Off unless an OTLP endpoint is configured with OpenTelemetry's own variables. FastStream's telemetry middleware is not
used: it makes every message a child of its sender, so a rebuild or a restored log would hang years of replays onto
traces that ended long ago.
"""

import asyncio
import logging
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Literal, TextIO, cast

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import INVALID_SPAN, Link, NoOpTracer, Span, SpanContext, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from structlog.tracebacks import ExceptionDictTransformer

from shared.kernel.health import Health, Purpose
from shared.kernel.release import RELEASE
from shared.kernel.transient import TRANSIENT

logger = logging.getLogger(__name__)  # which goes through ours (shared.observability.signals)
EXPECTED = (*TRANSIENT, TimeoutError)


def configure(service: str, fmt: Literal["json", "console"], level: str) -> None:
    """Set up structlog, and let the libraries' own logging go through it."""
    named = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level]
    timed = structlog.processors.TimeStamper(fmt="iso", utc=True)
    rendering = [_without_expected_traceback, *_rendering(service, fmt)]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*named, structlog.stdlib.ExtraAdder(), timed],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    lines = _Lines(handler, rendering)
    structlog.configure(
        processors=[*named, timed, lambda _logger, _method, event: ((event,), {})],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("uvicorn.access", "uvicorn.error", "faststream", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _take_over()
    # No line says where in the code, or in which thread, it was written: then nobody need look (Python's Logging HOWTO).
    logging._srcfile = None  # noqa: SLF001  its documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


class _Lines:
    """Writes our own lines where those of libraries go, without a record of `logging` for each.

    As with records, what can't be rendered or written stops nobody's work; it is reported at the standard error.
    """

    def __init__(
        self, handler: "logging.StreamHandler[TextIO]", rendering: Sequence[structlog.typing.Processor]
    ) -> None:
        self._handler = handler
        self._rendering = rendering

    def write(self, event: structlog.typing.EventDict) -> None:
        name, line = event["event"], cast("Any", event)
        try:
            for process in self._rendering:
                line = process(None, "", line)
            self._handler.acquire()
            try:
                self._handler.stream.write(f"{line}\n")
                self._handler.flush()
            finally:
                self._handler.release()
        except Exception:  # noqa: BLE001  as in `logging`
            self._handler.handleError(logging.makeLogRecord({"msg": name}))

    debug = info = warning = error = critical = write


def _take_over() -> None:
    """Let every library's logger write through ours: some bring a handler of their own when they are imported."""
    for name in list(logging.root.manager.loggerDict):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(__name__).critical("process_failed", exc_info=(kind, error, trace))


def _without_expected_traceback(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Name an expected fault in one line: where in a library it was raised helps nobody."""
    given = event.get("exc_info")
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, EXPECTED):
        del event["exc_info"]
        event["error"] = f"{type(error).__name__}: {error}"
    return event


def _rendering(service: str, fmt: Literal["json", "console"]) -> list[structlog.typing.Processor]:
    def name_service(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {"event": event.pop("event"), "service": service, **event}

    if fmt == "console":
        return [
            name_service,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    return [
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        name_service,
        structlog.processors.JSONRenderer(
            serializer=lambda event, **_: orjson.dumps(event, default=str).decode()
        ),
    ]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def bound(**ids: object) -> AbstractContextManager[None]:
    """Put ids on every line that is logged within."""
    return structlog.contextvars.bound_contextvars(**ids)


OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_label(method: str) -> str:
    """Give the label of an HTTP method: a client may send any word as one."""
    return method if method in METHODS else OTHER


@dataclass(frozen=True, slots=True)
class LabelValues:
    """Keeps the first `most` values; each later one becomes `other`."""

    most: int = 50
    _kept: set[str] = field(default_factory=set)

    def of(self, value: str) -> str:
        if value not in self._kept:
            if len(self._kept) >= self.most:
                return OTHER
            self._kept.add(value)
        return value


EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FRESH_SECONDS = 5.0  # collectors are not run again within this time
READ_SECONDS = 3.0  # for any one collector: a scrape must answer when nothing else does
Collector = Callable[[], Awaitable[None]]


class Telemetry:
    """The metrics that every service has; one registry a service, none global.

    `before_scrape` registers collectors that set gauges just before a scrape.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._collectors: dict[str, Collector] = {}
        self._read_at = -FRESH_SECONDS
        ProcessCollector(registry=self.registry)
        build = self.gauge("loa_build_info", "1; the versions are labels", "version", "python")
        build.labels(RELEASE, platform.python_version()).set(1)
        self.ready = self.gauge(
            "loa_ready", "1 if the service is ready: /readyz and /readyz?for=writes", "purpose"
        )
        self.check_ok = self.gauge("loa_check_ok", "1 if a check of /readyz is ok", "check")
        self.broker_store = self.gauge(
            "loa_broker_store_bytes", "store of the broker, of its fullest node", "kind"
        )
        self.database_bytes = self.gauge("loa_database_bytes", "size of the service's database")
        self.fence_closed = self.gauge(
            "loa_log_fence_closed", "1 while the log is not the one that the rows were made from"
        )
        self.clock_ahead = self.gauge(
            "loa_clock_ahead_seconds", "how far our clock is ahead of PostgreSQL's; negative: behind"
        )
        self.http = self.histogram("loa_http_seconds", "HTTP answers by route", "method", "route", "status")
        self.connections_closed = self.counter(
            "loa_connections_closed", "connections that were closed or refused, by reason", "reason"
        )
        self.requests_refused = self.counter(
            "loa_requests_refused", "requests that got no turn in time, by reason", "reason"
        )
        self.appends = self.histogram(
            "loa_append_seconds", "appends to the log, one aggregate each", "context", "outcome"
        )
        self.appended = self.counter("loa_appended_events", "events in the log by this service", "type")
        self.position = self.gauge("loa_projection_position", "position of the read model", "projection")
        self.lag = self.gauge("loa_projection_lag_events", "events between log and read model", "projection")
        self.lag_seconds = self.gauge(
            "loa_projection_lag_seconds",
            "age of the oldest event that is not in the read model",
            "projection",
        )
        self.halted = self.gauge(
            "loa_projection_halted", "1 if the projection halted and waits for an operator", "projection"
        )
        self.unknown_types = LabelValues()
        self.unknown = self.counter("loa_unknown_events", "events of a type unknown to this release", "type")
        self.messages = self.counter(
            "loa_messages",
            "messages processed by subscribers, by outcome",
            "consumer",
            "outcome",
        )
        self.pending = self.gauge(
            "loa_consumer_pending", "messages that a consumer has not acknowledged yet", "consumer"
        )
        self.collector_failures = self.counter(
            "loa_collector_failures", "collectors that failed before a scrape", "collector"
        )

    def histogram(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(name, what, labels, registry=self.registry)

    def counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def before_scrape(self, name: str, collector: Collector) -> None:
        self._collectors[name] = collector

    async def set_readiness(self, health: Health) -> None:
        checks = await health.examine()
        for name, check in checks.items():
            self.check_ok.labels(name).set(check.ok)
        for purpose in Purpose:
            self.ready.labels(purpose).set(health.is_ready(purpose, checks))

    def count_unknown(self, event_type: str) -> None:
        self.unknown.labels(self.unknown_types.of(event_type)).inc()

    def append_ended(self, context: str, seconds: float, error: BaseException | None = None) -> None:
        """Note how long an append took, and how it ended: by the class of what it raised."""
        outcome = "appended" if error is None else _OUTCOMES.get(type(error).__name__, "failed")
        self.appends.labels(context, outcome).observe(seconds)

    async def exposition(self) -> bytes:
        if time.monotonic() - self._read_at >= FRESH_SECONDS:
            self._read_at = time.monotonic()
            await asyncio.gather(*(self._read(name, read) for name, read in self._collectors.items()))
        return generate_latest(self.registry)

    async def _read(self, name: str, collector: Collector) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                await collector()
        except Exception as error:  # noqa: BLE001  whatever is broken, the other figures are wanted all the more
            self.collector_failures.labels(name).inc()
            problem = f"{type(error).__name__}: {error}"
            logger.warning("collector_failed", extra={"collector": name, "error": problem})


_OUTCOMES = {"VersionConflict": "conflict", "TransientError": "transient", "PermanentError": "permanent"}
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
FRESH = timedelta(minutes=1)
"""A message that is older when it is received is a replay: after an outage, a rebuild, a restore."""
MOST_LINKS = 64
_W3C = TraceContextTextMapPropagator()
_OFF = nullcontext(INVALID_SPAN)


def exporter() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  slow, and mostly off
        OTLPSpanExporter,
    )

    return OTLPSpanExporter()


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A received message: the trace that it belongs to, and its age."""

    traceparent: str | None
    age: timedelta


@dataclass(frozen=True, slots=True)
class Tracing:
    """One service's tracer; one that is off costs next to nothing."""

    tracer: Tracer = NoOpTracer()  # noqa: RUF009  it has no state
    provider: TracerProvider | None = None

    @classmethod
    def configured(cls, service: str, environment: Mapping[str, str] = os.environ) -> "Tracing":
        if not any(environment.get(name) for name in ENDPOINTS):
            return cls()
        named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": f"loa-{service}"}
        provider = TracerProvider(resource=Resource.create(named))
        provider.add_span_processor(BatchSpanProcessor(exporter()))
        return cls(provider.get_tracer("loa"), provider)

    @property
    def is_on(self) -> bool:
        return self.provider is not None

    def close(self) -> None:
        """Send what is left; may take some seconds."""
        if self.provider is not None:
            self.provider.shutdown()

    def serving(self, name: str, traceparent: str | None) -> AbstractContextManager[Span]:
        """Answer a request, as part of the caller's trace if it names one."""
        if not self.is_on:
            return _OFF
        return self.tracer.start_as_current_span(name, _context(traceparent), kind=SpanKind.SERVER)

    def sending(self, name: str, linked: Sequence[str | None] = ()) -> AbstractContextManager[Span]:
        """Hand something to the broker, or to a mail server, because of what is under way."""
        if not self.is_on:
            return _OFF
        return self.tracer.start_as_current_span(name, kind=SpanKind.PRODUCER, links=_links(linked))

    @contextmanager
    def receiving(
        self, name: str, received: Sequence[ReceivedMessage], *, replay: bool = False
    ) -> Iterator[Span]:
        """Process messages: fresh ones of one sender continue its trace, all others are linked to theirs."""
        senders = {message.traceparent for message in received}
        fresh = not replay and len(senders) == 1 and all(message.age < FRESH for message in received)
        parent = _context(senders.pop()) if fresh else Context()
        links = _links([message.traceparent for message in received]) if not parent else ()
        kind = SpanKind.CONSUMER
        with self.tracer.start_as_current_span(name, parent, kind=kind, links=links) as span:
            span.set_attribute("messaging.batch.message_count", len(received))
            yield span


def traceparent() -> str | None:
    """Name the span that is under way, as W3C Trace Context writes it; None if none is recorded."""
    carrier: dict[str, str] = {}
    if trace.get_current_span().is_recording():
        _W3C.inject(carrier)
    return carrier.get("traceparent")


def _context(name: str | None) -> Context:
    return _W3C.extract({"traceparent": name}, Context()) if name else Context()


def _links(names: Sequence[str | None]) -> list[Link]:
    """Link to traces, each once; what is no traceparent is left out."""
    contexts = [_span_context(name) for name in dict.fromkeys(names) if name]
    return [Link(context) for context in contexts if context.is_valid][:MOST_LINKS]


def _span_context(name: str) -> SpanContext:
    return trace.get_current_span(_context(name)).get_span_context()
