"""Prometheus metrics of a service: what it promises, counted."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Telemetry:
    """The metrics that every service has; one registry a process-wide service, none global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.http = Histogram(
            "loa_http_seconds", "HTTP answers by route", ["method", "route", "status"], registry=self.registry
        )
        self.position = Gauge(
            "loa_projection_position", "position of the read model", ["projection"], registry=self.registry
        )
        self.lag = Gauge(
            "loa_projection_lag_events",
            "events between log and read model",
            ["projection"],
            registry=self.registry,
        )
        self.stuck = Gauge(
            "loa_projection_stuck",
            "1 if the projection stopped at an event",
            ["projection"],
            registry=self.registry,
        )
        self.unknown = Counter(
            "loa_unknown_events_total", "events of a type unknown here", ["type"], registry=self.registry
        )

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
