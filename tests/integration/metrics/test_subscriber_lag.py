"""`/metrics` of metrics, `loa status` and `loa doctor` show how far external systems have read."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from deploy.cli.operate.health import subscriber_lag
from deploy.cli.operate.health.engine_readings import read_broker
from deploy.cli.operate.health.readings import Readings
from deploy.cli.operate.subscribers import durable as durables
from deploy.local import state
from deploy.local.engines.nats import NatsServer
from deploy.local.keys.keyring import Keyring
from deploy.nats.permissions import OPERATOR, SERVICES, subscriber
from deploy.sample.subscriber import read
from services.metrics.adapters.collectors.subscribers import MOST, SubscriberCollector
from shared.eventstore.log_reader import EVENTS
from shared.eventstore.subscriber_states import STALLED_AFTER, subscriber_states
from shared.kernel import runtime
from shared.kernel.runtime import new_id
from shared.observability.signals import Telemetry
from tests.support.reader_keys import PORTAL, PRESS
from tests.support.servers.engines import connected


async def _append(reader_broker: NatsServer, number: int) -> None:
    async with connected(reader_broker, "registry") as service:
        for _ in range(number):
            subject, body = f"loa.draft.{new_id()}.registered", b'{"time": "", "type": "", "subject": ""}'
            await service.jetstream().publish(subject, body, stream=EVENTS)


async def _durables(reader_broker: NatsServer, *users: str) -> None:
    async with connected(reader_broker, OPERATOR) as operator:
        for user in users:
            await durables.ensure(operator.jetstream(), user, ("loa.>",))


async def _exposed(reader_broker: NatsServer) -> dict[tuple[str, str], float]:
    """Scrape the collector with the permissions of its service."""
    telemetry = Telemetry()
    async with connected(reader_broker, "metrics") as client:
        collector = SubscriberCollector.of(lambda: subscriber_states(client.jetstream()), telemetry)
        telemetry.before_scrape("subscriber_lag", collector.read)
        text = (await telemetry.exposition()).decode()
    pattern = r'^loa_subscriber_(\w+)\{consumer="([^"]+)"\} (.+)$'
    return {(match[1], match[2]): float(match[3]) for match in re.finditer(pattern, text, re.MULTILINE)}


async def test_each_reader_has_its_lag_as_metrics(reader_broker: NatsServer, reader_keys: Keyring) -> None:
    await _durables(reader_broker, PORTAL, PRESS)
    await _append(reader_broker, 3)
    await read("portal", str(reader_keys.seed_file(PORTAL)), reader_broker.url, ["loa.>"], once=True)
    await _append(reader_broker, 2)
    exposed = await _exposed(reader_broker)
    assert {consumer for _, consumer in exposed} == {PORTAL, PRESS}, "no durable of a service"
    assert (exposed["pending", PORTAL], exposed["position", PORTAL]) == (2, 3)
    assert (exposed["pending", PRESS], exposed["position", PRESS]) == (5, 0)
    assert exposed["fetched_timestamp_seconds", PORTAL] > 0
    assert exposed["fetched_timestamp_seconds", PRESS] == 0


async def test_what_is_not_acknowledged_is_counted(reader_broker: NatsServer) -> None:
    await _durables(reader_broker, PORTAL)
    await _append(reader_broker, 2)
    async with connected(reader_broker, PORTAL) as portal:
        events = await portal.jetstream().pull_subscribe_bind(PORTAL, EVENTS)
        await events.fetch(2)
        exposed = await _exposed(reader_broker)
    assert (exposed["pending", PORTAL], exposed["unacknowledged", PORTAL]) == (0, 2)


async def test_the_number_of_series_is_bounded(reader_broker: NatsServer) -> None:
    await _durables(reader_broker, *(subscriber(f"n{number:03}") for number in range(MOST + 200)))
    assert len({consumer for _, consumer in await _exposed(reader_broker)}) == MOST
    async with connected(reader_broker, OPERATOR) as operator:
        assert len(await subscriber_states(operator.jetstream())) == MOST + 200, "more than one page"


async def test_a_durable_of_any_name_that_no_service_declares_is_a_reader(reader_broker: NatsServer) -> None:
    async with connected(reader_broker, OPERATOR) as operator:
        config = ConsumerConfig(durable_name="by-hand", name="by-hand", ack_policy=AckPolicy.EXPLICIT)
        await operator.jetstream().add_consumer(EVENTS, config)
    assert ("pending", "by-hand") in await _exposed(reader_broker)


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "metrics"])
async def test_no_other_service_lists_the_durables(reader_broker: NatsServer, service: str) -> None:
    async with connected(reader_broker, service, error_cb=_ignore) as client:
        with pytest.raises(TimeoutError):
            await client.jetstream(timeout=0.5).consumers_info(EVENTS)


async def _ignore(_: Exception) -> None:
    """The refused request is what the test expects."""


async def test_doctor_reports_a_reader_that_stands_still(reader_broker: NatsServer, tmp_path: Path) -> None:
    await _durables(reader_broker, PORTAL)
    await _append(reader_broker, 3)
    broker = await read_broker(reader_broker.url, tmp_path, 1)
    later = runtime.now() + STALLED_AFTER + timedelta(seconds=1)
    soon, late = (
        [finding.part + ": " + finding.what.en for finding in subscriber_lag.findings(readings)]
        for readings in (
            Readings(now=now, current=state.Current(), folder=tmp_path, broker=broker)
            for now in (runtime.now(), later)
        )
    )
    missing = f"{PRESS}: it has no durable consumer"
    assert soon == [missing]
    assert late[1] == missing
    assert late[0].startswith(f"{PORTAL}: 3 events behind: never fetched an event; check key, durable name")


async def test_status_shows_the_lag(
    reader_broker: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _durables(reader_broker, PORTAL)
    await _append(reader_broker, 3)
    monkeypatch.setenv("LOA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOA_NATS_URL", reader_broker.url)
    summary, problem = (text.en for text in subscriber_lag.lines(await subscriber_lag.read()))
    assert summary == f"Subscribers (pending/unacknowledged/redelivered): {PORTAL} 3/0/0"
    assert problem.startswith(f"{PORTAL}: never fetched an event")
