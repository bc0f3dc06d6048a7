"""What other rules would do to a draft: figures, verdicts and due days under both rulebooks."""

import json
from datetime import date
from typing import Any

import pytest

from services.metrics.domain.effect import changed_days, changed_procedures, effect_on
from shared.contracts.registry import DraftStageEntered
from shared.contracts.vocabulary import GapState, Instrument, Procedure, Regime, Stage
from shared.rules.figures import year_period
from shared.rules.rulebook.rulebook import RuleFile, load_rulebook, rulebook_with
from shared.rules.verdicts import PolicyVerdict
from tests.unit.metrics.events import IN_SCOPE, record_of

BOOK = load_rulebook()
ENTERED = DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=date(2024, 3, 4))
RECORD = record_of(IN_SCOPE, ENTERED)
LAW = {"regime": "law_2015", "instruments": ["law"], "procedure": "ordinary", "valid_from": "2024-01-01"}
STORM = RuleFile("storm.csv", "day,kind,what,source\n2024-03-05,off,Bão,1\n2024-03-06,off,Bão,1\n")


def rows(**changes: Any) -> RuleFile:
    return RuleFile("own.json", json.dumps({"rows": [LAW | {"legal_basis": "1/CV"} | changes]}))


@pytest.mark.parametrize(
    ("file", "day", "verdicts", "dues", "states"),
    [
        pytest.param(
            STORM,
            date(2024, 3, 12),
            [(PolicyVerdict.MISSED, PolicyVerdict.PENDING)],
            [(date(2024, 3, 11), date(2024, 3, 13))],
            [(GapState.OVERDUE, GapState.IN_GRACE)],
            id="a storm: overdue is in time again",
        ),
        pytest.param(STORM, date(2024, 3, 20), [], [(date(2024, 3, 11), date(2024, 3, 13))], None, id="later: missed"),
        pytest.param(
            rows(grace_working_days=2),
            date(2024, 3, 7),
            [(PolicyVerdict.PENDING, PolicyVerdict.MISSED)],
            [(date(2024, 3, 11), date(2024, 3, 6))],
            [(GapState.IN_GRACE, GapState.OVERDUE)],
            id="less grace",
        ),
        pytest.param(
            rows(not_required=["draft_consultation"]),
            date(2024, 3, 12),
            [(PolicyVerdict.MISSED, PolicyVerdict.PENDING)],
            [(date(2024, 3, 11), None)],
            [(GapState.OVERDUE, None)],
            id="not required: no gap at all",
        ),
        pytest.param(rows(posting=[]), date(2024, 3, 12), [], [], [], id="posting days move no figure"),
    ],
)  # fmt: skip
def test_a_draft_under_both_rulebooks(
    file: RuleFile, day: date, verdicts: Any, dues: Any, states: Any
) -> None:
    actual = effect_on(RECORD, BOOK, rulebook_with([file]), day, None)
    assert [(verdict.was, verdict.becomes) for verdict in actual.verdicts] == verdicts
    assert [(gap.due_was, gap.due) for gap in actual.gaps] == dues
    if states is not None:
        assert [(gap.state_was, gap.state) for gap in actual.gaps] == states
    for standing, place in ((actual.before, 0), (actual.after, 1)):
        if verdicts:
            assert getattr(standing.counts, verdicts[0][place].value) == 1
        assert standing.counts.policies == 1


def test_a_period_is_taken_at_its_own_last_day() -> None:
    becomes = rulebook_with([rows(grace_working_days=200)])
    actual = effect_on(RECORD, BOOK, becomes, date(2026, 1, 5), year_period(2024))
    assert (actual.before.counts.missed, actual.after.counts.missed) == (1, 0)
    assert effect_on(RECORD, BOOK, becomes, date(2026, 1, 5), year_period(2022)).before.counts.policies == 0


def test_what_differs_between_two_rulebooks() -> None:
    becomes = rulebook_with([STORM, rows(valid_to="2024-12-31", grace_working_days=3)])
    assert changed_days(BOOK, becomes) == [(date(2024, 3, 5), "off"), (date(2024, 3, 6), "off")]
    changed = {
        (changed_procedure.field, changed_procedure.valid_from, changed_procedure.valid_to)
        for changed_procedure in changed_procedures(BOOK, becomes)
    }
    days = (date(2024, 1, 1), date(2024, 12, 31))
    assert {("grace_working_days", *days), ("legal_basis", *days)} <= changed
    assert {day[1:] for day in changed} == {days}, "what only ends earlier says nothing else"
    assert {changed_procedure.key for changed_procedure in changed_procedures(BOOK, becomes)} == {
        (Regime.LAW_2015, Instrument.LAW, Procedure.ORDINARY)
    }
    assert (changed_days(BOOK, BOOK), changed_procedures(BOOK, BOOK)) == ([], [])
