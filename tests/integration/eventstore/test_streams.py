"""Streams and consumers: declared once, changed only where they differ, ticking by themselves."""

import asyncio
from dataclasses import replace

import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from deploy.local.engines.nats import NatsServer
from deploy.nats.permissions import OPERATOR
from shared.eventstore import streams
from shared.eventstore.log_reader import EVENTS, stream_state
from shared.eventstore.streams import CONSUMERS, TICK_SUBJECT, TICKS, Schedule
from tests.support.platform.service import eventually
from tests.support.servers.engines import connected


async def test_applied_once_there_is_nothing_left_to_do(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        assert await streams.plan(js, replicas=1) == []
        assert await streams.apply(js, replicas=1) == []


async def test_the_log_matches_the_contract(nats_server: NatsServer) -> None:
    async with connected(nats_server, OPERATOR) as nc:
        config = (await nc.jetstream().stream_info(EVENTS)).config
    assert (config.subjects, config.storage, config.max_age, config.discard) == (["loa.>"], "file", 0, "new")
    assert (config.max_msgs, config.max_bytes, config.max_msgs_per_subject) == (-1, -1, -1)
    assert all((config.deny_delete, config.deny_purge, config.allow_atomic, config.allow_direct))
    assert config.duplicate_window == 120


async def test_a_changed_stream_is_put_right(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        actual = (await js.stream_info(EVENTS)).config
        await js.update_stream(actual.evolve(max_age=3600.0, description="theirs"))
        changes = await streams.apply(js, replicas=1)
        assert [(change.name, change.setting) for change in changes] == [(EVENTS, "max_age")]
        config = (await js.stream_info(EVENTS)).config
        assert (config.max_age, config.description) == (0, "theirs")


async def test_an_existing_durable_is_put_right(new_nats: NatsServer) -> None:
    """The broker's client ignores a new configuration of a durable that exists."""
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        answers = replace(CONSUMERS[0], ack_wait=5.0, filters=("loa.alert.*.acknowledged",))
        await streams.apply(js, 1, (answers, CONSUMERS[1]))
        assert (await js.consumer_info(EVENTS, answers.name)).config.ack_wait == 5
        changed = {change.setting for change in await streams.apply(js, replicas=1)}
        assert changed == {"ack_wait", "filter_subject", "filter_subjects"}
        config = (await js.consumer_info(EVENTS, answers.name)).config
        assert (config.ack_wait, config.filter_subjects) == (30, list(CONSUMERS[0].filters))


async def test_a_changed_schedule_is_put_right(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        await _schedule(nc, "@every 1h")
        changes = await streams.apply(js, replicas=1)
        assert [change.setting for change in changes] == ["Nats-Schedule"]
        assert await streams.plan(js, replicas=1) == []


async def test_the_broker_ticks_and_keeps_the_newest_tick_only(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc, connected(new_nats, "notifier") as notifier:
        await _schedule(nc, "* * * * * *")
        ticks = await notifier.jetstream().pull_subscribe_bind("notifier-ticks", TICKS)
        for _ in range(2):
            (tick,) = await ticks.fetch(1, timeout=10)
            assert tick.subject == TICK_SUBJECT
            await tick.ack_sync()
        state = (await nc.jetstream().stream_info(TICKS)).state
        assert state.messages == 2  # the schedule, and one tick


async def test_the_log_gives_its_identity_and_length(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc, connected(new_nats, "metrics") as metrics:
        empty = await stream_state(metrics.jetstream())
        assert (empty.first, empty.last) == (0, 0)
        await metrics.jetstream().publish("loa.compliance.x.gap_opened", stream=EVENTS)
        assert (await stream_state(metrics.jetstream())).last == 1
        await nc.jetstream().delete_stream(EVENTS)
        await streams.apply(nc.jetstream(), replicas=1)
        assert (await stream_state(metrics.jetstream())).created > empty.created


@pytest.mark.parametrize("name", ["acknowledged", "obstacle_reported"])
async def test_campaigns_receives_answers(new_nats: NatsServer, name: str) -> None:
    async with connected(new_nats, "notifier") as notifier, connected(new_nats, "campaigns") as campaigns:
        await notifier.jetstream().publish("loa.alert.x.raised", stream=EVENTS)
        await notifier.jetstream().publish(f"loa.alert.x.{name}", stream=EVENTS)
        answers = await campaigns.jetstream().pull_subscribe_bind("campaigns-answers", EVENTS)
        (message,) = await answers.fetch(1, timeout=5)
        assert message.subject == f"loa.alert.x.{name}"
        await message.ack_sync()
        assert (await answers.consumer_info()).num_ack_pending == 0


async def test_a_retired_durable_goes_when_no_old_replica_asks_for_its_messages(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        (name,) = streams.RETIRED
        await js.add_consumer(EVENTS, ConsumerConfig(durable_name=name, ack_policy=AckPolicy.EXPLICIT))
        old_replica = await js.pull_subscribe_bind(name, EVENTS)
        waiting = asyncio.create_task(old_replica.fetch(1, timeout=60))

        async def asks() -> bool:
            return bool((await js.consumer_info(EVENTS, name)).num_waiting)

        await eventually(asks)
        assert await streams.apply(js, replicas=1) == []
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await old_replica.unsubscribe()

        async def is_left() -> bool:
            return not await asks()

        await eventually(is_left)
        assert [change.name for change in await streams.apply(js, replicas=1)] == [name]
        assert await streams.apply(js, replicas=1) == []


async def test_a_durable_that_is_not_declared_is_listed_and_left_alone(new_nats: NatsServer) -> None:
    async with connected(new_nats, OPERATOR) as nc:
        js = nc.jetstream()
        await js.add_consumer(EVENTS, ConsumerConfig(durable_name="theirs"))
        assert await streams.apply(js, replicas=1) == []
        assert (await js.consumer_info(EVENTS, "theirs")).name == "theirs"
        assert [difference.name for difference in await streams.plan(js, replicas=1)] == ["theirs"]


async def _schedule(nc: Client, expression: str) -> None:
    schedule = Schedule(expression, TICK_SUBJECT)
    headers = {"Nats-Schedule": expression, "Nats-Schedule-Target": TICK_SUBJECT}
    await nc.jetstream().publish(schedule.subject, stream=TICKS, headers=headers)
