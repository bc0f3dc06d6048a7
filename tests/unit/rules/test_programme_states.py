"""Where entries of a programme stand, as a table; and a naive second reading of the rules, equal on random histories."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.vocabulary import DuePrecision, UnitKind, UnitLevel
from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.directory.folds import Succession, Unit, UnitDirectory
from shared.rules.programme.due import first_due_day, last_due_day
from shared.rules.programme.kinds import CHANGES, KINDS
from shared.rules.programme.owed import owed
from shared.rules.programme.states import EntryFact, EntryStatus, standings
from tests.support.cases import for_each
from tests.support.rules import naive_programme

FIRST = date(2024, 3, 1)
ABOUT_TIME = {Kind.TASK_EXTENDED, Kind.EXTENSION_REQUESTED, Kind.EXTENSION_REFUSED}
DONE, DONE_LATE = EntryStatus.DONE, EntryStatus.DONE_LATE
OPEN, LATE, CANCELLED = EntryStatus.OPEN, EntryStatus.LATE, EntryStatus.CANCELLED


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def fact(number: int, kind: Kind, on: int | None, of: int | None = None, **more: Any) -> EntryFact:
    return EntryFact(
        entry_id=UUID(int=number),
        kind=kind,
        position=number,
        happened_on=None if on is None else day(on),
        unit_code="XA",
        of_entry=None if of is None else UUID(int=of),
        **more,
    )


def task(**more: Any) -> EntryFact:
    return fact(1, Kind.TASK_ASSIGNED, 0, **({"due_on": day(10)} | more))


def at(facts: Sequence[EntryFact], number: int, of: int = 1) -> EntryStatus | None:
    return standings(facts, day(number))[UUID(int=of)].status


@pytest.mark.parametrize(
    ("first", "steps", "expected"),
    [
        (task(), [], {0: OPEN, 10: OPEN, 11: LATE}),
        (task(due_on=None), [], {0: OPEN, 300: OPEN}),
        (task(), [(Kind.TASK_REPORTED, 10)], {9: OPEN, 10: DONE, 99: DONE}),
        (task(), [(Kind.TASK_REPORTED, 11)], {11: DONE_LATE}),
        (task(needs_acceptance=True), [(Kind.TASK_REPORTED, 9)], {9: OPEN, 11: LATE}),
        (
            task(needs_acceptance=True),
            [(Kind.TASK_REPORTED, 9), (Kind.TASK_ACCEPTED, 10)],
            {9: OPEN, 10: DONE},
        ),
        (task(), [(Kind.TASK_REPORTED, 5), (Kind.TASK_RETURNED, 6)], {5: DONE, 6: OPEN, 11: LATE}),
        (
            task(),
            [(Kind.TASK_REPORTED, 5), (Kind.TASK_RETURNED, 6), (Kind.TASK_REPORTED, 12)],
            {11: LATE, 12: DONE_LATE},
        ),
        (fact(1, Kind.OBSTACLE_RAISED, 0, due_on=day(3)), [(Kind.OBSTACLE_RECEIVED, 1)], {3: OPEN, 4: LATE}),
        (fact(1, Kind.OBSTACLE_RAISED, 0, due_on=day(3)), [(Kind.OBSTACLE_DECIDED, 3)], {2: OPEN, 9: DONE}),
        (fact(1, Kind.OBSTACLE_RAISED, 0, due_on=day(3)), [(Kind.OBSTACLE_ANSWERED, 4)], {4: DONE_LATE}),
        (fact(1, Kind.REPORT_SUBMITTED, 5, due_on=day(4)), [], {5: DONE_LATE}),
        (fact(1, Kind.REPORT_SUBMITTED, 5), [], {5: DONE}),
        (fact(1, Kind.TRAINING_HELD, 0), [], {0: None}),
        (replace(task(), cancelled_from=date.min), [], {0: CANCELLED, 11: CANCELLED}),
        (replace(task(), cancelled_from=day(5)), [], {4: OPEN, 5: CANCELLED}),
        (task(), [(Kind.TASK_REPORTED, None)], {0: DONE, 99: DONE}),
    ],
)
def test_states(
    first: EntryFact, steps: list[tuple[Kind, int | None]], expected: dict[int, EntryStatus | None]
) -> None:
    facts = [first, *(fact(number, kind, on, of=1) for number, (kind, on) in enumerate(steps, start=2))]
    assert {number: at(facts, number) for number in expected} == expected


def test_the_last_extension_moves_the_due_day() -> None:
    facts = [task(), fact(2, Kind.TASK_EXTENDED, 9, of=1, due_on=day(20))]
    assert [at(facts, number) for number in (9, 11, 20, 21)] == [OPEN, OPEN, OPEN, LATE]


@pytest.mark.parametrize(
    ("quantity", "mended", "expected"),
    [
        (2, [1], OPEN),
        (2, [1, 1], DONE),
        (2, [None], DONE),
        (0, [], DONE),
        (None, [], OPEN),
        (None, [None], DONE),
    ],
)
def test_an_inspection_is_done_when_all_is_mended(
    quantity: int | None, mended: list[int | None], expected: EntryStatus
) -> None:
    """An inspection that doesn't count has as many findings as are recorded: here one, 9."""
    facts = [
        fact(1, Kind.INSPECTION_CONDUCTED, 0, quantity=quantity),
        *([fact(9, Kind.FINDING_RECORDED, 0, of=1)] if quantity is None else []),
        *(
            fact(n, Kind.FINDING_FOLLOWED_UP, 1, of=1, quantity=count)
            for n, count in enumerate(mended, start=10)
        ),
    ]
    assert at(facts, 5) is expected


def test_a_mended_finding_counts_for_its_inspection() -> None:
    facts = [
        fact(1, Kind.INSPECTION_CONDUCTED, 0, quantity=2, due_on=day(5)),
        fact(2, Kind.FINDING_RECORDED, 0, of=1, lead_unit_code="SO"),
        fact(3, Kind.FINDING_RECORDED, 0, of=1),
        fact(4, Kind.FINDING_FOLLOWED_UP, 3, of=2),
        fact(5, Kind.FINDING_FOLLOWED_UP, 7, of=3),
    ]
    assert [at(facts, 4, of=number) for number in (1, 2, 3)] == [OPEN, DONE, OPEN]
    assert [at(facts, 7, of=number) for number in (1, 2, 3)] == [DONE_LATE, DONE, DONE]
    assert standings(facts, day(4))[UUID(int=1)].owed_by == "XA"


@pytest.mark.parametrize(
    ("follow_up", "more"),
    [
        (Kind.FINDING_RECORDED, {"due_on": day(3)}),
        (Kind.FINDING_FOLLOWED_UP, {}),
    ],
)
def test_what_follows_a_cancelled_entry_is_cancelled_with_it(follow_up: Kind, more: dict[str, Any]) -> None:
    facts = [
        fact(1, Kind.INSPECTION_CONDUCTED, 0, quantity=2, cancelled_from=day(8)),
        fact(2, follow_up, 1, of=1, **more),
        fact(3, Kind.FINDING_RECORDED, 1, of=1, due_on=day(3)),
        fact(4, Kind.FINDING_FOLLOWED_UP, 2, of=3, quantity=0),
        fact(5, Kind.ENTRY_CANCELLED, 8, of=1),
    ]
    assert at(facts, 7, of=3) is LATE
    assert [at(facts, 8, of=number) for number in (1, 2, 3, 4, 5)] == [CANCELLED] * 4 + [None]
    assert standings(facts, day(8))[UUID(int=1)].steps == (replace(facts[4], day=day(8)),)
    assert not list(owed(standings(facts, day(8))))


def test_who_is_to_act_next() -> None:
    obstacle = [
        fact(1, Kind.OBSTACLE_RAISED, 0, lead_unit_code="STP"),
        fact(2, Kind.OBSTACLE_FORWARDED, 2, of=1, lead_unit_code="UBND"),
        fact(3, Kind.OBSTACLE_DECIDED, 4, of=1, lead_unit_code="UBND"),
    ]
    assert [standings(obstacle, day(n))[UUID(int=1)].owed_by for n in (1, 3, 4)] == ["STP", "UBND", None]
    assigned = [task(lead_unit_code="SO", needs_acceptance=True), fact(2, Kind.TASK_REPORTED, 3, of=1)]
    assert [standings(assigned, day(n))[UUID(int=1)].owed_by for n in (1, 3)] == ["SO", "XA"]


def merged_on(number: int, to: str = "XA-MOI") -> UnitDirectory:
    """Let "SO" be merged into another unit on a day; "XA" is split between two."""
    codes = ("SO", "XA", "XA-MOI", "XA-HAI")
    units = {
        code: Unit(unit_code=code, unit_name=f"Xã {code}", level=UnitLevel.COMMUNE, kind=UnitKind.COMMUNE)
        for code in codes
    }
    units["SO"] = replace(units["SO"], successions=(Succession(to, day(number)),))
    halves = tuple(Succession(code, day(0)) for code in ("XA-MOI", "XA-HAI"))
    return UnitDirectory(units | {"XA": replace(units["XA"], successions=halves)})


def test_from_the_day_of_a_merger_on_the_new_unit_owes_what_the_former_one_owed() -> None:
    facts = [
        task(lead_unit_code="SO", due_on=day(9)),
        fact(2, Kind.OBSTACLE_RAISED, 0, lead_unit_code="SO"),
        fact(3, Kind.INSPECTION_CONDUCTED, 0, lead_unit_code="SO", quantity=2),
        fact(4, Kind.TASK_REPORTED, 6, of=1),
    ]
    successor_on = merged_on(5).successor_on
    for number, owing in ((4, "SO"), (5, "XA-MOI"), (9, "XA-MOI")):
        stand = standings(facts[:3], day(number), successor_on)
        assert {stand[UUID(int=n)].owed_by for n in (1, 2, 3)} == {owing}
        assert {each.unit_code for each in owed(stand)} == {owing}
        assert {each.left_by for each in owed(stand)} == ({None} if owing == "SO" else {"SO"})
    assert standings(facts, day(6), successor_on)[UUID(int=1)].owed_by is None


def test_who_assigned_a_task_and_was_split_accepts_it_still() -> None:
    """Which of several units carries a matter on is for people to say: it stays where it was."""
    assigned = [task(lead_unit_code="SO", needs_acceptance=True), fact(2, Kind.TASK_REPORTED, 3, of=1)]
    reported = standings(assigned, day(5), merged_on(5).successor_on)[UUID(int=1)]
    assert (reported.owed_by, reported.left_by) == ("XA", None)


@pytest.mark.parametrize(
    ("given", "precision", "first", "last"),
    [
        (date(2024, 2, 10), DuePrecision.DAY, date(2024, 2, 10), date(2024, 2, 10)),
        (date(2024, 2, 10), DuePrecision.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 5, 31), DuePrecision.QUARTER, date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 12, 1), DuePrecision.QUARTER, date(2024, 10, 1), date(2024, 12, 31)),
        (date(2024, 1, 1), DuePrecision.YEAR, date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_the_days_of_a_due_period(given: date, precision: DuePrecision, first: date, last: date) -> None:
    assert (first_due_day(given, precision), last_due_day(given, precision)) == (first, last)


def history(draw: random.Random) -> list[EntryFact]:
    """Make a programme of some entries, with follow-ups of any kind that may follow them, in any order of days."""
    facts: list[EntryFact] = []
    roots = [kind for kind in Kind if not KINDS[kind].follows and draw.random() < 0.7]
    for _ in range(draw.randint(3, 25)):
        follow_ups = [
            (kind, earlier) for kind in Kind for earlier in facts
            if earlier.kind in KINDS[kind].follows and kind not in CHANGES
        ]  # fmt: skip
        kind, followed = draw.choice(follow_ups) if follow_ups and draw.random() < 0.7 else (None, None)
        kind = kind or draw.choice(roots or [Kind.TASK_ASSIGNED])
        number = len(facts) + 1
        made = fact(
            number,
            kind,
            None if draw.random() < 0.15 else draw.randint(0, 30),
            due_on=day(draw.randint(0, 40)) if kind is Kind.TASK_EXTENDED or draw.random() < 0.6 else None,
            quantity=draw.choice([None, 0, 1, 2, 3]),
            lead_unit_code=draw.choice([None, "XA", "SO"]),
            needs_acceptance=draw.choice([None, False, True]),
            cancelled_from=draw.choice([None] * 8 + [date.min, day(draw.randint(0, 40))]),
            period_from=draw.choice([None, None, day(0)]) if kind in ABOUT_TIME else None,
        )
        facts.append(replace(made, of_entry=followed.entry_id) if followed else made)
    return facts


@for_each(range(150))
def test_a_naive_second_reading_agrees(seed: int) -> None:
    draw = random.Random(seed)
    facts = history(draw)
    shuffled = draw.sample(facts, len(facts))
    for number in range(0, 42, 3):
        stand = standings(shuffled, day(number))
        read = {each.entry_id: naive_programme.status(each, facts, day(number)) for each in facts}
        actual = {
            each.entry_id: stand[each.entry_id].status if each.entry_id in stand else "absent"
            for each in facts
        }
        assert actual == read, (seed, number)
        to_do = {item.item_id: (item.unit_code, item.due_on) for item in owed(stand)}
        asked = {each.entry_id: naive_programme.owes(each, facts, day(number)) for each in facts}
        assert to_do == {entry_id: item for entry_id, item in asked.items() if item}, (seed, number)
