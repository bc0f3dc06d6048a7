"""The log as an ordered feed of batches from a position on, that heals itself after any fault."""

from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.eventstore.streams import EVENTS

IDLE_SECONDS = 60.0  # an abandoned consumer goes away by itself after this


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One stored message: its position, subject and bytes; `pending` is how many follow it in the log."""

    position: int
    subject: str
    payload: bytes
    pending: int


class Feed:
    """An ordered reader: a fresh ephemeral pull consumer whenever order or contact was lost.

    It reads the whole log, not a filtered part: the checkpoint then means "all up to here" for every
    reader, which is what `min_position` asks for. Measured with 400-byte events on 2 cores, the ordered
    drain gives 5 times the rate of FastStream's pull batches, so this path alone speaks nats-py.
    """

    def __init__(self, client: Client, after: int) -> None:
        self._client = client
        self._after = after
        self._delivered = 0
        self._subscription: JetStreamContext.PullSubscription | None = None

    async def batch(self, most: int, wait: float) -> list[RawEvent]:
        """Return the next events, at most `most`; empty if none came within `wait` seconds."""
        try:
            subscription = self._subscription or await self._subscribe()
            messages = await subscription.fetch(most, timeout=wait)
        except TimeoutError:
            return []
        except (NatsError, ConnectionError, OSError):
            await self.close()
            raise
        return await self._in_order(messages)

    async def close(self) -> None:
        """Let the consumer go; the next `batch` makes a new one after the last event given out."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None and self._client.is_connected:
            try:
                await subscription.unsubscribe()
            except (NatsError, ConnectionError):
                return

    async def _subscribe(self) -> JetStreamContext.PullSubscription:
        self._delivered = 0
        self._subscription = await self._client.jetstream(timeout=10).pull_subscribe(
            "loa.>",
            stream=EVENTS,
            config=ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._after + 1,
                ack_policy=AckPolicy.NONE,
                mem_storage=True,
                num_replicas=1,
                inactive_threshold=IDLE_SECONDS,
            ),
        )
        return self._subscription

    async def _in_order(self, messages: list[Msg]) -> list[RawEvent]:
        events: list[RawEvent] = []
        for message in messages:
            meta = message.metadata
            if meta.sequence.consumer != self._delivered + 1:
                await self.close()  # something was lost on the way: read again from the last good one
                break
            self._delivered += 1
            self._after = meta.sequence.stream
            events.append(RawEvent(self._after, message.subject, message.data, meta.num_pending))
        return events
