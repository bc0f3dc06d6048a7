"""Areas of supervision by day: what is set, the defaults from the tree, and successors of dissolved supervisors."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.registry import (
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
)
from shared.contracts.vocabulary import SuccessionKind, SupervisionKind, UnitKind, UnitLevel
from shared.directory.folds import UnitDirectory, directory_of, unit_of
from tests.support.rules.naive_areas import NaiveAreas

DAY = date(2026, 1, 1)
BEFORE = date(2025, 12, 31)
JUSTICE, COUNCIL, OTHER = SupervisionKind
TREE: tuple[tuple[str, str, str, str | None, str], ...] = (  # code, level, kind, parent, name
    ("CP", "central", "government", None, "Chính phủ"),
    ("BYT", "central", "ministry", "CP", "Bộ Y tế"),
    ("BYT-PC", "central", "department", "BYT", "Vụ Pháp chế"),
    ("BYT-CUC", "central", "agency", "BYT", "Cục Quản lý Dược"),
    ("BYT-PHONG", "central", "department", "BYT-CUC", "Phòng Tổng hợp"),
    ("HN", "provincial", "provincial_committee", "CP", "Ủy ban nhân dân thành phố Hà Nội"),
    ("HN-STP", "provincial", "department", "HN", "Sở Tư pháp thành phố Hà Nội"),
    ("HN-SYT", "provincial", "department", "HN", "Sở Y tế Hà Nội"),
    ("HN-XA", "commune", "commune_committee", "HN", "Ủy ban nhân dân xã Đông Anh"),
    ("HN-XA-VP", "commune", "department", "HN-XA", "Văn phòng"),
    ("HN-HD", "provincial", "pbgdpl_council", "HN", "Hội đồng phối hợp phổ biến, giáo dục pháp luật"),
    ("HUE", "provincial", "province", None, "Thành phố Huế"),
    ("HUE-UB", "provincial", "peoples_committee", "HUE", "Ủy ban nhân dân thành phố Huế"),
    ("HUE-HDND", "provincial", "peoples_council", "HUE", "Hội đồng nhân dân thành phố Huế"),
    ("HUE-TP", "provincial", "provincial_justice_department", "HUE-UB", "Sở Tư pháp"),
)
HANOI = {"HN", "HN-STP", "HN-SYT", "HN-XA", "HN-XA-VP", "HN-HD"}
MINISTRY = {"BYT", "BYT-PC", "BYT-CUC", "BYT-PHONG"}


def registrations() -> list[UnitRegistered]:
    return [
        UnitRegistered(
            unit_code=code, level=UnitLevel(level), kind=UnitKind(kind), parent_code=parent, unit_name=name
        )
        for code, level, kind, parent, name in TREE
    ]


def directory(*changes: Any) -> UnitDirectory:
    return directory_in_order([*registrations(), *changes])


def directory_in_order(events: Sequence[Any]) -> UnitDirectory:
    codes = dict.fromkeys(event.unit_code for event in events)
    units = (unit_of(event for event in events if event.unit_code == code) for code in codes)
    return directory_of(unit for unit in units if unit)


def supervision(
    unit: str, supervisor: str | None, kind: SupervisionKind = JUSTICE, on: date = DAY
) -> UnitSupervisionSet:
    return UnitSupervisionSet(unit_code=unit, supervisor_code=supervisor, kind=kind, on=on)


def succession(unit: str, to: str, on: date = DAY) -> UnitSucceeded:
    return UnitSucceeded(unit_code=unit, to_code=to, kind=SuccessionKind.MERGE, on=on)


@pytest.mark.parametrize(
    ("code", "area"),
    [
        ("HN-STP", HANOI),
        ("HN", HANOI),
        ("HN-XA", {"HN-XA", "HN-XA-VP"}),
        ("BYT-PC", MINISTRY),
        ("HUE-TP", {"HUE", "HUE-UB", "HUE-HDND", "HUE-TP"}),
        ("HUE-UB", {"HUE-UB", "HUE-TP"}),
        *((code, set()) for code in ("CP", "BYT", "BYT-CUC", "HN-SYT", "HN-HD", "HUE-HDND", "UNKNOWN")),
    ],
)
def test_defaults_follow_from_the_tree(code: str, area: set[str]) -> None:
    assert directory().area_on(code, DAY) == area


@pytest.mark.parametrize(
    ("code", "supervisors"),
    [
        ("HN-SYT", ("HN-STP", "HN")),
        ("HN", ("HN-STP",)),
        ("HN-STP", ("HN",)),
        ("HN-XA-VP", ("HN-STP", "HN-XA", "HN")),
        ("BYT", ("BYT-PC",)),
        ("BYT-PHONG", ("BYT-PC",)),
        ("BYT-PC", ()),
        ("HUE-HDND", ("HUE-TP", "HUE")),
        ("CP", ()),
        ("UNKNOWN", ()),
    ],
)
def test_who_follows_a_unit_is_named_justice_body_first(code: str, supervisors: tuple[str, ...]) -> None:
    assert directory().supervisors_on(code, DAY) == supervisors


CASES: tuple[tuple[str, tuple[Any, ...], str, set[str]], ...] = (
    ("a set unit with its descendants", (supervision("BYT-CUC", "HN-SYT"),), "HN-SYT", {"BYT-CUC", "BYT-PHONG"}),
    ("which leave the default", (supervision("BYT-CUC", "HN-SYT"),), "BYT-PC", {"BYT", "BYT-PC"}),
    ("beside the default", (supervision("BYT-CUC", "HN-STP"),), "HN-STP", HANOI | {"BYT-CUC", "BYT-PHONG"}),
    ("another kind leaves the default", (supervision("HN-SYT", "HN-HD", COUNCIL),), "HN-STP", HANOI),
    ("a council", (supervision("HN", "HN-HD", COUNCIL),), "HN-HD", HANOI),
    ("instead of a committee", (supervision("HN-XA", "HUE-UB", OTHER),), "HN", HANOI - {"HN-XA", "HN-XA-VP"}),
    ("no longer set", (supervision("BYT", "HN", on=BEFORE), supervision("BYT", None)), "BYT-PC", MINISTRY),
    ("set later", (supervision("BYT", "HN-SYT", on=date(2026, 1, 2)),), "HN-SYT", set()),
    ("of a dissolved one", (succession("HN-STP", "HUE-TP"),), "HN-STP", HANOI | {"HUE", "HUE-UB", "HUE-HDND", "HUE-TP"}),
    ("by its successor", (supervision("BYT", "HN-SYT"), succession("HN-SYT", "HN-HD")), "HN-HD", MINISTRY),
    ("over two successions", (supervision("BYT", "HN-SYT"), succession("HN-SYT", "HN-HD"),
                              succession("HN-HD", "CP")), "CP", MINISTRY),
    ("not yet succeeded", (supervision("BYT", "HN-SYT"), succession("HN-SYT", "HN-HD", date(2026, 1, 2))), "HN-HD", set()),
    ("ended without successor", (supervision("BYT", "HN-SYT"), UnitDissolved(unit_code="HN-SYT", on=BEFORE)),
     "BYT-PC", MINISTRY),
    ("who ended follows nobody", (supervision("BYT", "HN-SYT"), UnitDissolved(unit_code="HN-SYT", on=BEFORE)),
     "HN-SYT", set()),
    ("a new name makes a legal department", (UnitRenamed(unit_code="BYT-PHONG", unit_name="Phòng Pháp chế", on=DAY),),
     "BYT-PHONG", {"BYT-CUC", "BYT-PHONG"}),
    ("moved to another province", (UnitMoved(unit_code="HN-XA", parent_code="HUE-UB", on=DAY),),
     "HUE-TP", {"HUE", "HUE-UB", "HUE-HDND", "HUE-TP", "HN-XA", "HN-XA-VP"}),
)  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "area"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_what_is_set_holds_from_its_day(changes: tuple[Any, ...], code: str, area: set[str]) -> None:
    assert directory(*changes).area_on(code, DAY) == area


_codes = st.sampled_from([code for code, *_ in TREE])
_days = st.sampled_from([BEFORE, DAY, date(2026, 1, 2)])
_changes = st.lists(
    st.builds(supervision, _codes, _codes | st.none(), st.sampled_from(SupervisionKind), _days)
    | st.builds(succession, _codes, _codes, _days)
    | st.builds(lambda code, to, on: UnitMoved(unit_code=code, parent_code=to, on=on), _codes, _codes, _days)
    | st.builds(lambda code, on: UnitDissolved(unit_code=code, on=on), _codes, _days)
    | st.builds(
        lambda code, name, on: UnitRenamed(unit_code=code, unit_name=name, on=on),
        _codes,
        st.sampled_from(["Sở Tư pháp", "Vụ Pháp chế", "Văn phòng"]),
        _days,
    ),
    max_size=12,
)


@given(_changes)
@settings(max_examples=60, deadline=None)
def test_random_histories_agree_with_the_naive_reading(changes: Sequence[Any]) -> None:
    events = [*registrations(), *changes]
    units = directory_in_order(events)
    for day in (BEFORE, DAY, date(2026, 1, 3)):
        naive = NaiveAreas(events, day)
        for code, *_ in TREE:
            assert units.area_on(code, day) == naive.area(code), (code, day)
            assert set(units.supervisors_on(code, day)) == naive.supervisors(code), (code, day)


def test_what_is_set_for_a_unit_is_that_of_the_nearest_who_follows_it() -> None:
    """The unit itself, then who follows its work (not the tree), then those above it."""
    units = directory(supervision("HN-XA", "HN-STP")).on(DAY)
    documents = {"HN-STP": "Kế hoạch số 12", "CP": "Quyết định số 1", "BYT": "Quy chế số 7"}
    expected = {
        "HN-XA": "Kế hoạch số 12",
        "HN-STP": "Kế hoạch số 12",
        "BYT-CUC": "Quy chế số 7",
        "CP": "Quyết định số 1",
        "HUE": None,
    }
    assert {code: units.nearest(code, documents) for code in expected} == expected
    assert units.nearest("HN-XA", {}) is None
