"""The plan aggregate: approved, activities planned, moved and cancelled; and where an activity stands on a day."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.campaigns.domain.errors import (
    ActivityDiffers,
    ActivityIsCancelled,
    ActivityNotFound,
    NotYourDraft,
    PlannedTooFar,
)
from services.campaigns.domain.plan import (
    ActivityState,
    Approve,
    Cancel,
    EndWithDraft,
    PlanActivity,
    Reschedule,
    plan,
    state_of,
)
from shared.contracts.campaigns import (
    PlanActivityCancelled,
    PlanActivityPlanned,
    PlanActivityRescheduled,
    PlanApproved,
)
from shared.contracts.event import Acting, draft_id
from shared.contracts.vocabulary import Channel, Precision
from shared.rules.sequence import DayInFuture, NotFirstDay
from tests.support.rules.asked import asked, draft_of
from tests.support.rules.spec import spec

TODAY = date(2025, 8, 1)
GIVEN: dict[str, Any] = {"today": TODAY, "draft": draft_of("NQ-1")}
IDS: dict[str, Any] = {"draft_id": draft_id("NQ-1"), "draft_code": "NQ-1"}
APPROVED = PlanApproved(**IDS, document="210/KH-UBND", approved_on=date(2025, 7, 31))
PLANNED = PlanActivityPlanned(
    **IDS, activity_id=UUID(int=1), planned_on=date(2025, 8, 20), channel=Channel.DIALOGUE
)
MOVED = PlanActivityRescheduled(
    **IDS, activity_id=UUID(int=1), planned_on=date(2025, 9, 5), reason="trùng kỳ họp"
)
CANCELLED = PlanActivityCancelled(**IDS, activity_id=UUID(int=1), reason="gộp")


def activity(**changes: Any) -> PlanActivity:
    return asked(PlanActivity, PLANNED, **changes, **GIVEN)


def approve(approval: PlanApproved) -> Approve:
    return asked(Approve, approval, **GIVEN)


def cancel(reason: str | None = None) -> Cancel:
    return asked(Cancel, activity_id=UUID(int=1), reason=reason, **GIVEN)


def move(day: date = date(2025, 9, 5), **changes: Any) -> Reschedule:
    return asked(Reschedule, MOVED, **{"planned_on": day} | changes, **GIVEN)


def test_a_plan_is_approved_and_a_later_document_takes_its_place() -> None:
    later = APPROVED.model_copy(update={"document": "12/QĐ-UBND"})
    first = spec(plan).when(approve(APPROVED)).then(APPROVED)
    second = first.when(approve(later)).then(later)
    second.when(approve(later)).nothing()
    second.when(approve(APPROVED)).nothing()
    assert second.state.approved == later


def test_a_plan_is_not_approved_tomorrow() -> None:
    tomorrow = APPROVED.model_copy(update={"approved_on": date(2025, 8, 2)})
    spec(plan).when(approve(tomorrow)).refused(DayInFuture)


def test_an_activity_is_planned_moved_and_cancelled() -> None:
    planned = spec(plan).when(activity()).then(PLANNED)
    moved = planned.when(move()).then(MOVED)
    cancelled = moved.when(cancel("gộp")).then(CANCELLED)
    actual = cancelled.state.activities[UUID(int=1)]
    assert (actual.now.planned_on, actual.planned, actual.cancelled) == (
        MOVED.planned_on,
        PLANNED,
        CANCELLED,
    )
    assert actual.reason == "gộp"


def test_a_repeated_plan_changes_nothing_as_first_planned_or_as_moved() -> None:
    registered = spec(plan).given(PLANNED, MOVED)
    registered.when(activity()).nothing()
    registered.when(activity(planned_on=MOVED.planned_on)).nothing()
    registered.when(move(reason="lý do khác")).nothing()
    registered.given(CANCELLED).when(cancel("khác")).nothing()
    registered.given(CANCELLED).when(activity()).nothing()


@pytest.mark.parametrize(
    "changes", [{"title": "Khác"}, {"planned_on": date(2025, 8, 21)}, {"budget": 1}, {"gap_id": UUID(int=9)}]
)
def test_different_data_under_the_same_id_is_refused(changes: dict[str, Any]) -> None:
    spec(plan).given(PLANNED).when(activity(**changes)).refused(ActivityDiffers)


def test_what_is_cancelled_is_not_moved() -> None:
    spec(plan).given(PLANNED, CANCELLED).when(move()).refused(ActivityIsCancelled)


@pytest.mark.parametrize("command", [move(), cancel()])
def test_what_was_never_planned_is_not_found(command: Reschedule | Cancel) -> None:
    spec(plan).given(APPROVED).when(command).refused(ActivityNotFound)


def test_a_plan_may_be_recorded_late_but_not_for_a_far_year() -> None:
    assert spec(plan).when(activity(planned_on=date(2022, 5, 1))).yields()
    assert spec(plan).when(activity(planned_on=date(2030, 12, 31))).yields()
    far = spec(plan).when(activity(planned_on=date(2205, 8, 20))).refused(PlannedTooFar)
    assert "20/08/2205" in far.message.vi
    spec(plan).given(PLANNED).when(move(date(2205, 8, 20))).refused(PlannedTooFar)


def test_a_month_is_its_first_day() -> None:
    spec(plan).when(activity(precision=Precision.MONTH)).refused(NotFirstDay)
    spec(plan).given(PLANNED).when(move(precision=Precision.MONTH)).refused(NotFirstDay)


def test_the_end_of_the_draft_takes_what_was_planned_for_later() -> None:
    this_month = {"precision": Precision.MONTH, "planned_on": date(2025, 8, 1)}
    before = PLANNED.model_copy(update={"activity_id": UUID(int=5), "planned_on": date(2025, 8, 10)})
    within = PLANNED.model_copy(update={"activity_id": UUID(int=6)} | this_month)
    gone = PLANNED.model_copy(update={"activity_id": UUID(int=7)})
    registered = spec(plan).given(PLANNED, before, within, gone)
    registered = registered.given(CANCELLED.model_copy(update={"activity_id": UUID(int=7)}))
    taken = [
        CANCELLED.model_copy(update={"activity_id": UUID(int=number), "reason": "rút"}) for number in (1, 6)
    ]
    registered.when(asked(EndWithDraft, ended_on=date(2025, 8, 10), reason="rút", **GIVEN)).then(*taken)


def test_the_lead_on_the_day_of_the_command_plans() -> None:
    draft = draft_of("NQ-1", (), (date(2025, 7, 1), "BTC"), (date(2025, 8, 2), "BXD"))
    for command in (activity(), approve(APPROVED)):
        assert spec(plan).when(replace(command, by=Acting("BTC"), draft=draft)).yields()
        for other in ("BTP", "BXD", None):
            spec(plan).when(replace(command, by=Acting(other), draft=draft)).refused(NotYourDraft)


def test_a_stray_event_is_no_activity() -> None:
    assert spec(plan).given(MOVED, CANCELLED).state == plan.initial


@pytest.mark.parametrize(
    ("planned_on", "precision", "as_of", "state"),
    [
        (date(2025, 8, 20), Precision.DAY, date(2025, 8, 20), ActivityState.PLANNED),
        (date(2025, 8, 20), Precision.DAY, date(2025, 8, 21), ActivityState.OVERDUE),
        (date(2025, 8, 1), Precision.MONTH, date(2025, 8, 31), ActivityState.PLANNED),
        (date(2025, 8, 1), Precision.MONTH, date(2025, 9, 1), ActivityState.OVERDUE),
        (date(2025, 1, 1), Precision.YEAR, date(2025, 12, 31), ActivityState.PLANNED),
    ],
)
def test_where_an_activity_stands(
    planned_on: date, precision: Precision, as_of: date, state: ActivityState
) -> None:
    assert state_of(planned_on, precision, as_of, cancelled=False, carried_out=False) is state
    done = state_of(planned_on, precision, as_of, cancelled=False, carried_out=True)
    assert done is ActivityState.CARRIED_OUT
    gone = state_of(planned_on, precision, as_of, cancelled=True, carried_out=True)
    assert gone is ActivityState.CANCELLED
