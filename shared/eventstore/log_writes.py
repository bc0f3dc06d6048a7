"""Whether the broker accepts events: what the last append showed, what its monitoring endpoint reports, when it received the last event.

After a full disk NATS refuses every event of a stream until it is restarted, also when there is room again. Its
connections, its API and its answers to reads stay as they were; only `/healthz` of its monitoring endpoint names the fault.
Nothing is written as a probe: the log keeps what it is given for ever.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.eventstore.log_reader import EVENTS, stream_state
from shared.kernel.health import Check
from shared.observability.signals import Telemetry

SECONDS = 5.0


async def last_event_time(client: Client) -> datetime | None:
    """Return the broker's time of the last event; None if the log is empty."""
    js = client.jetstream(timeout=SECONDS)
    try:
        last = (await stream_state(js)).last
        if last == 0:  # NATS refuses to be asked for position 0
            return None
        message = await js.get_msg(EVENTS, last, direct=True)
    except NotFoundError:
        return None
    return message.time.astimezone(UTC) if message.time else None


_OPENER = build_opener(ProxyHandler({}))  # the broker is never behind the office's proxy
REPORT_SECONDS = (
    1.0  # for an answer of the monitoring endpoint; one behind a firewall counts as not configured
)
DOUBTED_SECONDS = 300.0  # how long a failed append counts if nothing else is learnt about the broker
CONTRADICTED_SECONDS = 30.0  # the same if the monitoring endpoint reports that all is well
RESTART = "start the broker again if there is room on its disk (RUNBOOK.md, the disk is full or slow)"


@dataclass(frozen=True, slots=True)
class FailedAppend:
    """An append that was not acknowledged; `connection` counts the reconnects until then."""

    detail: str
    at: float
    connection: int


@dataclass(slots=True)
class LogWrites:
    """Remembers the last failed append until one succeeds, or the broker was connected anew."""

    client: Client
    monitors: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    _failed: FailedAppend | None = field(default=None, init=False)

    def succeeded(self) -> None:
        self._failed = None

    def failed(self, detail: str) -> None:
        """Note an append that was not acknowledged although the broker is connected."""
        if self.client.is_connected:
            self._failed = FailedAppend(detail, self.clock(), self._reconnects)

    async def probe(self) -> Check:
        if not self.client.is_connected:
            return Check(ok=False, detail="not connected")
        answers = await asyncio.gather(*(health_of(url) for url in self.monitors))
        reports = [report for report in answers if report is not None]
        refusing = [report for report in reports if report]
        if len(refusing) * 2 > len(reports):  # of a cluster the majority accepts events
            return Check(ok=False, detail=f"{'; '.join(refusing)}: {RESTART}")
        doubted = self._doubted(CONTRADICTED_SECONDS if reports else DOUBTED_SECONDS)
        if doubted is not None:
            return Check(ok=False, detail=f"the last append failed: {doubted.detail}: {RESTART}")
        return Check(ok=True)

    def _doubted(self, seconds: float) -> FailedAppend | None:
        failed = self._failed
        if failed is None or failed.connection != self._reconnects or self.clock() - failed.at > seconds:
            return None
        return failed

    @property
    def _reconnects(self) -> int:
        return int(self.client.stats["reconnects"])


async def health_of(monitor: str) -> str | None:
    """Return what `/healthz` reports as broken: nothing if all is well, None if it doesn't answer."""
    status, body = await _get(f"{monitor.rstrip('/')}/healthz")
    if status in {0, HTTPStatus.OK}:
        return "" if status else None
    return str(body.get("error") or body.get("status") or f"HTTP {status}")


@dataclass(frozen=True, slots=True)
class StoreMetrics:
    """Gauges of the broker's store, as far as it reports them."""

    writes: LogWrites
    telemetry: Telemetry

    async def read(self) -> None:
        """Read how much the store holds, and how much it may hold; of a cluster the fullest node counts."""
        states = [await _get(f"{url.rstrip('/')}/jsz") for url in self.writes.monitors]
        stores = [
            (body["storage"], body["config"]["max_storage"])
            for status, body in states
            if status == HTTPStatus.OK and body.get("config")
        ]
        if stores:
            used, limit = max(stores, key=lambda store: store[0] / max(store[1], 1))
            self.telemetry.broker_store.labels("used").set(used)
            self.telemetry.broker_store.labels("limit").set(limit)


async def _get(url: str) -> tuple[int, dict[str, Any]]:
    """Return status and document of an answer; status 0 if there is none in time."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(_read, url), REPORT_SECONDS)
    except TimeoutError:
        return 0, {}


def _read(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with _OPENER.open(url, timeout=REPORT_SECONDS) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, _document(error.read())
    except (URLError, OSError, ValueError):
        return 0, {}


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
