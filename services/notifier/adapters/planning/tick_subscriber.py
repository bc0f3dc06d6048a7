"""What the notifier reacts to: ticks wake the digest."""

from faststream.nats import NatsMessage

from services.notifier.application.ticks import Ticks
from shared.kernel.runtime import NewId
from shared.messaging.subscribers import Subscribers

TICKS = "notifier-ticks"


def subscribe(subscribers: Subscribers, ticks: Ticks, new_id: NewId) -> None:
    async def on_tick(_: NatsMessage) -> None:
        await ticks.wake(str(new_id()))

    subscribers.on_message(
        TICKS,
        on_tick,
        title="ticks",
        description="wakes the digest; any clock will do, the ledger's key alone prevents doubles",
    )
