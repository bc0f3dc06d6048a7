"""Reactions of campaigns: the end of a draft cancels planned activities; answers to mails plan activities and raise obstacles."""

from services.campaigns.application.commands import Commands
from services.campaigns.application.promises import plan_as_answered, raise_obstacle
from shared.contracts.envelope import Recorded
from shared.contracts.notifier import AlertAcknowledged, AlertObstacleReported
from shared.contracts.registry import DraftMerged, DraftWithdrawn
from shared.kernel.runtime import Clock
from shared.messaging.subscribers import Subscribers

DRAFT_ENDS = "campaigns-draft-ends"
ANSWERS = "campaigns-answers"


def subscribe(subscribers: Subscribers, commands: Commands, now: Clock) -> None:
    async def on_end(event: Recorded) -> None:
        if isinstance(event.data, DraftWithdrawn | DraftMerged):
            await commands.end_plan(event, event.data, now())

    async def on_answer(event: Recorded) -> None:
        match event.data:
            case AlertAcknowledged():
                await plan_as_answered(commands, event, event.data, now())
            case AlertObstacleReported():
                await raise_obstacle(commands, event, event.data, now())

    subscribers.on_event(
        ANSWERS,
        on_answer,
        title="answers",
        description="acknowledged: an activity is planned for the day; obstacle_reported: it is raised in the programme",
    )
    subscribers.on_event(
        DRAFT_ENDS,
        on_end,
        title="draft ends",
        description="withdrawn, merged: what was planned for later is cancelled",
    )
