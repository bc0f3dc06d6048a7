"""What a unit's answer to a mail means here: what it promised is planned, what it met with is raised."""

from datetime import datetime
from textwrap import shorten
from uuid import UUID, uuid5

from services.campaigns.application.commands import ACTOR, Commands
from services.campaigns.domain import plan as plans
from services.campaigns.domain import programme as programmes
from services.campaigns.domain.draft import Given
from shared.contracts.acting import SUPERVISION
from shared.contracts.envelope import Recorded, following
from shared.contracts.ids import LOA_NAMESPACE
from shared.contracts.notifier import AlertAcknowledged, AlertObstacleReported
from shared.contracts.vocabulary import ProgrammeKind
from shared.kernel.clock import day_in_vietnam
from shared.rules.figures import reporting_year

MOST_TITLE = 200


async def plan_as_answered(
    commands: Commands, event: Recorded, said: AlertAcknowledged, now: datetime
) -> None:
    """Plan what was promised for a day; a new day moves what was planned for the same gap before."""
    plan, _ = await commands.plan(said.draft_code)
    own = uuid5(LOA_NAMESPACE, f"promise:{said.gap_id}:{said.unit_code}")
    before = plan.activities.get(own)
    number = event.event_id if before is not None and before.cancelled else own
    planned = number in plan.activities

    def command(given: Given) -> plans.Command:
        if planned:
            return plans.Reschedule(activity_id=number, planned_on=said.planned_on, **given)
        return _promised(said, number, given)

    await commands.on_plan(said.draft_code, command, SUPERVISION, following(event, now, ACTOR))


def _promised(said: AlertAcknowledged, activity_id: UUID, given: Given) -> plans.PlanActivity:
    """Plan what was promised: one activity for a gap, unless the one before was cancelled."""
    return plans.PlanActivity(
        activity_id=activity_id,
        planned_on=said.planned_on,
        stage=said.stage,
        gap_id=said.gap_id,
        channel=said.channel,
        responsible_unit_code=said.unit_code,
        dataset=given["draft"].dataset,
        **given,
    )


async def raise_obstacle(
    commands: Commands, event: Recorded, said: AlertObstacleReported, now: datetime
) -> None:
    """Raise what was reported in the unit's programme of that year, for the justice body to answer."""
    day = day_in_vietnam(event.metadata.time)
    draft = await commands.require_draft(said.draft_code)
    command = programmes.Record(
        by=SUPERVISION,
        today=day_in_vietnam(now),
        kind=ProgrammeKind.OBSTACLE_RAISED,
        entry_id=event.event_id,
        unit_code=said.unit_code,
        year=reporting_year(day),
        title=shorten(said.obstacle, MOST_TITLE, placeholder="…"),
        note=said.obstacle,
        happened_on=day,
        lead_unit_code=said.to_unit_code,
        draft_code=said.draft_code,
        gap_id=said.gap_id,
        dataset=draft.dataset,
    )
    await commands.enter(command, following(event, now, ACTOR))
