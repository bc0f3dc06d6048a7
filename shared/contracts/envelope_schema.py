"""The published schema of each event in its envelope: CloudEvents 1.0, structured mode, constants pinned."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from shared.contracts.envelope import DATA_CONTENT_TYPE, SPEC_VERSION, data_schema, source
from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import OPEN_LISTS, Dataset

OPEN = "x-extensible-enum"  # as Zalando's API guidelines name it
DIALECT = "https://json-schema.org/draft/2020-12/schema"
UUID_PATTERN = "-".join(f"[0-9a-f]{{{n}}}" for n in (8, 4, 4, 4, 12))


class CloudEvent(BaseModel):
    """What all events have around `data`; the constants of a type are added by `envelope_model`."""

    id: str = Field(
        description="Identity of the event, a UUID: an event that comes twice has the same one.",
        json_schema_extra={"format": "uuid"},
    )
    time: str = Field(
        description="When it was recorded, in UTC (RFC 3339). Days in `data` say when it happened.",
        json_schema_extra={"format": "date-time"},
    )
    aggregateversion: int = Field(ge=1, description="Place of the event among those of its subject, from 1.")
    correlationid: str = Field(description="The same for all that one request or run caused.")
    causationid: str | None = Field(default=None, description="`id` of the event that this one follows from.")
    idempotencykey: str | None = Field(
        default=None, description="Key of the command: sent twice with it, it was carried out once."
    )
    payloadhash: str | None = Field(default=None, description="Digest of what came with the idempotency key.")
    actor: str = Field(description="Who recorded it: a role or an opaque id, never a person.")
    actorunit: Code | None = Field(
        default=None,
        description="Unit that the actor acts for, if it is another than `unitcode`: it entered the event in that unit's place, "
        "or decided for it.",
    )
    traceparent: str | None = Field(default=None, description="W3C Trace Context of the request.")
    draftcode: Code | None = Field(default=None, description="Code of the draft that the event is about.")
    unitcode: Code | None = Field(
        default=None,
        description="Lead unit of that draft on the day of recording; without a draft, the unit it is about.",
    )
    dataset: Dataset | None = Field(
        default=None, description="Whether the data are an office's own (live), a sample or an exercise."
    )


def envelope_model(model: type[Event]) -> type[BaseModel]:
    """Build the pydantic model of the whole message of one event type, for AsyncAPI and JSON Schema."""
    name = f"{model.context.capitalize()}{model.__name__.removeprefix(model.context.capitalize())}Message"
    return create_model(
        name, __base__=CloudEvent, __doc__=model.__doc__, **_constants(model), data=(model, ...)
    )


def event_schema(model: type[Event]) -> dict[str, Any]:
    """Give the JSON Schema that is published of an event type (`GET /schemas/{type}`)."""
    schema = envelope_model(model).model_json_schema()
    open_lists(schema.get("$defs", {}))
    return {"$schema": DIALECT, "$id": data_schema(model)} | schema


def open_lists(definitions: Mapping[str, dict[str, Any]]) -> None:
    """Let validators take a value that a later release adds: an open list names those of today beside the type."""
    for kind in OPEN_LISTS:
        definition = definitions.get(kind.__name__, {})
        if "enum" in definition:
            definition[OPEN] = definition.pop("enum")


def _constants(model: type[Event]) -> dict[str, Any]:
    subject = Field(
        pattern=f"^{model.context}/{UUID_PATTERN}$", description="The aggregate: its context and its id."
    )
    return {
        "specversion": _constant(SPEC_VERSION, "Version of CloudEvents."),
        "source": _constant(source(model.context), "The service that recorded it."),
        "type": _constant(model.type_name(), "What happened, with the version of the type."),
        "datacontenttype": _constant(DATA_CONTENT_TYPE, "Media type of `data`."),
        "dataschema": _constant(data_schema(model), "Identity of this schema."),
        "subject": (str, subject),
    }


def _constant(value: str, description: str) -> tuple[Any, Any]:
    return Literal[value], Field(description=description)
