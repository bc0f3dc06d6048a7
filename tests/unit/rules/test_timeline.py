"""Intervals of a draft over time, and gaps with the reason and the day of their end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from random import Random

import pytest

from shared.contracts.vocabulary import Answer, GapClosure, Stage
from shared.rules.facts import Communication, DraftFacts, Exemption, Scope, Transfer
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.timeline import RunningTimeline, timeline
from shared.rules.verdicts import ground_of
from tests.support.rules.shorthand import draft
from tests.support.samples.generate import UNITS, random_drafts

BOOK = load_rulebook()
OPEN = "draft_consultation 2024-03-04"


def test_a_policy_over_time() -> None:
    facts = draft(f"{OPEN}; adopted 2024-03-20", "2024-03-14")
    assert [(piece.from_day, piece.verdict.value) for piece in timeline(facts, BOOK).policies] == [
        (date.min, "not_opened"),
        (date(2024, 3, 4), "pending"),
        (date(2024, 3, 12), "missed"),
        (date(2024, 3, 14), "met"),
        (date(2024, 3, 20), "met"),
    ]


def test_a_transfer_divides_the_periods_of_the_unit() -> None:
    facts = draft(OPEN, transfers=(Transfer(on=date(2024, 3, 6), unit_code="BTC"),))
    line = timeline(facts, BOOK)
    assert [(gap.unit_code, gap.from_day, gap.to_day) for gap in line.gaps] == [
        ("BTP", date(2024, 3, 4), date(2024, 3, 6)),
        ("BTC", date(2024, 3, 6), date.max),
    ]
    assert {pair.unit_code for pair in line.occurrences} == {"BTP", "BTC"}


def test_the_transfer_recorded_last_on_a_day_holds() -> None:
    day = date(2024, 3, 4)
    facts = draft(OPEN, transfers=(Transfer(on=day, unit_code="BTC"), Transfer(on=day, unit_code="BCA")))
    assert timeline(facts, BOOK).gaps[0].unit_code == "BCA"


def test_pairs_count_while_the_policy_is_met_missed_or_pending() -> None:
    line = timeline(draft(f"{OPEN}; merged 2024-03-20"), BOOK)
    assert [(pair.from_day.day, pair.verdict.value, pair.counts) for pair in line.occurrences] == [
        (4, "pending", True),
        (12, "missed", True),
        (20, "missed", False),
    ]


@pytest.mark.parametrize(
    ("stages", "held", "expected"),
    [
        pytest.param(OPEN, "", "4- 1,2", id="open without end"),
        pytest.param(OPEN, "2024-03-06", "4-6 1,2 covered", id="covered by one for all"),
        pytest.param(OPEN, "2024-03-06 1; 2024-03-08 2", "4-6 1,2 / 6-8 2 covered", id="closed by the completing one"),
        pytest.param(OPEN, "2024-03-04", "", id="covered on the entry day: never a gap"),
        pytest.param(OPEN, "2024-03", "", id="perhaps held on the entry day: never a gap"),
        pytest.param(OPEN, "2024-03-05 1", "4-5 1,2 / 5- 2", id="one policy stays open"),
        pytest.param(f"{OPEN}; adopted 2024-03-20", "2024-03-05 1", "4-5 1,2 / 5-20 2 stage_left", id="left"),
        pytest.param(f"{OPEN}; suspended 2024-03-20", "", "4-20 1,2 suspended", id="suspended"),
        pytest.param(f"{OPEN}; withdrawn 2024-03-20", "", "4-20 1,2 withdrawn", id="withdrawn"),
        pytest.param(f"{OPEN}; merged 2024-03-20", "", "4-20 1,2 merged", id="merged"),
        pytest.param(
            f"{OPEN}; appraisal 2024-03-20; withdrawn 2024-03-20", "", "4-20 1,2 stage_left",
            id="left for a stage and withdrawn on one day: the very next entry tells",
        ),
        pytest.param(
            f"{OPEN}; suspended 2024-03-06; +draft_consultation 2024-03-08", "",
            "4-6 1,2 suspended / 8- 1,2", id="resumed: a new gap",
        ),
        pytest.param(f"{OPEN}; verification 2024-03-06", "", "4-6 1,2 stage_left", id="no gap in an exempted stage"),
        pytest.param("drafting 2024-03-04", "", "", id="no gap before the window"),
    ],
)  # fmt: skip
def test_gaps(stages: str, held: str, expected: str) -> None:
    exemptions = (Exemption(stages=frozenset({Stage.VERIFICATION})),)
    facts = draft(stages, held, policies=frozenset({1, 2}), exemptions=exemptions)
    assert gaps_in_short(facts) == expected


def gaps_in_short(facts: DraftFacts) -> str:
    return " / ".join(
        f"{gap.from_day.day}-{gap.to_day.day if gap.closure or gap.to_day < date.max else ''}"
        f" {','.join(map(str, gap.policies))}{f' {gap.closure.value}' if gap.closure else ''}"
        for gap in timeline(facts, BOOK).gaps
    )


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(draft(OPEN, scope=Scope()), id="undetermined"),
        pytest.param(draft(OPEN, scope=Scope(explicit=Answer.NO)), id="out of scope"),
        pytest.param(draft(OPEN, exemptions=(Exemption(),)), id="exempt as a whole"),
    ],
)
def test_timeless_facts_take_gaps_away_for_every_day(facts: DraftFacts) -> None:
    assert timeline(facts, BOOK).gaps == ()


def test_a_gap_carries_the_fields_of_its_event() -> None:
    (gap,) = timeline(draft(f"{OPEN}; adopted 2024-03-20"), BOOK).gaps
    assert (gap.gap_id.int, gap.stage, gap.since, gap.due_on) == (
        1,
        Stage.DRAFT_CONSULTATION,
        date(2024, 3, 4),
        date(2024, 3, 11),
    )
    assert (gap.closure, gap.closed_on) == (GapClosure.STAGE_LEFT, date(2024, 3, 20))


def steps(facts: DraftFacts, random: Random) -> Iterator[DraftFacts]:
    """Give the facts of a draft as they are recorded one after the other, some communications changed or taken back."""
    entries = list(facts.entries)
    held = [replace(each, unit_code=random.choice([None, *UNITS])) for each in facts.communications]
    current = replace(facts, entries=(), communications=(), transfers=(), exemptions=(), policies=frozenset())
    while entries or held:
        choice = random.random()
        if entries and choice < 0.3:
            current = replace(current, entries=(*current.entries, entries.pop(0)))
        elif held and choice < 0.6:
            current = replace(current, communications=(*current.communications, held.pop(0)))
        elif current.communications and choice < 0.7:
            others = random.sample(current.communications, len(current.communications) - 1)
            current = replace(current, communications=tuple(others))
        elif current.communications and choice < 0.8:
            first, *rest = current.communications
            current = replace(current, communications=(*rest, replace(first, policies=frozenset({1}))))
        else:
            current = random.choice(
                [
                    replace(current, policies=facts.policies),
                    replace(current, transfers=facts.transfers),
                    replace(current, lead_unit_code=random.choice(UNITS)),
                    replace(current, exemptions=facts.exemptions),
                    replace(current, scope=Scope(explicit=random.choice(list(Answer)))),
                ]
            )
        yield current


@pytest.mark.parametrize("seed", range(4))
def test_a_running_timeline_is_the_one_of_all_facts_after_each_change(seed: int) -> None:
    random, compared = Random(seed), 0
    for facts in random_drafts(seed, 60):
        running, ground = RunningTimeline(BOOK), None
        held: frozenset[Communication] = frozenset()
        for current in steps(facts, random):
            ground = ground_of(replace(current, communications=()), BOOK, ground)
            running.stand_on(ground)
            for communication in held - frozenset(current.communications):
                running.remove(communication.communication_id)
            for communication in frozenset(current.communications) - held:
                running.put(communication)
            held = frozenset(current.communications)
            assert running.timeline() == timeline(current, BOOK)
            compared += 1
    assert compared > 300


def test_what_changes_nothing_leaves_the_very_same_timeline() -> None:
    facts = draft(f"{OPEN}; adopted 2024-03-20", "2024-03-06; 2024-03-14")
    first, second = facts.communications
    running = RunningTimeline(BOOK)
    running.stand_on(ground_of(facts, BOOK))
    running.put(first)
    before = running.timeline()
    running.put(second)
    assert running.timeline() is before
    running.remove(first.communication_id)
    assert running.timeline() != before
