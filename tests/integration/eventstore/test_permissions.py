"""The broker itself refuses what a service has no right to."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import nats.errors
import pytest
from nats.aio.client import Client

from deploy.local.engines.nats import NatsServer
from deploy.nats.permissions import LAG_READER, OPERATOR, SERVICES, SIGNS_IN, inbox_prefix
from shared.contracts.envelope import OWNERS
from shared.eventstore import streams
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.eventstore.streams import CONSUMERS, FEEDS, Consumer, feed_names
from shared.kernel.errors import TransientError
from shared.kernel.runtime import new_id
from shared.projections.batches import Feed
from tests.integration.eventstore.suite import draft, policies, retitled
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
        feed = Feed(nc, 0)
        events = await feed.batch(10, 5.0)
        assert events[0].position == 1
        await feed.close()
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
    """The oldest request for a consumer doesn't name it in the subject: nobody but the operator may send it."""
    for service in SERVICES:
        async with listening(nats_server, service) as (nc, refused):
            await refused_request(nc, refused, f"$JS.API.CONSUMER.CREATE.{EVENTS}")


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
        name = feed_names("metrics")[0]
        config = {"deliver_subject": "loa.draft.x.registered", "name": name, "filter_subject": "loa.>"}
        request = json.dumps({"stream_name": EVENTS, "config": config}).encode()
        answer = await nc.request(f"$JS.API.CONSUMER.CREATE.{EVENTS}.{name}.loa.>", request)
        assert b"cycle" in answer.data


@pytest.mark.parametrize(
    "target", ["_INBOX.operator.x", "loa-ticks.minute", "$JS.API.STREAM.PURGE.LOA_TICKS", "x"]
)
async def test_a_consumer_that_delivers_elsewhere_is_found_and_removed(
    new_nats: NatsServer, target: str
) -> None:
    """No permission looks at where a consumer delivers to, so the operator's commands do."""
    name = feed_names("campaigns")[0]
    async with connected(new_nats, "campaigns") as nc:
        config = {"deliver_subject": target, "name": name, "filter_subject": "loa.>"}
        request = json.dumps({"stream_name": EVENTS, "config": config}).encode()
        await nc.request(f"$JS.API.CONSUMER.CREATE.{EVENTS}.{name}.loa.>", request)
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        planned = {difference.name for difference in await streams.plan(js, 1)}
        refused_by_broker = not await streams.strangers(js)
        assert refused_by_broker or name in planned
        await streams.apply(js, 1, remove_strangers=True)
        assert await streams.strangers(js) == []
        assert await streams.plan(js, 1) == []


async def test_one_key_cannot_use_up_the_consumers_of_the_log(new_nats: NatsServer) -> None:
    async with connected(new_nats, "campaigns") as nc:
        feeds = [Feed(nc, 0) for _ in range(FEEDS)]
        for feed in feeds:
            await feed.batch(1, 0.01)
        with pytest.raises(TransientError, match="in use"):
            await Feed(nc, 0).batch(1, 0.01)
        async with connected(new_nats, "registry") as other:
            await Feed(other, 0).batch(1, 0.01)
        await feeds[0].close()
        await nc.flush()
        await Feed(nc, 0).batch(1, 0.01)
    async with connected(new_nats, OPERATOR) as nc:
        assert await streams.strangers(nc.jetstream()) == []


def operations(user: str) -> dict[str, bool]:
    """Say of each subject whether a user may publish to it."""
    allowed: dict[str, bool] = {}
    for owner in SERVICES:
        own = owner == user
        for name in (*feed_names(owner)[:2], feed_names(owner)[-1]):
            path = f"{EVENTS}.{name}"
            allowed |= {
                f"$JS.API.CONSUMER.CREATE.{path}.loa.>": own,
                f"$JS.API.CONSUMER.CREATE.{path}": False,
                f"$JS.API.CONSUMER.CREATE.{path}.loa.draft.>": own,
                f"$JS.API.CONSUMER.DURABLE.CREATE.{path}": False,
                f"$JS.API.CONSUMER.MSG.NEXT.{path}": own,
                f"$JS.API.CONSUMER.DELETE.{path}": own,
                f"$JS.API.CONSUMER.INFO.{path}": own,
                f"$JS.API.CONSUMER.PAUSE.{path}": False,
                f"$JS.API.CONSUMER.UNPIN.{path}": False,
            }
        allowed |= {
            f"_INBOX.{owner}.x": False,
            f"$KV.LOA_FENCE.{owner}": own,
            f"$KV.LOA_ANSWERS.{owner}.x.y": own,
        }
    signs_in = user == SIGNS_IN
    allowed |= {
        "$KV.LOA_SESSIONS.used.x.y": True,
        "$JS.API.DIRECT.GET.KV_LOA_SESSIONS.$KV.LOA_SESSIONS.used.x.y": True,
        "$JS.API.DIRECT.GET.KV_LOA_SESSIONS.$KV.LOA_SESSIONS.session.x.y": True,
        "$KV.LOA_SESSIONS.session.x.y": signs_in,
        "$KV.LOA_SESSIONS.code.x": signs_in,
        "$JS.API.DIRECT.GET.KV_LOA_SESSIONS.$KV.LOA_SESSIONS.code.x": signs_in,
    }
    for consumer in CONSUMERS:
        path, own = f"{consumer.stream}.{consumer.name}", consumer.owner == user
        allowed |= {
            f"$JS.API.CONSUMER.MSG.NEXT.{path}": own,
            f"$JS.API.CONSUMER.CREATE.{path}": False,
            f"$JS.API.CONSUMER.DELETE.{path}": False,
            f"$JS.ACK.{path}.1.1.1.1.1": own,
        }
    for stream in (EVENTS, "LOA_TICKS", "KV_LOA_FENCE", "KV_LOA_ANSWERS"):
        allowed |= {
            f"$JS.API.CONSUMER.CREATE.{stream}": False,
            f"$JS.API.CONSUMER.CREATE.{stream}.stranger": False,
            f"$JS.API.CONSUMER.CREATE.{stream}.stranger.loa.>": False,
            f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.stranger": False,
            f"$JS.API.STREAM.MSG.DELETE.{stream}": False,
            f"$JS.API.STREAM.PURGE.{stream}": False,
            f"$JS.API.STREAM.LEADER.STEPDOWN.{stream}": False,
        }
    strange = ("loa-ticks.minute", "_INBOX.operator.x", f"{EVENTS}.x", "$SYS.REQ.SERVER.PING", "anything")
    return allowed | dict.fromkeys((*strange, "$JS.API.STREAM.CREATE.X", "$JS.API.ACCOUNT.PURGE.X"), False)


@pytest.mark.parametrize("user", SERVICES)
async def test_every_key_may_do_what_the_table_says_and_nothing_else(
    nats_server: NatsServer, user: str
) -> None:
    table = operations(user)
    async with listening(nats_server, user) as (nc, refused):
        for subject in table:  # without an address for the answer, and empty: nothing is carried out
            await nc.publish(subject, b"\x00")
        await refused_request(nc, refused, "last.of.all")
        wrong = {subject: may for subject, may in table.items() if refused.names(f'"{subject}"') is may}
    print(f"{user}: {len(table)} subjects, {sum(table.values())} allowed")  # noqa: T201  the size of the table
    assert wrong == {}


STREAM_ACTIONS = (
    "CREATE",
    "UPDATE",
    "DELETE",
    "PURGE",
    "SNAPSHOT",
    "RESTORE",
    "MSG.DELETE",
    "PEER.REMOVE",
    "LEADER.STEPDOWN",
    "TEMPLATE.CREATE",
    "TEMPLATE.DELETE",
)
CONSUMER_ACTIONS = (
    "CREATE",
    "DURABLE.CREATE",
    "DELETE",
    "INFO",
    "PAUSE",
    "RESET",
    "UNPIN",
    "LEADER.STEPDOWN",
    "MSG.NEXT",
)
WHOLE_SYSTEM = (
    "STREAM.LIST",
    "STREAM.TEMPLATE.NAMES",
    "STREAM.TEMPLATE.LIST",
    "META.LEADER.STEPDOWN",
    "SERVER.REMOVE",
    "SERVER.STREAM.MOVE.A.S",
    "SERVER.STREAM.CANCEL_MOVE.A.S",
    "ACCOUNT.PURGE.A",
    "ACCOUNT.STREAM.MOVE.A.S",
    "ACCOUNT.STREAM.CANCEL_MOVE.A.S",
)
STREAMS = tuple(streams.declared(1))


def api_of_others(user: str) -> Iterator[str]:
    """Every subject of JetStream's API by which a service could change a stream, or touch a consumer that isn't its own."""
    yield from (f"$JS.API.{action}" for action in WHOLE_SYSTEM)
    for stream in STREAMS:
        yield from (f"$JS.API.STREAM.{action}.{stream}" for action in STREAM_ACTIONS)
        yield f"$JS.API.CONSUMER.NAMES.{stream}"
        if (user, stream) != (LAG_READER, EVENTS):
            yield f"$JS.API.CONSUMER.LIST.{stream}"
        names = [
            "stranger",
            f"{user}-feed",
            f"{user}-feed-99",
            "reader-x",
            *(c.name for c in CONSUMERS if c.owner != user),
            *(feed_names(other)[0] for other in SERVICES if other != user),
        ]
        for name in names:
            path = f"{stream}.{name}"
            yield from (f"$JS.API.CONSUMER.{action}.{path}" for action in CONSUMER_ACTIONS)
            yield f"$JS.API.CONSUMER.CREATE.{path}.loa.>"
            yield f"$JS.ACK.{path}.1.1.1.1.1"


@pytest.mark.parametrize("user", SERVICES)
async def test_no_subject_of_the_api_reaches_what_belongs_to_others(
    nats_server: NatsServer, user: str
) -> None:
    subjects = list(dict.fromkeys(api_of_others(user)))
    async with listening(nats_server, user) as (nc, refused):
        for subject in subjects:
            await nc.publish(subject, b"\x00")
        await refused_request(nc, refused, "last.of.all")
        taken = [subject for subject in subjects if not refused.names(f'"{subject}"')]
    print(f"{user}: {len(subjects)} subjects of others")  # noqa: T201  the size of the attack
    assert taken == []


@pytest.mark.parametrize("user", SERVICES)
@pytest.mark.parametrize("target", ["loa.draft.x.registered", "$JS.API.STREAM.PURGE.LOA_EVENTS"])
@pytest.mark.parametrize("count", [1, 3], ids=["single", "batch"])
async def test_an_answer_that_is_sent_elsewhere_writes_nothing(
    new_nats: NatsServer, user: str, target: str, count: int
) -> None:
    """No permission looks at the address for the answer: the broker would write a copy of an event for a service.

    An event says which version it follows, so the broker refuses its copy.
    """
    async with connected(new_nats, "registry") as registry, connected(new_nats, user) as nc:
        store = JetStreamEventStore(registry)
        ref = draft()
        await store.append(ref, await store.append(ref, NOTHING, [retitled("Luật")]), policies(count))
        js = registry.jetstream()
        before = (await stream_state(js)).last
        name = feed_names(user)[0]
        config = {"name": name, "filter_subject": "loa.>", "ack_policy": "none", "mem_storage": True}
        request = json.dumps({"stream_name": EVENTS, "config": config}).encode()
        await nc.request(f"$JS.API.CONSUMER.CREATE.{EVENTS}.{name}.loa.>", request)
        ask = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{name}"
        for _ in range(before):
            await nc.publish(ask, b'{"batch": 1}', reply=target)
        nothing_left = await nc.request(ask, b'{"batch": 1, "no_wait": true}')
        ack = await js.publish(f"loa.draft.{new_id()}.probe", stream=EVENTS)  # stands behind every copy
    assert (nothing_left.headers or {}).get("Status") == "404", "all events were sent to the target"
    assert ack.seq == before + 1


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
