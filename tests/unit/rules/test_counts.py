"""Counts that offices publish: a table of sentences, and random histories against the naive reading."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.vocabulary import Answer, Channel, CommunicationRole, Instrument, Precision
from shared.rules.counts import (
    OVERLAPPING,
    CountBy,
    Member,
    Summary,
    activities,
    grouped,
    period_before,
    published,
    reporting_month,
    year_before,
)
from shared.rules.figures import Period, effective_day, year_period
from tests.support.cases import for_each
from tests.support.rules.naive_counts import naive_published, naive_year_before

LEAD, COORDINATING, SUPPORT = CommunicationRole
YEAR = year_period(2024)
LATE = date(2024, 12, 31)


def member(number: int, on: str = "2024-03-05", **fields: Any) -> Member:
    given: dict[str, Any] = {
        "communication_id": UUID(int=number), "position": number, "draft_code": "NQ-1", "scope": Answer.YES,
        "unit_code": "XA-A", "role": SUPPORT, "channel": Channel.COMMUNE_LOUDSPEAKER, "held_on": date.fromisoformat(on),
    }  # fmt: skip
    return Member(**(given | fields))


def figures(members: Iterable[Member], period: Period | None = YEAR, as_of: date = LATE) -> dict[str, Any]:
    counted = activities(members, as_of, period)
    return published(counted, effective_day(period, as_of)).as_dict()


def test_a_conference_on_five_drafts_is_counted_once() -> None:
    rows = [
        member(n, draft_code=f"NQ-{n}", activity_code="HN-01", attendance=300, cost_state=5_000_000)
        for n in range(1, 6)
    ]
    of = figures(rows)
    assert (of["activities"], of["attendance"], of["cost_state"], of["drafts_communicated"]) == (
        1, 300, 5_000_000, 5,
    )  # fmt: skip
    assert (of["attendance_recorded"], of["cost_social"], of["cost_social_recorded"]) == (1, None, 0)


def test_a_communes_year_of_twelve_broadcasts_and_two_meetings() -> None:
    broadcasts = [
        member(n, f"2024-{n:02}-10", draft_code=f"NQ-{n % 3}", items=2 if n == 1 else None)
        for n in range(1, 13)
    ]
    meetings = [
        member(20 + n, f"2024-0{n}-20", channel=Channel.CONFERENCE, attendance=60 * n, draft_code="NQ-0")
        for n in (5, 6)
    ]
    by_channel = grouped(activities([*broadcasts, *meetings], LATE, YEAR), CountBy.CHANNEL, str)
    assert {key: len(counted_of_key) for key, counted_of_key in by_channel.items()} == {
        "commune_loudspeaker": 12, "conference": 2,
    }  # fmt: skip
    of = figures([*broadcasts, *meetings])
    assert (of["activities"], of["items"], of["attendance"], of["drafts_communicated"]) == (14, 15, 660, 3)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], {"activities": 0, "items": 0, "attendance": None}, id="nothing"),
        pytest.param([member(1, attendance=0)], {"attendance": 0, "attendance_recorded": 1}, id="0 is recorded"),
        pytest.param(
            [member(1, activity_code="A1", attendance=5), member(2, activity_code="A1", attendance=9, items=3)],
            {"activities": 1, "attendance": 9, "items": 3, "attendance_recorded": 1},
            id="the largest value that a member gives",
        ),
        pytest.param(
            [member(1, activity_code="A1"), member(2, activity_code="A1", unit_code="XA-B")], {"activities": 2},
            id="a code is of its unit",
        ),
        pytest.param([member(1), member(2)], {"activities": 2}, id="without a code each is one"),
        pytest.param(
            [member(1, "2024-12-14", activity_code="A1"), member(2, "2024-12-15", activity_code="A1")],
            {"activities": 1}, id="a code is of its reporting year",
        ),
        pytest.param(
            [member(1, "2023-12-14"), member(2, "2023-12-15"), member(3, "2024-12-14"), member(4, "2024-12-15")],
            {"activities": 2}, id="in the period of its day",
        ),
        pytest.param([member(n, role=role) for n, role in enumerate((LEAD, SUPPORT))], {"activities": 2}, id="whatever its role"),
    ],
)  # fmt: skip
def test_sentences_of_the_rule(rows: list[Member], expected: dict[str, Any]) -> None:
    of = figures(rows)
    assert {name: of[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("as_of", "received"), [("2024-03-04", 0), ("2024-03-05", 5), ("2024-03-19", 5), ("2024-03-20", 8)]
)
def test_opinions_are_those_of_the_latest_summary_by_its_day(as_of: str, received: int) -> None:
    def of(day: str, position: int, received: int) -> Summary:
        on = date.fromisoformat(day)
        return Summary(day=on, position=position, received=received, accepted=1, explained=2)

    summaries = (of("2024-03-20", 3, 8), of("2024-03-05", 4, 4), of("2024-03-05", 5, 5))
    assert (
        figures([member(1, opinions=summaries)], as_of=date.fromisoformat(as_of))["opinions_received"]
        == received
    )


@pytest.mark.parametrize(
    ("day", "month"),
    [("2024-02-14", "2024-02"), ("2024-02-15", "2024-03"), ("2023-12-15", "2024-01"), ("2024-01-31", "2024-02")],
)  # fmt: skip
def test_reporting_months(day: str, month: str) -> None:
    assert reporting_month(date.fromisoformat(day)) == month


def test_a_year_before() -> None:
    assert year_before(date(2024, 2, 29)) == date(2023, 2, 28) == naive_year_before(date(2024, 2, 29))
    assert period_before(YEAR) == year_period(2023)
    assert period_before(None) is None


FIRST = date(2023, 11, 1)


def random_members(random: Random) -> list[Member]:
    return [_random_member(random, number) for number in range(random.randint(0, 14))]


def _random_member(random: Random, number: int) -> Member:
    precision = random.choice([*Precision, Precision.DAY, Precision.DAY])
    day = FIRST + timedelta(days=random.choice([random.randint(0, 500), random.randint(35, 55)]))
    first = {Precision.DAY: day, Precision.MONTH: day.replace(day=1), Precision.YEAR: date(day.year, 1, 1)}

    def maybe(low: int, high: int) -> int | None:
        return random.choice([None, random.randint(low, high)])

    return Member(
        communication_id=UUID(int=number + 1),
        position=random.randint(1, 10**6),
        draft_code=(code := random.choice(["NQ-1", "NQ-2", "QD-1"])),
        instrument=Instrument.PROVINCIAL_RESOLUTION if code[0] == "N" else Instrument.PROVINCIAL_DECISION,
        scope=random.choice(list(Answer)),
        unit_code=random.choice(["XA-A", "XA-B"]),
        role=random.choice(list(CommunicationRole)),
        channel=random.choice([Channel.CONFERENCE, Channel.CONTEST]),
        held_on=first[precision],
        precision=precision,
        activity_code=random.choice([None, "A1", "A2"]),
        audience=tuple(random.sample(["nông dân", "doanh nghiệp"], random.randint(0, 2))),
        area=tuple(random.sample(["Xã A", "Xã B"], random.randint(0, 2))),
        items=maybe(1, 9),
        attendance=maybe(0, 300),
        reach_count=maybe(0, 9),
        cost_state=maybe(0, 9),
        cost_social=maybe(0, 9),
        opinions=tuple(
            Summary(
                day=FIRST + timedelta(days=random.randint(0, 600)),
                position=place,
                received=random.randint(0, 9),
                accepted=1,
                explained=0,
            )
            for place in range(random.randint(0, 3))
        ),
    )


@for_each(range(150))
def test_random_histories_are_counted_as_the_naive_reading_does(seed: int) -> None:
    random = Random(seed)
    members = random_members(random)
    as_of = FIRST + timedelta(days=random.randint(-10, 700))
    start = FIRST + timedelta(days=random.randint(0, 400))
    period = random.choice([None, YEAR, Period(start, start + timedelta(days=random.randint(-2, 200)))])
    scope = random.choice([None, Answer.YES])
    bounds = (period.from_day, period.to_day) if period else None
    shuffled = random.sample(members, len(members))
    counted = activities(shuffled, as_of, period, scope)
    for by in CountBy:
        groups = grouped(counted, by, {"XA-A": "XA-A", "XA-B": "XA-A"}.__getitem__)
        mine = {
            key: published(
                counted_of_key, effective_day(period, as_of), key if by is CountBy.INSTRUMENT else None
            ).as_dict()
            for key, counted_of_key in groups.items()
        }
        naive = naive_published(members, as_of, bounds, scope=scope, by=by, unit_of=lambda _: "XA-A")
        assert mine == naive, by
        if by not in OVERLAPPING:
            assert sum(len(counted_of_key) for counted_of_key in groups.values()) == len(counted)


def test_the_first_in_the_log_gives_channel_and_role() -> None:
    later = member(2, activity_code="A1", channel=Channel.CONTEST, role=LEAD)
    earlier = replace(member(1, activity_code="A1"), position=9)
    assert list(grouped(activities([later, earlier], LATE, YEAR), CountBy.CHANNEL, str)) == ["contest"]
    assert list(grouped(activities([later, earlier], LATE, YEAR), CountBy.ROLE, str)) == ["lead"]
