"""Postings of a draft for comment: opened, extended, closed, opened again; and what of it is refused."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain import errors
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft, State
from shared.contracts.registry import (
    DraftPostingClosed,
    DraftPostingExtended,
    DraftPostingOpened,
    DraftProcedureDecided,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Procedure, Stage
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
