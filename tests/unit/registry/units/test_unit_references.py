"""References of units held against each other: what is refused, and what is a lasting finding."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.registry.domain.errors import AmendsAndClears, UnitDiffers
from services.registry.domain.references import errors
from services.registry.domain.references.findings import unit_findings
from services.registry.domain.references.provinces import BEFORE, MERGED_INTO, SINCE, nearest
from services.registry.domain.unit import (
    Amend,
    Dissolve,
    Move,
    Register,
    Rename,
    SetSupervision,
    Succeed,
    Unit,
    unit,
)
from shared.contracts.registry import UnitAmended, UnitMoved, UnitRegistered, UnitSucceeded
from shared.contracts.vocabulary import SuccessionKind, SupervisionKind, UnitClearable, UnitKind, UnitLevel
from shared.directory import folds
from shared.kernel.errors import Refusal
from shared.rules.findings import FindingKind
from tests.support.cases import for_each
from tests.support.rules.spec import spec

REORGANISED = date(2025, 7, 1)
DAY = date(2025, 8, 1)
TODAY = date(2026, 3, 1)


def registered(code: str, **fields: Any) -> UnitRegistered:
    given = {"level": UnitLevel.PROVINCIAL, "kind": UnitKind.DEPARTMENT, "unit_name": code}
    return UnitRegistered(unit_code=code, **given | fields)


def related(*events: UnitRegistered | UnitMoved | UnitSucceeded) -> dict[str, folds.Unit]:
    codes = dict.fromkeys(event.unit_code for event in events)
    folded = (folds.unit_of(event for event in events if event.unit_code == code) for code in codes)
    return {unit.unit_code: unit for unit in folded if unit}


def succession(code: str, to_code: str, on: date = DAY) -> UnitSucceeded:
    return UnitSucceeded(unit_code=code, to_code=to_code, kind=SuccessionKind.MERGE, on=on)


def register(**fields: Any) -> Register:
    given = {"level": UnitLevel.PROVINCIAL, "kind": UnitKind.DEPARTMENT, "unit_name": "A"}
    return Register(unit_code="UA", **given | fields)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        *(
            ({"province_code": code}, errors.NoProvince)
            for code in ("1", "4", "00", "03", "99", "100", "0", "1.0")
        ),
        *(({"province_code": code}, errors.NoProvince) for code in ("01 ", "Hà Nội", "VN-01", "٠١", "-1")),
        ({"province_code": "27", "valid_from": REORGANISED}, errors.ProvinceEnded),
        ({"province_code": "10", "valid_from": DAY}, errors.ProvinceEnded),
        ({"valid_from": date(2026, 1, 1), "valid_to": date(2025, 1, 1)}, errors.EndsBeforeBegin),
        ({"valid_from": date(2025, 1, 2), "valid_to": date(2025, 1, 1)}, errors.EndsBeforeBegin),
        ({"level": UnitLevel.DISTRICT, "valid_from": DAY}, errors.DistrictsEnded),
        ({"level": UnitLevel.DISTRICT_LEGACY, "valid_from": REORGANISED}, errors.DistrictsEnded),
        ({"kind": UnitKind.DISTRICT_COMMITTEE, "valid_from": DAY}, errors.DistrictsEnded),
        ({"parent_code": "UA"}, errors.ParentOfItself),
    ],
)
def test_a_unit_that_contradicts_itself_is_refused(fields: dict[str, Any], refusal: type[Refusal]) -> None:
    spec(unit).when(register(**fields)).refused(refusal)


@for_each(
    [
        *({"province_code": code} for code in BEFORE),
        *({"province_code": code, "valid_from": REORGANISED} for code in SINCE),
        *({"province_code": code, "valid_from": date(2004, 1, 1)} for code in MERGED_INTO),
        {"valid_from": DAY, "valid_to": DAY},
        {"level": UnitLevel.DISTRICT, "valid_from": date(2025, 6, 30)},
        {"level": UnitLevel.DISTRICT},
        {"level": UnitLevel.COMMUNE, "valid_from": DAY},
        {"parent_code": "NOT-YET"},
    ],
)
def test_what_may_be_true_is_registered(fields: dict[str, Any]) -> None:
    assert spec(unit).when(register(**fields)).yields()


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        *(("1", "01"), ("4", "04"), ("01 ", "01"), ("001", "01"), ("1.0", "01")),
        *((text, None) for text in ("99", "3", "x", "", "٠١", "-1")),
        *(
            ("Hà Nội", "01"),
            ("ha noi", "01"),
            ("Thành phố Hồ Chí Minh", "79"),
            ("tỉnh Quảng Ninh", "22"),
            ("HN", "01"),
            ("TPHCM", "79"),
            ("tp. HCM", "79"),
        ),
    ],
)
def test_the_code_that_was_meant_is_named(code: str, meant: str | None) -> None:
    assert nearest(code) == meant
    if code.strip():
        words = spec(unit).when(register(province_code=code)).refused(errors.NoProvince).message
        assert (f"có phải “{meant}”?" in words.vi) is (meant is not None)


def test_the_lists_of_provinces_agree() -> None:
    assert (len(BEFORE), len(SINCE)) == (63, 34)
    assert SINCE.keys() <= BEFORE.keys()
    assert MERGED_INTO.keys() == BEFORE.keys() - SINCE.keys()
    assert set(MERGED_INTO.values()) <= SINCE.keys()


@pytest.mark.parametrize(
    ("others", "fields", "refusal"),
    [
        ([registered("UP", level=UnitLevel.COMMUNE)], {}, errors.ParentOfLowerLevel),
        (
            [registered("UP", level=UnitLevel.PROVINCIAL)],
            {"level": UnitLevel.CENTRAL},
            errors.ParentOfLowerLevel,
        ),
        (
            [registered("UP", valid_to=date(2025, 6, 30))],
            {"valid_from": REORGANISED},
            errors.ParentNeverValid,
        ),
        (
            [registered("UP", valid_from=REORGANISED)],
            {"valid_to": date(2025, 6, 30)},
            errors.ParentNeverValid,
        ),
        ([registered("UP", parent_code="UA")], {}, errors.ParentOfItself),
        ([registered("UP", parent_code="UB"), registered("UB", parent_code="UA")], {}, errors.ParentOfItself),
        (
            [registered("UP"), UnitMoved(unit_code="UP", parent_code="UA", on=DAY)],
            {},
            errors.ParentOfItself,
        ),
        ([registered("UP", valid_from=REORGANISED)], {}, None),  # the parent of today, from the beginning
        (
            [registered("UP", level=UnitLevel.DISTRICT, valid_to=date(2025, 6, 30))],
            {"level": UnitLevel.COMMUNE},
            None,
        ),
        ([registered("UP", parent_code="UP")], {}, None),  # a ring that is not ours
    ],
)
def test_a_parent_is_held_against_the_unit(
    others: list[Any], fields: dict[str, Any], refusal: type[Refusal] | None
) -> None:
    command = register(parent_code="UP", related=related(*others), **fields)
    if refusal:
        spec(unit).when(command).refused(refusal)
    else:
        assert spec(unit).when(command).yields()


@pytest.mark.parametrize(
    ("others", "to_code", "refusal"),
    [
        ([registered("UA")], "UA", errors.SucceedsItself),
        ([registered("UB"), succession("UB", "UA")], "UB", errors.SucceedsItself),
        (
            [
                registered("UB"),
                succession("UB", "UC"),
                registered("UC"),
                succession("UC", "UA", date(2020, 1, 1)),
            ],
            "UB",
            errors.SucceedsItself,
        ),
        ([registered("UB", valid_from=date(2025, 8, 2))], "UB", errors.NotValidOn),
        ([registered("UB", valid_to=date(2025, 7, 31))], "UB", errors.NotValidOn),
        ([registered("UB", valid_from=DAY), succession("UB", "UC"), registered("UC")], "UB", None),
    ],
)
def test_a_successor_is_held_against_the_unit(
    others: list[Any], to_code: str, refusal: type[Refusal] | None
) -> None:
    command = Succeed(
        unit_code="UA", to_code=to_code, kind=SuccessionKind.MERGE, on=DAY, related=related(*others)
    )
    asked = spec(unit).given(registered("UA")).when(command)
    if refusal:
        asked.refused(refusal)
    else:
        assert asked.yields()


def test_a_succession_on_the_day_after_the_last_is_taken() -> None:
    ended = registered("UA", valid_from=date(2020, 1, 1), valid_to=date(2025, 6, 30))
    late = Succeed(unit_code="UA", to_code="UB", kind=SuccessionKind.MERGE, on=REORGANISED)
    assert spec(unit).given(ended).when(late).yields()
    early = Succeed(unit_code="UA", to_code="UB", kind=SuccessionKind.MERGE, on=date(2019, 1, 1))
    spec(unit).given(ended).when(early).refused(errors.NotValidOn)
    for on in (date(2025, 7, 2), date(2030, 7, 1)):
        after = Succeed(unit_code="UA", to_code="UB", kind=SuccessionKind.MERGE, on=on)
        spec(unit).given(ended).when(after).refused(errors.NotValidOn)


def test_a_day_outside_the_unit_is_refused() -> None:
    young = spec(unit).given(registered("UA", valid_from=DAY, valid_to=date(2026, 1, 31)))
    for on in (date(2025, 7, 31), date(2026, 2, 1)):
        young.when(Rename(unit_code="UA", unit_name="B", on=on)).refused(errors.NotValidOn)
        young.when(Move(unit_code="UA", parent_code=None, on=on)).refused(errors.NotValidOn)
    young.when(Dissolve(unit_code="UA", on=date(2025, 7, 31))).refused(errors.EndsBeforeBegin)
    young.when(Dissolve(unit_code="UA", on=DAY, kind=SuccessionKind.MERGE)).refused(errors.SuccessorMissing)
    young.when(Rename(unit_code="UA", unit_name="B", on=DAY)).yields()


@pytest.mark.parametrize(
    ("others", "on", "refusal"),
    [
        ([registered("UP", valid_from=date(2025, 8, 2))], DAY, errors.NotValidOn),
        ([registered("UP", valid_to=date(2025, 7, 31))], DAY, errors.NotValidOn),
        ([registered("UP", level=UnitLevel.COMMUNE)], DAY, errors.ParentOfLowerLevel),
        ([registered("UP", parent_code="UA")], DAY, errors.ParentOfItself),
        (  # below it later on
            [registered("UP"), UnitMoved(unit_code="UP", parent_code="UA", on=TODAY)],
            DAY,
            errors.ParentOfItself,
        ),
        (  # below it earlier
            [registered("UP", parent_code="UA"), UnitMoved(unit_code="UP", parent_code=None, on=DAY)],
            DAY,
            None,
        ),
        ([registered("UP", valid_from=DAY)], DAY, None),
    ],
)
def test_a_move_is_held_against_the_parent(
    others: list[Any], on: date, refusal: type[Refusal] | None
) -> None:
    command = Move(unit_code="UA", parent_code="UP", on=on, related=related(*others))
    asked = spec(unit).given(registered("UA")).when(command)
    if refusal:
        asked.refused(refusal)
    else:
        assert asked.yields()


def amend(**fields: Any) -> Amend:
    return Amend(unit_code="UA", reason="Ghi nhầm.", **fields)


def test_an_amendment_records_what_really_changes() -> None:
    before = registered("UA", valid_from=DAY, province_code="01")
    of = spec(unit).given(before)
    event = UnitAmended(
        unit_code="UA", kind=UnitKind.AGENCY, cleared=(UnitClearable.VALID_FROM,), reason="Ghi nhầm."
    )
    command = amend(
        kind=UnitKind.AGENCY, province_code="01", cleared=(UnitClearable.VALID_FROM, UnitClearable.VALID_TO)
    )
    after = of.when(command).then(event)
    after.when(command).nothing()
    assert isinstance(after.state, Unit)
    assert (after.state.by_day.kind, after.state.by_day.valid_from) == (UnitKind.AGENCY, None)
    # both the original and the amended registration may be repeated, another one not
    after.when(register(valid_from=DAY, province_code="01", unit_name="UA")).nothing()
    after.when(register(kind=UnitKind.AGENCY, province_code="01", unit_name="UA")).nothing()
    after.when(register(kind=UnitKind.AGENCY, province_code="79", unit_name="UA")).refused(UnitDiffers)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"province_code": "1"}, errors.NoProvince),
        ({"province_code": "27"}, errors.ProvinceEnded),
        ({"valid_to": date(2025, 7, 31)}, errors.EndsBeforeBegin),
        ({"level": UnitLevel.DISTRICT}, errors.DistrictsEnded),
        ({"parent_code": "UA"}, errors.ParentOfItself),
        ({"valid_to": DAY, "cleared": (UnitClearable.VALID_TO,)}, AmendsAndClears),
    ],
)
def test_an_amended_unit_is_as_sound_as_a_new_unit(fields: dict[str, Any], refusal: type[Refusal]) -> None:
    spec(unit).given(registered("UA", valid_from=DAY)).when(amend(**fields)).refused(refusal)


def kinds(event: UnitRegistered, *others: Any, day: date = TODAY) -> list[FindingKind]:
    of = related(event, *(other for other in others if other.unit_code == event.unit_code))[event.unit_code]
    findings = unit_findings(of, event.province_code, related(*others), day)
    return [finding.kind for finding in findings]


def test_what_the_law_changed_is_a_lasting_finding() -> None:
    district = registered("UA", level=UnitLevel.DISTRICT, province_code="27", parent_code="UP")
    assert kinds(district) == [
        FindingKind.PROVINCE_ENDED,
        FindingKind.DISTRICT_ENDED,
        FindingKind.PARENT_CONTRADICTS,
    ]
    assert kinds(district, registered("UP"), day=date(2025, 6, 30)) == []
    assert kinds(district, registered("UP"), succession("UA", "UB", REORGANISED)) == []
    for last_day in (date(2025, 6, 30), REORGANISED):
        ended = district.model_copy(update={"valid_to": last_day})
        assert kinds(ended, registered("UP", valid_to=date(2025, 6, 30))) == []
    assert kinds(registered("UA", province_code="01", parent_code="UP"), registered("UP")) == []


def test_a_parent_that_ended_or_is_lower_is_a_lasting_finding() -> None:
    child = registered("UA", parent_code="UP")
    assert kinds(child, registered("UP", valid_to=DAY)) == [FindingKind.PARENT_CONTRADICTS]
    assert kinds(child, registered("UP", level=UnitLevel.COMMUNE)) == [FindingKind.PARENT_CONTRADICTS]
    assert kinds(child, registered("UP")) == []


JUSTICE = SupervisionKind.JUSTICE_BODY


def supervision(code: str | None, on: date = DAY) -> SetSupervision:
    units = related(registered("STP"), registered("CU", valid_to=date(2025, 6, 30)))
    return SetSupervision(unit_code="UA", supervisor_code=code, kind=JUSTICE, on=on, related=units)


@pytest.mark.parametrize(
    ("command", "refusal", "mentioned"),
    [
        (supervision("UA"), errors.SupervisesItself, "supervisor_code"),
        (supervision("XX"), errors.SupervisorNotFound, "POST /units"),
        (supervision("CU"), errors.NotValidOn, "30/06/2025"),
        (supervision("STP", date(2024, 12, 31)), errors.NotValidOn, "01/01/2025"),
        (supervision(None, date(2024, 12, 31)), errors.NotValidOn, "01/01/2025"),
    ],
)
def test_a_supervisor_that_cannot_be_is_refused(
    command: SetSupervision, refusal: type[Refusal], mentioned: str
) -> None:
    own = registered("UA", valid_from=date(2025, 1, 1))
    with pytest.raises(refusal) as refused:
        unit.decide(unit.fold([own]), command)
    assert mentioned in refused.value.message.vi
    assert refused.value.message.en


def test_a_supervision_that_was_replaced_on_its_day_is_set_once_more() -> None:
    replaced_by = supervision("CU", date(2025, 6, 1))
    first = replace(supervision("STP"), on=replaced_by.on)
    own = spec(unit).given(registered("UA"))
    for command in (first, replaced_by, first):
        (event,) = own.when(command).yields()
        own = own.when(command).then(event)
    own.when(first).nothing()
