"""The broker itself refuses what a service has no right to."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from deploy.local.engines.nats import NatsServer
from deploy.nats.permissions import OPERATOR, SERVICES, inbox_prefix
from shared.contracts.envelope import OWNERS
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.eventstore.streams import CONSUMERS, Consumer
from shared.kernel.runtime import new_id
from tests.support.servers.engines import connected

FOREIGN = [
    (service, context)
    for service in (*SERVICES, OPERATOR)
    for context, owner in OWNERS.items()
    if owner != service
]


class Refused(list[str]):
    """What the broker said against a connection."""

    async def note(self, error: Exception) -> None:
        self.append(str(error).lower())

    def names(self, subject: str) -> bool:
        return any("permissions violation" in error and subject.lower() in error for error in self)


@asynccontextmanager
async def listening(server: NatsServer, user: str) -> AsyncIterator[tuple[Client, Refused]]:
    refused = Refused()
    async with connected(server, user, error_cb=refused.note) as nc:
        yield nc, refused


@pytest.mark.parametrize(("service", "context"), FOREIGN)
async def test_a_foreign_context_is_closed(nats_server: NatsServer, service: str, context: str) -> None:
    async with listening(nats_server, service) as (nc, refused):
        before = await stream_state(nc.jetstream())
        await nc.publish(f"loa.{context}.{new_id()}.registered", b"{}")
        await refused_until(nc, refused, f"loa.{context}")
        assert await stream_state(nc.jetstream()) == before


@pytest.mark.parametrize(("context", "service"), OWNERS.items())
async def test_an_own_context_is_open(nats_server: NatsServer, service: str, context: str) -> None:
    async with connected(nats_server, service) as nc:
        ack = await nc.jetstream().publish(f"loa.{context}.{new_id()}.probe", stream=EVENTS)
        assert ack.seq > 0


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_can_read_the_log_in_order(nats_server: NatsServer, service: str) -> None:
    async with connected(nats_server, "registry") as nc:
        await nc.jetstream().publish(f"loa.draft.{new_id()}.probe", stream=EVENTS)
    async with listening(nats_server, service) as (nc, refused):
        read = await nc.jetstream().subscribe("loa.>", ordered_consumer=True, stream=EVENTS)
        message: Msg = await read.next_msg(timeout=5)
        assert message.metadata.sequence.stream == 1
        await read.unsubscribe()
        assert refused == []


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("action", ["STREAM.DELETE", "STREAM.PURGE", "STREAM.UPDATE", "STREAM.SNAPSHOT"])
async def test_only_the_operator_manages_streams(nats_server: NatsServer, service: str, action: str) -> None:
    async with listening(nats_server, service) as (nc, refused):
        await refused_request(nc, refused, f"$JS.API.{action}.{EVENTS}")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("consumer", CONSUMERS, ids=[consumer.name for consumer in CONSUMERS])
async def test_only_the_operator_changes_durables(
    nats_server: NatsServer, service: str, consumer: Consumer
) -> None:
    path = f"{consumer.stream}.{consumer.name}"
    async with listening(nats_server, service) as (nc, refused):
        for action in ("CREATE", "DELETE", "DURABLE.CREATE"):
            await refused_request(nc, refused, f"$JS.API.CONSUMER.{action}.{path}")


async def test_a_durable_cannot_be_changed_by_the_old_way_either(nats_server: NatsServer) -> None:
    """The oldest request for a consumer doesn't name it in the subject; the broker looks inside."""
    request = b'{"stream_name": "LOA_EVENTS", "config": {"durable_name": "campaigns-answers", "ack_policy": "explicit"}}'
    async with connected(nats_server, "metrics") as nc:
        answer = await nc.request(f"$JS.API.CONSUMER.CREATE.{EVENTS}", request)
        assert b'"error"' in answer.data
        info = await nc.jetstream().consumer_info(EVENTS, "campaigns-answers")
        (declared,) = (item for item in CONSUMERS if item.name == "campaigns-answers")
        assert info.config.filter_subjects == list(declared.filters)


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "campaigns"])
async def test_only_its_owner_reads_from_a_durable(nats_server: NatsServer, service: str) -> None:
    async with listening(nats_server, service) as (nc, refused):
        await refused_request(nc, refused, f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.campaigns-answers")
        await refused_request(nc, refused, f"$JS.ACK.{EVENTS}.campaigns-answers.1.1.1.1.1")


@pytest.mark.parametrize("subject", ["loa.>", "_INBOX.registry.>", "_INBOX.>", ">", "$JS.EVENT.>"])
async def test_a_service_cannot_subscribe_to_inboxes_of_others(nats_server: NatsServer, subject: str) -> None:
    async with listening(nats_server, "metrics") as (nc, refused):
        await nc.subscribe(subject)
        await refused_until(nc, refused, subject)


async def test_a_consumer_cannot_write_for_its_maker(nats_server: NatsServer) -> None:
    """A push consumer makes the broker itself publish: never into the log."""
    async with connected(nats_server, "metrics") as nc:
        config = ConsumerConfig(deliver_subject="loa.draft.x.registered", name="loop")
        with pytest.raises(nats.errors.Error, match="cycle"):
            await nc.jetstream().add_consumer(EVENTS, config)


async def test_a_connection_without_a_key_is_refused(nats_server: NatsServer) -> None:
    nc = Client()
    with pytest.raises(nats.errors.Error):
        await nc.connect(nats_server.url, allow_reconnect=False, error_cb=Refused().note)
    await nc.close()


def test_inboxes_are_apart() -> None:
    assert len({inbox_prefix(user) for user in (*SERVICES, OPERATOR)}) == 5


async def refused_request(nc: Client, refused: Refused, subject: str) -> None:
    await nc.publish(subject, b"{}", reply=nc.new_inbox())
    await refused_until(nc, refused, subject)


async def refused_until(nc: Client, refused: Refused, subject: str) -> None:
    deadline = time.monotonic() + 5
    while not refused.names(subject):
        assert time.monotonic() < deadline
        await nc.flush()
