"""Reports that are required of units: their periods and states, as tables; and a naive second reading on random histories."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.contracts.vocabulary import ReportPeriod
from shared.rules.programme.owed import owed_reports
from shared.rules.programme.reports import ReportStanding, ReportState, periods_of, report_standings
from shared.rules.programme.states import EntryFact, standings
from tests.support.rules import naive_programme

YEAR = 2025


def fact(number: int, kind: Kind, unit: str, on: date | None, **more: Any) -> EntryFact:
    return EntryFact(
        entry_id=UUID(int=number), kind=kind, position=number, unit_code=unit, happened_on=on, **more
    )


def required(period: ReportPeriod = ReportPeriod.QUARTER, **more: Any) -> EntryFact:
    given: dict[str, Any] = {"coordinating_unit_codes": ("XA-1", "XA-2"), "due_days": 10} | more
    return fact(
        1, Kind.REPORT_REQUIRED, "STP", given.pop("on", date(2024, 12, 20)), report_period=period, **given
    )


def report(number: int, on: date, unit: str = "XA-1", **more: Any) -> EntryFact:
    given: dict[str, Any] = {
        "duty_id": UUID(int=1),
        "period_from": date(2024, 12, 15),
        "lead_unit_code": "STP",
    }
    return fact(number, Kind.REPORT_SUBMITTED, unit, on, **given | more)


def at(day: date, *facts: EntryFact) -> dict[tuple[int, str, date], ReportStanding]:
    stand = standings(facts, day)
    years = dict.fromkeys(stand, YEAR)
    return {
        (item.expected.duty.position, item.expected.unit_code, item.expected.period.from_day): item
        for item in report_standings(stand, years, day)
    }


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (ReportPeriod.YEAR, [("2024-12-15", "2025-12-14")]),
        (ReportPeriod.HALF_YEAR, [("2024-12-15", "2025-06-14"), ("2025-06-15", "2025-12-14")]),
        (
            ReportPeriod.QUARTER,
            [
                ("2024-12-15", "2025-03-14"),
                ("2025-03-15", "2025-06-14"),
                ("2025-06-15", "2025-09-14"),
                ("2025-09-15", "2025-12-14"),
            ],
        ),
    ],
)
def test_periods_are_those_of_the_reporting_year(
    period: ReportPeriod, expected: list[tuple[str, str]]
) -> None:
    days = [(str(each.from_day), str(each.to_day)) for each in periods_of(required(period), YEAR)]
    assert days == expected


def test_states_of_a_report() -> None:
    first = ("XA-1", date(2024, 12, 15))
    in_time, late = report(2, date(2025, 3, 24)), report(2, date(2025, 3, 25))
    receipt = fact(3, Kind.REPORT_RECEIVED, "XA-1", date(2025, 3, 26), of_entry=UUID(int=2))
    for day, facts, state, owed_by in (
        (date(2025, 3, 24), (), ReportState.OPEN, "XA-1"),
        (date(2025, 3, 25), (), ReportState.LATE, "XA-1"),
        (date(2025, 3, 25), (in_time,), ReportState.SUBMITTED, "STP"),
        (date(2025, 3, 25), (late,), ReportState.SUBMITTED_LATE, "STP"),
        (date(2025, 3, 26), (in_time, receipt), ReportState.RECEIVED, None),
        (date(2025, 3, 26), (late, receipt), ReportState.RECEIVED_LATE, None),
        (date(2025, 3, 26), (replace(in_time, cancelled_from=date(2025, 3, 26)),), ReportState.LATE, "XA-1"),
    ):
        item = at(day, required(), *facts)[1, *first]
        assert (item.state, item.owed_by, item.expected.due_on) == (state, owed_by, date(2025, 3, 24))


def test_a_report_of_a_file_answers_by_receiver_and_period() -> None:
    days: dict[str, Any] = {"duty_id": None, "period_to": date(2025, 3, 14)}
    day, key = date(2025, 4, 1), (1, "XA-1", date(2024, 12, 15))
    assert at(day, required(), report(2, date(2025, 3, 20), **days))[key].state is ReportState.SUBMITTED
    other = report(2, date(2025, 3, 20), **days | {"lead_unit_code": "UBND"})
    assert at(day, required(), other)[key].state is ReportState.LATE


def test_what_is_required_from_a_day_on_and_until_a_day() -> None:
    firsts = {key[2] for key in at(date(2025, 12, 31), required(on=date(2025, 4, 1)))}
    assert firsts == {date(2025, 3, 15), date(2025, 6, 15), date(2025, 9, 15)}
    assert at(date(2025, 1, 1), required(on=date(2025, 4, 1))) == {}
    ended = required(cancelled_from=date(2025, 7, 1))
    assert {key[2] for key in at(date(2025, 12, 31), ended)} == {date(2024, 12, 15), date(2025, 3, 15)}
    assert len({key[2] for key in at(date(2025, 6, 30), ended)}) == 4
    own = required(
        ReportPeriod.OWN, period_from=date(2024, 1, 1), period_to=date(2024, 12, 31), due_on=date(2025, 1, 15)
    )
    assert {item.expected.due_on for item in at(date(2025, 1, 1), own).values()} == {date(2025, 1, 15)}


def test_who_owes_a_report_and_its_receipt() -> None:
    facts = (required(), report(2, date(2025, 3, 20)))
    stand = standings(facts, date(2025, 3, 25))
    owed = list(owed_reports(stand, dict.fromkeys(stand, YEAR), date(2025, 3, 25)))
    of_first = [
        (item.act, item.unit_code, item.due_on)
        for item in owed
        if item.period and item.period.to_day.month == 3
    ]
    assert of_first == [("receive", "STP", None), ("report", "XA-2", date(2025, 3, 24))]


def history(draw: random.Random) -> Iterator[EntryFact]:
    days = [date(2024, 12, 1) + timedelta(days=number) for number in range(420)]
    sent: list[EntryFact] = []
    for number in range(1, draw.randint(4, 40)):
        cancelled = draw.choice([None] * 5 + [date.min, draw.choice(days)])
        kind = draw.choice(["duty", "report", "report", "receipt"]) if number > 1 else "duty"
        on = draw.choice([*days, None])
        if kind == "duty":
            period = draw.choice(list(ReportPeriod))
            own = {
                "period_from": date(2025, 2, 1),
                "period_to": date(2025, 4, 30),
                "due_on": date(2025, 5, 10),
            }
            yield replace(
                required(period, on=on, **(own if period is ReportPeriod.OWN else {})),
                entry_id=UUID(int=number),
                position=number,
                cancelled_from=cancelled,
                coordinating_unit_codes=draw.choice([("XA-1",), ("XA-1", "XA-2"), ()]),
                lead_unit_code="XA-2",
            )
        elif kind == "report" or not sent:
            first, last = draw.choice(
                [(date(2024, 12, 15), date(2025, 3, 14)), (date(2025, 3, 15), date(2025, 6, 14))]
            )
            made = report(
                number,
                draw.choice(days),
                draw.choice(["XA-1", "XA-2"]),
                duty_id=draw.choice([None, UUID(int=draw.randint(1, number))]),
                period_from=first,
                period_to=last,
                lead_unit_code=draw.choice(["STP", "UBND"]),
                cancelled_from=cancelled,
            )
            sent.append(made)
            yield made
        else:
            of = draw.choice(sent)
            yield fact(
                number, Kind.REPORT_RECEIVED, of.unit_code, on, of_entry=of.entry_id, cancelled_from=cancelled
            )


@pytest.mark.parametrize("seed", range(60))
def test_a_naive_second_reading_agrees(seed: int) -> None:
    draw = random.Random(seed)
    facts = list(history(draw))
    for number in range(0, 420, 29):
        day = date(2024, 12, 1) + timedelta(days=number)
        shown = {key: (str(item.state), item.expected.due_on) for key, item in at(day, *facts).items()}
        assert shown == naive_programme.reports(facts, YEAR, day), (seed, day)


def test_reports_of_a_former_unit_are_owed_by_the_new_one_and_none_of_periods_after_its_end() -> None:
    """XA-1 is merged into XA-2 on 20/05/2025, in the second quarter: of that one a report is due, of the third none."""
    merged = date(2025, 5, 20)

    def successor_on(unit_code: str, day: date) -> str:
        return "XA-2" if unit_code == "XA-1" and day >= merged else unit_code

    def owing(day: date, *facts: EntryFact) -> dict[date, str | None]:
        stand = standings((required(), *facts), day, successor_on)
        reports = report_standings(stand, dict.fromkeys(stand, YEAR), day, successor_on)
        return {
            each.expected.period.from_day: each.owed_by
            for each in reports
            if each.expected.unit_code == "XA-1"
        }

    first, second = date(2024, 12, 15), date(2025, 3, 15)
    before = owing(date(2025, 5, 19))
    assert set(before.values()) == {"XA-1"}
    assert len(before) == 4
    assert owing(merged) == {first: "XA-2", second: "XA-2"}
    sent = report(9, date(2025, 3, 20))
    assert owing(merged, sent) == {first: "STP", second: "XA-2"}
