"""What campaigns reacts to: a draft that ended takes what was planned for later with it."""

from services.campaigns.application.commands import Commands
from shared.clock import Clock
from shared.contracts.registry import DraftMerged, DraftWithdrawn
from shared.envelope import Recorded
from shared.reactions import Reactions

DRAFT_ENDS = "campaigns-draft-ends"


def subscribe(reactions: Reactions, commands: Commands, now: Clock) -> None:
    async def on_end(event: Recorded) -> None:
        if isinstance(event.data, DraftWithdrawn | DraftMerged):
            await commands.end_plan(event, event.data, now())

    reactions.on_event(
        DRAFT_ENDS,
        on_end,
        title="draft ends",
        description="withdrawn, merged: what was planned for later is cancelled",
    )
