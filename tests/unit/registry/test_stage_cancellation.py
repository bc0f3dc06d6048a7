"""A stage or a posting that never was is taken back; what stands on it is put right first, what lowers a duty is asked for."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.draft_commands import Entry, Oversight
from services.registry.domain.draft_state import Draft
from services.registry.domain.errors import (
    EndIsStated,
    EntryNotRecorded,
    PostingNotFound,
    ResumptionNeedsEntry,
)
from shared.contracts.event import Acting
from shared.contracts.registry import (
    DraftAmended,
    DraftPostingCancelled,
    DraftPostingOpened,
    DraftRequestRaised,
    DraftResumed,
    DraftStageCancelled,
    DraftStageEntered,
)
from shared.contracts.vocabulary import Clearable, RequestKind, Stage
from shared.rules.rulebook.rulebook import load_rulebook
from tests.support.rules.asked import asked
from tests.support.rules.spec import spec
from tests.unit.registry.test_draft import REGISTERED
from tests.unit.registry.test_draft_stages import (
    ADOPTED,
    APPRAISED,
    CONSULTED,
    DRAFTED,
    MERGED,
    SUSPENDED,
    WITHDRAWN,
    enter,
    registered_with,
    resume,
)

RESUMED = DraftResumed(stage=Stage.DRAFT_CONSULTATION, on=date(2024, 3, 20))
WHY = "Ghi nhầm dự thảo"
ENTRY = UUID(int=7)


def entry_of(event: Any) -> Entry:
    stages = {SUSPENDED: Stage.SUSPENDED, WITHDRAWN: Stage.WITHDRAWN, MERGED: Stage.MERGED}
    stage = next((stage for each, stage in stages.items() if each is event), None) or event.stage
    day = event.entered_on if isinstance(event, DraftStageEntered) else event.on
    return Entry(stage, day, resumed=isinstance(event, DraftResumed))


def cancel(of: Any, **more: Any) -> drafts.CancelStage:
    was = entry_of(of) if of else None
    return asked(drafts.CancelStage, entry_id=ENTRY, was=was, reason=WHY, **more)


def cancelled(of: Any) -> DraftStageCancelled:
    entry = entry_of(of)
    return DraftStageCancelled(
        entry_id=ENTRY, stage=entry.stage, entered_on=entry.entered_on, resumed=entry.resumed, reason=WHY
    )


@pytest.mark.parametrize("of", [DRAFTED, SUSPENDED, RESUMED, APPRAISED, WITHDRAWN])
def test_a_cancelled_entry_never_was(of: Any) -> None:
    events = [DRAFTED, CONSULTED, SUSPENDED, RESUMED, APPRAISED, WITHDRAWN]
    if of is SUSPENDED:
        events.remove(RESUMED)
    after = registered_with(*events).when(cancel(of)).then(cancelled(of))
    events.remove(of)
    without = registered_with(*events).state
    assert isinstance(after.state, Draft)
    assert isinstance(without, Draft)
    assert after.state.entries == without.entries
    after.when(cancel(None)).nothing()


def test_it_may_be_entered_after_all() -> None:
    after = registered_with(DRAFTED).when(cancel(DRAFTED)).then(cancelled(DRAFTED))
    after.when(enter(Stage.DRAFTING, "2024-01-08")).then(DRAFTED)


def test_after_an_end_that_never_was_the_draft_goes_on() -> None:
    ended = registered_with(CONSULTED, WITHDRAWN).when(cancel(WITHDRAWN)).then(cancelled(WITHDRAWN))
    ended.when(enter(Stage.APPRAISAL, "2024-05-02")).yields()


def test_going_on_after_a_suspension_and_the_same_stage_of_that_day_are_two_entries() -> None:
    same = DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=RESUMED.on)
    after = (
        registered_with(CONSULTED, SUSPENDED, RESUMED, same).when(cancel(RESUMED)).then(cancelled(RESUMED))
    )
    assert isinstance(after.state, Draft)
    assert [entry.resumed for entry in after.state.entries] == [False, False, False]


@pytest.mark.parametrize("of", [CONSULTED, SUSPENDED])
def test_a_resumption_needs_its_suspension_and_the_stage_before_it(of: Any) -> None:
    suspended = registered_with(DRAFTED, CONSULTED, SUSPENDED, RESUMED)
    suspended.when(cancel(of)).refused(ResumptionNeedsEntry)
    first = suspended.when(cancel(RESUMED)).then(cancelled(RESUMED))
    first.when(cancel(of)).then(cancelled(of))


def test_the_stage_that_a_resumption_goes_on_in_is_that_before_it() -> None:
    suspended = registered_with(DRAFTED, CONSULTED, SUSPENDED, RESUMED)
    suspended.when(cancel(DRAFTED)).then(cancelled(DRAFTED)).when(resume("2024-03-20")).nothing()


@pytest.mark.parametrize("of", [ADOPTED, WITHDRAWN, MERGED])
@pytest.mark.parametrize("stated", [{"final_number": "31/2024/QH15"}, {"outcome": "promulgated"}])
def test_a_final_number_or_an_outcome_is_cleared_first(of: Any, stated: dict[str, str]) -> None:
    amended = DraftAmended(reason="bổ sung", **stated)
    ended = registered_with(CONSULTED, of, amended)
    ended.when(cancel(CONSULTED)).then(cancelled(CONSULTED))
    ended.when(cancel(of)).refused(EndIsStated)
    (name,) = stated
    cleared = DraftAmended(cleared=(Clearable(name),), reason="nhầm")
    registered_with(CONSULTED, of, amended, cleared).when(cancel(of)).then(cancelled(of))


def test_another_end_bears_the_number() -> None:
    published = DraftStageEntered(stage=Stage.PUBLISHED, entered_on=date(2024, 5, 2))
    amended = DraftAmended(reason="bổ sung", final_number="31/2024/QH15")
    registered_with(ADOPTED, published, amended).when(cancel(ADOPTED)).then(cancelled(ADOPTED))


def test_what_was_never_recorded_is_not_cancelled() -> None:
    registered_with(DRAFTED).when(cancel(None)).refused(EntryNotRecorded)


def of_the_unit(of: Any) -> drafts.CancelStage:
    rules = Oversight(rulebook=load_rulebook(), decider_code="VPC-BTNMT")
    return cancel(of, by=Acting("BTNMT"), oversight=rules)


@pytest.mark.parametrize("of", [CONSULTED, APPRAISED, RESUMED, WITHDRAWN, MERGED])
def test_a_unit_asks_for_it_where_its_duty_would_be_less(of: Any) -> None:
    """What it began is not asked for then, and what it ended goes on, so that what is done late still counts."""
    between = (SUSPENDED, RESUMED) if of is RESUMED else ()
    end = (of,) if of in (WITHDRAWN, MERGED) else ()
    (raised,) = registered_with(CONSULTED, *between, APPRAISED, *end).when(of_the_unit(of)).yields()
    assert isinstance(raised, DraftRequestRaised)
    assert (raised.kind, raised.command) == (RequestKind.STAGE_CORRECTION, "cancel_stage")
    assert raised.wanted == {"entry_id": str(ENTRY), "reason": WHY}


def test_without_a_suspension_more_is_asked_of_the_unit_so_it_holds_at_once() -> None:
    registered_with(CONSULTED, SUSPENDED).when(of_the_unit(SUSPENDED)).then(cancelled(SUSPENDED))


POSTED = DraftPostingOpened(
    posting_id=UUID(int=1), stage=Stage.DRAFT_CONSULTATION, opened_on=date(2024, 3, 1)
)


def test_a_posting_that_never_was_is_taken_back() -> None:
    command = asked(drafts.CancelPosting, posting_id=POSTED.posting_id, reason=WHY)
    gone = DraftPostingCancelled(posting_id=POSTED.posting_id, reason=WHY)
    after = spec(draft).given(REGISTERED, POSTED).when(command).then(gone)
    assert isinstance(after.state, Draft)
    assert after.state.postings == ()
    after.when(command).nothing()
    again = asked(drafts.OpenPosting, POSTED.model_copy(update={"posting_id": UUID(int=2)}))
    after.when(again).yields()
    registered_with().when(command).refused(PostingNotFound)
