"""Ordered batches of the log, and their events written as rows together with the checkpoint, exactly once."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header
from nats.js.errors import APIError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.envelope import Catalog, Recorded, SubjectMismatch, decode
from shared.contracts.event import Unknown
from shared.eventstore.jetstream import TRACEPARENT
from shared.eventstore.log_reader import EVENTS, identity, stream_state
from shared.eventstore.streams import feed_names
from shared.kernel import runtime
from shared.kernel.errors import PermanentError, TransientError
from shared.kernel.transient import BROKER, TRANSIENT
from shared.observability import signals
from shared.observability.signals import ReceivedMessage, Telemetry
from shared.projections.rows import (
    RECENT,
    Checkpoint,
    CheckpointMoved,
    CheckpointTables,
    PoisonEvent,
    Projection,
)

logger = signals.get_logger(__name__)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
IDLE_SECONDS = 60.0  # an abandoned consumer goes away by itself after this
NOTHING_MORE = {"404", "408"}  # how a request ends when nothing (more) came in its time
LOOK_SECONDS = 0.25  # between two looks at the connection while nothing comes
BEGIN_SECONDS = 2.0  # a broker that has just come back may drop the question; then it is asked again
NAME_IN_USE = {10013, 10148}  # of another configuration, so of another reader
GRACE_SECONDS = 1.0  # how much later than asked the broker's "nothing" may come


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One stored message; `pending` is how many follow it in the log, `recorded` when the broker stored it."""

    position: int
    subject: str
    payload: bytes
    pending: int
    recorded: datetime = LONG_AGO
    traceparent: str | None = None
    message_id: str | None = None

    @property
    def event_id(self) -> str:
        """Name the message as `shared.eventstore.log_reader` does."""
        return self.message_id or identity(None, self.payload)


class Feed:
    """An ordered reader: a fresh ephemeral pull consumer whenever order or contact was lost.

    It reads the whole log, not a filtered part: the checkpoint then means "all up to here" for every
    reader, which is what `min_position` asks for. It asks for messages itself and takes them in one
    callback: measured with 400-byte events on 2 cores, `fetch` of nats-py gives half the rate (10,000/s, a
    waiting task for each message), FastStream's pull batches less again. So this path alone speaks nats-py.
    """

    def __init__(self, client: Client, after: int) -> None:
        self._client = client
        self._after = after
        self._consumer = ""
        self._slot = -1  # the number of its name among those of the service
        self._inbox: Subscription | None = None
        self._delivered = 0
        self._open = 0  # how many messages the broker still owes for what was asked
        self._arrived: list[RawEvent] = []
        self._broken = False
        self._contact = (False, 0)
        self.created: datetime | None = None  # of the log that it reads, once it does
        self.begun = 0  # how often it made a consumer: the log may be another one after each
        self._arrival = asyncio.Event()

    async def batch(self, most: int, wait: float) -> list[RawEvent]:
        """Return the next events, about `most`; empty if none came within `wait` seconds.

        Raises what nats-py raises when the broker is away; the next call begins again after the last event.
        """
        try:
            if self._inbox is not None and self._contact != _contact(self._client):
                await self.close()  # what came ahead was of a log that may be another one by now
            if self._inbox is None:
                await self._begin()
            if not self._arrived and self._open == 0:
                await self._ask(most, wait)
            await self._receive(most, wait + GRACE_SECONDS)
        except BROKER:
            await self.close()
            raise
        events, self._arrived = self._arrived, []
        if events:
            self._after = events[-1].position
        if self._broken:
            await self.close()
        elif events and events[-1].pending > 0 and self._open == 0:
            await self._ask_ahead(most, wait)
        return events

    async def close(self) -> None:
        """Let the consumer go; the next `batch` makes a new one after the last event given out."""
        inbox, self._inbox = self._inbox, None
        self._arrived, self._open, self._broken = [], 0, False
        if inbox is not None and self._client.is_connected:
            try:
                await inbox.unsubscribe()
                await self._client.publish(f"$JS.API.CONSUMER.DELETE.{EVENTS}.{self._consumer}")
            except BROKER:
                return

    async def _begin(self) -> None:
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._after + 1,
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            num_replicas=1,
            inactive_threshold=IDLE_SECONDS,
            filter_subject="loa.>",
        )
        log = self._client.jetstream(timeout=BEGIN_SECONDS)
        self._consumer = await self._made(config)
        self.begun += 1
        self.created = (
            await stream_state(log)
        ).created  # of the log that has the consumer, or it is gone by now
        self._delivered, self._contact = 0, _contact(self._client)
        self._inbox = await self._client.subscribe(self._client.new_inbox(), cb=self._take)

    async def _made(self, config: ConsumerConfig) -> str:
        """Create a consumer by one of the names that this service may use: that of its last one, else one that is free."""
        user: str = self._client.new_inbox().split(".")[1]  # the broker lets a service use no other inbox
        names = feed_names(user)
        first = self._slot if self._slot >= 0 else random.randrange(len(names))  # noqa: S311  it guards nothing
        for number in (*range(first, len(names)), *range(first)):
            name: str = names[number]
            if number == self._slot:
                await self._api("DELETE", name, {})
            if await self._create(name, config):
                self._slot = number
                return name
        raise TransientError(
            f"all {len(names)} consumers of {user} are in use; they end after {IDLE_SECONDS:g} s"
        )

    async def _create(self, name: str, config: ConsumerConfig) -> bool:
        """Create a consumer; False if there is one of this name already."""
        mine = {"name": name, "metadata": {"holder": str(runtime.new_id())}}
        request = {"stream_name": EVENTS, "config": config.as_dict() | mine, "action": "create"}
        answer = await self._api("CREATE", f"{name}.loa.>", request)
        if (error := answer.get("error")) is None:
            return True
        if error.get("err_code") in NAME_IN_USE:
            return False
        raise APIError.from_error(error)

    async def _api(self, action: str, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        subject = f"$JS.API.CONSUMER.{action}.{EVENTS}.{name}"
        message = await self._client.request(subject, json.dumps(request).encode(), BEGIN_SECONDS)
        answer: dict[str, Any] = json.loads(message.data)
        return answer

    async def _ask(self, most: int, wait: float) -> None:
        assert self._inbox is not None  # noqa: S101  narrowing: it was just made
        self._open = most
        request = json.dumps({"batch": most, "expires": int(wait * 1e9)})
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{self._consumer}"
        await self._client.publish(subject, request.encode(), reply=self._inbox.subject)

    async def _ask_ahead(self, most: int, wait: float) -> None:
        """Ask for what follows: it arrives while the caller waits for its database."""
        try:
            await self._ask(most, wait)
        except BROKER:
            await self.close()

    async def _receive(self, most: int, patience: float) -> None:
        """Wait for the first event, and then for what is already on its way."""
        until = time.monotonic() + patience
        while self._expects(most):
            self._arrival.clear()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._arrival.wait()
            except TimeoutError:
                # Not even "nothing": the consumer, or the way to it, is gone.
                self._broken = self._contact != _contact(self._client) or time.monotonic() > until

    def _expects(self, most: int) -> bool:
        if self._broken or self._open == 0:
            return False
        return not self._arrived or (len(self._arrived) < most and self._arrived[-1].pending > 0)

    async def _take(self, message: Msg) -> None:
        status = (message.headers or {}).get(Header.STATUS)
        if status is not None and not message.reply:
            self._open = 0
            self._broken = status not in NOTHING_MORE
        else:
            self._place(message)
        self._arrival.set()

    def _place(self, message: Msg) -> None:
        meta = message.metadata
        self._delivered += 1
        self._open -= 1
        if meta.sequence.consumer != self._delivered:
            self._broken = True  # something was lost on the way: read again from the last good one
        if not self._broken:
            headers = message.headers or {}
            self._arrived.append(
                RawEvent(
                    meta.sequence.stream,
                    message.subject,
                    message.data,
                    meta.num_pending,
                    meta.timestamp,
                    headers.get(TRACEPARENT),
                    headers.get(Header.MSG_ID),
                )
            )


def _contact(client: Client) -> tuple[bool, int]:
    """Say whether there is a connection, and which one: after another no answer to an old request comes."""
    return client.is_connected, client.stats["reconnects"]


def recent_rows(batch: Sequence[RawEvent]) -> str | None:
    """Give rows of `log_recent_event` as JSON; None while the batch is far from the end of the log."""
    if batch[-1].pending >= RECENT:
        return None
    return orjson.dumps([_row(raw) for raw in batch[-RECENT:]]).decode()


def _row(raw: RawEvent) -> Mapping[str, Any]:
    envelope = _envelope(raw.payload)
    return {
        "position": raw.position,
        "event_id": raw.event_id,
        "subject": raw.subject,
        "recorded_at": raw.recorded,
        "draft_code": _text(envelope, "draftcode"),
        "unit_code": _text(envelope, "unitcode"),
        "actor": _text(envelope, "actor"),
        "correlation_id": _text(envelope, "correlationid"),
    }


def _envelope(payload: bytes) -> Mapping[str, Any]:
    """Read what can be read: a message that is no event is listed by its subject alone."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(envelope: Mapping[str, Any], name: str) -> str | None:
    value = envelope.get(name)
    return value.replace("\0", "") if isinstance(value, str) else None


UNREADABLE = "unreadable"  # the type of a message of an unknown name that can't be read
FEW = 10  # events of a batch that are named one by one


class Uses(Protocol):
    """Which events something is made of."""

    @property
    def contexts(self) -> frozenset[str]: ...

    def uses(self, context: str, name: str) -> bool:
        """Say whether events of a type become rows here."""
        ...


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads the events of a batch that a projection is made of; `row` names the projection in the lines of log."""

    projection: Uses
    catalog: Catalog
    telemetry: Telemetry
    row: str

    def is_ours(self, raw: RawEvent) -> bool:
        return raw.subject.split(".", 2)[1] in self.projection.contexts

    def events(self, batch: Sequence[RawEvent], skipped: frozenset[int] = frozenset()) -> list[Recorded]:
        """Read them, those of an unknown type and those at the positions `skipped` left out; raises `PermanentError`."""
        ours = [raw for raw in batch if raw.position not in skipped and self.is_ours(raw)]
        decoded = [event for raw in ours if (event := self._decoded(raw)) is not None]
        for event in decoded:
            if isinstance(event.data, Unknown):
                self.telemetry.count_unknown(event.type)
        return [event for event in decoded if not isinstance(event.data, Unknown)]

    def _decoded(self, raw: RawEvent) -> Recorded | None:
        """Read an event; what is unreadable of a type that is not defined, or not used, here means nothing to this projection."""
        try:
            return decode(self.catalog, raw.position, raw.payload, raw.subject)
        except SubjectMismatch:
            raise
        except PermanentError as error:
            _, context, *_, name = raw.subject.split(".")
            if self.catalog.has_name(context, name) and self.projection.uses(context, name):
                raise
            logger.warning("event_passed_over", row=self.row, subject=raw.subject, detail=error.detail)
            self.telemetry.unknown.labels(UNREADABLE).inc()
            return None


Apply = Callable[[AsyncConnection, Sequence[Recorded]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Batches:
    """Writes one projection into one set of tables.

    `row` names the checkpoint; `path` is where unqualified tables are found (a `search_path`), empty for the
    database's own order.
    """

    projection: Projection
    engine: AsyncEngine
    catalog: Catalog
    checkpoints: CheckpointTables
    telemetry: Telemetry
    row: str
    path: str = ""

    @property
    def at_once(self) -> int:
        """Say how many processes write at the same time."""
        return 1

    @property
    def is_live(self) -> bool:
        """Say whether these are the tables that queries read."""
        return self.row == self.projection.name

    async def project(
        self, batch: Sequence[RawEvent], checkpoint: Checkpoint, created: datetime
    ) -> Checkpoint:
        """Write a batch after `checkpoint`; raises `CheckpointMoved`, `PoisonEvent` or one of `TRANSIENT`."""
        try:
            return await self._commit(batch, checkpoint, created)
        except (CheckpointMoved, *TRANSIENT):
            raise
        except Exception as error:
            # The one place that catches everything: whatever an event broke, find out which one it was.
            if len(batch) == 1:
                detail = (
                    error.detail if isinstance(error, PermanentError) else f"{type(error).__name__}: {error}"
                )
                raise PoisonEvent(batch[0].position, detail) from error
            for raw in batch:
                checkpoint = await self.project([raw], checkpoint, created)
            return checkpoint

    async def read(self) -> Checkpoint:
        async with self.engine.connect() as connection:
            return await self.checkpoints.read(connection, self.row)

    async def is_skipped(self, position: int | None) -> bool:
        async with self.engine.connect() as connection:
            return position in await self.checkpoints.skips(connection, self.projection.name)

    @property
    def reader(self) -> EventReader:
        return EventReader(self.projection, self.catalog, self.telemetry, self.row)

    async def _commit(self, batch: Sequence[RawEvent], read: Checkpoint, created: datetime) -> Checkpoint:
        async def apply(connection: AsyncConnection, events: Sequence[Recorded]) -> None:
            if events:
                await self.projection.apply(connection, events)

        recent = recent_rows(batch) if self.is_live else None
        return await self.write(batch[-1], batch, read, created, apply, recent)

    async def write(
        self,
        last: RawEvent,
        batch: Sequence[RawEvent],
        read: Checkpoint,
        created: datetime,
        apply: Apply,
        recent: str | None = None,
    ) -> Checkpoint:
        """Write a batch by `apply`, and the checkpoint behind `last`; raises as `project` does, and what `apply` raises."""
        to = Checkpoint.behind(last.position, last.event_id, created)
        async with self.engine.begin() as connection:
            if self.path:
                await connection.execute(text(f"SET LOCAL search_path = {self.path}"))
            # The checkpoint before the rows, in the order of queries: so no deadlock arises.
            skipped = await self.checkpoints.advance(
                connection, self.row, read, to, of=self.projection.name, recent=recent
            )
            events = self.reader.events(batch, skipped)
            await apply(connection, events)
        self._log_projected(events, to)
        return to

    def received(self, batch: Sequence[RawEvent], now: datetime) -> list[ReceivedMessage]:
        """Give the traces that the events of a batch belong to."""
        ours = filter(self.reader.is_ours, batch)
        return [ReceivedMessage(raw.traceparent, now - raw.recorded) for raw in ours]

    def _log_projected(self, events: Sequence[Recorded], to: Checkpoint) -> None:
        """Log each event of a small batch; of a large one only its end."""
        if len(events) > FEW:
            logger.info("events_projected", row=self.row, events=len(events), position=to.position)
            return
        for event in events:
            logger.info("event_projected", row=self.row, type=event.type, **event.ids)
