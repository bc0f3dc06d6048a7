"""Units as figures need them: descendants, and who carries on what a dissolved unit did."""

from datetime import date

import pytest

from services.metrics.domain.units import Succession, UnitInfo, Units, units_of

PARENTS = {
    "CP": None,
    "BTP": "CP",
    "CUC-1": "BTP",
    "PHONG-1": "CUC-1",
    "TINH": None,
    "VONG-1": "VONG-2",
    "VONG-2": "VONG-1",
}


def units(*successions: tuple[str, str, str]) -> Units:
    infos = [UnitInfo(code, f"Đơn vị {code}", "central", parent) for code, parent in PARENTS.items()]
    return units_of(infos, [Succession(a, b, date.fromisoformat(on)) for a, b, on in successions])


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
    assert units().with_descendants(code) == expected


CHAIN = units(("A1", "A2", "2024-01-01"), ("A2", "A3", "2025-03-01"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2023-12-31", "A1"), ("2024-01-01", "A2"), ("2025-02-28", "A2"), ("2025-03-01", "A3")],
)
def test_a_chain_is_followed_as_far_as_it_is_in_force(day: str, expected: str) -> None:
    assert CHAIN.successor("A1", date.fromisoformat(day)) == expected


def test_of_several_heirs_none_is_chosen() -> None:
    split = units(("A1", "B1", "2025-03-01"), ("A1", "B2", "2025-03-01"), ("B1", "B3", "2025-07-01"))
    assert split.successor("A1", date(2026, 1, 1)) == "A1"
    assert split.successor("B1", date(2026, 1, 1)) == "B3"


def test_a_second_heir_counts_from_its_own_day() -> None:
    split = units(("A1", "B1", "2025-03-01"), ("A1", "B2", "2025-07-01"))
    assert split.successor("A1", date(2025, 6, 30)) == "B1"
    assert split.successor("A1", date(2025, 7, 1)) == "A1"


def test_two_that_become_one() -> None:
    merged = units(("A1", "B1", "2025-07-01"), ("A2", "B1", "2025-07-01"))
    assert {merged.successor(code, date(2025, 7, 1)) for code in ("A1", "A2")} == {"B1"}


def test_the_same_succession_told_twice_is_one() -> None:
    assert units(("A1", "B1", "2025-07-01"), ("A1", "B1", "2025-07-02")).successor(
        "A1", date(2026, 1, 1)
    ) == ("B1")


def test_a_loop_ends() -> None:
    loop = units(("A1", "A2", "2024-01-01"), ("A2", "A1", "2025-01-01"))
    assert loop.successor("A1", date(2026, 1, 1)) in {"A1", "A2"}
    assert units(("A1", "A1", "2024-01-01")).successor("A1", date(2026, 1, 1)) == "A1"


def test_names_and_levels_of_units_nobody_registered() -> None:
    assert (units().name("BTP"), units().level("BTP")) == ("Đơn vị BTP", "central")
    assert (units().name("X1"), units().level("X1")) == ("X1", "unknown")
