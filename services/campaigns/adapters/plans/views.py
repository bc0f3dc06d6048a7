"""How campaigns shows a plan and its activities."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.campaigns.domain.plan import Activity, ActivityState, Plan, state_of
from shared.contracts.vocabulary import Channel, Dataset, Precision, Stage
from shared.http.requests.forecasts import Dated


class ApprovalView(BaseModel):
    document: str
    approved_on: date
    authority: str | None
    note: str | None
    notes: dict[str, str]
    dataset: Dataset


class ActivityView(BaseModel):
    """A planned activity as it stands at `as_of` of the answer; `budget` is in đồng.

    `carried_out_by` is the communication that names it. Without `responsible_unit_code` the lead unit of
    the draft is responsible. `reason` is that of the last rescheduling, or of the cancelling.
    """

    activity_id: UUID
    draft_code: str
    planned_on: date
    precision: Precision
    state: ActivityState
    carried_out_by: UUID | None
    stage: Stage | None
    gap_id: UUID | None
    channel: Channel | None
    title: str | None
    audience: str | None
    area: str | None
    responsible_unit_code: str | None
    budget: int | None
    reason: str | None
    notes: dict[str, str]
    dataset: Dataset


class ActivityItem(ActivityView):
    """A planned activity in a list; `cursor` is its place there."""

    cursor: str


class PlanView(Dated):
    """The plan of a draft, read from the log; `approved` is null while no document is recorded."""

    draft_code: str
    approved: ApprovalView | None
    activities: list[ActivityView]
    version: int


def plan_view(  # what it is about, and as of when
    draft_code: str, plan: Plan, version: int, carried_out: Mapping[UUID, UUID], as_of: date
) -> PlanView:
    activities = [
        shown(_row(activity, carried_out.get(id_)), as_of) for id_, activity in plan.activities.items()
    ]
    return PlanView(
        draft_code=draft_code,
        as_of=as_of,
        approved=ApprovalView.model_validate(plan.approved.model_dump()) if plan.approved else None,
        activities=sorted(
            map(ActivityView.model_validate, activities), key=lambda activity: activity.planned_on
        ),
        version=version,
    )


def shown(row: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    """Add to an activity the state that it has on a day."""
    state = state_of(
        row["planned_on"],
        row["precision"],
        as_of,
        cancelled=row["cancelled"],
        carried_out=row["carried_out_by"] is not None,
    )
    return {**row, "state": state}


def _row(activity: Activity, carried_out_by: UUID | None) -> dict[str, Any]:
    return {
        **activity.now.model_dump(),
        "cancelled": activity.cancelled is not None,
        "reason": activity.reason,
        "carried_out_by": carried_out_by,
    }
