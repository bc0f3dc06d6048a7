"""Gauges of how far external systems have read the log, set before each scrape; metrics is the one service that has them."""

from dataclasses import dataclass

from nats.aio.client import Client
from prometheus_client import Gauge

from shared.eventstore.subscriber_states import SubscriberState, subscriber_states
from shared.observability.metrics import READ_SECONDS, Telemetry

MOST = 100  # durables by name: the number of series is bounded


@dataclass(frozen=True, slots=True)
class SubscriberCollector:
    """The state of each durable of an external system as gauges with the label `consumer`."""

    client: Client
    pending: Gauge
    unacknowledged: Gauge
    redelivered: Gauge
    position: Gauge
    fetched: Gauge

    @classmethod
    def of(cls, client: Client, telemetry: Telemetry) -> "SubscriberCollector":
        def gauge(name: str, what: str) -> Gauge:
            return telemetry.gauge(f"loa_subscriber_{name}", what, "consumer")

        return cls(
            client,
            gauge("pending", "events that an external system has not received yet"),
            gauge("unacknowledged", "events that an external system received and has not acknowledged"),
            gauge("redelivered", "unacknowledged events that an external system received more than once"),
            gauge("position", "position up to which an external system has acknowledged every event"),
            gauge("fetched_timestamp_seconds", "when an external system last received an event; 0 if never"),
        )

    async def read(self) -> None:
        states = await subscriber_states(self.client.jetstream(timeout=READ_SECONDS))
        for gauge in (self.pending, self.unacknowledged, self.redelivered, self.position, self.fetched):
            gauge.clear()  # a durable that was deleted has no series any more
        for state in states[:MOST]:
            self._set(state)

    def _set(self, state: SubscriberState) -> None:
        self.pending.labels(state.name).set(state.pending)
        self.unacknowledged.labels(state.name).set(state.unacknowledged)
        self.redelivered.labels(state.name).set(state.redelivered)
        self.position.labels(state.name).set(state.acknowledged)
        self.fetched.labels(state.name).set(state.fetched_at.timestamp() if state.fetched_at else 0)
