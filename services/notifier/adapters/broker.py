"""FastStream's subscribers: gaps become alerts, ticks wake the digest; every answer to the broker is explicit."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from faststream.nats import NatsBroker, NatsMessage, PullSub
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from sqlalchemy.exc import InterfaceError, OperationalError

from services.notifier.application.commands import Commands
from services.notifier.application.ticks import Ticks
from shared import log
from shared.broker import events_stream, ticks_stream
from shared.clock import Clock, NewId
from shared.contracts.catalog import Catalog
from shared.contracts.event import Unknown
from shared.envelope import decode
from shared.errors import PermanentError, Refusal, TransientError
from shared.eventstore.streams import EVENTS, TICK_SUBJECT
from shared.health import Check

logger = log.get(__name__)

GAPS = "notifier-gaps"
TICKS = "notifier-ticks"
AGAIN_SECONDS = 5.0
UNEXPECTED_SECONDS = 60.0
# A refusal here means that others kept changing the alert, or that the read model is behind.
AGAIN = (
    TransientError,
    Refusal,
    NatsError,
    JetStreamError,
    OSError,
    TimeoutError,
    OperationalError,
    InterfaceError,
)

# One message at a time and in order; a pull of several would be handled side by side.
ONE_BY_ONE = PullSub(batch_size=1, timeout=5.0)


@dataclass(frozen=True, slots=True)
class Reactions:
    """`inbox` is the prefix that the broker lets us hear on: FastStream's pulls don't take the connection's."""

    broker: NatsBroker
    client: Client
    inbox: bytes
    commands: Commands
    ticks: Ticks
    catalog: Catalog
    now: Clock
    new_id: NewId

    def subscribe(self) -> None:
        """Declare the subscribers on the durable consumers that the bootstrap owns."""

        @self.broker.subscriber(
            "loa.compliance.*.*",
            durable=GAPS,
            stream=events_stream(),
            pull_sub=ONE_BY_ONE,
            inbox_prefix=self.inbox,
            title="gaps",
            description="gap_opened, gap_changed, gap_closed: raise and resolve alerts",
        )
        async def on_gap(message: NatsMessage) -> None:
            await answer(GAPS, message, lambda: self._gap(message))

        @self.broker.subscriber(
            TICK_SUBJECT,
            durable=TICKS,
            stream=ticks_stream(),
            pull_sub=ONE_BY_ONE,
            inbox_prefix=self.inbox,
            title="ticks",
            description="wakes the digest; any clock will do, the ledger's key alone prevents doubles",
        )
        async def on_tick(message: NatsMessage) -> None:
            await answer(TICKS, message, self._tick)

    async def run(self) -> None:
        """Consume until cancelled; waits for a broker, or a consumer, that is not there yet."""
        said = ""
        try:
            while True:
                try:
                    await self.broker.start()
                    break
                except (NatsError, JetStreamError, OSError) as error:
                    if (problem := f"{type(error).__name__}: {error}") != said:
                        logger.warning("reactions_waiting", error=problem)
                    said = problem
                    await self.broker.stop()
                    await asyncio.sleep(1)
            logger.info("reactions_started")
            await asyncio.Event().wait()
        finally:
            await self.broker.stop()

    async def probe(self) -> Check:
        """Ready means connected, and that what waits is asked for: a refused inbox is silent otherwise."""
        if not await self.broker.ping(timeout=2.0):
            return Check(ok=False, detail="FastStream is not connected")
        info = await self.client.jetstream(timeout=2).consumer_info(EVENTS, GAPS)
        idle = bool(info.num_pending) and not info.num_waiting and not info.num_ack_pending
        return Check(not idle, f"{info.num_pending or 0} gap events wait{', nobody asks' if idle else ''}")

    async def _gap(self, message: NatsMessage) -> None:
        position = message.raw_message.metadata.sequence.stream
        event = decode(self.catalog, position, message.body)
        if not isinstance(event.data, Unknown):
            with log.bound(correlation_id=event.metadata.correlation_id):
                await self.commands.follow(event, self.now())

    async def _tick(self) -> None:
        await self.ticks.wake(str(self.new_id()))


async def answer(consumer: str, message: NatsMessage, work: Callable[[], Awaitable[None]]) -> None:
    """Acknowledge what is done, ask again for what may work later, end what never will."""
    try:
        await work()
    except PermanentError as error:
        logger.error(  # noqa: TRY400  the detail says it all
            "message_parked", consumer=consumer, reason=error.reason, detail=error.detail
        )
        await message.reject()
    except AGAIN as error:
        logger.warning("message_delayed", consumer=consumer, error=f"{type(error).__name__}: {error}")
        await message.nack(delay=AGAIN_SECONDS)
    except Exception:
        # The one place that catches everything: a fault of ours must not lose the message.
        logger.exception("message_failed", consumer=consumer)
        await message.nack(delay=UNEXPECTED_SECONDS)
    else:
        await message.ack()
