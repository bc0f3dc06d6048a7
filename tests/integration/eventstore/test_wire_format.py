"""A message as an external system receives it: headers, content type, subject and payload are those of the AsyncAPI document."""

import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from nats.js.api import AckPolicy, ConsumerConfig

from deploy.local.engines.nats import NatsServer
from deploy.nats.permissions import OPERATOR
from shared.contracts.envelope import CATALOG, NewEvent
from shared.contracts.envelope_schema import event_schema
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.eventstore.log_reader import EVENTS
from shared.kernel.runtime import new_id
from tests.contract.http.test_endpoints import app_of
from tests.integration.eventstore.suite import META, draft, policies, retitled
from tests.support.servers.engines import connected

TRACED = replace(META, traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
APPENDS: dict[str, list[NewEvent]] = {
    "one event": [retitled("một")],
    "traced": [replace(retitled("một"), metadata=TRACED)],
    "a batch": policies(3),
}


@pytest.fixture(scope="module")
async def document() -> dict[str, Any]:
    transport = httpx.ASGITransport(app_of("registry"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer: dict[str, Any] = (await client.get("/asyncapi.json")).json()
    return answer


async def _received(server: NatsServer, events: list[NewEvent]) -> list[Any]:
    """Append as a service does, and receive with a durable consumer as an external system does."""
    ref, name = draft(), f"reader-{new_id()}"
    async with connected(server, "registry") as registry:
        await JetStreamEventStore(registry, CATALOG).append(ref, NOTHING, events)
    async with connected(server, OPERATOR) as reader:
        js = reader.jetstream()
        wanted = ConsumerConfig(
            name=name, durable_name=name, ack_policy=AckPolicy.EXPLICIT, filter_subject=ref.subjects
        )
        await js.add_consumer(EVENTS, wanted)
        messages = await (await js.pull_subscribe_bind(name, EVENTS)).fetch(len(events))
        await js.delete_consumer(EVENTS, name)
    return messages


@pytest.mark.parametrize("kind", APPENDS)
async def test_a_message_is_as_described(
    nats_server: NatsServer, document: dict[str, Any], kind: str
) -> None:
    for message in await _received(nats_server, APPENDS[kind]):
        event = json.loads(message.data)
        described = document["components"]["messages"][f"{event['type']}:Message"]
        headers = document["components"]["schemas"][described["headers"]["$ref"].rpartition("/")[2]]
        Draft202012Validator(headers).validate(message.headers)
        assert set(message.headers) <= set(headers["properties"]), "each header on the wire is described"
        assert message.headers["Content-Type"] == described["contentType"]
        assert message.headers["Nats-Msg-Id"] == event["id"]
        assert not [name for name in message.headers if name.lower().startswith("ce-")], "structured mode"
        Draft202012Validator(event_schema(CATALOG.types[event["type"]])).validate(event)
        address = document["channels"][event["type"]]["address"]
        assert re.fullmatch(address.replace(".", r"\.").replace("{id}", "[0-9a-f-]{36}"), message.subject)


async def test_every_described_header_occurs(nats_server: NatsServer, document: dict[str, Any]) -> None:
    seen: set[str] = set()
    for events in APPENDS.values():
        fresh = [replace(event, event_id=new_id()) for event in events]
        for message in await _received(nats_server, fresh):
            seen |= set(message.headers)
    assert seen == set(document["components"]["schemas"]["EventHeaders"]["properties"])
