"""Reactions to a unit's answer to a mail: a promise is planned, an obstacle is raised."""

from datetime import datetime
from textwrap import shorten
from uuid import UUID, uuid5

from services.campaigns.application.commands import ACTOR, Commands
from services.campaigns.domain import plan as plans
from services.campaigns.domain import programme as programmes
from services.campaigns.domain.draft import Given
from shared.contracts.envelope import Recorded, following
from shared.contracts.event import LOA_NAMESPACE, SUPERVISION
from shared.contracts.notifier import AlertAcknowledged, AlertObstacleReported
from shared.contracts.vocabulary import ProgrammeKind
from shared.kernel.local_day import day_in_vietnam
from shared.rules.figures import reporting_year

MOST_TITLE = 200


async def plan_as_answered(
    commands: Commands, event: Recorded, answer: AlertAcknowledged, now: datetime
) -> None:
    """Plan the promised activity for its day; a new day moves the activity planned for the same gap before."""
    plan, _ = await commands.plan(answer.draft_code)
    own = uuid5(LOA_NAMESPACE, f"promise:{answer.gap_id}:{answer.unit_code}")
    before = plan.activities.get(own)
    number = event.event_id if before is not None and before.cancelled else own
    planned = number in plan.activities

    def command(given: Given) -> plans.Command:
        if planned:
            return plans.Reschedule(activity_id=number, planned_on=answer.planned_on, **given)
        return _promised(answer, number, given)

    await commands.on_plan(answer.draft_code, command, SUPERVISION, following(event, now, ACTOR))


def _promised(answer: AlertAcknowledged, activity_id: UUID, given: Given) -> plans.PlanActivity:
    """Return the command that plans the promise: one activity per gap, unless the earlier one was cancelled."""
    return plans.PlanActivity(
        activity_id=activity_id,
        planned_on=answer.planned_on,
        stage=answer.stage,
        gap_id=answer.gap_id,
        channel=answer.channel,
        responsible_unit_code=answer.unit_code,
        dataset=given["draft"].dataset,
        **given,
    )


async def raise_obstacle(
    commands: Commands, event: Recorded, answer: AlertObstacleReported, now: datetime
) -> None:
    """Raise the reported obstacle in the unit's programme of that year, for the justice body to answer."""
    day = day_in_vietnam(event.metadata.time)
    draft = await commands.require_draft(answer.draft_code)
    command = programmes.Record(
        by=SUPERVISION,
        today=day_in_vietnam(now),
        kind=ProgrammeKind.OBSTACLE_RAISED,
        entry_id=event.event_id,
        unit_code=answer.unit_code,
        year=reporting_year(day),
        title=shorten(answer.obstacle, MOST_TITLE, placeholder="…"),
        note=answer.obstacle,
        happened_on=day,
        lead_unit_code=answer.to_unit_code,
        draft_code=answer.draft_code,
        gap_id=answer.gap_id,
        dataset=draft.dataset,
    )
    await commands.enter(command, following(event, now, ACTOR))
