"""What counts for the duty, the plan's figure, and scope by regime: one row a sentence of the rules."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from shared.contracts.vocabulary import Answer, Channel, CommunicationRole, Instrument, Regime, ScopeBasis
from shared.rules.facts import DraftFacts, Scope, Transfer
from shared.rules.figures import Counts, count, rates
from shared.rules.rulebook.rulebook import Rulebook, RuleFile, load_rulebook, rulebook_with
from shared.rules.timeline import timeline
from shared.rules.verdicts import assess, counting_spans, scope_of
from tests.support.cases import for_each
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
LATE = date(2025, 6, 30)
OPEN = "draft_consultation 2024-03-04"
ADOPTED = f"{OPEN}; adopted 2024-03-25"
LEAD, COORDINATING, SUPPORT = CommunicationRole
MOVED = (Transfer(on=date(2024, 3, 6), unit_code="BTC"),)


def held(stages: str, days: str, /, *fields: dict[str, Any], **changes: Any) -> DraftFacts:
    """Make a draft whose communications have some fields, in their order."""
    facts = draft(stages, days, **changes)
    each = zip(facts.communications, [*fields, *[{}] * 9], strict=False)
    return replace(facts, communications=tuple(replace(fact, **more) for fact, more in each))


def counted(facts: DraftFacts, rulebook: Rulebook = BOOK) -> Counts:
    return count([timeline(facts, rulebook)], None, LATE)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"unit_code": "BTP"}, True),
        ({"unit_code": "XA-A"}, False),
        ({"role": SUPPORT}, False),
        ({"role": SUPPORT, "unit_code": "BTP"}, False),
        ({"role": COORDINATING, "unit_code": "XA-A"}, True),
        ({"role": LEAD, "unit_code": "XA-A"}, True),
    ],
)
def test_only_lead_and_coordinating_work_counts(fields: dict[str, Any], counts: bool) -> None:
    facts = held(OPEN, "2024-03-05", fields)
    assert bool(counting_spans(facts, BOOK)) is counts
    assert (counted(facts).met, counted(facts).missed) == (int(counts), int(not counts))
    assert bool([gap for gap in timeline(facts, BOOK).gaps if gap.to_day > LATE]) is not counts


@pytest.mark.parametrize(
    ("day", "unit", "counts"),
    [
        ("2024-03-05", "BTP", True), ("2024-03-05", "BTC", False), ("2024-03-06", "BTC", True),
        ("2024-03-06", "BTP", False), ("2024-03", "BTP", True), ("2024-03", "BTC", False), ("2024-03", None, True),
    ],
)  # fmt: skip
def test_a_role_that_nobody_stated_goes_by_the_lead_on_the_first_possible_day(
    day: str, unit: str | None, counts: bool
) -> None:
    facts = held(OPEN, day, {"unit_code": unit}, transfers=MOVED)
    assert bool(counting_spans(facts, BOOK)) is counts


@pytest.mark.parametrize(
    ("stages", "days", "begun"),
    [
        pytest.param(OPEN, "2024-03-05", 1, id="covered in time"),
        pytest.param(OPEN, "2024-03-20", 1, id="covered late"),
        pytest.param(f"{OPEN}; appraisal 2024-04-01", "2024-04-02", 0, id="missed at the start, covered later"),
        pytest.param(
            f"{OPEN}; appraisal 2024-03-06", "2024-03-07", 1, id="the first is waived: the next one decides"
        ),
        pytest.param(
            f"{OPEN}; appraisal 2024-03-06; adopted 2024-03-07", "2024-03-04", 1, id="the first is covered"
        ),
        pytest.param(
            "draft_consultation 2024-03-04; adopted 2024-03-06", "2024-03-05", 1, id="covered, then adopted"
        ),
        pytest.param(
            "policy_consultation 2024-03-04; policy_approved 2024-03-04; adopted 2024-03-20", "2024-03-10", 1,
            id="no required occurrence: a communication in the window",
        ),
        pytest.param(
            "policy_consultation 2024-03-04; policy_approved 2024-03-04; adopted 2024-03-20", "2024-03-20", 0,
            id="no required occurrence, and none in the window",
        ),
        pytest.param(ADOPTED, "", 0, id="nothing"),
    ],
)  # fmt: skip
def test_the_numerator_of_the_plans_figure(stages: str, days: str, begun: int) -> None:
    counts = counted(draft(stages, days))
    assert (counts.judged, counts.begun, rates(counts).rate_plan) == (1, begun, float(begun))


def test_the_lower_bound_takes_adopted_drafts_without_a_recorded_consultation() -> None:
    lines = [timeline(draft(*made), BOOK) for made in ((OPEN, "2024-03-05"), ("adopted 2024-03-04", ""))]
    figures = rates(count(lines, None, LATE))
    assert (figures.rate_plan, figures.rate_plan_low) == (1.0, 0.5)
    only_unopened = rates(count(lines[1:], None, LATE))
    assert (only_unopened.rate_plan, only_unopened.rate_plan_low) == (None, 0.0)


@pytest.mark.parametrize(
    ("channels", "statutory_only"),
    [
        ([Channel.WRITTEN_REQUEST], 1), ([Channel.PORTAL_POSTING, Channel.WRITTEN_REQUEST], 1),
        ([Channel.PORTAL_POSTING, Channel.CONFERENCE], 0), ([Channel.CONTEST], 0), ([], 0),
    ],
)  # fmt: skip
def test_statutory_only(channels: list[Channel], statutory_only: int) -> None:
    days = "; ".join(f"2024-03-{number:02}" for number in range(5, 5 + len(channels)))
    facts = held(ADOPTED, days, *({"channel": channel} for channel in channels))
    assert counted(facts).any_statutory_only == statutory_only


@pytest.mark.parametrize(
    ("day", "fields", "verified", "statutory_only"),
    [
        ("2024-03-05", {"verified": True}, 1, 0),
        ("2024-03-25", {"verified": True}, 0, 1),  # outside the window
        ("2024-03-05", {"verified": True, "role": SUPPORT, "unit_code": "XA-A"}, 0, 1),
    ],
)
def test_what_stands_behind_counts_only_what_counts(
    day: str, fields: dict[str, Any], verified: int, statutory_only: int
) -> None:
    posting = {"channel": Channel.PORTAL_POSTING}
    counts = counted(held(ADOPTED, f"2024-03-06; {day}", posting, fields))
    assert (counts.any_verified, counts.any_statutory_only) == (verified, statutory_only)


LOCAL = ["provincial_resolution", "provincial_decision", "provincial_chair_decision", "special_unit_document", "commune_resolution", "commune_decision"]  # fmt: skip
THREE = Scope(
    requires_proposal=Answer.NO, affects_rights=Answer.YES, contested=Answer.YES, wide_impact=Answer.YES
)
ART_68, NATIONAL = ScopeBasis.LAW_2025_ART68, ScopeBasis.NATIONAL_407


@for_each(list(product(Instrument, Regime)))
def test_the_proposal_is_asked_only_where_the_law_has_that_step(
    instrument: Instrument, regime: Regime
) -> None:
    facts = draft(OPEN, scope=THREE, instrument=instrument, regime=regime)
    without = instrument in LOCAL and regime is not Regime.LAW_2015
    assert scope_of(facts, BOOK) == ((Answer.YES, ART_68) if without else (Answer.NO, NATIONAL))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Answer.YES, ART_68)),
        ({"requires_proposal": Answer.UNKNOWN}, (Answer.YES, ART_68)),
        ({"contested": Answer.NO}, (Answer.NO, ART_68)),
        ({"contested": Answer.UNKNOWN}, (Answer.UNKNOWN, None)),
        ({"state_secret": Answer.YES}, (Answer.NO, ART_68)),
        ({"state_secret": Answer.NO}, (Answer.YES, ART_68)),
        ({"state_secret": Answer.YES, "explicit": Answer.YES}, (Answer.YES, None)),
        ({"explicit": Answer.NO, "basis": ScopeBasis.LOCAL_PLAN}, (Answer.NO, ScopeBasis.LOCAL_PLAN)),
    ],
)
def test_scope_of_a_provincial_draft(
    changes: dict[str, Any], expected: tuple[Answer, ScopeBasis | None]
) -> None:
    scope = replace(THREE, **changes)
    facts = draft(
        OPEN, scope=scope, instrument=Instrument.PROVINCIAL_RESOLUTION, regime=Regime.LAW_2025_AMENDED
    )
    assert scope_of(facts, BOOK) == expected
    assert assess(facts, BOOK, LATE).scope_basis == expected[1]


def test_what_counts_is_dated_data_of_the_rule_file() -> None:
    row = """{"rows": [], "communications": [{"valid_from": "2024-03-06", "roles": ["lead"],
        "channels": ["conference"], "statutory": [], "legal_basis": "Kế hoạch 1"}]}"""
    book = rulebook_with([RuleFile("own.json", row)])
    assert book.version != BOOK.version
    posted = {"channel": Channel.PORTAL_POSTING}
    facts = held(
        ADOPTED, "2024-03-05; 2024-03-06; 2024-03-07", posted, posted, {"channel": Channel.CONFERENCE}
    )
    assert [number.int for number in sorted(counting_spans(facts, book))] == [101, 103]
    coordinated = held(ADOPTED, "2024-03-07", {"channel": Channel.CONFERENCE, "role": COORDINATING})
    assert counting_spans(coordinated, book) == {}
    assert len(counting_spans(coordinated, BOOK)) == 1
