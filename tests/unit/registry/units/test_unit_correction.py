"""A change of a unit with a wrong day, name or successor is corrected in one step: cancelled and recorded anew, or neither."""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest

from services.registry.domain.references import errors
from services.registry.domain.unit import CorrectChange, Unit, successor_of, unit
from shared.contracts.event import Acting
from shared.contracts.vocabulary import SuccessionKind
from shared.directory import folds
from shared.rules.rights.table import OtherUnit
from tests.support.rules.asked import asked
from tests.unit.registry.units.test_unit_cancellation import (
    AMENDED,
    DAY,
    DISSOLVED,
    EVERY,
    FOLLOWED,
    LATER,
    MOVED,
    RENAMED,
    SO,
    SUCCEEDED,
    TARGET,
    cancelled,
    number,
    refused,
    state_of,
)


def correct(change: Any, **right: Any) -> CorrectChange:
    return asked(CorrectChange, unit_code="SO", change_id=number(change), right=right, reason="Ghi nhầm")


@pytest.mark.parametrize("change", EVERY, ids=lambda change: change.name)
def test_a_wrong_day_is_corrected(change: folds.DatedChange) -> None:
    related = {
        code: folds.registered_unit(SO.model_copy(update={"unit_code": code}))
        for code in ("B-UB", "STP", "SO-MOI")
    }
    before, command = state_of(SO, change), replace(correct(change, on=LATER), related=related)
    now = change.model_copy(update={"on": LATER})
    assert list(unit.decide(before, command)) == [cancelled(change), now]
    after = reduce(unit.evolve, unit.decide(before, command), before)
    assert isinstance(after, Unit)
    assert after.changes == (now,)
    assert unit.decide(after, command) == [], "the same correction again changes nothing"
    assert unit.decide(before, correct(change, on=DAY)) == [], "it stands so"


@pytest.mark.parametrize(
    ("change", "right"),
    [
        (RENAMED, {"unit_name": "Sở Môi trường"}),
        (MOVED, {"parent_code": None}),
        (SUCCEEDED, {"kind": SuccessionKind.SPLIT}),
        (SUCCEEDED, {"legal_basis": "Nghị quyết 202/2025/QH15"}),
        (DISSOLVED, {"legal_basis": "Nghị quyết 202/2025/QH15"}),
        (FOLLOWED, {"document": "Quyết định 15/QĐ-UBND"}),
    ],
)
def test_what_is_not_named_stays(change: folds.DatedChange, right: dict[str, Any]) -> None:
    related = {
        code: folds.registered_unit(SO.model_copy(update={"unit_code": code})) for code in ("STP", "SO-MOI")
    }
    events = unit.decide(state_of(SO, change), replace(correct(change, **right), related=related))
    assert list(events) == [cancelled(change), change.model_copy(update=right)]


def test_only_another_successor_or_day_touches_the_drafts_that_went_over() -> None:
    state = state_of(SO, SUCCEEDED)
    drafts: dict[str, Any] = {"handed_over": ("ND-1",)}
    assert len(unit.decide(state, replace(correct(SUCCEEDED, legal_basis="NQ 2"), **drafts))) == 2
    for right in ({"to_code": "SO-KHAC"}, {"on": LATER}):
        refused(errors.DraftsHandedOver, state, replace(correct(SUCCEEDED, **right), **drafts))
    assert successor_of(correct(SUCCEEDED, to_code="SO-KHAC")) == "SO-KHAC"
    assert successor_of(correct(SUCCEEDED, on=LATER)) is None


def test_what_is_refused_cancels_nothing() -> None:
    state = state_of(SO, SUCCEEDED)
    refused(errors.SucceedsItself, state, correct(SUCCEEDED, to_code="SO"))
    wrong = refused(errors.NotOfChange, state, correct(SUCCEEDED, unit_name="Sở"))
    assert "unit_name" in wrong.message.vi
    refused(errors.ChangeNotFound, state_of(SO), correct(SUCCEEDED, on=LATER))
    for change in (AMENDED, TARGET):
        refused(errors.NotCancelled, state_of(SO, change), correct(change, reason="x"))
    gone = state_of(SO, RENAMED, cancelled(RENAMED))
    refused(errors.AlreadyCancelled, gone, correct(RENAMED, on=LATER))


def test_one_that_stands_twice_is_cancelled_instead() -> None:
    other = RENAMED.model_copy(update={"unit_name": "Sở Môi trường"})
    state = state_of(SO)
    for again, event in enumerate((RENAMED, other)):
        state = unit.evolve_recorded(state, event, number(event, again))
    command = replace(correct(other, unit_name=RENAMED.unit_name), change_id=number(other, 1))
    refused(errors.ChangeExists, state, command)


def test_who_may_not_record_it_may_not_correct_into_it() -> None:
    by = Acting("A-UB", units=frozenset({"A-UB", "B-UB", "SO"}), decides=True)
    assert len(unit.decide(state_of(SO, MOVED), replace(correct(MOVED, on=LATER), by=by))) == 2
    with pytest.raises(OtherUnit):
        unit.decide(state_of(SO, MOVED), replace(correct(MOVED, parent_code="C-UB"), by=by))
    with pytest.raises(OtherUnit):
        unit.decide(
            state_of(SO, RENAMED), replace(correct(RENAMED, on=LATER), by=Acting("KHAC", decides=True))
        )
