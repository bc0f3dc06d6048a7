"""The event store on NATS JetStream, counted and traced, with its connection, and whether the broker accepts events.

After a full disk NATS refuses every event of a stream until it is restarted, also when there is room again. Its
connections, its API and its answers to reads stay as they were; only `/healthz` of its monitoring endpoint names the fault.
Nothing is written as a probe: the log keeps what it is given for ever.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import nats.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError

from shared.contracts.envelope import CATALOG, CONTENT_TYPE, AggregateRef, Catalog, NewEvent, encode
from shared.eventstore.handle import Append, BulkStore, History, Version, VersionConflict, check_size, settled
from shared.eventstore.log_reader import EVENTS, PAGE, Inbox, LogReader, NewestSeen, stream_state
from shared.kernel.errors import LoaError, PermanentError, TransientError
from shared.kernel.health import Check
from shared.kernel.transient import BROKER
from shared.observability import signals
from shared.observability.signals import Telemetry, Tracing, traceparent

A = TypeVar("A")
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
    """An append that was not acknowledged; `connection` counts the reconnects until then.

    `without_leader`: no node of the cluster took it, as while another leader is elected. `last` is the log's last position
    when a probe first asked about it.
    """

    detail: str
    at: float
    connection: int
    without_leader: bool
    last: int | None = None


@dataclass(slots=True)
class LogWrites:
    """Remembers the last failed append until one succeeds, or the broker was connected anew.

    A replica that has nothing to append would doubt the broker for minutes. It learns from others: if the log has grown,
    somebody's append was taken; if no node of a cluster took its own, it is enough that one answers for the log again.
    """

    client: Client
    monitors: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    _failed: FailedAppend | None = field(default=None, init=False)

    def succeeded(self) -> None:
        self._failed = None

    def failed(self, detail: str, *, without_leader: bool = False) -> None:
        """Note an append that was not acknowledged although the broker is connected."""
        if self.client.is_connected:
            self._failed = FailedAppend(detail, self.clock(), self._reconnects, without_leader)

    async def probe(self) -> Check:
        if not self.client.is_connected:
            return Check(ok=False, detail="not connected")
        answers = await asyncio.gather(*(health_of(url) for url in self.monitors))
        reports = [report for report in answers if report is not None]
        refusing = [report for report in reports if report]
        if len(refusing) * 2 > len(reports):  # of a cluster the majority accepts events
            return Check(ok=False, detail=f"{'; '.join(refusing)}: {RESTART}")
        doubted = self._doubted(CONTRADICTED_SECONDS if reports else DOUBTED_SECONDS)
        if doubted is not None and await self._is_over(doubted):
            return Check(ok=True)
        if doubted is not None:
            return Check(ok=False, detail=f"the last append failed: {doubted.detail}: {RESTART}")
        return Check(ok=True)

    def _doubted(self, seconds: float) -> FailedAppend | None:
        failed = self._failed
        if failed is None or failed.connection != self._reconnects or self.clock() - failed.at > seconds:
            return None
        return failed

    async def _is_over(self, doubted: FailedAppend) -> bool:
        """Ask for the state of the log, which only the leader of its stream gives; note it for the next time."""
        try:
            state = await stream_state(self.client.jetstream(timeout=REPORT_SECONDS))
        except BROKER:
            return False
        if self._failed is not doubted:  # another append failed, or succeeded, meanwhile
            return self._failed is None
        is_over = doubted.without_leader or (doubted.last is not None and state.last > doubted.last)
        self._failed = None if is_over else replace(doubted, last=doubted.last or state.last)
        return is_over

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


logger = signals.get_logger(__name__)


class Connection(Client):
    """Refuses requests before it has ever been connected.

    With the first request nats-py 2.16 chooses for good where answers are to go. Before `connect` it does not know
    our prefix yet, and the broker refuses any other: of a service that was scraped while it waited for its database
    no request was ever answered again.
    """

    async def request(self, *args: Any, **options: Any) -> Msg:
        if not (self.is_connected or self.is_reconnecting):
            raise ConnectionClosedError
        return await super().request(*args, **options)


TRACEPARENT = "traceparent"  # W3C Trace Context, also in the envelope
CHECK_SUBJECT = "Nats-Expected-Last-Subject-Sequence-Subject"

# Wrong last sequence; the same, with another append still in flight; duplicate id in flight; duplicate
# inside a batch. Each may also mean that this very append came through before.
CONFLICTS = {10071, 10164, 10158, 10201}

# A batch of which a part was lost on the way; too many batches at once.
AGAIN = {10176, 10210}


@dataclass(frozen=True, slots=True)
class _Outgoing:
    subject: str
    payload: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class JetStreamEventStore:
    """Speaks nats-py itself: FastStream can neither write an atomic batch nor read one aggregate.

    Measured on 2 cores with `sync_interval: always`: 1,400 awaited appends a second by one writer, as with
    FastStream; in batches of 500 over many aggregates ten times as many events. A load takes 1 ms, with 20
    events 1.6 ms; 256 short histories at once take 50 ms.

    `timeout` (seconds) is how long one answer of the broker may take. After a `TransientError` the events
    may still be written (the client sends on what it held back while the broker was away): whoever tries
    again sends the same ids.
    """

    nc: Client
    catalog: Catalog = CATALOG
    timeout: float = 5.0
    page: int = PAGE
    newest_seen: NewestSeen = field(default_factory=NewestSeen)
    inbox: Inbox = field(default_factory=Inbox)

    async def load(self, ref: AggregateRef) -> History:
        return (await self.load_all([ref]))[ref]

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        self._require_connection()
        return await self._reader.load_all(refs)

    async def exists(self, ref: AggregateRef) -> bool:
        self._require_connection()
        return await self._reader.exists(ref)

    async def reach(self, position: int) -> None:
        self._require_connection()
        await self._reader.reach(position)

    @property
    def _reader(self) -> LogReader:
        return LogReader(self.nc, self.catalog, self.timeout, self.page, self.newest_seen, self.inbox)

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        """Append to different aggregates in one atomic batch, which is made durable once."""
        self._require_connection()
        messages = [
            message for append in appends for message in _outgoing(append.ref, append.expected, append.events)
        ]
        try:
            ack = await self._publish_batch(messages)
        except BROKER as error:
            raise _verdict(error, f"{len(appends)} aggregates", moved=False) from error
        self.newest_seen.note(ack["seq"], messages[-1].subject)
        position, versions = ack["seq"] - len(messages), []
        for append in appends:
            position += len(append.events)
            versions.append(Version(append.expected.count + len(append.events), position))
        return versions

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        check_size(events)
        self._require_connection()
        messages = _outgoing(ref, expected, events)
        try:
            ack = await (self._publish(messages[0]) if len(events) == 1 else self._publish_batch(messages))
        except BROKER as error:
            return await self._settle(ref, expected, events, error)
        if ack.get("duplicate"):
            return await self._settle(ref, expected, events, None)
        self.newest_seen.note(ack["seq"], messages[-1].subject)
        return Version(expected.count + len(events), ack["seq"])

    def _require_connection(self) -> None:
        """Say at once that the broker is away, instead of holding a caller until the timeout."""
        if not self.nc.is_connected:
            raise TransientError("the broker is not connected")

    async def _settle(
        self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent], error: Exception | None
    ) -> Version:
        """Look whether an append that was refused or not answered is in the log all the same.

        After a lost acknowledgement the retry is answered "wrong last sequence" by one replica and
        "duplicate" by three.
        """
        history = await self.load(ref)
        version = settled(history, expected, events)
        if version is not None:
            return version
        moved = history.version.position != expected.position
        raise _verdict(error, f"{ref.context}/{ref.id} at {expected}", moved=moved) from error

    async def _publish(self, message: _Outgoing) -> dict[str, Any]:
        answer = await self.nc.request(
            message.subject, message.payload, timeout=self.timeout, headers=message.headers
        )
        return _acknowledged(answer)

    async def _publish_batch(self, messages: Sequence[_Outgoing]) -> dict[str, Any]:
        """Write all or nothing (ADR-50); the last is answered, with its own position."""
        batch = messages[0].headers[Header.MSG_ID]
        for number, message in enumerate(messages, start=1):
            message.headers[Header.BATCH_ID] = batch
            message.headers[Header.BATCH_SEQUENCE] = str(number)
        messages[-1].headers[Header.BATCH_COMMIT] = "1"
        for message in messages[:-1]:
            await self.nc.publish(message.subject, message.payload, headers=message.headers)
        return await self._publish(messages[-1])


def _outgoing(ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> list[_Outgoing]:
    messages = [
        _Outgoing(ref.subject(event.data), encode(ref, event, count), _headers(event))
        for count, event in enumerate(events, start=expected.count + 1)
    ]
    messages[0].headers[Header.EXPECTED_LAST_SUBJECT_SEQUENCE] = str(expected.position)
    messages[0].headers[CHECK_SUBJECT] = ref.subjects
    return messages


def _headers(event: NewEvent) -> dict[str, str]:
    trace = event.metadata.traceparent
    return {
        "Content-Type": CONTENT_TYPE,
        Header.EXPECTED_STREAM: EVENTS,
        Header.MSG_ID: str(event.event_id),
    } | ({TRACEPARENT: trace} if trace else {})


def _acknowledged(answer: Msg) -> dict[str, Any]:
    """Read the broker's answer; the first message of a batch is answered with nothing."""
    ack: dict[str, Any] = orjson.loads(answer.data) if answer.data else {}
    if "error" in ack:
        raise APIError(**ack["error"])
    return ack


def _verdict(error: Exception | None, what: str, *, moved: bool) -> LoaError:
    if moved or error is None or (isinstance(error, APIError) and error.err_code in CONFLICTS):
        return VersionConflict(f"{what}: {error}")
    if isinstance(error, nats.errors.MaxPayloadError) or _is_final(error):
        return PermanentError("append_refused", f"{what}: {error}")
    return TransientError(f"{what}: not acknowledged: {error}")


def _is_final(error: Exception) -> bool:
    if not isinstance(error, APIError) or error.err_code in AGAIN:
        return False
    return error.code in (400, 404)


@dataclass(frozen=True, slots=True)
class ObservedEventStore:
    """Does what `below` does. What is appended carries the name of the span that appended it."""

    below: BulkStore
    telemetry: Telemetry
    tracing: Tracing
    writes: LogWrites | None = None

    async def load(self, ref: AggregateRef) -> History:
        return await self.below.load(ref)

    async def exists(self, ref: AggregateRef) -> bool:
        return await self.below.exists(ref)

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        return await self.below.load_all(refs)

    async def reach(self, position: int) -> None:
        await self.below.reach(position)

    async def append(self, ref: AggregateRef, expected: Version, events: Sequence[NewEvent]) -> Version:
        with self.tracing.sending(f"append {ref.context}"):
            appending = self.below.append(ref, expected, _traced(events))
            version = await self._watched(ref.context, appending)
        asyncio.get_running_loop().call_soon(self._record, ref, version, events)
        return version

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        """Append many at once; a line for each event is written at DEBUG only."""
        with self.tracing.sending("append batch"):
            versions = await self._watched("batch", self.below.append_all(_traced_all(appends)))
        self._count([event for append in appends for event in append.events])
        if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
            for append, version in zip(appends, versions, strict=True):
                _log_appended(append.ref, version, append.events)
        first, last = versions[0].position - len(appends[0].events) + 1, versions[-1].position
        logger.info("events_appended", first_position=first, position=last, aggregates=len(appends))
        return versions

    def _record(self, ref: AggregateRef, version: Version, events: Sequence[NewEvent]) -> None:
        """Count and log what was appended, in the loop's next round: whoever appended does not wait for it."""
        self._count(events)
        _log_appended(ref, version, events)

    async def _watched(self, context: str, appending: Awaitable[A]) -> A:
        """Time an append, and note whether the broker accepts events."""
        began = time.perf_counter()
        try:
            appended = await appending
        except BaseException as error:  # also who is cancelled was not answered
            self.telemetry.append_ended(context, time.perf_counter() - began, error)
            if self.writes is not None and isinstance(error, TransientError):
                without_leader = isinstance(error.__cause__, nats.errors.NoRespondersError)
                self.writes.failed(str(error), without_leader=without_leader)
            raise
        self.telemetry.append_ended(context, time.perf_counter() - began)
        if self.writes is not None:
            self.writes.succeeded()
        return appended

    def _count(self, events: Sequence[NewEvent]) -> None:
        numbers: dict[str, int] = {}
        for event in events:
            name = event.data.type_name()
            numbers[name] = numbers.get(name, 0) + 1
        for name, number in numbers.items():
            self.telemetry.appended.labels(name).inc(number)


def _traced(events: Sequence[NewEvent]) -> Sequence[NewEvent]:
    if (name := traceparent()) is None:
        return events
    return [replace(event, metadata=replace(event.metadata, traceparent=name)) for event in events]


def _traced_all(appends: Sequence[Append]) -> Sequence[Append]:
    if traceparent() is None:
        return appends
    return [replace(append, events=_traced(append.events)) for append in appends]


def _log_appended(ref: AggregateRef, version: Version, events: Sequence[NewEvent]) -> None:
    first = version.position - len(events) + 1
    for position, event in enumerate(events, start=first):
        logger.info(
            "event_appended",
            type=event.data.type_name(),
            aggregate=f"{ref.context}/{ref.id}",
            event_id=str(event.event_id),
            position=position,
            correlation_id=event.metadata.correlation_id,
            causation_id=event.metadata.causation_id,
        )
