"""Figures of programmes: what is counted, what is carried over a year, and which units have a plan and reported in time."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.metrics.domain.programme import (
    SHOWN,
    EntriesOn,
    KindFigures,
    ProgrammeEntryRow,
    groups_of,
    units_of,
)
from shared.contracts.vocabulary import Dataset
from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.rules.counts import published
from shared.rules.programme.groups import ProgrammeGroup
from shared.rules.programme.kinds import KINDS
from shared.rules.programme.states import EntryFact, EntryStatus
from tests.support.rules import naive_programme
from tests.unit.rules.test_programme_states import history

END = date(2024, 12, 31)


def row(
    number: int, kind: Kind, on: date | None = None, of: int | None = None, **more: Any
) -> ProgrammeEntryRow:
    year, amount = more.pop("year", 2024), more.pop("amount", None)
    fact = EntryFact(
        entry_id=UUID(int=number),
        kind=kind,
        position=number,
        happened_on=on,
        of_entry=None if of is None else UUID(int=of),
        **{"unit_code": "XA"} | more,
    )
    return ProgrammeEntryRow(fact, year, amount, Dataset.LIVE)


def figures(rows: list[ProgrammeEntryRow], as_of: date = END, year: int = 2024) -> dict[Kind, KindFigures]:
    groups = groups_of(EntriesOn.on(rows, as_of, year), published((), as_of), {}, lambda _: None)
    return {kind.kind: kind for group in groups for kind in group.kinds}


def own(rows: list[ProgrammeEntryRow], group: ProgrammeGroup, as_of: date = END, year: int = 2024) -> Any:
    groups = groups_of(EntriesOn.on(rows, as_of, year), published((), as_of), {}, lambda _: None)
    return next(each.figures for each in groups if each.group is group)


def test_every_kind_of_its_own_stands_in_one_group() -> None:
    counted = Counter(kind for kinds in SHOWN.values() for kind in kinds)
    assert set(counted) == {
        kind
        for kind, spec in KINDS.items()
        if spec.group is not None and (not spec.follows or spec.has_state)
    }
    assert set(counted.values()) == {1}
    assert list(SHOWN) == list(ProgrammeGroup)
    assert [group.number for group in ProgrammeGroup] == list(range(1, 9))


def test_cancelled_entries_are_in_no_sum() -> None:
    held = [row(number, Kind.TRAINING_HELD, quantity=30, amount=100) for number in (1, 2)]
    cancelled = replace(held[1], fact=replace(held[1].fact, cancelled_from=date.min))
    counted = figures([held[0], cancelled])[Kind.TRAINING_HELD]
    assert (counted.entries, counted.quantity, counted.amount) == (1, 30, 100)
    assert counted.states == {EntryStatus.CANCELLED: 1}
    assert figures([])[Kind.TRAINING_HELD].quantity is None


def test_findings_of_a_cancelled_inspection_are_in_no_sum() -> None:
    held = row(1, Kind.INSPECTION_CONDUCTED, quantity=1, cancelled_from=date.min)
    finding = row(2, Kind.FINDING_RECORDED, of=1, due_on=date(2024, 1, 5))
    counted = figures([held, finding])[Kind.FINDING_RECORDED]
    assert (counted.entries, counted.states[EntryStatus.LATE], counted.states[EntryStatus.CANCELLED]) == (
        0,
        0,
        1,
    )


def test_what_happens_later_does_not_exist_yet() -> None:
    later = [row(1, Kind.TRAINING_HELD, date(2024, 5, 2))]
    entries = [
        figures(later, day)[Kind.TRAINING_HELD].entries for day in (date(2024, 5, 1), date(2024, 5, 2))
    ]
    assert entries == [0, 1]


def test_obstacles_that_were_open_when_the_year_began_are_carried_over() -> None:
    rows = [
        row(1, Kind.OBSTACLE_RAISED, date(2023, 5, 1), year=2023),
        row(2, Kind.OBSTACLE_DECIDED, date(2023, 12, 31), of=1, year=2023),
        row(3, Kind.OBSTACLE_RAISED, date(2023, 5, 1), year=2023, due_on=date(2023, 6, 1)),
        row(4, Kind.OBSTACLE_DECIDED, date(2024, 1, 1), of=3, year=2023),
        row(5, Kind.OBSTACLE_RAISED, date(2024, 2, 1)),
        row(6, Kind.OBSTACLE_RECEIVED, date(2024, 2, 2), of=5),
    ]
    counted = figures(rows)[Kind.OBSTACLE_RAISED]
    assert (counted.entries, counted.states[EntryStatus.DONE_LATE], counted.states[EntryStatus.OPEN]) == (
        2,
        1,
        1,
    )
    assert own(rows, ProgrammeGroup.ADVICE) == {
        "obstacles_carried_over": 1,
        "obstacles_received": 1,
        "obstacles_forwarded": 0,
        "obstacles_decided": 1,
        "obstacles_answered": 0,
    }
    assert figures(rows, date(2023, 12, 30), 2024)[Kind.OBSTACLE_RAISED].entries == 2  # seen from before


def test_units_by_plan_and_report() -> None:
    due = date(2024, 12, 10)
    rows = [
        row(1, Kind.PLAN_ADOPTED, unit_code="A"),
        row(2, Kind.REPORT_SUBMITTED, date(2024, 12, 9), unit_code="A", due_on=due),
        row(3, Kind.REPORT_SUBMITTED, date(2024, 12, 11), unit_code="B", due_on=due),
        row(4, Kind.REPORT_SUBMITTED, date(2024, 12, 11), unit_code="C"),
        row(5, Kind.REPORT_SUBMITTED, date(2024, 12, 9), unit_code="E", due_on=due, cancelled_from=date.min),
        row(6, Kind.REPORT_SUBMITTED, date(2024, 6, 9), unit_code="B", due_on=due),
        row(7, Kind.PLAN_ADOPTED, unit_code="Z"),  # not asked about
    ]
    counted = units_of(EntriesOn.on(rows, END, 2024), frozenset("ABCDE"))
    assert counted.with_plan == {"A"}
    assert counted.reported == {"A", "B", "C"}
    assert counted.in_time == {"A"}  # a later report of B was late
    assert counted.without_due == {"C"}
    none_yet = units_of(EntriesOn.on(rows, date(2024, 6, 8), 2024), frozenset("ABCDE"))
    assert none_yet.reported == frozenset()


@pytest.mark.parametrize("seed", range(40))
def test_states_are_counted_as_a_second_reading_has_them(seed: int) -> None:
    facts = history(random.Random(seed))
    rows = [ProgrammeEntryRow(fact, 2024, None, Dataset.LIVE) for fact in facts]
    as_of = date(2024, 3, 20)
    read = Counter((fact.kind, naive_programme.status(fact, facts, as_of)) for fact in facts)
    for kind, counted in figures(rows, as_of).items():
        actual = {status.value: number for status, number in counted.states.items() if number}
        wanted = {
            name: number for (of, name), number in read.items() if of is kind and name not in (None, "absent")
        }
        assert actual == wanted, (seed, kind)
