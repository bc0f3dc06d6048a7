"""Periods, the period filter, counts, rates and the floor of the target."""

from dataclasses import astuple
from datetime import date

import pytest

from shared.contracts.vocabulary import Answer
from shared.rules.facts import DraftFacts, Exemption, Scope, Transfer
from shared.rules.figures import (
    DEFINITION,
    NOTHING,
    Counts,
    Figures,
    Period,
    belongs,
    count,
    effective_day,
    half_period,
    month_period,
    national_floor,
    opening_year,
    quarter_period,
    rates,
    reporting_year,
    year_period,
)
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.timeline import PolicyInterval, timeline
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
LATE = date(2025, 6, 30)
MARCH = Period(date(2024, 3, 1), date(2024, 3, 31))

OPEN = "draft_consultation 2024-03-04"
ADOPTED = f"{OPEN}; adopted 2024-03-20"


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (year_period(2024), date(2023, 12, 15), date(2024, 12, 14)),
        (half_period(2024, 1), date(2023, 12, 15), date(2024, 6, 14)),
        (half_period(2024, 2), date(2024, 6, 15), date(2024, 12, 14)),
        (quarter_period(2026, 1), date(2025, 12, 15), date(2026, 3, 14)),
        (quarter_period(2026, 4), date(2026, 9, 15), date(2026, 12, 14)),
        (month_period(2024, 1), date(2023, 12, 15), date(2024, 1, 14)),
        (month_period(2024, 3), date(2024, 2, 15), date(2024, 3, 14)),
    ],
)
def test_reporting_periods_of_decree_09_2019(period: Period, first: date, last: date) -> None:
    assert period == Period(first, last)


@pytest.mark.parametrize(
    ("day", "year"), [(date(2023, 12, 14), 2023), (date(2023, 12, 15), 2024), (date(2024, 1, 1), 2024)]
)
def test_reporting_year(day: date, year: int) -> None:
    assert reporting_year(day) == year


@pytest.mark.parametrize(
    ("year", "floor"), [(2021, None), (2022, 0.7), (2023, 1.0), (2027, 1.0), (2028, None)]
)
def test_national_floor(year: int, floor: float | None) -> None:
    assert national_floor(year) == floor


def piece_of(facts: DraftFacts, period: Period | None, as_of: date) -> PolicyInterval:
    day = effective_day(period, as_of)
    return next(piece for piece in timeline(facts, BOOK).policies if piece.from_day <= day < piece.to_day)


@pytest.mark.parametrize(
    ("stages", "first", "last", "as_of", "expected"),
    [
        pytest.param(OPEN, "2024-03-05", "2024-03-31", LATE, True, id="an open window runs to T'"),
        pytest.param(OPEN, "2024-01-01", "2024-03-03", LATE, False, id="opened after the period"),
        pytest.param(OPEN, "2024-01-01", "2024-03-04", LATE, True, id="opened on its last day"),
        pytest.param(OPEN, "2024-03-01", "2024-03-31", date(2024, 3, 3), False, id="not opened by T"),
        pytest.param(OPEN, "2024-03-10", "2024-03-31", date(2024, 3, 9), False, id="the period begins after T"),
        pytest.param(ADOPTED, "2024-03-19", "2024-03-31", LATE, True, id="the last day of the window"),
        pytest.param(ADOPTED, "2024-03-20", "2024-03-31", LATE, False, id="the closing day is no day of it"),
        pytest.param(
            f"{OPEN}; adopted 2024-03-04", "2024-03-04", "2024-03-04", LATE, True, id="opened and closed on one day"
        ),
        pytest.param("adopted 2024-03-20", "2024-03-20", "2024-03-31", LATE, True, id="closed unopened: its day"),
        pytest.param("adopted 2024-03-20", "2024-03-21", "2024-03-31", LATE, False, id="closed unopened before"),
        pytest.param("drafting 2024-03-04", "2024-03-01", "2024-03-31", LATE, False, id="never a window"),
        pytest.param(
            f"{OPEN}; withdrawn 2024-03-20", "2024-03-01", "2024-03-31", LATE, True, id="ended: by its window"
        ),
        pytest.param(
            "adopted 2024-03-04; withdrawn 2024-03-20", "2024-03-01", "2024-03-31", LATE, False,
            id="ended without ever a window",
        ),
        pytest.param(OPEN, "2024-03-31", "2024-03-01", LATE, False, id="a period the wrong way round"),
    ],
)  # fmt: skip
def test_who_belongs_to_a_period(stages: str, first: str, last: str, as_of: date, expected: bool) -> None:
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    assert belongs(piece_of(draft(stages), period, as_of), period, as_of) is expected


def counted(facts: DraftFacts, period: Period | None = None, as_of: date = LATE) -> Counts:
    return count([timeline(facts, BOOK)], period, as_of)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(draft(), Counts(not_opened=1, drafts=1), id="no stage: one implicit policy, not opened"),
        pytest.param(
            draft(OPEN, "2024-03-05 1", policies=frozenset({1, 2})),
            Counts(
                met=1,
                missed=1,
                provisional=2,
                on_time=1,
                any_communication=1,
                from_start=1,
                begun=1,
                drafts=1,
                drafts_judged=1,
                occurrences_judged=2,
                occurrences_covered=1,
            ),
            id="each policy is counted",
        ),
        pytest.param(
            draft(f"{OPEN}; appraisal 2024-03-06; adopted 2024-03-07", "2024-03-06"),
            Counts(
                met=1,
                on_time=1,
                any_communication=1,
                begun=1,
                drafts=1,
                drafts_judged=1,
                drafts_plan=1,
                waived_occurrences=1,
                occurrences_judged=1,
                occurrences_covered=1,
            ),
            id="a stage left early is waived",
        ),
        pytest.param(
            draft(f"{OPEN}; withdrawn 2024-04-20"),
            Counts(ended=1, drafts=1),
            id="pairs of an ended one don't count",
        ),
        pytest.param(
            draft(ADOPTED, exemptions=(Exemption(),)), Counts(exempt=1, drafts=1), id="nor of an exempt one"
        ),
        pytest.param(draft("adopted 2024-03-04"), Counts(closed_unopened=1, drafts=1), id="closed unopened"),
        pytest.param(
            draft(ADOPTED, scope=Scope()), Counts(undetermined=1), id="unknown scope: undetermined alone"
        ),
        pytest.param(draft(ADOPTED, scope=Scope(contested=Answer.NO)), NOTHING, id="out of scope: nothing"),
    ],
)
def test_counts_of_one_draft(facts: DraftFacts, expected: Counts) -> None:
    assert counted(facts) == expected


@pytest.mark.parametrize(
    ("stages", "period", "judged"),
    [
        pytest.param(OPEN, MARCH, 1, id="due on 11 March lies in March"),
        pytest.param(OPEN, Period(date(2024, 3, 12), date(2024, 3, 31)), 0, id="due before the period"),
        pytest.param(
            f"{OPEN}; adopted 2024-03-10", Period(date(2024, 3, 10), date(2024, 3, 31)), 0,
            id="due in the period, of a policy that does not belong to it",
        ),
        pytest.param(OPEN, Period(date(2024, 3, 1), date(2024, 3, 10)), 0, id="due after the period"),
    ],
)  # fmt: skip
def test_pairs_are_counted_by_their_due_day(stages: str, period: Period, judged: int) -> None:
    assert counted(draft(stages, "2024-03-05"), period).occurrences_judged == judged


def test_with_a_period_everything_is_taken_at_its_end() -> None:
    facts = draft(OPEN, "2024-04-02", transfers=(Transfer(on=date(2024, 4, 1), unit_code="BTC"),))
    assert counted(facts, MARCH).missed == 1  # covered late, but after the period
    assert counted(facts).met == 1
    assert piece_of(facts, MARCH, LATE).unit_code == "BTP"


def test_a_period_that_begins_after_the_day_is_empty_for_the_undetermined_too() -> None:
    facts = draft("draft_consultation 2024-03-04", scope=Scope())
    assert counted(facts, MARCH, date(2024, 2, 29)) == NOTHING
    assert counted(facts, MARCH, date(2024, 3, 4)) == Counts(undetermined=1)


@pytest.mark.parametrize(
    ("stages", "key"),
    [
        ("draft_consultation 2023-12-15; adopted 2025-01-10", 2024),
        ("adopted 2023-12-14", 2023),
        ("drafting 2024-03-04", None),
        ("adopted 2024-03-04; withdrawn 2024-03-06", None),
    ],
)
def test_the_year_of_a_group_is_that_of_the_opening(stages: str, key: int | None) -> None:
    assert opening_year(piece_of(draft(stages), None, LATE)) == key


def test_rates_are_unrounded_fractions_and_none_of_nothing() -> None:
    counts = Counts(
        met=1, missed=2, on_time=1, any_communication=2, pending=4, occurrences_judged=4,
        begun=2, closed_unopened=4, drafts=9, drafts_judged=3, drafts_plan=1,
    )  # fmt: skip
    assert rates(counts) == Figures(
        rate_plan=2 / 3,
        rate_plan_low=2 / 7,
        rate_plan_drafts=1 / 3,
        rate_full=1 / 3,
        rate_on_time=1 / 3,
        rate_any=2 / 3,
        rate_from_start=0.0,
        rate_occurrences=0.0,
    )
    assert set(astuple(rates(Counts(pending=3)))) == {None}


def test_counts_add_up_name_by_name() -> None:
    both = Counts(met=1, waived_occurrences=2) + Counts(met=2, missed=1, ended=1)
    assert both == Counts(met=3, missed=1, ended=1, waived_occurrences=2)
    assert (both.judged, both.policies) == (4, 5)


def test_the_definition_names_the_decision_in_both_languages() -> None:
    assert "407/QĐ-TTg" in DEFINITION.vi
    assert "407/QĐ-TTg" in DEFINITION.en
