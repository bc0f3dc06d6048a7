"""Prometheus metrics of a service: its service levels. deploy/prometheus/README.md lists them all."""

import asyncio
import logging
import platform
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from shared.kernel.health import Health, Purpose
from shared.kernel.release import RELEASE
from shared.observability.label_values import LabelValues

logger = logging.getLogger(__name__)  # which goes through ours (shared.kernel.log)

EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FRESH_SECONDS = 5.0  # collectors are not run again within this time
READ_SECONDS = 3.0  # for any one collector: a scrape must answer when nothing else does

Collector = Callable[[], Awaitable[None]]


class Telemetry:
    """The metrics that every service has; one registry a service, none global.

    `before_scrape` registers collectors that set gauges just before a scrape.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._collectors: dict[str, Collector] = {}
        self._read_at = -FRESH_SECONDS
        ProcessCollector(registry=self.registry)
        build = self.gauge("loa_build_info", "1; the versions are labels", "version", "python")
        build.labels(RELEASE, platform.python_version()).set(1)
        self.ready = self.gauge(
            "loa_ready", "1 if the service is ready: /readyz and /readyz?for=writes", "purpose"
        )
        self.check_ok = self.gauge("loa_check_ok", "1 if a check of /readyz is ok", "check")
        self.broker_store = self.gauge(
            "loa_broker_store_bytes", "store of the broker, of its fullest node", "kind"
        )
        self.database_bytes = self.gauge("loa_database_bytes", "size of the service's database")
        self.clock_ahead = self.gauge(
            "loa_clock_ahead_seconds", "how far our clock is ahead of PostgreSQL's; negative: behind"
        )
        self.http = self.histogram("loa_http_seconds", "HTTP answers by route", "method", "route", "status")
        self.appends = self.histogram(
            "loa_append_seconds", "appends to the log, one aggregate each", "context", "outcome"
        )
        self.appended = self.counter("loa_appended_events", "events in the log by this service", "type")
        self.position = self.gauge("loa_projection_position", "position of the read model", "projection")
        self.lag = self.gauge("loa_projection_lag_events", "events between log and read model", "projection")
        self.lag_seconds = self.gauge(
            "loa_projection_lag_seconds",
            "age of the oldest event that is not in the read model",
            "projection",
        )
        self.halted = self.gauge(
            "loa_projection_halted", "1 if the projection halted and waits for an operator", "projection"
        )
        self.unknown_types = LabelValues()
        self.unknown = self.counter("loa_unknown_events", "events of a type unknown to this release", "type")
        self.messages = self.counter(
            "loa_messages",
            "messages processed by subscribers, by outcome",
            "consumer",
            "outcome",
        )
        self.pending = self.gauge(
            "loa_consumer_pending", "messages that a consumer has not acknowledged yet", "consumer"
        )
        self.collector_failures = self.counter(
            "loa_collector_failures", "collectors that failed before a scrape", "collector"
        )

    def histogram(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(name, what, labels, registry=self.registry)

    def counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def before_scrape(self, name: str, collector: Collector) -> None:
        self._collectors[name] = collector

    async def set_readiness(self, health: Health) -> None:
        checks = await health.examine()
        for name, check in checks.items():
            self.check_ok.labels(name).set(check.ok)
        for purpose in Purpose:
            self.ready.labels(purpose).set(health.is_ready(purpose, checks))

    def count_unknown(self, event_type: str) -> None:
        self.unknown.labels(self.unknown_types.of(event_type)).inc()

    @contextmanager
    def append_of(self, context: str) -> Iterator[None]:
        """Time an append; how it ended is the class of what it raises."""
        started, outcome = time.perf_counter(), "appended"
        try:
            yield
        except Exception as error:
            outcome = _OUTCOMES.get(type(error).__name__, "failed")
            raise
        finally:
            self.appends.labels(context, outcome).observe(time.perf_counter() - started)

    async def exposition(self) -> bytes:
        if time.monotonic() - self._read_at >= FRESH_SECONDS:
            self._read_at = time.monotonic()
            await asyncio.gather(*(self._read(name, read) for name, read in self._collectors.items()))
        return generate_latest(self.registry)

    async def _read(self, name: str, collector: Collector) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                await collector()
        except Exception as error:  # noqa: BLE001  whatever is broken, the other figures are wanted all the more
            self.collector_failures.labels(name).inc()
            problem = f"{type(error).__name__}: {error}"
            logger.warning("collector_failed", extra={"collector": name, "error": problem})


_OUTCOMES = {"VersionConflict": "conflict", "TransientError": "transient", "PermanentError": "permanent"}
