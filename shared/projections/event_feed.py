"""The log as an ordered feed of batches from a position on, that heals itself after any fault."""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header

from shared.eventstore.jetstream import TRACEPARENT
from shared.eventstore.log_identity import identity
from shared.eventstore.streams import EVENTS, stream_state
from shared.kernel.transient import BROKER

LONG_AGO = datetime.min.replace(tzinfo=UTC)
IDLE_SECONDS = 60.0  # an abandoned consumer goes away by itself after this
NOTHING_MORE = {"404", "408"}  # how a request ends when nothing (more) came in its time
LOOK_SECONDS = 0.25  # between two looks at the connection while nothing comes
BEGIN_SECONDS = 2.0  # a broker that has just come back may drop the question; then it is asked again
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
        """Name the message as `shared.eventstore.log_identity` does."""
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
        return events

    async def close(self) -> None:
        """Let the consumer go; the next `batch` makes a new one after the last event given out."""
        inbox, self._inbox = self._inbox, None
        self._arrived, self._open, self._broken = [], 0, False
        if inbox is not None and self._client.is_connected:
            try:
                await inbox.unsubscribe()
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
        made = await log.add_consumer(EVENTS, config)
        self.begun += 1
        self.created = (
            await stream_state(log)
        ).created  # of the log that has the consumer, or it is gone by now
        self._consumer, self._delivered, self._contact = made.name, 0, _contact(self._client)
        self._inbox = await self._client.subscribe(self._client.new_inbox(), cb=self._take)

    async def _ask(self, most: int, wait: float) -> None:
        assert self._inbox is not None  # noqa: S101  narrowing: it was just made
        self._open = most
        request = json.dumps({"batch": most, "expires": int(wait * 1e9)})
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{self._consumer}"
        await self._client.publish(subject, request.encode(), reply=self._inbox.subject)

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
