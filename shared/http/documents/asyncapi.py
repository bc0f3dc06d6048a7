"""Completes FastStream's AsyncAPI document: servers, security, addresses, headers and payloads as they are on the wire."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from nats.js.api import Header

from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.envelope_schema import CloudEvent, open_lists
from shared.eventstore.jetstream import CHECK_SUBJECT, TRACEPARENT
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.streams import TICK_SUBJECT, TICKS

NKEY = "nkey"
HEADERS_NAME, EVENT_NAME = "EventHeaders", "CloudEvent"
PARAMETERS = {
    "id": {
        "description": "Id of the aggregate, a UUID: the part of `subject` after its context.",
        "examples": ["0197f0a4-6d1c-7c3e-8a52-3f1b2c4d5e6f"],
    },
    "event": {"description": "Name of the event, such as `registered`: the last part of its `type`."},
}
HEADERS: Mapping[str, Any] = {
    "type": "object",
    "description": "What the service sets; the CloudEvents attributes are in the payload (structured mode).",
    "required": ["Content-Type", Header.MSG_ID.value, Header.EXPECTED_STREAM.value],
    "properties": {
        "Content-Type": {"const": CONTENT_TYPE},
        Header.MSG_ID.value: {"type": "string", "format": "uuid", "description": "`id` of the event."},
        Header.EXPECTED_STREAM.value: {"const": EVENTS},
        TRACEPARENT: {"type": "string", "description": "W3C Trace Context, as in the payload."},
        Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Check of the write: the position of the aggregate's newest event before this one.",
        },
        CHECK_SUBJECT: {"type": "string", "description": "Subjects of the aggregate that the check covers."},
        Header.BATCH_ID.value: {"type": "string", "description": "Batch in which the event was written."},
        Header.BATCH_SEQUENCE.value: {"type": "string", "pattern": "^[1-9][0-9]*$"},
        Header.BATCH_COMMIT.value: {"const": "1"},
    },
}
SECURITY = {
    "type": "asymmetricEncryption",
    "description": (
        "NKEY (Ed25519): the client signs the server's nonce with its seed. An operator creates the key of an external "
        "system with `loa subscribers add NAME`; its inboxes are below `_INBOX.reader-NAME`."
    ),
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to the document what FastStream leaves out, and correct what it guesses."""
    components = document["components"]
    components["securitySchemes"] = {NKEY: SECURITY}
    components["schemas"] |= {HEADERS_NAME: HEADERS, **_any_event()}
    open_lists(components["schemas"])
    document["defaultContentType"] = CONTENT_TYPE
    names = _servers(document)
    for channel in document["channels"].values():
        _channel(channel, names)
        for message in _messages(channel, components["messages"]):
            _message(message, is_event=channel["x-stream"] == EVENTS)
    for name, operation in document["operations"].items():
        channel = document["channels"][_last(operation["channel"]["$ref"])]
        operation["summary"] = channel.get("description") or name
    return document


def _any_event() -> dict[str, Any]:
    """Give the schema of what all events have around `data`, with the schemas that it refers to."""
    schema = CloudEvent.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema.pop("$defs", {})
    return definitions | {EVENT_NAME: schema}


def _servers(document: dict[str, Any]) -> Mapping[str, str]:
    """Describe the brokers; return the new name of each by its old one."""
    servers = document["servers"]
    names = {
        name: "events" if len(servers) == 1 else f"events-{number}" for number, name in enumerate(servers, 1)
    }
    document["servers"] = {names[name]: _server(server) for name, server in servers.items()}
    return names


def _server(server: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": server["host"].rpartition("@")[2],  # without credentials
        "protocol": server["protocol"],
        "description": f"NATS JetStream as this service reaches it; the stream {EVENTS} has all events.",
        "security": [{"$ref": f"#/components/securitySchemes/{NKEY}"}],
    }


def _channel(channel: dict[str, Any], names: Mapping[str, str]) -> None:
    address = _named_places(channel["address"])
    channel["address"] = address
    channel["x-stream"] = TICKS if address == TICK_SUBJECT else EVENTS
    channel["servers"] = [{"$ref": f"#/servers/{names[_last(item['$ref'])]}"} for item in channel["servers"]]
    channel.pop("bindings", None)  # the binding of NATS allows no property
    if parameters := {name: text for name, text in PARAMETERS.items() if f"{{{name}}}" in address}:
        channel["parameters"] = parameters


def _named_places(address: str) -> str:
    """Name the wildcards of an address: `loa.draft.*.*` is `loa.draft.{id}.{event}`."""
    return address.replace("*", "{id}", 1).replace("*", "{event}", 1)


def _messages(channel: Mapping[str, Any], messages: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for reference in channel["messages"].values():
        yield messages[_last(reference["$ref"])]


def _message(message: dict[str, Any], *, is_event: bool) -> None:
    if not is_event:
        message["contentType"] = "application/octet-stream"  # a tick has no content
        message.pop("correlationId", None)
        return
    message["contentType"] = CONTENT_TYPE
    message["correlationId"] = {"location": "$message.payload#/correlationid"}
    message["headers"] = {"$ref": f"#/components/schemas/{HEADERS_NAME}"}
    if message["payload"]["$ref"].endswith(
        "/EmptyPayload"
    ):  # FastStream cannot tell: the handler takes the raw message
        message["payload"] = {"$ref": f"#/components/schemas/{EVENT_NAME}"}


def _last(reference: str) -> str:
    return unquote(reference.rpartition("/")[2])
