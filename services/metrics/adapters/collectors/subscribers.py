"""Gauges of how far external systems have read the log, set before each scrape; metrics is the one service that has them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from prometheus_client import Gauge

from shared.eventstore.subscriber_states import SubscriberState
from shared.observability.signals import Telemetry

MOST = 100  # durables by name: the number of series is bounded


@dataclass(frozen=True, slots=True)
class SubscriberCollector:
    """The state of each durable of an external system as gauges with the label `consumer`."""

    states: Callable[[], Awaitable[Sequence[SubscriberState]]]
    pending: Gauge
    unacknowledged: Gauge
    redelivered: Gauge
    position: Gauge
    fetched: Gauge

    @classmethod
    def of(
        cls, states: Callable[[], Awaitable[Sequence[SubscriberState]]], telemetry: Telemetry
    ) -> "SubscriberCollector":
        def gauge(name: str, what: str) -> Gauge:
            return telemetry.gauge(f"loa_subscriber_{name}", what, "consumer")

        return cls(
            states,
            gauge("pending", "events that an external system has not received yet"),
            gauge("unacknowledged", "events that an external system received and has not acknowledged"),
            gauge("redelivered", "unacknowledged events that an external system received more than once"),
            gauge("position", "position up to which an external system has acknowledged every event"),
            gauge("fetched_timestamp_seconds", "when an external system last received an event; 0 if never"),
        )

    async def read(self) -> None:
        states = await self.states()
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
