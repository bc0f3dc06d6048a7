"""The plan aggregate: how one draft is to be communicated; approved, and activities planned, moved, cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, assert_never
from uuid import UUID

from services.campaigns.domain import errors
from services.campaigns.domain.draft import OnDraft
from shared.contracts.campaigns import (
    PlanActivityCancelled,
    PlanActivityPlanned,
    PlanActivityRescheduled,
    PlanApproved,
    PlanEvent,
)
from shared.contracts.event import Decider, draft_id
from shared.contracts.vocabulary import Channel, Dataset, Precision, Stage
from shared.rules.rulebook.rulebook import last_day
from shared.rules.sequence import NotFirstDay, check_recorded_day, is_first_day

MOST_MONEY = 10**15  # đồng; more than that is a typing error
MOST_YEARS_AHEAD = 5  # as above


class ActivityState(StrEnum):
    """Where a planned activity stands on a day; `overdue`: its day has passed, and no communication names it."""

    PLANNED = "planned"
    OVERDUE = "overdue"
    CARRIED_OUT = "carried_out"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(OnDraft):
    """State in which document the plan stands."""

    document: str
    approved_on: date
    authority: str | None = None
    note: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanActivity(OnDraft):
    """Plan an activity for a day (or a month or year, by its first day); `budget` is in đồng."""

    activity_id: UUID
    planned_on: date
    precision: Precision = Precision.DAY
    stage: Stage | None = None
    gap_id: UUID | None = None
    channel: Channel | None = None
    title: str | None = None
    audience: str | None = None
    area: str | None = None
    responsible_unit_code: str | None = None
    budget: int | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(OnDraft):
    activity_id: UUID
    planned_on: date
    precision: Precision = Precision.DAY
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(OnDraft):
    activity_id: UUID
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWithDraft(OnDraft):
    """The draft ended on a day: what was planned for later will not take place."""

    ended_on: date
    reason: str


Command = Approve | PlanActivity | Reschedule | Cancel | EndWithDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """`planned` is the first record, day and reason are those of the last rescheduling or cancelling."""

    planned: PlanActivityPlanned
    planned_on: date
    precision: Precision
    reason: str | None = None
    cancelled: PlanActivityCancelled | None = None

    @property
    def now(self) -> PlanActivityPlanned:
        """The event that would plan it as it stands."""
        return self.planned.model_copy(update={"planned_on": self.planned_on, "precision": self.precision})


@dataclass(frozen=True, slots=True)
class Plan:
    """`approvals` in the order of recording: a file that repeats an earlier one changes nothing."""

    approvals: tuple[PlanApproved, ...] = ()
    activities: Mapping[UUID, Activity] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def approved(self) -> PlanApproved | None:
        return self.approvals[-1] if self.approvals else None


def state_of(
    planned_on: date, precision: Precision, as_of: date, *, cancelled: bool, carried_out: bool
) -> ActivityState:
    """Return the state of an activity on `as_of`; one of a month or year is overdue when that has passed."""
    if cancelled:
        return ActivityState.CANCELLED
    if carried_out:
        return ActivityState.CARRIED_OUT
    passed = last_day(planned_on, Precision(precision)) < as_of
    return ActivityState.OVERDUE if passed else ActivityState.PLANNED


def decide(plan: Plan, command: Command) -> Sequence[PlanEvent]:
    command.check_acting()
    match command:
        case Approve():
            return _approve(plan, command)
        case PlanActivity():
            return _plan(plan, command)
        case Reschedule():
            return _reschedule(plan, command)
        case Cancel():
            return _cancel(plan, command)
        case EndWithDraft():
            return _end(plan, command)
        case _:
            assert_never(command)


def _approve(plan: Plan, command: Approve) -> Sequence[PlanEvent]:
    approval = PlanApproved.of(command, **_ids(command))
    if approval in plan.approvals:
        return []
    check_recorded_day(approval.approved_on, Precision.DAY, command.today)
    return [approval]


def _plan(plan: Plan, command: PlanActivity) -> Sequence[PlanEvent]:
    activity = PlanActivityPlanned.of(command, **_ids(command))
    if existing := plan.activities.get(activity.activity_id):
        if activity not in (existing.planned, existing.now):
            raise errors.ActivityDiffers
        return []
    _check_planned_day(activity.planned_on, activity.precision, command.today)
    return [activity]


def _ids(command: OnDraft) -> dict[str, Any]:
    code = command.draft.draft_code
    return {"draft_id": draft_id(code), "draft_code": code}


def _reschedule(plan: Plan, command: Reschedule) -> Sequence[PlanEvent]:
    activity = _existing(plan, command.activity_id)
    if activity.cancelled:
        raise errors.ActivityIsCancelled
    if (command.planned_on, command.precision) == (activity.planned_on, activity.precision):
        return []
    _check_planned_day(command.planned_on, command.precision, command.today)
    return [PlanActivityRescheduled.of(command, **_ids(command))]


def _cancel(plan: Plan, command: Cancel) -> Sequence[PlanEvent]:
    activity = _existing(plan, command.activity_id)
    return [] if activity.cancelled else [_cancelled(activity, command.reason)]


def _end(plan: Plan, command: EndWithDraft) -> Sequence[PlanEvent]:
    return [
        _cancelled(activity, command.reason)
        for activity in plan.activities.values()
        if not activity.cancelled and last_day(activity.planned_on, activity.precision) > command.ended_on
    ]


def _cancelled(activity: Activity, reason: str | None) -> PlanActivityCancelled:
    return PlanActivityCancelled(
        activity_id=activity.planned.activity_id,
        draft_id=activity.planned.draft_id,
        draft_code=activity.planned.draft_code,
        reason=reason,
    )


def _existing(plan: Plan, activity_id: UUID) -> Activity:
    if (activity := plan.activities.get(activity_id)) is None:
        raise errors.ActivityNotFound
    return activity


def _check_planned_day(day: date, precision: Precision, today: date) -> None:
    if day.year > today.year + MOST_YEARS_AHEAD:
        raise errors.PlannedTooFar(day, MOST_YEARS_AHEAD)
    if not is_first_day(day, precision):
        raise NotFirstDay(day, precision)


def evolve(plan: Plan, event: PlanEvent) -> Plan:
    match event:
        case PlanApproved():
            return replace(plan, approvals=(*plan.approvals, event))
        case PlanActivityPlanned():
            activity = Activity(planned=event, planned_on=event.planned_on, precision=event.precision)
            return _with(plan, event.activity_id, activity)
        case PlanActivityRescheduled():
            return _changed(plan, event, planned_on=event.planned_on, precision=event.precision)
        case PlanActivityCancelled():
            return _changed(plan, event, cancelled=event)
        case _:
            assert_never(event)


def _changed(plan: Plan, event: PlanActivityRescheduled | PlanActivityCancelled, **changes: Any) -> Plan:
    if (existing := plan.activities.get(event.activity_id)) is None:
        return plan
    return _with(plan, event.activity_id, replace(existing, reason=event.reason, **changes))


def _with(plan: Plan, activity_id: UUID, activity: Activity) -> Plan:
    return replace(plan, activities=MappingProxyType({**plan.activities, activity_id: activity}))


plan: Decider[Plan, Command, PlanEvent] = Decider("plan", Plan(), decide, evolve, keyed=True)
