"""The time of the log's last event, also of a log that has none."""

from deploy.local.engines.nats import NatsServer
from shared.contracts.envelope import AggregateRef
from shared.eventstore.handle import NOTHING
from shared.eventstore.jetstream import JetStreamEventStore, last_event_time
from tests.integration.eventstore.suite import draft, retitled
from tests.support.servers.engines import connected


async def test_an_empty_log_has_no_time(new_nats: NatsServer) -> None:
    async with connected(new_nats, "registry") as client:
        assert await last_event_time(client) is None
        ref: AggregateRef = draft()
        await JetStreamEventStore(client).append(ref, NOTHING, [retitled("một")])
        assert await last_event_time(client) is not None
