"""The draft aggregate on its way: stages, suspension, ends, late entries and corrections."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.draft_commands import Entry
from services.registry.domain.draft_state import State
from services.registry.domain.errors import (
    EntryExists,
    EntryNotFound,
    EntryNotRecorded,
    NothingInterrupted,
    OutcomeWithoutStage,
    StageAfterEnd,
)
from shared.contracts.registry import (
    DraftMerged,
    DraftResumed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Precision, Stage
from shared.rules.sequence import DayInFuture, NotFirstDay
from tests.support.rules.asked import asked
from tests.support.rules.spec import Specification, spec
from tests.unit.registry.test_draft import REGISTERED

S = Stage
DRAFTED = DraftStageEntered(stage=S.DRAFTING, entered_on=date(2024, 1, 8))
CONSULTED = DraftStageEntered(stage=S.DRAFT_CONSULTATION, entered_on=date(2024, 2, 1))
APPRAISED = DraftStageEntered(stage=S.APPRAISAL, entered_on=date(2024, 3, 4))
ADOPTED = DraftStageEntered(stage=S.ADOPTED, entered_on=date(2024, 4, 1))
SUSPENDED = DraftSuspended(on=date(2024, 3, 1))
WITHDRAWN = DraftWithdrawn(on=date(2024, 4, 1))
MERGED = DraftMerged(on=date(2024, 4, 1))


def registered_with(*events: Any) -> Specification[State, drafts.Command, Any]:
    return spec(draft).given(REGISTERED, *events)


def enter(stage: Stage, on: str, precision: Precision = Precision.DAY, **existing: Any) -> drafts.EnterStage:
    day = date.fromisoformat(on)
    return asked(drafts.EnterStage, stage=stage, entered_on=day, precision=precision, **existing)


def resume(on: str) -> drafts.Resume:
    return asked(drafts.Resume, on=date.fromisoformat(on))


def corrected(was: DraftStageEntered, stage: Stage, on: str) -> DraftStageCorrected:
    return DraftStageCorrected(
        entry_id=UUID(int=7),
        was_stage=was.stage,
        was_entered_on=was.entered_on,
        was_precision=was.precision,
        stage=stage,
        entered_on=date.fromisoformat(on),
    )


def correct(was: DraftStageEntered, stage: Stage, on: str) -> drafts.CorrectStage:
    entry = Entry(was.stage, was.entered_on, was.precision)
    return asked(drafts.CorrectStage, corrected(was, stage, on), was=entry)


def test_a_stage_is_entered_once() -> None:
    command = enter(S.DRAFTING, "2024-01-08")
    registered_with().when(command).then(DRAFTED).when(command).nothing()


def test_what_and_source_are_kept() -> None:
    command = enter(S.DRAFTING, "2024-01-08", what="Tổ biên tập", source="CV 1")
    registered_with().when(command).then(DRAFTED.model_copy(update={"what": "Tổ biên tập", "source": "CV 1"}))


def test_the_same_stage_on_another_day_is_another_entry() -> None:
    again = DraftStageEntered(stage=S.DRAFTING, entered_on=date(2024, 1, 9))
    registered_with(DRAFTED).when(enter(S.DRAFTING, "2024-01-09")).then(again)


def test_another_precision_is_another_entry() -> None:
    (event,) = registered_with(DRAFTED).when(enter(S.DRAFTING, "2024-01-01", Precision.MONTH)).yields()
    assert (event.precision, event.late) == (Precision.MONTH, True)


@pytest.mark.parametrize(
    ("on", "precision"), [("2024-06-02", "day"), ("2024-07-01", "month"), ("2025-01-01", "year")]
)
def test_a_day_to_come_is_refused(on: str, precision: str) -> None:
    registered_with().when(enter(S.DRAFTING, on, Precision(precision))).refused(DayInFuture)


@pytest.mark.parametrize(
    ("on", "precision"), [("2024-06-01", "day"), ("2024-06-01", "month"), ("2024-01-01", "year")]
)
def test_today_is_no_day_to_come(on: str, precision: str) -> None:
    assert registered_with().when(enter(S.DRAFTING, on, Precision(precision))).yields()


@pytest.mark.parametrize(
    ("on", "precision"), [("2024-01-08", "month"), ("2024-03-01", "year"), ("2024-01-02", "year")]
)
def test_a_month_or_year_is_its_first_day(on: str, precision: str) -> None:
    registered_with().when(enter(S.DRAFTING, on, Precision(precision))).refused(NotFirstDay)


def test_an_entry_dated_before_others_is_late() -> None:
    late = CONSULTED.model_copy(update={"late": True})
    registered_with(DRAFTED, APPRAISED).when(enter(S.DRAFT_CONSULTATION, "2024-02-01")).then(late)


def test_going_back_is_taken_and_marked_unusual() -> None:
    back = DraftStageEntered(stage=S.DRAFTING, entered_on=date(2024, 4, 1), unusual=True)
    registered_with(CONSULTED, APPRAISED).when(enter(S.DRAFTING, "2024-04-01")).then(back)


def test_unusual_looks_at_days_not_at_the_order_of_recording() -> None:
    late = DRAFTED.model_copy(update={"late": True})
    registered_with(APPRAISED).when(enter(S.DRAFTING, "2024-01-08")).then(late)


def test_a_suspension_interrupts_and_the_next_entry_of_the_stage_resumes() -> None:
    suspended = registered_with(CONSULTED).when(enter(S.SUSPENDED, "2024-03-01")).then(SUSPENDED)
    resumed = DraftResumed(stage=S.DRAFT_CONSULTATION, on=date(2024, 4, 1))
    suspended.when(enter(S.DRAFT_CONSULTATION, "2024-04-01")).then(resumed)


def test_another_stage_after_a_suspension_is_simply_entered() -> None:
    registered_with(CONSULTED, SUSPENDED).when(enter(S.APPRAISAL, "2024-03-04")).then(APPRAISED)


def test_resuming_goes_on_in_the_interrupted_stage() -> None:
    resumed = DraftResumed(stage=S.DRAFT_CONSULTATION, on=date(2024, 4, 1))
    registered_with(DRAFTED, CONSULTED, SUSPENDED).when(resume("2024-04-01")).then(resumed)


def test_resuming_on_the_day_of_the_suspension() -> None:
    resumed = DraftResumed(stage=S.DRAFT_CONSULTATION, on=date(2024, 3, 1))
    registered_with(CONSULTED, SUSPENDED).when(resume("2024-03-01")).then(resumed)


@pytest.mark.parametrize("on", ["2024-03-01", "2024-04-01"])
def test_resumed_again_on_the_same_day_is_no_news(on: str) -> None:
    resumed = DraftResumed(stage=S.DRAFT_CONSULTATION, on=date.fromisoformat(on))
    registered_with(CONSULTED, SUSPENDED).when(resume(on)).then(resumed).when(resume(on)).nothing()


def test_a_late_resumption_is_marked() -> None:
    (event,) = registered_with(CONSULTED, SUSPENDED, ADOPTED).when(resume("2024-03-15")).yields()
    assert event == DraftResumed(stage=S.DRAFT_CONSULTATION, on=date(2024, 3, 15), late=True)


@pytest.mark.parametrize(
    "events",
    [(), (DRAFTED,), (SUSPENDED,), (CONSULTED, SUSPENDED, APPRAISED)],
    ids=["nothing", "a stage", "a suspension alone", "a stage after it"],
)
def test_where_nothing_was_interrupted_nothing_resumes(events: tuple[Any, ...]) -> None:
    registered_with(*events).when(resume("2024-05-01")).refused(NothingInterrupted)


def test_before_the_suspension_nothing_resumes() -> None:
    registered_with(CONSULTED, SUSPENDED).when(resume("2024-02-20")).refused(NothingInterrupted)


def test_resuming_is_not_ahead() -> None:
    registered_with(CONSULTED, SUSPENDED).when(resume("2024-06-02")).refused(DayInFuture)


def test_a_parallel_stage_ends_no_suspension() -> None:
    criticised = DraftStageEntered(stage=S.SOCIAL_CRITICISM, entered_on=date(2024, 3, 10))
    resumed = DraftResumed(stage=S.DRAFT_CONSULTATION, on=date(2024, 4, 1))
    registered_with(CONSULTED, SUSPENDED, criticised).when(resume("2024-04-01")).then(resumed)


@pytest.mark.parametrize(("stage", "event"), [(S.WITHDRAWN, WITHDRAWN), (S.MERGED, MERGED)])
def test_an_end_is_taken_once(stage: Stage, event: DraftWithdrawn | DraftMerged) -> None:
    command = enter(stage, "2024-04-01")
    registered_with(CONSULTED).when(command).then(event).when(command).nothing()


@pytest.mark.parametrize("end", [WITHDRAWN, MERGED], ids=["withdrawn", "merged"])
def test_after_an_end_nothing_is_entered_before_it_is(end: DraftWithdrawn | DraftMerged) -> None:
    ended = registered_with(DRAFTED, end)
    ended.when(enter(S.APPRAISAL, "2024-04-02")).refused(StageAfterEnd)
    ended.when(enter(S.SUSPENDED, "2024-04-02")).refused(StageAfterEnd)
    assert ended.when(enter(S.APPRAISAL, "2024-04-01")).yields()
    late = APPRAISED.model_copy(update={"late": True})
    ended.when(enter(S.APPRAISAL, "2024-03-04")).then(late)


def test_of_two_ends_the_earliest_holds() -> None:
    registered_with(DRAFTED, WITHDRAWN).when(enter(S.MERGED, "2024-04-02")).refused(StageAfterEnd)
    earlier = DraftMerged(on=date(2024, 3, 1))
    registered_with(DRAFTED, WITHDRAWN).when(enter(S.MERGED, "2024-03-01")).then(earlier)


def test_of_two_ends_on_one_day_the_withdrawal_holds() -> None:
    registered_with(DRAFTED, WITHDRAWN).when(enter(S.MERGED, "2024-04-01")).refused(StageAfterEnd)
    registered_with(DRAFTED, MERGED).when(enter(S.WITHDRAWN, "2024-04-01")).then(WITHDRAWN)


def test_a_withdrawal_after_the_adoption_is_taken() -> None:
    registered_with(ADOPTED).when(enter(S.WITHDRAWN, "2024-05-01")).then(DraftWithdrawn(on=date(2024, 5, 1)))


def test_a_correction_changes_the_entry_itself() -> None:
    moved = registered_with(DRAFTED).when(correct(DRAFTED, S.DRAFTING, "2024-01-10"))
    after = moved.then(corrected(DRAFTED, S.DRAFTING, "2024-01-10"))
    after.when(enter(S.DRAFTING, "2024-01-10")).nothing()
    after.when(correct(DRAFTED, S.DRAFTING, "2024-01-11")).refused(EntryNotFound)


def test_a_correction_without_changes_records_nothing() -> None:
    registered_with(DRAFTED).when(correct(DRAFTED, S.DRAFTING, "2024-01-08")).nothing()


def test_what_was_never_entered_is_not_corrected() -> None:
    registered_with(DRAFTED).when(correct(CONSULTED, S.DRAFTING, "2024-01-10")).refused(EntryNotFound)


def test_an_entry_that_no_event_recorded_is_not_corrected() -> None:
    command = asked(drafts.CorrectStage, corrected(DRAFTED, S.DRAFTING, "2024-01-10"), was=None)
    registered_with(DRAFTED).when(command).refused(EntryNotRecorded)


def test_a_correction_makes_no_second_of_an_entry() -> None:
    registered_with(DRAFTED, CONSULTED).when(correct(CONSULTED, S.DRAFTING, "2024-01-08")).refused(
        EntryExists
    )


def test_a_correction_keeps_to_the_days() -> None:
    registered_with(DRAFTED).when(correct(DRAFTED, S.DRAFTING, "2024-06-02")).refused(DayInFuture)
    registered_with(DRAFTED, WITHDRAWN).when(correct(DRAFTED, S.DRAFTING, "2024-04-02")).refused(
        StageAfterEnd
    )


@pytest.mark.parametrize(
    ("end", "event"), [(S.WITHDRAWN, DraftWithdrawn), (S.MERGED, DraftMerged)], ids=["withdrawn", "merged"]
)
def test_an_outcome_ends_the_draft_on_its_latest_day(
    end: Stage, event: type[DraftWithdrawn | DraftMerged]
) -> None:
    criticised = DraftStageEntered(stage=S.SOCIAL_CRITICISM, entered_on=date(2024, 5, 6))
    ended = registered_with(APPRAISED, criticised, DRAFTED).when(asked(drafts.EndAsRecorded, end=end))
    ended.then(event(on=date(2024, 5, 6))).when(asked(drafts.EndAsRecorded, end=end)).nothing()


@pytest.mark.parametrize("closing", [ADOPTED, WITHDRAWN, MERGED], ids=["adopted", "withdrawn", "merged"])
def test_what_is_closed_is_not_ended_by_its_outcome(closing: Any) -> None:
    registered_with(DRAFTED, closing).when(asked(drafts.EndAsRecorded, end=S.WITHDRAWN)).nothing()


def test_an_outcome_without_any_stage_has_no_day() -> None:
    registered_with().when(asked(drafts.EndAsRecorded, end=S.MERGED)).refused(OutcomeWithoutStage)
