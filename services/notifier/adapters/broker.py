"""What the notifier reacts to: gaps become alerts, ticks wake the digest."""

from faststream.nats import NatsMessage

from services.notifier.application.commands import Commands
from services.notifier.application.ticks import Ticks
from shared.clock import Clock, NewId
from shared.envelope import Recorded
from shared.reactions import Reactions

GAPS = "notifier-gaps"
TICKS = "notifier-ticks"


def subscribe(reactions: Reactions, commands: Commands, ticks: Ticks, now: Clock, new_id: NewId) -> None:
    async def on_gap(event: Recorded) -> None:
        await commands.follow(event, now())

    async def on_tick(_: NatsMessage) -> None:
        await ticks.wake(str(new_id()))

    reactions.on_event(
        GAPS,
        on_gap,
        title="gaps",
        description="gap_opened, gap_changed, gap_closed: raise and resolve alerts",
    )
    reactions.on_message(
        TICKS,
        on_tick,
        title="ticks",
        description="wakes the digest; any clock will do, the ledger's key alone prevents doubles",
    )
