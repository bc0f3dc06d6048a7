"""Groups of figures: sums by key, labels, targets and floors."""

from dataclasses import dataclass, fields, replace
from datetime import date
from random import Random

import pytest

from services.metrics.application.counts import CountQuestion, counted_answer, performing_units
from services.metrics.domain.grouping import Group, View, group, whole
from shared.contracts.vocabulary import Instrument, Regime, UnitKind, UnitLevel
from shared.directory.folds import Succession, Unit, directory_of
from shared.rules.counts import CountBy
from shared.rules.figures import Counts, year_period
from tests.unit.rules.test_counts import random_members


@dataclass(frozen=True)
class Some:
    unit_code: str
    counts: Counts
    year: int | None = None
    instrument: Instrument = Instrument.LAW
    regime: Regime = Regime.LAW_2015


CELLS = [
    Some("BTP", Counts(met=2, missed=1, on_time=1), 2024),
    Some("BTC", Counts(met=1, pending=4, undetermined=2), 2023),
    Some("BTP", Counts(missed=1, exempt=1), None),
]


def by_unit(targets: dict[str, float], floor: float | None = 1.0) -> list[Group]:
    return group(CELLS, lambda cell: cell.unit_code, lambda key: f"Đơn vị {key}", targets, floor)


def test_cells_are_summed_by_key_in_order() -> None:
    first, second = by_unit({})
    assert (first.key, first.label, first.counts) == ("BTC", "Đơn vị BTC", CELLS[1].counts)
    assert (second.key, second.counts) == ("BTP", Counts(met=2, missed=2, on_time=1, exempt=1))


def test_groups_sum_to_the_whole() -> None:
    total = whole(CELLS, "Toàn quốc", None, None)
    for name in (field.name for field in fields(Counts)):
        assert sum(getattr(item.counts, name) for item in by_unit({})) == getattr(total.counts, name)


def test_what_has_no_key_comes_last() -> None:
    keys = [item.key for item in group(CELLS, lambda cell: cell.year, str, {}, None)]
    assert keys == [2023, 2024, None]


def test_a_group_has_the_fields_of_the_contract() -> None:
    fields = by_unit({"BTP": 0.7})[1].as_dict()
    assert (fields["policies"], fields["judged"], fields["rate_full"], fields["rate_on_time"]) == (
        5,
        4,
        0.5,
        0.25,
    )
    assert list(fields) == [
        *("key", "label", "policies", "judged", "met", "missed", "pending", "not_opened"),
        *("closed_unopened", "exempt", "ended", "undetermined", "provisional", "waived_occurrences"),
        *("rate_plan", "rate_plan_low"),
        *("rate_full", "rate_on_time", "rate_any", "rate_from_start", "rate_occurrences"),
        *("any_statutory_only", "any_verified", "drafts", "drafts_judged", "drafts_plan", "rate_plan_drafts"),
        *("target", "floor", "target_below_floor"),
    ]


def test_an_empty_whole_has_no_rates() -> None:
    fields = whole([], "Toàn quốc", None, 1.0).as_dict()
    assert (fields["key"], fields["policies"], fields["judged"]) == (None, 0, 0)
    assert {fields[name] for name in fields if name.startswith("rate_")} == {None}


def test_of_nothing_there_are_no_groups() -> None:
    assert group([], lambda cell: cell.unit_code, str, {}, 1.0) == []


@pytest.mark.parametrize(
    ("target", "floor", "below"),
    [(0.7, 1.0, True), (1.0, 1.0, False), (1.0, 0.7, False), (None, 1.0, False), (0.7, None, False)],
)
def test_a_target_below_the_floor_is_pointed_out(
    target: float | None, floor: float | None, below: bool
) -> None:
    assert whole(CELLS, "", target, floor).target_below_floor is below


def test_a_target_is_that_of_its_unit() -> None:
    assert [(item.target, item.floor) for item in by_unit({"BTP": 0.7})] == [(None, 1.0), (0.7, 1.0)]


def _unit(code: str, parent: str | None = None, succeeded_by: str | None = None) -> Unit:
    return Unit(
        unit_code=code,
        unit_name=code,
        level=UnitLevel.COMMUNE,
        kind=UnitKind.PEOPLES_COMMITTEE,
        parent_code=parent,
        successions=(Succession(succeeded_by, date(2024, 7, 1)),) if succeeded_by else (),
    )


DIRECTORY = directory_of([_unit("TINH"), _unit("XA-A", "TINH", "XA-B"), _unit("XA-B")])


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize(("unit", "below"), [("XA-A", False), ("XA-B", False), ("TINH", True)])
def test_communications_of_units_that_are_not_asked_for_change_no_count(
    unit: str, below: bool, view: View
) -> None:
    question = CountQuestion(
        as_of=date(2024, 12, 1),
        period=year_period(2024),
        unit_code=unit,
        include_descendants=below,
        view=view,
    )
    units = performing_units(question, DIRECTORY)
    assert units is not None
    left_out = 0
    for seed in range(60):
        members = random_members(Random(seed))
        asked = [member for member in members if member.unit_code in units]
        left_out += len(members) - len(asked)
        for by in (CountBy.NONE, CountBy.UNIT, CountBy.DRAFT):
            of = replace(question, group_by=by)
            assert counted_answer(of, 1, DIRECTORY, asked) == counted_answer(of, 1, DIRECTORY, members)
    assert left_out > 50 or view is View.SUCCESSOR
    assert performing_units(replace(question, unit_code=None), DIRECTORY) is None
