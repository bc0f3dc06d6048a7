"""What can still be saved: a table, and the same as recording a communication today would show."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.vocabulary import Precision
from shared.rules.facts import Communication, DraftFacts
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.summary.recoverable import recoverable
from shared.rules.verdicts import JUDGED, OccurrenceVerdict, PolicyAssessment, assess
from tests.support.rules import shorthand

COVERED, LATE, MISSED, WAIVED, PENDING = (
    OccurrenceVerdict.COVERED,
    OccurrenceVerdict.COVERED_LATE,
    OccurrenceVerdict.MISSED,
    OccurrenceVerdict.WAIVED,
    OccurrenceVerdict.PENDING,
)
RULES = load_rulebook()
DAYS = st.dates(date(2024, 1, 2), date(2024, 12, 20))


@pytest.mark.parametrize(
    ("seen", "owed_now", "expected"),
    [
        ([], False, False),
        ([MISSED], True, True),
        ([MISSED], False, False),  # the stage was left: lost for good
        ([WAIVED, MISSED], True, True),  # a stage that ended before it was due doesn't count
        ([MISSED, WAIVED], True, False),
        ([MISSED, MISSED], True, False),  # the first one was left
        ([COVERED, MISSED], True, False),  # by the plan it is met already
        ([LATE, MISSED], True, False),
        ([PENDING], True, False),  # not overdue
        ([WAIVED, PENDING], True, False),
        ([MISSED, PENDING], True, False),
    ],
)
def test_table(seen: list[OccurrenceVerdict], owed_now: bool, expected: bool) -> None:
    assert recoverable(seen, owed_now=owed_now) is expected


def the_policy(facts: DraftFacts, day: date) -> PolicyAssessment:
    (policy,) = assess(facts, RULES, day).policies
    return policy


@given(
    stages=st.lists(
        st.tuples(st.sampled_from(["policy_consultation", "draft_consultation", "appraisal"]), DAYS),
        max_size=4,
    ),
    held=st.lists(DAYS, max_size=2),
    day=DAYS,
)
def test_it_is_what_a_communication_today_would_change(
    stages: list[tuple[str, date]], held: list[date], day: date
) -> None:
    """The reference asks the whole rules twice: as it is, and with a communication today."""
    entries = "; ".join(f"{stage} {on}" for stage, on in sorted(stages, key=lambda item: item[1]))
    facts = shorthand.draft(entries, "; ".join(map(str, held)))
    before = the_policy(facts, day)
    today = Communication(
        communication_id=UUID(int=999), held_on=day, precision=Precision.DAY, policies=frozenset()
    )
    after = the_policy(replace(facts, communications=(*facts.communications, today)), day)
    required = [pair for pair in before.pairs if pair.required]
    owing = [pair.verdict for pair in required]
    present = assess(facts, RULES, day).occurrences
    owed_now = (
        bool(required) and present[-1].entry_id == required[-1].entry_id and present[-1].exited_on is None
    )
    owed_now = owed_now and required[-1].covered_on is None
    saved = before.judgement.verdict in JUDGED and not before.judgement.begun and after.judgement.begun
    assert recoverable(owing, owed_now=owed_now) is saved
