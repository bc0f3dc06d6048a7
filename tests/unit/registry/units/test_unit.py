"""The unit aggregate: registered once; what happens to it is recorded once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.registry.domain.errors import UnitDiffers, UnitNotFound
from services.registry.domain.unit import (
    Change,
    Command,
    Dissolve,
    Move,
    Register,
    Rename,
    SetSupervision,
    SetTarget,
    Succeed,
    Unit,
    unit,
)
from shared.contracts.event import SUPERVISION, Acting
from shared.contracts.registry import (
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
    UnitTargetSet,
)
from shared.contracts.vocabulary import SuccessionKind, SupervisionKind, UnitKind, UnitLevel
from shared.directory import folds
from shared.rules.rights.table import OtherUnit
from tests.support.rules.asked import asked
from tests.support.rules.spec import spec

DAY = date(2025, 3, 1)
BKHDT = UnitRegistered(
    unit_code="BKHDT", unit_name="Bộ Kế hoạch và Đầu tư", level=UnitLevel.CENTRAL, kind=UnitKind.MINISTRY
)
CHANGES: list[Change] = [
    UnitRenamed(unit_code="BKHDT", unit_name="Bộ Tài chính", on=DAY),
    UnitMoved(unit_code="BKHDT", parent_code="CP", on=DAY),
    UnitSucceeded(unit_code="BKHDT", to_code="BTC", kind=SuccessionKind.MERGE, on=DAY),
    UnitDissolved(unit_code="BKHDT", on=DAY),
    UnitTargetSet(unit_code="BKHDT", year=2024, target_percent=70),
    UnitSupervisionSet(
        unit_code="BKHDT", supervisor_code=None, kind=SupervisionKind.COUNCIL, on=DAY, document="QĐ 1"
    ),
]

COMMANDS: Mapping[type, type[Command]] = {
    UnitRenamed: Rename,
    UnitMoved: Move,
    UnitSucceeded: Succeed,
    UnitDissolved: Dissolve,
    UnitTargetSet: SetTarget,
    UnitSupervisionSet: SetSupervision,
}


def recording(change: Change) -> Command:
    return asked(COMMANDS[type(change)], change)


every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)


def test_a_unit_is_registered() -> None:
    spec(unit).when(asked(Register, BKHDT)).then(BKHDT)


def test_a_repeated_record_changes_nothing() -> None:
    spec(unit).given(BKHDT, *CHANGES).when(asked(Register, BKHDT)).nothing()


@pytest.mark.parametrize("field", ["unit_name", "note", "parent_code"])
def test_different_data_under_the_same_id_is_refused(field: str) -> None:
    other = BKHDT.model_copy(update={field: "KHAC"})
    spec(unit).given(BKHDT).when(asked(Register, other)).refused(UnitDiffers)


@every_change
def test_a_change_is_recorded_once(change: Change) -> None:
    recorded = spec(unit).given(BKHDT).when(recording(change)).then(change)
    recorded.when(recording(change)).nothing()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CHANGES[0], {"unit_name": "Bộ Khác"}),
        (CHANGES[1], {"parent_code": None}),
        (CHANGES[4], {"target_percent": 80}),
        (CHANGES[5], {"document": "QĐ 2"}),
    ],
)
def test_what_was_replaced_by_mistake_is_recorded_once_more(first: Change, second: dict[str, Any]) -> None:
    """The same day and the same words as before a wrong record: it was taken for a repetition, and the wrong one stayed."""
    wrong = first.model_copy(update=second)
    again = spec(unit).given(BKHDT, first, wrong).when(recording(first)).then(first)
    again.when(recording(first)).nothing()


@every_change
def test_nothing_happens_to_a_unit_that_is_not_there(change: Change) -> None:
    spec(unit).when(recording(change)).refused(UnitNotFound, unit_code="BKHDT")


def test_several_successors_are_several_events() -> None:
    first = UnitSucceeded(unit_code="BKHDT", to_code="BTC", kind=SuccessionKind.SPLIT, on=DAY)
    second = first.model_copy(update={"to_code": "BNV"})
    spec(unit).given(BKHDT).when(recording(first)).then(first).when(recording(second)).then(second)


def test_the_name_is_the_latest_by_day_not_by_recording() -> None:
    late = UnitRenamed(unit_code="BKHDT", unit_name="Mới", on=date(2025, 6, 1))
    early = UnitRenamed(unit_code="BKHDT", unit_name="Cũ", on=date(2024, 6, 1))
    state = spec(unit).given(BKHDT, late, early).state
    assert isinstance(state, Unit)
    assert state.by_day.name_on(date(2026, 1, 1)) == "Mới"


PARENTS = frozenset({"A-UB", "A-STP", "DOI"})
OF_A = Acting("A-STP", units=PARENTS, decides=True)
MOVED = (
    UnitRegistered(
        unit_code="DOI",
        unit_name="Trung tâm",
        level=UnitLevel.PROVINCIAL,
        kind=UnitKind.DEPARTMENT,
        parent_code="B-UB",
    ),
    UnitMoved(unit_code="DOI", parent_code="A-UB", on=DAY),
)


@pytest.mark.parametrize("on", [date(2025, 2, 28), DAY])
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (Move, {"parent_code": "A-STP"}),
        (Rename, {"unit_name": "Trung tâm khác"}),
        (Dissolve, {}),
        (SetSupervision, {"supervisor_code": None, "kind": SupervisionKind.COUNCIL}),
    ],
)
def test_the_time_below_another_unit_is_not_changed_by_who_has_it_now(
    kind: type[Command], more: Mapping[str, Any], on: date
) -> None:
    command = asked(kind, unit_code="DOI", by=OF_A, on=on, **more)
    case = spec(unit).given(*MOVED).when(command)
    if on < DAY:
        case.refused(OtherUnit)
    else:
        assert case.yields()


@pytest.mark.parametrize(
    ("by", "name", "kind", "refused"),
    [
        (
            Acting("SYT", units=frozenset({"SYT"}), decides=True),
            "Phòng",
            "provincial_justice_department",
            True,
        ),
        (Acting("A-UB", units=frozenset({"A-UB"}), decides=True), "Sở Tư pháp", "department", True),
        (Acting("A-STP", units=frozenset({"A-UB", "SYT"}), decides=True), "Sở Tư pháp", "department", False),
        (Acting("SYT", units=frozenset({"SYT"}), decides=True), "Phòng", "department", False),
        (SUPERVISION, "Phòng", "provincial_justice_department", False),
    ],
)
def test_nobody_names_who_oversees_the_own_unit(by: Acting, name: str, kind: str, refused: bool) -> None:
    province = folds.Unit(
        unit_code="A-UB",
        unit_name="Ủy ban nhân dân tỉnh A",
        level=UnitLevel.PROVINCIAL,
        kind=UnitKind.PROVINCIAL_COMMITTEE,
    )
    health = folds.Unit(
        unit_code="SYT",
        unit_name="Sở Y tế",
        level=UnitLevel.PROVINCIAL,
        kind=UnitKind.DEPARTMENT,
        parent_code="A-UB",
    )
    parent = "SYT" if by.unit_code == "SYT" or by.supervises else "A-UB"
    command = asked(
        Register,
        unit_code="MOI",
        unit_name=name,
        level=UnitLevel.PROVINCIAL,
        kind=UnitKind(kind),
        parent_code=parent,
        by=by,
        related={"A-UB": province, "SYT": health},
    )
    case = spec(unit).when(command)
    if refused:
        case.refused(OtherUnit)
    else:
        assert case.yields()
