"""The fast rules and the naive ones agree on made-up drafts, on every day; and what must not matter doesn't."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.vocabulary import Answer
from shared.rules.facts import DraftFacts, Scope
from shared.rules.figures import (
    NOTHING,
    Counts,
    Period,
    belongs,
    count,
    draft_counts,
    effective_day,
    opening_year,
    pair_counts,
    policy_counts,
)
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.sequence import occurrences
from shared.rules.timeline import GapInterval, Timeline, gap_state, timeline
from shared.rules.verdicts import assess
from shared.rules.verdicts import scope_of as scope_by_rules
from tests.support.rules.naive import GapAnswer, NaiveDraft, PolicyAnswer, naive_counts, naive_gaps, scope_of
from tests.support.samples.generate import FIRST_DAY, YES, drafts, random_drafts

BOOK = load_rulebook()
IS_WORKING = BOOK.calendar.is_working
ONE_DAY = timedelta(days=1)
AFTER_ALL = date(2030, 1, 1)
TODAY = date(2026, 6, 30)

thorough = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
quick = settings(thorough, max_examples=60)


def days_to_ask(line: Timeline) -> list[date]:
    """Every day of the busy quarter, and beside it each day on which an interval begins, and its eve."""
    begins = {piece.from_day for piece in line.policies}
    begins |= {piece.from_day for piece in line.occurrences} | {piece.from_day for piece in line.gaps}
    edges = {day + step * ONE_DAY for day in begins - {date.min} for step in (-1, 0, 1)}
    every = {FIRST_DAY + number * ONE_DAY for number in range(-2, 80)}
    return sorted(edges | every | {AFTER_ALL})


def policies_answered(line: Timeline, day: date) -> list[tuple[object, ...]]:
    """What the intervals say of each policy, but for its pairs, which have intervals of their own."""
    return [
        (
            piece.unit_code,
            piece.window_opened,
            piece.window_closed,
            piece.unopened_closed_on,
            PolicyAnswer(
                policy_no=piece.policy_no,
                verdict=piece.verdict.value,
                on_time=piece.on_time,
                any_communication=piece.any_communication,
                from_start=piece.from_start,
                begun=piece.begun,
                statutory_only=piece.statutory_only,
                verified=piece.verified,
                provisional=piece.provisional,
                waived=piece.waived,
                pairs=pairs_answered(line, piece.policy_no, day),
            ),
        )
        for piece in line.policies
        if piece.from_day <= day < piece.to_day
    ]


def pairs_answered(line: Timeline, policy_no: int, day: date) -> tuple[tuple[UUID, str, date], ...]:
    return tuple(
        (piece.entry_id, piece.verdict.value, piece.due_on)
        for piece in line.occurrences
        if piece.policy_no == policy_no and piece.from_day <= day < piece.to_day
    )


def policies_expected(draft: NaiveDraft) -> list[tuple[object, ...]]:
    opened = draft.opened.entered_on if draft.opened else None
    closed = draft.closed.entered_on if draft.closed else None
    answers = [draft.policy(number) for number in draft.policies]
    return [(draft.unit_code, opened, closed, _unopened(draft, answer.verdict), answer) for answer in answers]


def _unopened(draft: NaiveDraft, verdict: str) -> date | None:
    closing = draft.unopened_closing
    return closing.entered_on if closing and verdict == "closed_unopened" else None


def gaps_answered(line: Timeline, day: date) -> list[GapAnswer]:
    return [gap_answer(gap, day) for gap in line.gaps if gap.from_day <= day < gap.to_day]


def gap_answer(gap: GapInterval, day: date) -> GapAnswer:
    return GapAnswer(
        gap_id=gap.gap_id,
        unit_code=gap.unit_code,
        stage=gap.stage.value,
        since=gap.since,
        due_on=gap.due_on,
        policies=gap.policies,
        state=gap_state(gap.due_on, day).value,
        overdue_working_days=BOOK.calendar.working_days_between(gap.due_on, day),
    )


@thorough
@given(drafts())
def test_verdicts_pairs_and_gaps_are_the_naive_ones_on_every_day(facts: DraftFacts) -> None:
    line = timeline(facts, BOOK)
    for day in days_to_ask(line):
        draft = NaiveDraft(facts, IS_WORKING, day)
        assert policies_answered(line, day) == policies_expected(draft), day
        assert gaps_answered(line, day) == [gap for gap in (draft.gap(),) if gap], day


@quick
@given(drafts(), st.integers(-5, 120))
def test_assessment_and_timeline_agree(facts: DraftFacts, number: int) -> None:
    day = FIRST_DAY + number * ONE_DAY
    entry = assess(facts, BOOK, day)
    draft = NaiveDraft(facts, IS_WORKING, day)
    expected = [
        (occurrence.entry_id, occurrence.exited_on, occurrence.due_on, occurrence.required)
        for occurrence in draft.occurrences
    ]
    assert [(o.entry_id, o.exited_on, o.due_on, o.required) for o in entry.occurrences] == expected
    for policy in entry.policies:
        answer = draft.policy(policy.policy_no)
        assert policy.judgement.verdict.value == answer.verdict
        for occurrence, pair in zip(draft.occurrences, policy.pairs, strict=True):
            assert pair.verdict.value == draft.occurrence_verdict(occurrence, policy.policy_no)
            assert bool(pair.covering_ids) == ("covered" in pair.verdict) == (pair.covered_on is not None)


@thorough
@given(drafts())
def test_intervals_are_whole_disjoint_and_maximal(facts: DraftFacts) -> None:
    line = timeline(facts, BOOK)
    for number in sorted(facts.policies) or [0]:
        pieces = [piece for piece in line.policies if piece.policy_no == number]
        assert (pieces[0].from_day, pieces[-1].to_day) == (date.min, date.max)
        for earlier, later in pairwise(pieces):
            assert earlier.to_day == later.from_day
            assert replace(earlier, from_day=date.min, to_day=date.max) != replace(
                later, from_day=date.min, to_day=date.max
            )


@thorough
@given(drafts())
def test_a_gap_gives_its_closure_once_and_last(facts: DraftFacts) -> None:
    watched = replace(facts, scope=YES)
    line = timeline(watched, BOOK)
    assert gaps_answered(line, AFTER_ALL) == naive_gaps([watched], IS_WORKING, AFTER_ALL)
    for gap_id in {gap.gap_id for gap in line.gaps}:
        pieces = [gap for gap in line.gaps if gap.gap_id == gap_id]
        assert all(piece.closure is None and piece.closed_on is None for piece in pieces[:-1])
        last = pieces[-1]
        assert (last.closure is None) == (last.to_day == date.max)
        assert last.closed_on == (None if last.to_day == date.max else last.to_day)


@quick
@given(drafts(), st.randoms(use_true_random=False))
def test_the_order_of_recording_changes_nothing(facts: DraftFacts, random: Random) -> None:
    entries, held = list(facts.entries), list(facts.communications)
    random.shuffle(entries)
    random.shuffle(held)
    shuffled = replace(facts, entries=tuple(entries), communications=tuple(held))
    assert timeline(shuffled, BOOK) == timeline(facts, BOOK)


@quick
@given(drafts())
def test_a_communication_may_be_split_by_policy(facts: DraftFacts) -> None:
    numbers = sorted(facts.policies) or [0]
    split = [
        replace(held, communication_id=UUID(int=1000 * place + number), policies=frozenset({number}))
        for place, held in enumerate(facts.communications, start=1)
        for number in (numbers if not held.policies or 0 in held.policies else sorted(held.policies))
    ]
    assert timeline(replace(facts, communications=tuple(split)), BOOK) == timeline(facts, BOOK)


@quick
@given(drafts())
def test_after_all_facts_and_due_days_nothing_moves(facts: DraftFacts) -> None:
    line = timeline(facts, BOOK)
    at_last = policies_answered(line, AFTER_ALL)
    assert at_last == policies_answered(line, date(2200, 1, 1))
    assert at_last == policies_expected(NaiveDraft(facts, IS_WORKING, AFTER_ALL))


@quick
@given(drafts(), st.sampled_from([Answer.NO, Answer.UNKNOWN]))
def test_without_scope_there_are_verdicts_but_no_gaps(facts: DraftFacts, answer: Answer) -> None:
    line = timeline(replace(facts, scope=Scope(contested=answer)), BOOK)
    assert line.gaps == ()
    assert line.policies == timeline(replace(facts, scope=YES), BOOK).policies


@quick
@given(drafts())
def test_scope_is_decided_by_the_text(facts: DraftFacts) -> None:
    assert scope_by_rules(facts, BOOK)[0].value == scope_of(facts)


PERIODS = st.none() | st.builds(
    lambda first, length: Period(FIRST_DAY + first * ONE_DAY, FIRST_DAY + (first + length) * ONE_DAY),
    st.integers(-30, 90) | st.integers(32, 38),
    st.integers(-3, 60) | st.integers(0, 2),
)


def as_counts(counted: dict[str, int]) -> Counts:
    return Counts(**counted)


def bounds(period: Period | None) -> tuple[date, date] | None:
    return (period.from_day, period.to_day) if period else None


@thorough
@given(st.lists(drafts(), max_size=3), PERIODS, st.integers(-40, 120))
def test_counts_are_the_naive_ones(many: Sequence[DraftFacts], period: Period | None, number: int) -> None:
    as_of = FIRST_DAY + number * ONE_DAY
    counted = count([timeline(facts, BOOK) for facts in many], period, as_of)
    naive = naive_counts(many, IS_WORKING, as_of, bounds(period))
    assert counted == as_counts(naive.get(None, {}))


def grouped(many: Sequence[DraftFacts], key: str, period: Period | None, as_of: date) -> dict[object, Counts]:
    """Count from the intervals as a table would: by a column of theirs."""
    day = effective_day(period, as_of)
    groups: dict[object, Counts] = {}
    for line in (timeline(facts, BOOK) for facts in many):
        belonging = [
            policy
            for policy in line.policies
            if policy.from_day <= day < policy.to_day and belongs(policy, period, as_of)
        ]
        for policy in belonging:
            name = policy.unit_code if key == "unit" else opening_year(policy)
            groups[name] = groups.get(name, NOTHING) + policy_counts(policy, line.scope)
        names = {policy.unit_code if key == "unit" else opening_year(policy) for policy in belonging}
        assert len(names) <= 1  # a draft stands in one group
        for name in names:
            groups[name] += draft_counts(belonging, line.scope)
        for pair in line.occurrences if line.scope is Answer.YES else ():
            if pair.from_day <= day < pair.to_day and belongs(pair, period, as_of):
                name = pair.unit_code if key == "unit" else opening_year(pair)
                groups[name] = groups.get(name, NOTHING) + pair_counts(pair, period)
    return {name: counts for name, counts in groups.items() if counts != NOTHING}


@pytest.mark.parametrize("period", [None, Period(date(2024, 12, 15), date(2025, 12, 14))])
@pytest.mark.parametrize("as_of", [TODAY, date(2025, 3, 31), date(2024, 6, 1)])
def test_groups_of_many_drafts_are_the_naive_ones_and_sum_to_the_whole(
    period: Period | None, as_of: date
) -> None:
    many = random_drafts(7, 150, TODAY)
    if period and period.from_day > as_of:
        assert count([timeline(facts, BOOK) for facts in many], period, as_of) == NOTHING
        return
    by_unit = naive_counts(many, IS_WORKING, as_of, bounds(period), lambda draft, _: draft.unit_code)
    by_year = naive_counts(
        many, IS_WORKING, as_of, bounds(period), lambda draft, number: draft.opening_year(number)
    )
    whole = count([timeline(facts, BOOK) for facts in many], period, as_of)
    for key, naive in (("unit", by_unit), ("year", by_year)):
        groups = grouped(many, key, period, as_of)
        assert groups == {name: as_counts(counted) for name, counted in naive.items() if counted}
        assert sum(groups.values(), NOTHING) == whole


def test_random_drafts_are_such_as_the_system_accepts() -> None:
    many = random_drafts(11, 300, TODAY)
    assert many == random_drafts(11, 300, TODAY)
    kept = refused = resumed = 0
    for facts in many:
        days = [entry.entered_on for entry in facts.entries]
        assert days == sorted(days)
        assert all(day <= TODAY for day in (*days, *(held.held_on for held in facts.communications)))
        assert all(number in facts.policies for held in facts.communications for number in held.policies)
        ends = [place for place, entry in enumerate(facts.entries) if entry.stage in {"withdrawn", "merged"}]
        assert ends in ([], [len(facts.entries) - 1])
        kept += len(occurrences(facts, BOOK))
        refused += len(facts.entries) - len(occurrences(facts, BOOK))
        resumed += sum(entry.resumed for entry in facts.entries)
    assert kept > 500
    assert resumed > 10
    assert refused < kept / 2
