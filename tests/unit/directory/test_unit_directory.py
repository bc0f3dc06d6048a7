"""All units by day: descendants, and who carries on what a dissolved unit did."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from shared.contracts.vocabulary import SupervisionKind, UnitKind, UnitLevel
from shared.directory.folds import MOST_DAYS, Succession, Unit, UnitDirectory, directory_of

PARENTS = {
    "CP": None,
    "BTP": "CP",
    "CUC-1": "BTP",
    "PHONG-1": "CUC-1",
    "TINH": None,
    "VONG-1": "VONG-2",
    "VONG-2": "VONG-1",
}


DAY = date(2026, 1, 1)


def units(*successions: tuple[str, str, str]) -> UnitDirectory:
    def unit(code: str) -> Unit:
        heirs = tuple(Succession(b, date.fromisoformat(on)) for a, b, on in successions if a == code)
        return Unit(
            unit_code=code,
            unit_name=f"Đơn vị {code}",
            level=UnitLevel.CENTRAL,
            kind=UnitKind.MINISTRY,
            parent_code=PARENTS.get(code),
            successions=heirs,
        )

    return directory_of(unit(code) for code in {*PARENTS, *(code for code, _, _ in successions)})


def successor(directory: UnitDirectory, code: str, day: date) -> str:
    return directory.on(day).successor(code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("CP", {"CP", "BTP", "CUC-1", "PHONG-1"}),
        ("CUC-1", {"CUC-1", "PHONG-1"}),
        ("TINH", {"TINH"}),
        ("VONG-1", {"VONG-1", "VONG-2"}),
    ],
)
def test_descendants_include_the_unit_itself(code: str, expected: set[str]) -> None:
    assert units().below(code, DAY) | {code} == expected


CHAIN = units(("A1", "A2", "2024-01-01"), ("A2", "A3", "2025-03-01"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2023-12-31", "A1"), ("2024-01-01", "A2"), ("2025-02-28", "A2"), ("2025-03-01", "A3")],
)
def test_a_chain_is_followed_as_far_as_it_is_in_force(day: str, expected: str) -> None:
    assert successor(CHAIN, "A1", date.fromisoformat(day)) == expected


def test_of_several_heirs_none_is_chosen() -> None:
    split = units(("A1", "B1", "2025-03-01"), ("A1", "B2", "2025-03-01"), ("B1", "B3", "2025-07-01"))
    assert successor(split, "A1", date(2026, 1, 1)) == "A1"
    assert successor(split, "B1", date(2026, 1, 1)) == "B3"


def test_a_second_heir_counts_from_its_own_day() -> None:
    split = units(("A1", "B1", "2025-03-01"), ("A1", "B2", "2025-07-01"))
    assert successor(split, "A1", date(2025, 6, 30)) == "B1"
    assert successor(split, "A1", date(2025, 7, 1)) == "A1"


def test_two_units_that_merge() -> None:
    merged = units(("A1", "B1", "2025-07-01"), ("A2", "B1", "2025-07-01"))
    assert {successor(merged, code, date(2025, 7, 1)) for code in ("A1", "A2")} == {"B1"}


def test_a_repeated_succession_counts_once() -> None:
    twice = units(("A1", "B1", "2025-07-01"), ("A1", "B1", "2025-07-02"))
    assert successor(twice, "A1", DAY) == "B1"


def test_a_loop_ends() -> None:
    loop = units(("A1", "A2", "2024-01-01"), ("A2", "A1", "2025-01-01"))
    assert successor(loop, "A1", date(2026, 1, 1)) in {"A1", "A2"}
    assert successor(units(("A1", "A1", "2024-01-01")), "A1", DAY) == "A1"


def test_names_and_levels_of_unregistered_units() -> None:
    on = units().on(DAY)
    assert (on.name("BTP"), on.level("BTP")) == ("Đơn vị BTP", "central")
    assert (on.name("X1"), on.level("X1")) == ("X1", None)


def test_what_every_unit_says_of_a_day_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail to each unit asks for its supervisors: with a look at every unit for each, 10,000 took minutes."""
    asked: list[str] = []
    named_on = Unit.named_on

    def counted(unit: Unit, day: date) -> Mapping[SupervisionKind, str]:
        asked.append(unit.unit_code)
        return named_on(unit, day)

    monkeypatch.setattr(Unit, "named_on", counted)
    directory = units()
    for code in PARENTS:
        directory.supervisors_on(code, DAY)
    assert sorted(asked) == sorted(PARENTS)
    for number in range(2 * MOST_DAYS):
        directory.on(DAY + timedelta(days=number))
    assert len(directory._days) <= MOST_DAYS
