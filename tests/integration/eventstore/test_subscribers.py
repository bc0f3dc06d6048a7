"""Systems of others read the log by a key of their own, and can do nothing else with it."""

import asyncio
from pathlib import Path
from typing import Any

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.local.engines import nats as local
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring, new_seed, write_secret
from deploy.nats.permissions import inbox_prefix, subscriber
from deploy.sample.subscriber import Refused, read
from shared.contracts.envelope import OWNERS
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.eventstore.streams import CONSUMERS, TICKS
from shared.kernel.runtime import new_id
from tests.integration.eventstore.test_permissions import listening, refused_request, refused_until
from tests.support.platform.service import eventually
from tests.support.reader_keys import PORTAL, PRESS
from tests.support.servers.engines import connected


async def _written(reader_broker: NatsServer) -> str:
    subject = f"loa.draft.{new_id()}.registered"
    async with connected(reader_broker, "registry") as nc:
        event = (
            b'{"time": "2026-11-28T00:00:00Z", "type": "vn.loa.draft.registered.v1", "subject": "draft/x"}'
        )
        await nc.jetstream().publish(subject, event, stream=EVENTS)
    return subject


async def test_the_sample_reads_each_event_and_goes_on_where_it_was(
    reader_broker: NatsServer, reader_keys: Keyring, capsys: pytest.CaptureFixture[str]
) -> None:
    async def read_again() -> list[str]:
        await read(
            "portal", str(reader_keys.seed_file(PORTAL)), reader_broker.url, ["loa.draft.>"], once=True
        )
        return capsys.readouterr().out.splitlines()

    await _written(reader_broker)
    await _written(reader_broker)
    assert [line.split()[0] for line in await read_again()] == ["1", "2"]
    await _written(reader_broker)
    assert await read_again() == ["3 2026-11-28T00:00:00Z vn.loa.draft.registered.v1 draft/x"]


CHANGED = [
    (["loa.draft.>"], ["loa.>"]),
    (["loa.>"], ["loa.draft.>"]),
    (["loa.draft.>"], ["loa.unit.>"]),
    (["loa.draft.>"], ["loa.draft.>", "loa.unit.>"]),
]


@pytest.mark.parametrize(("before", "after"), CHANGED)
async def test_the_sample_refuses_another_filter_than_its_durable_has(
    reader_broker: NatsServer, reader_keys: Keyring, before: list[str], after: list[str]
) -> None:
    async def read_once(subjects: list[str]) -> None:
        await read("portal", str(reader_keys.seed_file(PORTAL)), reader_broker.url, subjects, once=True)

    await _written(reader_broker)
    await read_once(before)
    with pytest.raises(Refused, match=r"loa subscribers reset portal"):
        await read_once(after)
    async with connected(reader_broker, PORTAL) as portal:
        config = (await portal.jetstream().consumer_info(EVENTS, PORTAL)).config
    assert sorted(config.filter_subjects or [config.filter_subject or ""]) == before
    await read_once(list(reversed(before)))


IGNORED: list[dict[str, Any]] = [
    {"deliver_policy": DeliverPolicy.NEW},
    {"deliver_policy": DeliverPolicy.LAST},
    {"ack_policy": AckPolicy.NONE},
]


@pytest.mark.parametrize("setting", IGNORED, ids=str)
async def test_the_sample_refuses_a_durable_with_a_setting_that_it_does_not_ask_for(
    reader_broker: NatsServer, reader_keys: Keyring, setting: dict[str, Any]
) -> None:
    await _written(reader_broker)
    config = {"name": PORTAL, "durable_name": PORTAL, "ack_policy": AckPolicy.EXPLICIT} | setting
    async with connected(reader_broker, PORTAL) as portal:
        await portal.jetstream().add_consumer(EVENTS, ConsumerConfig(**config))
    with pytest.raises(Refused, match=next(iter(setting)).replace("_", " ")):
        await read("portal", str(reader_keys.seed_file(PORTAL)), reader_broker.url, ["loa.>"], once=True)


@pytest.mark.parametrize("context", OWNERS)
async def test_it_writes_no_event(reader_broker: NatsServer, context: str) -> None:
    async with listening(reader_broker, PORTAL) as (nc, refused):
        before = await stream_state(nc.jetstream())
        await nc.publish(f"loa.{context}.{new_id()}.registered", b"{}")
        await refused_until(nc, refused, f"loa.{context}")
        assert await stream_state(nc.jetstream()) == before


FOREIGN = (
    *((item.stream, item.name) for item in CONSUMERS),
    (EVENTS, PRESS),
    (EVENTS, "another"),
    (TICKS, PORTAL),
)


@pytest.mark.parametrize(("stream", "consumer"), FOREIGN)
async def test_it_makes_reads_and_ends_no_consumer_but_its_own(
    reader_broker: NatsServer, stream: str, consumer: str
) -> None:
    async with listening(reader_broker, PORTAL) as (nc, refused):
        for action in ("CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT", "PAUSE", "RESET"):
            await refused_request(nc, refused, f"$JS.API.CONSUMER.{action}.{stream}.{consumer}")
        await refused_request(nc, refused, f"$JS.ACK.{stream}.{consumer}.1.1.1.1.1")


@pytest.mark.parametrize(
    "subject",
    [
        *(f"$JS.API.STREAM.{action}.{EVENTS}" for action in ("DELETE", "UPDATE", "PURGE", "MSG.DELETE")),
        f"$JS.API.CONSUMER.CREATE.{EVENTS}",
        "loa-ticks.minute",
    ],
)
async def test_it_manages_nothing(reader_broker: NatsServer, subject: str) -> None:
    async with listening(reader_broker, PORTAL) as (nc, refused):
        await refused_request(nc, refused, subject)


@pytest.mark.parametrize("subject", ["loa.>", ">", "_INBOX.registry.>", "_INBOX.reader-press.>"])
async def test_it_receives_only_what_it_asked_for(reader_broker: NatsServer, subject: str) -> None:
    async with listening(reader_broker, PORTAL) as (nc, refused):
        await nc.subscribe(subject)
        await refused_until(nc, refused, subject)


async def test_a_revoked_key_is_refused_and_other_clients_go_on(
    reader_broker: NatsServer, reader_keys: Keyring
) -> None:
    lost = asyncio.Event()

    async def disconnected() -> None:
        lost.set()

    async with (
        connected(reader_broker, "registry") as service,
        connected(reader_broker, PRESS) as press,
        connected(reader_broker, PORTAL, disconnected_cb=disconnected, max_reconnect_attempts=0),
    ):
        wanted = ConsumerConfig(name=PRESS, durable_name=PRESS, ack_policy=AckPolicy.EXPLICIT)
        await press.jetstream().add_consumer(EVENTS, wanted)
        reader_keys.seed_file(PORTAL).rename(reader_broker.folder / "taken.nk")
        local.write_authorization(reader_broker.folder, reader_keys)
        assert local.reload(reader_broker.folder)
        await asyncio.wait_for(lost.wait(), 10)
        assert (service.stats["reconnects"], press.stats["reconnects"]) == (0, 0)
        assert (await press.jetstream().consumer_info(EVENTS, PRESS)).name == PRESS
    assert not await _opens(reader_broker, reader_broker.folder / "taken.nk", PORTAL)


async def test_a_key_made_while_the_broker_runs_opens_at_once(
    reader_broker: NatsServer, reader_keys: Keyring
) -> None:
    user = subscriber("new")
    write_secret(reader_keys.seed_file(user), new_seed())
    local.write_authorization(reader_broker.folder, reader_keys)
    assert local.reload(reader_broker.folder)
    await eventually(lambda: _opens(reader_broker, reader_keys.seed_file(user), user))


async def _opens(reader_broker: NatsServer, seed: Path, user: str) -> bool:
    nc = Client()
    try:
        await nc.connect(
            reader_broker.url,
            nkeys_seed=str(seed),
            inbox_prefix=inbox_prefix(user).encode(),
            allow_reconnect=False,
            error_cb=_ignore,
        )
        return (await stream_state(nc.jetstream())).last >= 0
    except (nats.errors.Error, OSError):  # refused: told so, or the connection just closed
        return False
    finally:
        await nc.close()


async def _ignore(_: Exception) -> None:
    """A refusal is what the test is after."""


async def test_after_a_reload_known_keys_are_taken_at_once(
    reader_broker: NatsServer, reader_keys: Keyring
) -> None:
    """While NATS reads its list it refuses keys that it knows: a command that comes next must not meet that moment."""
    for _ in range(30):
        local.write_authorization(reader_broker.folder, reader_keys)
        assert local.reload(reader_broker.folder)
        assert await _opens(reader_broker, reader_keys.seed_file(PORTAL), PORTAL)
