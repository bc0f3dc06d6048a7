"""Routes of every service: liveness, readiness, metrics, and the contract of its events."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from faststream import FastStream
from faststream.nats import NatsBroker
from faststream.specification import AsyncAPI
from pydantic import BaseModel

from shared.auth.admission import stands_for
from shared.contracts.envelope import Catalog, data_schema, source, subject_of
from shared.contracts.envelope_schema import OPEN, event_schema
from shared.contracts.event import Event
from shared.eventstore.log_reader import EVENTS
from shared.http.documents import asyncapi
from shared.http.documents.built_once import BuiltOnce
from shared.kernel.errors import Refusal
from shared.kernel.health import Health, Purpose
from shared.kernel.release import RELEASE
from shared.messaging import faststream_broker
from shared.observability.signals import EXPOSITION_TYPE, Telemetry
from shared.pages.layout import environment, safe
from shared.rules.rights.actions import Action

READING = (
    f"All events stand in the JetStream stream {EVENTS}, as CloudEvents 1.0 in structured mode. To read them, ask an "
    "operator for a key and a durable pull consumer `reader-NAME` (`loa subscribers add NAME [--filter SUBJECT]`); set the "
    "inbox prefix `_INBOX.reader-NAME`. deploy/sample/README.md has programs for nats-py, FastStream and Node. Each event comes at least once; `id` tells whether you know it, "
    "`aggregateversion` in which order those of one subject belong, `draftcode`, `unitcode` and `dataset` whose they "
    f"are. Fields, types and values of open lists (`{OPEN}`) are only ever added: pass over what you don't know."
)


class Alive(BaseModel):
    status: str = "ok"


class CheckState(BaseModel):
    """`needed` says whether the service is not ready without it; else it is only reported."""

    ok: bool
    needed: bool
    detail: str | None = None


class Readiness(BaseModel):
    ready: bool
    ready_for: dict[Purpose, bool]
    checks: dict[str, CheckState]


class SchemaEntry(BaseModel):
    """One event type: `type` and `dataschema` (the schema's `$id`) as in its events, `url` to get the schema."""

    name: str
    type: str
    version: int
    dataschema: str
    source: str
    subject: str
    url: str


class SchemaList(BaseModel):
    schemas: list[SchemaEntry]


class UnknownEventType(Refusal):
    code = "unknown-event-type"
    kind = "not_found"


def probing(health: Health, metrics: Telemetry) -> APIRouter:
    router = APIRouter(tags=["operation"], dependencies=[stands_for(Action.PROBE)])

    @router.get("/livez", summary="Is the process alive?")
    async def livez() -> Alive:
        return Alive()

    @router.get(
        "/readyz",
        summary="Can it answer reads, or (`for=writes`) take writes? Names each part that is not ready.",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "A part that is needed is not ready."}},
    )
    async def readyz(purpose: Annotated[Purpose, Query(alias="for")] = Purpose.READS) -> JSONResponse:
        checks = await health.examine()
        ready_for = {each: health.is_ready(each, checks) for each in Purpose}
        ready = ready_for[purpose]
        states = {
            name: {"ok": check.ok, "needed": health.is_needed(purpose, name, checks), "detail": check.detail}
            for name, check in checks.items()
        }
        body = {"ready": ready, "ready_for": ready_for, "checks": states}
        return JSONResponse(body, 200 if ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus metrics")
    async def prometheus() -> Response:
        return Response(await metrics.exposition(), media_type=EXPOSITION_TYPE)

    return router


def _entry(model: type[Event]) -> SchemaEntry:
    return SchemaEntry(
        name=f"{model.context}.{model.name}",
        type=model.type_name(),
        version=model.version,
        dataschema=data_schema(model),
        source=source(model.context),
        subject=subject_of(model, "{id}"),
        url=f"/schemas/{model.type_name()}",
    )


def contract(service: str, broker: NatsBroker, catalog: Catalog) -> APIRouter:
    router = APIRouter(tags=["contract"], dependencies=[stands_for(Action.READ_CONTRACT)])
    document = AsyncAPI(title=f"Loa {service}", version=RELEASE, description=READING, schema_version="3.0.0")

    def asyncapi_document() -> str:
        faststream_broker.declare_events(broker, service, catalog)
        specification = FastStream(broker, specification=document).schema.to_specification()
        return json.dumps(asyncapi.complete(json.loads(specification.to_json())), ensure_ascii=False)

    def asyncapi_page() -> str:
        events = [event_view(model) for model in catalog.owned_by(service)]
        template = environment().get_template("events.html")
        return template.render(service=service, reading=READING, events=events)

    asyncapi_json_content, asyncapi_html_content = BuiltOnce(asyncapi_document), BuiltOnce(asyncapi_page)

    @router.get("/asyncapi.json", summary="AsyncAPI 3 document of this service's events")
    async def asyncapi_json() -> Response:
        return Response(await asyncapi_json_content.content(), media_type="application/json")

    @router.get("/asyncapi", response_class=HTMLResponse, summary="AsyncAPI for people")
    async def asyncapi_html() -> HTMLResponse:
        return HTMLResponse(await asyncapi_html_content.content(), headers=safe())

    @router.get("/schemas", summary="All event types, with the addresses of their schemas")
    async def schemas() -> SchemaList:
        return SchemaList(schemas=[_entry(model) for model in catalog.types.values()])

    @router.get(
        "/schemas/{type_name}",
        summary="JSON Schema of an event type, in its envelope; by its type or its `$id`",
    )
    async def schema(type_name: str) -> dict[str, Any]:
        by_id = {data_schema(model): model for model in catalog.types.values()}
        if (model := catalog.types.get(type_name) or by_id.get(type_name)) is None:
            raise UnknownEventType(
                f"Không có loại sự kiện “{type_name}”; danh mục tại /schemas.",
                f"There is no event type '{type_name}'; see /schemas for the list.",
            )
        return event_schema(model)

    return router


def event_view(model: type[Event]) -> dict[str, Any]:
    """Describe an event type for people: its name, subject, meaning and fields."""
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    return {
        "type": model.type_name(),
        "subject": subject_of(model, "{id}"),
        "meaning": schema.get("description", ""),
        "fields": [
            {
                "name": name,
                "kind": _kind(field),
                "required": name in required,
                "text": field.get("description", ""),
            }
            for name, field in schema.get("properties", {}).items()
        ],
    }


def _kind(field: Mapping[str, Any]) -> str:
    """Name the type of a field in a few words."""
    if "anyOf" in field or "oneOf" in field:
        return " | ".join(_kind(part) for part in field.get("anyOf") or field["oneOf"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if field.get("type") == "array":
        return f"{_kind(field.get('items', {}))}[]"
    return str(field.get("format") or field.get("type") or "object")
