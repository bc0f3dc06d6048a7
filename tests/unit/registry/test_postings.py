"""Postings of a draft for comment: opened, extended, closed, opened again; and what of it is refused."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain import errors
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft, State
from shared.contracts.event import posting_id
from shared.contracts.registry import (
    DraftPostingCancelled,
    DraftPostingClosed,
    DraftPostingExtended,
    DraftPostingOpened,
    DraftProcedureDecided,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Procedure, Stage
from shared.kernel.errors import Refusal
from shared.rules.sequence import DayInFuture
from tests.support.rules.asked import asked, registering
from tests.support.rules.spec import Specification, spec
from tests.unit.registry.test_draft import REGISTERED

FIRST, AGAIN = UUID(int=1), UUID(int=2)
MARCH, APRIL, MAY = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)
OPENED = DraftPostingOpened(
    posting_id=FIRST, stage=Stage.DRAFT_CONSULTATION, opened_on=MARCH, closes_on=APRIL
)
REOPENED = OPENED.model_copy(update={"posting_id": AGAIN, "opened_on": MAY, "closes_on": None})
EXTENDED = DraftPostingExtended(posting_id=FIRST, closes_on=date(2024, 4, 10))
CLOSED = DraftPostingClosed(posting_id=FIRST, closed_on=date(2024, 4, 10))


def registered_with(*events: Any) -> Specification[State, drafts.Command, Any]:
    return spec(draft).given(REGISTERED, *events)


def open_(posting: DraftPostingOpened = OPENED, **changes: Any) -> drafts.OpenPosting:
    return asked(drafts.OpenPosting, posting, **changes)


def extend(on: date = EXTENDED.closes_on, number: UUID = FIRST) -> drafts.ExtendPosting:
    return asked(drafts.ExtendPosting, posting_id=number, closes_on=on)


def close(on: date = CLOSED.closed_on) -> drafts.ClosePosting:
    return asked(drafts.ClosePosting, posting_id=FIRST, closed_on=on)


def test_from_opening_to_posting_again() -> None:
    begun = registered_with().when(open_()).then(OPENED).when(open_()).nothing()
    over = begun.when(extend()).then(EXTENDED).when(extend()).nothing().when(close()).then(CLOSED)
    again = over.when(close()).nothing().when(open_(REOPENED)).then(REOPENED)
    state = again.state
    assert isinstance(state, Draft)
    assert [(p.planned_end, p.closed is None) for p in state.postings] == [
        (EXTENDED.closes_on, False),
        (None, True),
    ]


@pytest.mark.parametrize(
    ("before", "command", "refusal"),
    [
        pytest.param([], open_(opened_on=date(2024, 6, 2)), DayInFuture, id="tomorrow"),
        pytest.param([], open_(closes_on=date(2024, 2, 1)), errors.PostingEndsBefore, id="ends before it begins"),
        pytest.param([], open_(stage=Stage.ADOPTED), errors.NothingToPost, id="no stage of comment"),
        pytest.param([OPENED], open_(place="x"), errors.PostingDiffers, id="the same with other data"),
        pytest.param([OPENED], open_(REOPENED), errors.PostingStillOpen, id="one at a time"),
        pytest.param([DraftWithdrawn(on=date(2024, 2, 1))], open_(), errors.StageAfterEnd, id="after the end"),
        pytest.param([OPENED], extend(APRIL), errors.PostingNotExtended, id="no later than planned"),
        pytest.param([OPENED], extend(number=AGAIN), errors.PostingNotFound, id="extended: unknown"),
        pytest.param([OPENED, CLOSED], extend(MAY), errors.PostingClosed, id="extended after its end"),
        pytest.param([], close(), errors.PostingNotFound, id="closed: unknown"),
        pytest.param([OPENED], close(date(2024, 2, 1)), errors.PostingEndsBefore, id="closed before it began"),
        pytest.param([OPENED], close(date(2024, 6, 2)), DayInFuture, id="closed tomorrow"),
        pytest.param([OPENED, CLOSED], close(MAY), errors.PostingClosed, id="closed on another day"),
    ],
)  # fmt: skip
def test_what_is_refused(before: list[Any], command: drafts.Command, refusal: Any) -> None:
    registered_with(*before).when(command).refused(refusal)


def row(**more: Any) -> drafts.RecordPosting:
    return asked(drafts.RecordPosting, OPENED, **more)


def test_a_row_adds_only_new_facts() -> None:
    whole = row(extended_to=(EXTENDED.closes_on,), closed_on=CLOSED.closed_on)
    registered_with().when(whole).then(OPENED, EXTENDED, CLOSED).when(whole).nothing()
    registered_with().when(row()).then(OPENED).when(whole).then(EXTENDED, CLOSED)
    registered_with(OPENED, CLOSED).when(row(closed_on=MAY)).refused(errors.PostingClosed)


def test_the_procedure_is_decided_by_a_document() -> None:
    decided = DraftProcedureDecided(procedure=Procedure.SIMPLIFIED, document="45/TTg-PL")
    command = asked(drafts.DecideProcedure, decided)
    registered_with().when(command).then(decided).when(command).nothing()
    simplified = REGISTERED.model_copy(update={"procedure": Procedure.SIMPLIFIED})
    together = registering(simplified, procedure_document="45/TTg-PL")
    spec(draft).when(together).then(simplified, decided).when(together).nothing()
    registered_with().when(together).refused(errors.DraftDiffers)


WHY = "Ghi nhầm ngày"
GONE = DraftPostingCancelled(posting_id=FIRST, reason=WHY)
RIGHT = posting_id(REGISTERED.draft_code, Stage.DRAFT_CONSULTATION, MARCH)


def correct(**changes: Any) -> drafts.CorrectPosting:
    """Give the command that changes nothing of `OPENED`, with changes."""
    as_it_is = {"stage": OPENED.stage, "opened_on": MARCH, "closes_on": APRIL}
    return asked(drafts.CorrectPosting, **{"posting_id": FIRST, "reason": WHY, **as_it_is, **changes})


def posted(**changes: Any) -> DraftPostingOpened:
    number = posting_id(REGISTERED.draft_code, Stage.DRAFT_CONSULTATION, changes.get("opened_on", MARCH))
    return OPENED.model_copy(update={"posting_id": number, **changes})


def test_a_posting_is_corrected_in_one_step() -> None:
    described = OPENED.model_copy(update={"source": "Cổng", "notes": {"no": "1"}})
    longer = EXTENDED.model_copy(update={"reason": "Ít ý kiến"})
    last = DraftPostingExtended(posting_id=FIRST, closes_on=date(2024, 4, 20), reason="Nhiều ý kiến")
    over = CLOSED.model_copy(update={"closed_on": date(2024, 4, 20), "reason": "Hết hạn"})
    ends = {"extended_to": date(2024, 4, 22), "closed_on": date(2024, 4, 21)}
    command = correct(opened_on=date(2024, 3, 2), **ends, place="Cổng thông tin")
    now = posted(opened_on=date(2024, 3, 2), place="Cổng thông tin", source="Cổng", notes={"no": "1"})
    number = now.posting_id
    corrected = (
        registered_with(described, longer, last, over)
        .when(command)
        .then(
            GONE,
            now,
            longer.model_copy(update={"posting_id": number}),
            last.model_copy(update={"posting_id": number, "closes_on": ends["extended_to"]}),
            over.model_copy(update={"posting_id": number, "closed_on": ends["closed_on"]}),
        )
    )
    corrected.when(command).nothing()
    corrected.when(correct(opened_on=date(2024, 3, 3))).refused(errors.PostingNotFound)


def test_of_a_posting_of_the_same_day_another_end_is_right() -> None:
    """Its id stays, as that follows from stage and day; it may be corrected, and cancelled, again."""
    present = posted()
    gone = GONE.model_copy(update={"posting_id": RIGHT})
    now = posted(closes_on=date(2024, 4, 2))
    command = correct(posting_id=RIGHT, closes_on=date(2024, 4, 2))
    after = registered_with(present).when(command).then(gone, now).when(command).nothing()
    after.when(correct(posting_id=RIGHT)).then(gone, present)
    after.when(asked(drafts.CancelPosting, posting_id=RIGHT, reason=WHY)).then(gone)


@pytest.mark.parametrize(
    ("before", "changes", "refusal"),
    [
        pytest.param([], {}, errors.PostingNotFound, id="unknown"),
        pytest.param([OPENED], {"opened_on": date(2024, 6, 2)}, DayInFuture, id="tomorrow"),
        pytest.param([OPENED], {"closes_on": date(2024, 2, 1)}, errors.PostingEndsBefore, id="ends before it begins"),
        pytest.param([OPENED], {"stage": Stage.ADOPTED}, errors.NothingToPost, id="no stage of comment"),
        pytest.param([OPENED], {"extended_to": APRIL}, errors.PostingNotExtended, id="no later than planned"),
        pytest.param([OPENED], {"closed_on": date(2024, 2, 1)}, errors.PostingEndsBefore, id="closed before it began"),
        pytest.param([OPENED, DraftWithdrawn(on=MARCH)], {"opened_on": MAY}, errors.StageAfterEnd, id="after the end"),
        pytest.param([OPENED, CLOSED, posted(opened_on=MAY)], {"opened_on": MAY}, errors.PostingExists, id="as another"),
        pytest.param(
            [OPENED, CLOSED, posted(opened_on=APRIL)], {"opened_on": MAY, "closes_on": MAY}, errors.PostingStillOpen, id="one at a time"
        ),
    ],
)  # fmt: skip
def test_a_correction_that_cannot_be_recorded_cancels_nothing(
    before: list[Any], changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    registered_with(*before).when(correct(**changes)).refused(refusal)


def test_a_correction_that_says_what_is_on_record_changes_nothing() -> None:
    registered_with(posted()).when(correct(posting_id=RIGHT)).nothing()
    registered_with(posted(), CLOSED.model_copy(update={"posting_id": RIGHT})).when(
        correct(posting_id=RIGHT, closed_on=CLOSED.closed_on)
    ).nothing()
