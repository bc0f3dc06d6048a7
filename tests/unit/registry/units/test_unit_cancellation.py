"""A change of a unit that was recorded wrongly is taken back: it never held; what stands on it is refused with what to do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.registry.domain.references import errors
from services.registry.domain.unit import (
    CancelChange,
    Register,
    Rename,
    State,
    Succeed,
    Unit,
    unit,
)
from shared.contracts.event import LOA_NAMESPACE, Acting, Event
from shared.contracts.registry import (
    UnitAmended,
    UnitChangeCancelled,
    UnitDissolved,
    UnitEvent,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
    UnitTargetSet,
)
from shared.contracts.vocabulary import SuccessionKind, SupervisionKind, UnitChange, UnitKind, UnitLevel
from shared.directory import folds
from shared.kernel.errors import Refusal
from shared.rules.rights.table import OtherUnit
from tests.support.rules.asked import asked

DAY, LATER, TODAY = date(2025, 3, 1), date(2025, 7, 1), date(2026, 1, 1)
SO = UnitRegistered(
    unit_code="SO",
    unit_name="Sở Nông nghiệp",
    level=UnitLevel.PROVINCIAL,
    kind=UnitKind.DEPARTMENT,
    parent_code="A-UB",
)
RENAMED = UnitRenamed(unit_code="SO", unit_name="Sở Nông nghiệp và Môi trường", on=DAY)
MOVED = UnitMoved(unit_code="SO", parent_code="B-UB", on=DAY)
SUCCEEDED = UnitSucceeded(unit_code="SO", to_code="SO-MOI", kind=SuccessionKind.MERGE, on=DAY)
DISSOLVED = UnitDissolved(unit_code="SO", on=DAY)
FOLLOWED = UnitSupervisionSet(unit_code="SO", supervisor_code="STP", kind=SupervisionKind.COUNCIL, on=DAY)
AMENDED = UnitAmended(unit_code="SO", kind=UnitKind.AGENCY, reason="Ghi nhầm")
TARGET = UnitTargetSet(unit_code="SO", year=2025, target_percent=70)
EVERY = (RENAMED, MOVED, SUCCEEDED, DISSOLVED, FOLLOWED)


def number(event: Event, again: int = 0) -> UUID:
    return uuid5(LOA_NAMESPACE, f"{event.name}:{again}")


def state_of(*events: UnitEvent) -> State:
    """Fold events as the log has them, each with an id of its own."""
    return reduce(
        lambda state, event: unit.evolve_recorded(state, event, number(event)), events, unit.initial
    )


def cancel(change: Event, **more: Any) -> CancelChange:
    return asked(CancelChange, unit_code="SO", change_id=number(change), reason="Ghi nhầm", **more)


def cancelled(change: folds.DatedChange) -> UnitChangeCancelled:
    return UnitChangeCancelled(
        unit_code="SO",
        change_id=number(change),
        change=UnitChange(change.name),
        changed_on=change.on,
        reason="Ghi nhầm",
    )


def refused(kind: type[Refusal], state: State, command: Any) -> Refusal:
    with pytest.raises(kind) as caught:
        unit.decide(state, command)
    assert type(caught.value) is kind
    assert caught.value.message.vi != caught.value.message.en
    return caught.value


@pytest.mark.parametrize("change", EVERY, ids=lambda change: change.name)
def test_a_cancelled_change_never_held(change: folds.DatedChange) -> None:
    before = state_of(SO, change)
    events = unit.decide(before, cancel(change))
    assert events == [cancelled(change)]
    after = reduce(unit.evolve, events, before)
    assert isinstance(after, Unit)
    assert after.by_day == folds.registered_unit(SO)
    assert isinstance(before, Unit)
    assert before.by_day != after.by_day
    assert unit.decide(after, cancel(change)) == [], "the same words again change nothing"
    again = refused(errors.AlreadyCancelled, after, replace(cancel(change), reason="Lý do khác"))
    assert "Ghi nhầm" in again.message.vi


def test_what_was_replaced_on_the_same_day_holds_again() -> None:
    second = RENAMED.model_copy(update={"unit_name": "Sở Môi trường"})
    state = state_of(SO)
    for again, event in enumerate((RENAMED, second)):
        state = unit.evolve_recorded(state, event, number(event, again))
    command = replace(cancel(second), change_id=number(second, 1))
    after = reduce(unit.evolve, unit.decide(state, command), state)
    assert isinstance(after, Unit)
    assert after.by_day.name_on(TODAY) == RENAMED.unit_name


def test_it_can_be_recorded_again_and_cancelled_again() -> None:
    state = state_of(SO, RENAMED, cancelled(RENAMED))
    events = unit.decide(state, asked(Rename, RENAMED))
    assert events == [RENAMED]
    state = unit.evolve_recorded(state, RENAMED, number(RENAMED, 2))
    again = replace(cancel(RENAMED), change_id=number(RENAMED, 2))
    assert len(unit.decide(state, again)) == 1


@pytest.mark.parametrize(
    ("events", "command", "refusal", "mentioned"),
    [
        ((SO,), cancel(RENAMED), errors.ChangeNotFound, "GET /units/SO"),
        ((SO, MOVED), cancel(RENAMED), errors.ChangeNotFound, "changes"),
        ((SO, AMENDED), cancel(AMENDED), errors.NotCancelled, "/amend"),
        ((SO, TARGET), cancel(TARGET), errors.NotCancelled, "/targets"),
        ((SO, SUCCEEDED), cancel(SUCCEEDED, handed_over=("ND-1",)), errors.DraftsHandedOver, "ND-1"),
    ],
)
def test_what_cannot_be_cancelled_is_refused_with_what_to_do(
    events: Sequence[UnitEvent], command: CancelChange, refusal: type[Refusal], mentioned: str
) -> None:
    assert mentioned in refused(refusal, state_of(*events), command).message.vi


def test_many_drafts_are_counted_and_some_are_named() -> None:
    codes = tuple(f"ND-{each}" for each in range(12))
    message = refused(
        errors.DraftsHandedOver, state_of(SO, SUCCEEDED), cancel(SUCCEEDED, handed_over=codes)
    ).message
    assert "12 dự thảo (ND-0, ND-1, ND-2, ND-3, ND-4, …)" in message.vi
    assert "ND-5" not in message.en


def test_a_unit_never_comes_to_stand_below_itself() -> None:
    """It left its parent, which was put below it since: without the first there would be a ring."""
    own = SO.model_copy(update={"parent_code": "TREN"})
    left = UnitMoved(unit_code="SO", parent_code=None, on=DAY)
    over = [
        UnitRegistered(unit_code="TREN", unit_name="T", level=UnitLevel.PROVINCIAL, kind=UnitKind.DEPARTMENT),
        UnitMoved(unit_code="TREN", parent_code="SO", on=LATER),
    ]
    above = folds.unit_of(over)  # type: ignore[arg-type]
    assert above is not None
    command = cancel(left, related={"TREN": above})
    assert "TREN" in refused(errors.ParentOfItself, state_of(own, left), command).message.vi


OF_SO = Acting("X-STP", units=frozenset({"SO", "STP"}), decides=True)


@pytest.mark.parametrize(
    ("change", "allowed"),
    [(RENAMED, True), (DISSOLVED, True), (FOLLOWED, True), (SUCCEEDED, False), (MOVED, False)],
)
def test_what_concerns_another_area_is_for_who_decides_for_both(
    change: folds.DatedChange, allowed: bool
) -> None:
    """The successor, and the province below which the unit comes to stand again, are not of the caller's area."""
    state, command = state_of(SO, change), cancel(change, by=OF_SO)
    if allowed:
        assert unit.decide(state, command)
    else:
        refused(OtherUnit, state, command)
    of_both = replace(OF_SO, units=frozenset({"SO", "STP", "SO-MOI", "A-UB"}))
    assert unit.decide(state, replace(command, by=of_both))


def test_nobody_takes_back_what_makes_it_be_judged_by_others() -> None:
    """Back in its old place the renamed unit would follow the work of the province, by its name."""
    province = folds.Unit(
        unit_code="A-UB", unit_name="A", level=UnitLevel.PROVINCIAL, kind=UnitKind.PROVINCIAL_COMMITTEE
    )
    justice = RENAMED.model_copy(update={"unit_name": "Sở Tư pháp"})
    by = Acting("A-UB", units=frozenset({"A-UB", "B-UB", "SO"}), decides=True)
    state, command = state_of(SO, MOVED, justice), cancel(MOVED, related={"A-UB": province}, by=by)
    refused(OtherUnit, state, command)
    assert unit.decide(state, replace(command, by=replace(by, unit_code="X-STP")))


def test_a_file_that_is_imported_again_does_not_bring_it_back() -> None:
    """What `Succeed` says was recorded once, so a row of an older file is not news (`History.had`)."""
    state = state_of(SO, SUCCEEDED, cancelled(SUCCEEDED))
    assert unit.decide(state, asked(Register, SO)) == []
    assert unit.decide(state, asked(Succeed, SUCCEEDED)) == [SUCCEEDED]  # of a person it is news
