"""Stages to come, the paper of a stage, and the opinions of a consultation."""

from datetime import date
from typing import Any

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft
from services.registry.domain.errors import (
    ExpectedDayPassed,
    MoreThanReceived,
    PaperDiffers,
    StageNotExpected,
)
from shared.contracts.registry import DraftOpinionsSummarised, DraftStageEntered, DraftStageExpected
from shared.contracts.vocabulary import Precision, Stage
from shared.kernel.errors import Refusal
from shared.rules.sequence import NotFirstDay
from tests.support.rules.asked import TODAY, asked
from tests.support.rules.spec import spec
from tests.unit.registry.test_draft import REGISTERED

LATER = date(TODAY.year + 1, 12, 1)
EXPECTED = DraftStageExpected(stage=Stage.ADOPTED, expected_on=LATER, session="Kỳ họp thứ 30")
OPINIONS: dict[str, Any] = {"stage": Stage.DRAFT_CONSULTATION, "summarised_on": TODAY, "received": 10}
PAPER: dict[str, Any] = {"document_no": "12/TTr-STP", "document_date": TODAY, "issuer": "Sở Tư pháp"}


def expect(on: date | None = LATER, **more: Any) -> drafts.ExpectStage:
    return asked(
        drafts.ExpectStage, **{"stage": Stage.ADOPTED, "expected_on": on, "session": "Kỳ họp thứ 30"} | more
    )


def state(*events: Any) -> Draft:
    folded = draft.fold([REGISTERED, *events])
    assert isinstance(folded, Draft)
    return folded


def test_a_stage_to_come_is_expected_once_and_may_be_dropped() -> None:
    assert list(draft.decide(state(), expect())) == [EXPECTED]
    assert list(draft.decide(state(EXPECTED), expect())) == []
    moved = expect(date(TODAY.year + 2, 1, 1))
    assert len(draft.decide(state(EXPECTED), moved)) == 1
    dropped = list(draft.decide(state(EXPECTED), expect(None, session=None)))
    assert state(EXPECTED, *dropped).expected == ()
    assert list(draft.decide(state(), expect(None))) == []


def test_the_entry_ends_the_expectation() -> None:
    assert state(EXPECTED).expected == (EXPECTED,)
    assert state(EXPECTED, DraftStageEntered(stage=Stage.ADOPTED, entered_on=TODAY)).expected == ()


def test_the_same_day_again_is_no_error_when_it_has_passed() -> None:
    passed = DraftStageExpected(stage=Stage.ADOPTED, expected_on=date(2020, 1, 1), session="Kỳ họp thứ 30")
    assert list(draft.decide(state(passed), expect(date(2020, 1, 1)))) == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"on": date(2020, 1, 1)}, ExpectedDayPassed),
        ({"on": date(TODAY.year + 1, 3, 2), "precision": Precision.MONTH}, NotFirstDay),
        ({"stage": Stage.WITHDRAWN}, StageNotExpected),
        ({"stage": Stage.SUSPENDED}, StageNotExpected),
    ],
)
def test_what_cannot_be_expected_is_refused(changes: dict[str, Any], error: type[Refusal]) -> None:
    with pytest.raises(error):
        draft.decide(state(), expect(**changes))


def test_a_month_that_has_begun_may_still_be_expected() -> None:
    month = expect(TODAY.replace(day=1), precision=Precision.MONTH)
    assert len(draft.decide(state(), month)) == 1


def test_the_last_summary_of_a_stage_holds() -> None:
    first, second = (
        DraftOpinionsSummarised(**OPINIONS),
        DraftOpinionsSummarised(**OPINIONS | {"received": 12}),
    )
    assert list(draft.decide(state(), asked(drafts.SummariseOpinions, **OPINIONS))) == [first]
    assert list(draft.decide(state(first), asked(drafts.SummariseOpinions, **OPINIONS))) == []
    assert state(first, second).opinions == (second,)


@pytest.mark.parametrize("more", [{"accepted": 11}, {"explained": 11}, {"agree": 6, "disagree": 5}])
def test_no_part_of_the_opinions_is_more_than_was_received(more: dict[str, int]) -> None:
    with pytest.raises(MoreThanReceived):
        draft.decide(state(), asked(drafts.SummariseOpinions, **OPINIONS, **more))


def test_a_stage_has_its_paper_which_a_repeated_entry_may_not_change() -> None:
    enter = asked(drafts.EnterStage, stage=Stage.APPRAISAL, entered_on=TODAY, **PAPER)
    (event,) = draft.decide(state(), enter)
    assert isinstance(event, DraftStageEntered)
    assert (event.document_no, event.document_date, event.issuer) == tuple(PAPER.values())
    assert list(draft.decide(state(event), enter)) == []
    without = asked(drafts.EnterStage, stage=Stage.APPRAISAL, entered_on=TODAY)
    assert list(draft.decide(state(event), without)) == []
    other = asked(drafts.EnterStage, stage=Stage.APPRAISAL, entered_on=TODAY, document_no="13/TTr-STP")
    with pytest.raises(PaperDiffers):
        draft.decide(state(event), other)


def test_a_correction_adds_a_paper_to_an_entry_that_stays() -> None:
    entered = DraftStageEntered(stage=Stage.APPRAISAL, entered_on=TODAY)
    was = state(entered).entries[0]
    command = asked(
        drafts.CorrectStage, entry_id=REGISTERED.draft_id, was=was, stage=was.stage, entered_on=TODAY, **PAPER
    )
    (event,) = draft.decide(state(entered), command)
    corrected = state(entered, event)
    assert corrected.entries[0].paper == drafts.Paper(*PAPER.values())
    again = asked(
        drafts.CorrectStage,
        entry_id=REGISTERED.draft_id,
        was=corrected.entries[0],
        stage=was.stage,
        entered_on=TODAY,
        **PAPER,
    )
    assert list(draft.decide(corrected, again)) == []


def test_the_stages_specification_is_told_by_events() -> None:
    spec(draft).given(REGISTERED, EXPECTED).when(expect()).then()
