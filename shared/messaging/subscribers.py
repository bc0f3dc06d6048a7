"""FastStream subscribers on the durable consumers of a service, with explicit acknowledgement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.client import Client

from shared.contracts.envelope import Catalog, Recorded, decode
from shared.contracts.event import Unknown
from shared.eventstore.jetstream import TRACEPARENT
from shared.eventstore.streams import CONSUMERS, Consumer
from shared.kernel import runtime
from shared.kernel.errors import PermanentError
from shared.kernel.health import Check
from shared.kernel.transient import BROKER, RETRIED
from shared.observability import signals
from shared.observability.signals import ReceivedMessage, Telemetry, Tracing

logger = signals.get_logger(__name__)

AGAIN_SECONDS = 5.0
UNEXPECTED_SECONDS = 60.0
# A refusal here means that others kept changing the aggregate, or that the read model is behind.


# One message at a time and in order; a pull of several would be handled side by side.
ONE_BY_ONE = PullSub(batch_size=1, timeout=5.0)

Outcome = Literal["done", "redelivered", "dead_letter", "failed"]
Work = Callable[[NatsMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscribers:
    """`inbox` is the prefix on which the broker lets us subscribe: FastStream's pulls don't take the connection's."""

    broker: NatsBroker
    client: Client
    inbox: bytes
    catalog: Catalog
    telemetry: Telemetry
    tracing: Tracing
    _consumers: list[Consumer] = field(default_factory=list)

    def on_event(
        self, consumer: str, work: Callable[[Recorded], Awaitable[None]], *, title: str, description: str
    ) -> None:
        """Do `work` for each event that the durable consumer gives; unknown types are skipped.

        It is redelivered until it is done, so twice must change nothing: key what is appended by the event
        (`shared.contracts.envelope.following`).
        """

        async def on_message(message: NatsMessage) -> None:
            received = message.raw_message
            event = decode(self.catalog, received.metadata.sequence.stream, message.body, received.subject)
            if not isinstance(event.data, Unknown):
                with signals.bound(**event.ids):
                    await work(event)
                    logger.info("event_received", consumer=consumer, type=event.type)

        self.on_message(consumer, on_message, title=title, description=description)

    def on_message(self, consumer: str, work: Work, *, title: str, description: str) -> None:
        """Declare a subscriber on a durable consumer that the bootstrap owns (`shared.eventstore.streams`)."""
        declared = next(durable for durable in CONSUMERS if durable.name == consumer)
        self._consumers.append(declared)

        @self.broker.subscriber(
            _covering(declared.filters),
            durable=declared.name,
            stream=JStream(declared.stream, declare=False),
            pull_sub=ONE_BY_ONE,
            inbox_prefix=self.inbox,
            title=title,
            description=description,
        )
        async def on_received(message: NatsMessage) -> None:
            with self.tracing.receiving(f"react {declared.name}", [_received(message)]):
                outcome = await answer(declared.name, message, work)
            self.telemetry.messages.labels(declared.name, outcome).inc()

    async def run(self) -> None:
        """Consume until cancelled; waits for a broker, or a consumer, that is not there yet."""
        last_problem = ""
        try:
            while True:
                try:
                    await self.broker.start()
                    break
                except BROKER as error:
                    if (problem := f"{type(error).__name__}: {error}") != last_problem:
                        logger.warning("subscribers_waiting", error=problem)
                    last_problem = problem
                    await self.broker.stop()
                    await asyncio.sleep(1)
            logger.info("subscribers_started")
            await asyncio.Event().wait()
        finally:
            await self.broker.stop()

    async def read(self) -> None:
        """Read how many messages wait, for a scrape."""
        for consumer in self._consumers:
            info = await self.client.jetstream(timeout=2).consumer_info(consumer.stream, consumer.name)
            waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
            self.telemetry.pending.labels(consumer.name).set(waiting)

    async def probe(self) -> Check:
        """Ready means connected, and that what waits is asked for: a refused inbox is silent otherwise."""
        if not await self.broker.ping(timeout=2.0):
            return Check(ok=False, detail="FastStream is not connected")
        checks = [await self._asked_for(consumer) for consumer in self._consumers]
        return Check(all(check.ok for check in checks), "; ".join(check.detail for check in checks))

    async def _asked_for(self, consumer: Consumer) -> Check:
        info = await self.client.jetstream(timeout=2).consumer_info(consumer.stream, consumer.name)
        idle = bool(info.num_pending) and not info.num_waiting and not info.num_ack_pending
        waiting = f"{consumer.name}: {info.num_pending or 0} wait"
        return Check(not idle, f"{waiting}{', no pull request' if idle else ''}")


def _covering(filters: Iterable[str]) -> str:
    """Give one subject that takes in all filters of a consumer: where they differ, any word."""
    words = zip(*(subject.split(".") for subject in filters), strict=True)
    return ".".join(word[0] if len(set(word)) == 1 else "*" for word in words)


def _received(message: NatsMessage) -> ReceivedMessage:
    metadata = message.raw_message.metadata
    return ReceivedMessage(message.headers.get(TRACEPARENT), runtime.now() - metadata.timestamp)


async def answer(consumer: str, message: NatsMessage, work: Work) -> Outcome:
    """Acknowledge a processed message, redeliver after a transient error, reject after a permanent one."""
    try:
        await work(message)
    except PermanentError as error:
        logger.error(  # noqa: TRY400  the detail says it all
            "message_dead_letter", consumer=consumer, reason=error.reason, detail=error.detail
        )
        await message.reject()
        return "dead_letter"
    except RETRIED as error:
        logger.warning("message_delayed", consumer=consumer, error=f"{type(error).__name__}: {error}")
        await message.nack(delay=AGAIN_SECONDS)
        return "redelivered"
    except Exception:
        # The one place that catches everything: a fault of ours must not lose the message.
        logger.exception("message_failed", consumer=consumer)
        await message.nack(delay=UNEXPECTED_SECONDS)
        return "failed"
    await message.ack()
    return "done"
