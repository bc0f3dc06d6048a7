"""OpenTelemetry spans: one trace from a request through the log to what follows; a replay is linked, never a child.

Off unless an OTLP endpoint is configured with OpenTelemetry's own variables. FastStream's telemetry middleware is not
used: it makes every message a child of its sender, so a rebuild or a restored log would hang years of replays onto
traces that ended long ago.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NoOpTracer, Span, SpanContext, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
FRESH = timedelta(minutes=1)
"""A message that is older when it is received is a replay: after an outage, a rebuild, a restore."""
MOST_LINKS = 64

_W3C = TraceContextTextMapPropagator()


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

    @contextmanager
    def serving(self, name: str, traceparent: str | None) -> Iterator[Span]:
        """Answer a request, as part of the caller's trace if it names one."""
        kind, parent = SpanKind.SERVER, _context(traceparent)
        with self.tracer.start_as_current_span(name, parent, kind=kind) as span:
            yield span

    @contextmanager
    def sending(self, name: str, linked: Sequence[str | None] = ()) -> Iterator[Span]:
        """Hand something to the broker, or to a mail server, because of what is under way."""
        with self.tracer.start_as_current_span(name, kind=SpanKind.PRODUCER, links=_links(linked)) as span:
            yield span

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
