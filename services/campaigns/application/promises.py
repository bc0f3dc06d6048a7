"""What a unit's answer to a mail means here: what it promised is planned, what it met with is raised."""

from datetime import datetime
from textwrap import shorten
from uuid import UUID, uuid5

from services.campaigns.application.commands import ACTOR, Commands
from services.campaigns.domain.plan import Plan
from shared.clock import day_in_vietnam
from shared.contracts.campaigns import PlanActivityPlanned
from shared.contracts.ids import LOA_NAMESPACE, draft_id
from shared.contracts.notifier import AlertAcknowledged, AlertObstacleReported
from shared.contracts.programme import ProgrammeEntry
from shared.contracts.vocabulary import Dataset, ProgrammeKind
from shared.envelope import Recorded, following
from shared.rules.figures import reporting_year

MOST_TITLE = 200


async def plan_as_answered(
    commands: Commands, event: Recorded, said: AlertAcknowledged, now: datetime
) -> None:
    """Plan what was promised for a day; a new day moves what was planned for the same gap before."""
    plan, _ = await commands.plan(said.draft_code)
    metadata = following(event, now, ACTOR)
    draft = await commands.require_draft(said.draft_code)
    activity = _promised(said, plan, event.event_id, draft.dataset)
    if activity.activity_id in plan.activities:
        await commands.reschedule(said.draft_code, activity.activity_id, said.planned_on, metadata)
    else:
        await commands.plan_activity(activity, metadata)


def _promised(said: AlertAcknowledged, plan: Plan, event_id: UUID, dataset: Dataset) -> PlanActivityPlanned:
    """Say what was promised: one activity for a gap, unless the one before was cancelled."""
    own = uuid5(LOA_NAMESPACE, f"promise:{said.gap_id}:{said.unit_code}")
    before = plan.activities.get(own)
    return PlanActivityPlanned(
        activity_id=event_id if before is not None and before.cancelled else own,
        draft_id=draft_id(said.draft_code),
        draft_code=said.draft_code,
        planned_on=said.planned_on,
        stage=said.stage,
        gap_id=said.gap_id,
        channel=said.channel,
        responsible_unit_code=said.unit_code,
        dataset=dataset,
    )


async def raise_obstacle(
    commands: Commands, event: Recorded, said: AlertObstacleReported, now: datetime
) -> None:
    """Raise what was reported in the unit's programme of that year, for the justice body to answer."""
    day = day_in_vietnam(event.metadata.time)
    draft = await commands.require_draft(said.draft_code)
    entry = ProgrammeEntry(
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
    await commands.enter(ProgrammeKind.OBSTACLE_RAISED, entry, following(event, now, ACTOR))
