"""The draft aggregate: what was registered wrongly is put right; an end is never undone by it."""

from datetime import date
from typing import Any

import pytest

from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft import draft
from services.registry.domain.draft_state import Draft, State
from services.registry.domain.errors import AmendmentUndoesEnd, AmendsAndClears, DraftDiffers
from shared.contracts.registry import (
    DraftAmended,
    DraftMerged,
    DraftRegistered,
    DraftRetitled,
    DraftStageEntered,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Clearable, Instrument, Regime, Stage
from tests.support.rules.asked import asked, registering
from tests.support.rules.spec import Specification, spec
from tests.unit.registry.test_draft import REGISTERED

WHY = "Ghi nhầm khi đăng ký."
ADOPTED = DraftStageEntered(stage=Stage.ADOPTED, entered_on=date(2024, 4, 1))
PROMULGATED = DraftStageEntered(stage=Stage.PROMULGATED, entered_on=date(2024, 4, 9))
WITHDRAWN = DraftWithdrawn(on=date(2024, 5, 1))
MERGED = DraftMerged(on=date(2024, 5, 1))
NUMBERED = REGISTERED.model_copy(update={"final_number": "31/2024/QH15", "outcome": "adopted"})


def registered_with(
    *events: Any, registered: DraftRegistered = REGISTERED
) -> Specification[State, drafts.Command, Any]:
    return spec(draft).given(registered, *events)


def amend(**changes: Any) -> drafts.Amend:
    return asked(drafts.Amend, reason=WHY, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"instrument": Instrument.RESOLUTION},
        {"regime": Regime.LAW_2025},
        {"final_number": "31/2024/QH15"},
        {"outcome": "adopted"},
        {"source": "Công báo"},
        {"instrument": Instrument.RESOLUTION, "regime": Regime.LAW_2025, "source": "Công báo"},
    ],
    ids=" ".join,
)
def test_what_was_registered_is_amended_once(changes: dict[str, Any]) -> None:
    command = amend(**changes)
    event = DraftAmended(**changes, reason=WHY)
    amended = registered_with().when(command).then(event).when(command).nothing()
    assert isinstance(amended.state, Draft)
    assert {name: getattr(amended.state.described, name) for name in changes} == changes
    assert amended.state.registered == REGISTERED
    assert amended.state.amendments == (event,)


def test_unchanged_fields_are_left_out() -> None:
    command = amend(instrument=REGISTERED.instrument, final_number="31/2024/QH15")
    registered_with().when(command).then(DraftAmended(final_number="31/2024/QH15", reason=WHY))
    registered_with().when(amend(instrument=REGISTERED.instrument)).nothing()
    registered_with().when(amend()).nothing()


def test_an_amendment_can_be_amended_back() -> None:
    there = (
        registered_with()
        .when(amend(instrument=Instrument.RESOLUTION))
        .then(DraftAmended(instrument=Instrument.RESOLUTION, reason=WHY))
    )
    there.when(amend(instrument=Instrument.LAW)).then(DraftAmended(instrument=Instrument.LAW, reason=WHY))


def test_none_leaves_a_field_and_cleared_empties_it() -> None:
    command = amend(cleared=(Clearable.FINAL_NUMBER,))
    cleared = DraftAmended(cleared=(Clearable.FINAL_NUMBER,), reason=WHY)
    state = registered_with(registered=NUMBERED).when(command).then(cleared).when(command).nothing().state
    assert isinstance(state, Draft)
    assert (state.described.final_number, state.described.outcome) == (None, "adopted")
    registered_with().when(command).nothing()


def test_a_field_is_not_given_and_cleared_at_once() -> None:
    both = amend(final_number="1/2024", cleared=(Clearable.FINAL_NUMBER,))
    registered_with().when(both).refused(AmendsAndClears)


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        pytest.param([WITHDRAWN], {"final_number": "1/2024"}, id="a number for what was withdrawn"),
        pytest.param([MERGED], {"final_number": "1/2024"}, id="a number for what was merged"),
        pytest.param([WITHDRAWN], {"outcome": "adopted"}, id="another outcome than the withdrawal"),
        pytest.param([WITHDRAWN], {"outcome": "merged"}, id="merged, though withdrawn"),
        pytest.param([ADOPTED], {"outcome": "withdrawn"}, id="withdrawn, though adopted"),
        pytest.param([PROMULGATED], {"outcome": "merged"}, id="merged, though promulgated"),
    ],
)
def test_an_end_is_not_undone(before: list[Any], changes: dict[str, Any]) -> None:
    registered_with(*before).when(amend(**changes)).refused(AmendmentUndoesEnd)


def test_the_outcome_of_an_ended_draft_is_not_cleared() -> None:
    withdrawn = REGISTERED.model_copy(update={"outcome": "withdrawn"})
    registered_with(WITHDRAWN, registered=withdrawn).when(amend(cleared=(Clearable.OUTCOME,))).refused(
        AmendmentUndoesEnd
    )


@pytest.mark.parametrize("end", [ADOPTED, PROMULGATED, WITHDRAWN, MERGED], ids=lambda end: end.name)
def test_the_procedure_is_put_right_after_an_end_too(end: Any) -> None:
    """Adopted, withdrawn and the like end a draft under every procedure, so none can undo it."""
    command = amend(instrument=Instrument.DECREE, regime=Regime.LAW_2025)
    assert registered_with(end).when(command).yields()


def test_what_agrees_with_an_end_is_taken() -> None:
    assert registered_with(WITHDRAWN).when(amend(outcome="withdrawn")).yields()
    assert registered_with(ADOPTED).when(amend(final_number="31/2024/QH15", outcome="adopted")).yields()
    assert registered_with(ADOPTED, WITHDRAWN).when(amend(final_number="31/2024/QH15")).yields()


def test_a_registration_is_repeated_as_it_was_and_as_it_is_amended() -> None:
    changes: dict[str, Any] = {"instrument": Instrument.RESOLUTION, "final_number": "31/2024/QH15"}
    amended = registered_with(DraftAmended(**changes, reason=WHY), DraftRetitled(title="Khác"))
    amended.when(registering(REGISTERED)).nothing()
    amended.when(registering(REGISTERED.model_copy(update=changes))).nothing()
    amended.when(registering(REGISTERED.model_copy(update={**changes, "title": "Khác"}))).nothing()
    other = amended.when(registering(REGISTERED.model_copy(update={"instrument": Instrument.DECREE})))
    refusal = other.refused(DraftDiffers)
    assert "/amend" in refusal.message.vi
    assert "/amend" in refusal.message.en
