"""One trace from a request through the log to projection, reaction and mail; a replay is linked, never a child."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_trace_id

from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from shared.eventstore.streams import TICKS
from shared.observability import signals
from shared.rules.rulebook.rulebook import load_rulebook
from tests.integration.metrics.office import Office, ago, today
from tests.support.platform.service import SERVICES, Platform, eventually, open_platform
from tests.support.servers.engines import NewDatabase, connected
from tests.support.servers.tokens import Issuer

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Have every service that is made now export its spans here."""
    kept = InMemorySpanExporter()
    monkeypatch.setattr(signals, "exporter", lambda: kept)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    return kept


@pytest.fixture
async def traced(
    spans: InMemorySpanExporter,  # noqa: ARG001  set up before the services are made
    new_nats: NatsServer,
    keys: Keyring,
    token_issuer: Issuer,
    new_database: NewDatabase,
    tmp_path: Path,
) -> AsyncIterator[Platform]:
    folder = tmp_path / "mail"
    async with connected(new_nats, "operator") as operator:
        await operator.jetstream().purge_stream(
            TICKS
        )  # the test's tick sends the mail, at whatever time it runs
    async with open_platform(
        new_nats, keys, token_issuer, new_database, *SERVICES, mail_dir=folder
    ) as platform:
        yield platform


def named(spans: InMemorySpanExporter, name: str, service: str) -> list[ReadableSpan]:
    return [
        span
        for span in spans.get_finished_spans()
        if span.name == name and span.resource.attributes["service.name"] == f"loa-{service}"
    ]


def of_caller(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    return [span for span in spans if format_trace_id(span.context.trace_id) == TRACE]


def linked(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    return [
        span for span in spans if TRACE in {format_trace_id(link.context.trace_id) for link in span.links}
    ]


async def is_traced(look: Callable[[], object]) -> bool:
    return bool(look())


def next_working_day() -> str:
    return load_rulebook().calendar.next_working_day(today()).isoformat()


SPANS = [
    ("POST /drafts/{draft_code}/stages", "registry"),
    ("append draft", "registry"),
    ("project metrics", "metrics"),
    ("append compliance", "metrics"),
    ("publish alerts", "notifier"),
    ("append alert", "notifier"),
]


async def test_a_trace_goes_from_the_request_to_the_alert_and_a_mail_is_linked_with_it(
    traced: Platform, spans: InMemorySpanExporter
) -> None:
    office = Office(traced, "TRACED")
    await office.open()
    notifier = traced.services["notifier"]
    body = [{"role": "focal_point", "email": "dau.moi@stp.example.vn", "language": "vi"}]
    assert (await notifier.client.put(f"/units/{office.code}/recipients", json=body)).status_code == 200
    await traced.settled()
    entered = {"stage": "draft_consultation", "entered_on": ago(9)}
    path = f"/drafts/{office.code}/stages"
    answer = await traced.registry.client.post(path, json=entered, headers={"traceparent": CALLER})
    assert answer.status_code == 201, answer.text
    await eventually(lambda: is_traced(lambda: all(of_caller(named(spans, *step)) for step in SPANS)))
    by_id = {span.context.span_id: span for span in spans.get_finished_spans()}
    for above, below in itertools.pairwise(SPANS):
        parents = [span.parent for span in of_caller(named(spans, *below)) if span.parent]
        assert above[0] in {by_id[parent.span_id].name for parent in parents}
    assert of_caller(named(spans, *SPANS[0]))[0].kind is SpanKind.SERVER

    await traced.settled()
    ticked = await notifier.client.post("/tick", json={"at": next_working_day()})
    assert len(ticked.json()["sent"]) == 1, ticked.text
    await eventually(lambda: is_traced(lambda: linked(named(spans, "queue mails", "notifier"))))
    (queued,) = linked(named(spans, "queue mails", "notifier"))
    (mail,) = named(spans, "deliver mail", "notifier")
    assert mail.context.trace_id == queued.context.trace_id
    await traced.services["metrics"].rebuild()
    await eventually(lambda: is_traced(lambda: linked(named(spans, "rebuild metrics", "metrics"))))
    assert of_caller(named(spans, "rebuild metrics", "metrics")) == []


async def test_an_old_event_is_linked_when_received(
    traced: Platform, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "FRESH", timedelta(0))
    await traced.registry.client.post("/units", json=UNIT, headers={"traceparent": CALLER})
    await traced.settled()
    await eventually(lambda: is_traced(lambda: linked(named(spans, "project registry", "registry"))))
    assert of_caller(named(spans, "project registry", "registry")) == []


UNIT = {"code": "BTP", "name": "Bộ Tư pháp", "level": "central", "kind": "ministry"}


def test_without_an_endpoint_nothing_is_traced() -> None:
    assert not signals.Tracing.configured("registry", {}).is_on
    with signals.Tracing().serving("GET", CALLER):
        assert signals.traceparent() is None
