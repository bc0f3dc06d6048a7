"""A scrape answers whatever else is broken, and asks nothing twice within a moment."""

from prometheus_client import Gauge

from shared.observability.signals import EXPOSITION_TYPE, Telemetry


async def test_readings_are_taken_before_a_scrape_and_not_again_at_once() -> None:
    metrics = Telemetry()
    gauge: Gauge = metrics.gauge("loa_test", "taken")

    async def read() -> None:
        gauge.inc()

    metrics.before_scrape("test", read)
    assert b"loa_test 1.0" in await metrics.exposition()
    assert b"loa_test 1.0" in await metrics.exposition()


async def test_a_reading_that_fails_is_counted_and_the_others_are_given() -> None:
    metrics = Telemetry()

    async def fail() -> None:
        raise RuntimeError("no database")

    metrics.before_scrape("gaps", fail)
    result = (await metrics.exposition()).decode()
    assert 'loa_collector_failures_total{collector="gaps"} 1.0' in result
    assert "loa_http_seconds" in result
    assert EXPOSITION_TYPE.startswith("text/plain")
