"""Scope, the verdict of an occurrence, the verdict of a policy: each numbered rule has its rows."""

from datetime import date
from uuid import UUID

import pytest

from shared.contracts.vocabulary import Answer, Stage
from shared.rules.facts import Exemption, Scope
from shared.rules.rulebook.rulebook import load_rulebook
from shared.rules.verdicts import Because, PolicyVerdict, assess, in_scope
from tests.support.rules.shorthand import draft

BOOK = load_rulebook()
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("criteria", "explicit", "expected"),
    [
        pytest.param((YES, YES, YES, YES), UNKNOWN, YES, id="all four hold"),
        pytest.param((YES, YES, UNKNOWN, NO), UNKNOWN, NO, id="one no is enough, beside an unknown too"),
        pytest.param((YES, YES, YES, UNKNOWN), UNKNOWN, UNKNOWN, id="else unknown"),
        pytest.param((NO, NO, NO, NO), YES, YES, id="an explicit yes wins"),
        pytest.param((YES, YES, YES, YES), NO, NO, id="an explicit no wins"),
        pytest.param((UNKNOWN,) * 4, UNKNOWN, UNKNOWN, id="nothing known"),
    ],
)
def test_scope(criteria: tuple[Answer, ...], explicit: Answer, expected: Answer) -> None:
    proposal, rights, contested, impact = criteria
    scope = Scope(
        requires_proposal=proposal,
        affects_rights=rights,
        contested=contested,
        wide_impact=impact,
        explicit=explicit,
    )
    assert in_scope(scope) is expected


# draft_consultation entered on Monday 4 March 2024 is due on Monday 11 March.
IN_CONSULTATION = "draft_consultation 2024-03-04"


@pytest.mark.parametrize(
    ("stages", "held", "as_of", "expected"),
    [
        pytest.param(
            IN_CONSULTATION, "2024-03-04", "2024-03-04", "covered 4", id="1: on the day of the entry"
        ),
        pytest.param(
            IN_CONSULTATION, "2024-03-11", "2024-03-20", "covered 11", id="1: on the due day is in time"
        ),
        pytest.param(
            IN_CONSULTATION, "2024-03-12", "2024-03-20", "covered_late 12", id="1: after it is late"
        ),
        pytest.param(
            IN_CONSULTATION,
            "2024-03-12; 2024-03-06",
            "2024-03-20",
            "covered 6",
            id="1: the earliest day covers",
        ),
        pytest.param(
            IN_CONSULTATION,
            "2024-03",
            "2024-03-20",
            "covered 4",
            id="1: some day of the month lies in the occurrence",
        ),
        pytest.param(IN_CONSULTATION, "2024", "2024-03-20", "covered 4", id="1: some day of the year"),
        pytest.param(IN_CONSULTATION, "2024-02", "2024-03-20", "missed", id="1: no day of February does"),
        pytest.param(
            IN_CONSULTATION, "2024-03-05", "2024-03-04", "pending", id="1: dated after T, it does not exist"
        ),
        pytest.param(
            f"{IN_CONSULTATION}; appraisal 2024-03-06",
            "2024-03-06",
            "2024-03-20",
            "waived",
            id="1: the exit day is outside",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; appraisal 2024-03-06",
            "2024-03-05",
            "2024-03-20",
            "covered 5",
            id="1: the day before is in",
        ),
        pytest.param(IN_CONSULTATION, "2024-03-05 2", "2024-03-20", "missed", id="1: about another policy"),
        pytest.param(
            IN_CONSULTATION,
            "2024-03-05 0,2",
            "2024-03-20",
            "covered 5",
            id="1: 0 among them is the whole draft",
        ),
        pytest.param(IN_CONSULTATION, "2024-03-05 1,2", "2024-03-20", "covered 5", id="1: about several"),
        pytest.param(
            IN_CONSULTATION, "", "2024-03-11", "pending", id="2: not before a day after the due day"
        ),
        pytest.param(
            IN_CONSULTATION, "", "2024-03-12", "missed", id="2: still in the stage on a day after it"
        ),
        pytest.param(
            f"{IN_CONSULTATION}; appraisal 2024-03-13",
            "",
            "2024-03-20",
            "missed",
            id="2: left after that day: stays missed",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; appraisal 2024-03-12",
            "",
            "2024-03-20",
            "waived",
            id="3: the due day was its last day",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; appraisal 2024-03-12",
            "",
            "2024-03-11",
            "pending",
            id="4: not yet left, not yet judged",
        ),
    ],
)
def test_occurrence_verdict(stages: str, held: str, as_of: str, expected: str) -> None:
    actual = assess(draft(stages, held, policies=frozenset({1, 2})), BOOK, date.fromisoformat(as_of))
    pair = actual.policies[0].pairs[0]
    assert (
        " ".join([pair.verdict.value, *([str(pair.covered_on.day)] if pair.covered_on else [])]) == expected
    )


ADOPTED = f"{IN_CONSULTATION}; adopted 2024-03-13"
LATE = "2024-04-30"


@pytest.mark.parametrize(
    ("stages", "held", "as_of", "expected", "because"),
    [
        pytest.param(
            f"{IN_CONSULTATION}; withdrawn 2024-03-06", "2024-03-05", LATE, "ended", "withdrawn_or_merged", id="1: withdrawn"
        ),
        pytest.param(
            f"{IN_CONSULTATION}; merged 2024-03-06", "", "2024-03-05", "pending", "nothing_to_judge_yet", id="1: not before"
        ),
        pytest.param(
            f"{ADOPTED}; withdrawn 2024-03-20", "2024-03-05", LATE, "met", "required_stage_covered",
            id="1: adopted before: judged",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; adopted 2024-03-13; withdrawn 2024-03-13", "2024-03-05", LATE, "met",
            "required_stage_covered", id="1: adopted on the same date stands before",
        ),
        pytest.param(
            "adopted 2024-03-04; withdrawn 2024-03-06", "", LATE, "ended", "withdrawn_or_merged",
            id="1: adopted without opening, then withdrawn",
        ),
        pytest.param(
            "adopted 2024-03-04; withdrawn 2024-03-06", "", "2024-03-05", "closed_unopened",
            "closed_without_opening", id="3: until then",
        ),
        pytest.param(
            "adopted 2024-03-04; draft_consultation 2024-03-06", "2024-03-07", LATE, "closed_unopened",
            "closed_without_opening", id="3: an opening after it changes nothing",
        ),
        pytest.param("drafting 2024-03-04", "2024-03-05", LATE, "not_opened", "window_not_opened", id="4"),
        pytest.param("", "", LATE, "not_opened", "window_not_opened", id="4: nothing known"),
        pytest.param(IN_CONSULTATION, "", LATE, "missed", "required_stage_missed", id="5: a required stage missed"),
        pytest.param(
            f"{IN_CONSULTATION}; appraisal 2024-03-08", "2024-03-05", LATE, "missed", "required_stage_missed",
            id="5: one missed outweighs one covered",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; adopted 2024-03-06", "2024-03-06", LATE, "missed", "nothing_in_window",
            id="5: closed, and nothing on a day of the window: the closing day is none",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; adopted 2024-03-04", "2024-03-04", LATE, "met", "window_closed_nothing_missed",
            id="6: opened and closed on one day: that day is the window",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; adopted 2024-03-04", "2024-03-05", LATE, "missed", "nothing_in_window",
            id="5: the day after is none",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; verification 2024-03-05; adopted 2024-03-20", "", LATE, "missed", "nothing_in_window",
            id="5: an exemption of single stages does not lift this",
        ),
        pytest.param(ADOPTED, "2024-03-12", LATE, "met", "required_stage_covered", id="6: late coverage is met"),
        pytest.param(IN_CONSULTATION, "2024-03-05", "2024-03-05", "met", "required_stage_covered", id="6: open, covered"),
        pytest.param(
            "draft_consultation 2024-03-04; submitted 2024-03-05; adopted 2024-04-10", "2024-04-01", LATE, "met",
            "window_closed_nothing_missed", id="6: closed, heard in the window, nothing missed",
        ),
        pytest.param(IN_CONSULTATION, "", "2024-03-11", "pending", "nothing_to_judge_yet", id="7: within the grace"),
        pytest.param(
            f"{IN_CONSULTATION}; suspended 2024-03-06", "", LATE, "pending", "nothing_to_judge_yet",
            id="7: while suspended nothing is required",
        ),
        pytest.param(
            f"{IN_CONSULTATION}; suspended 2024-03-06; adopted 2024-04-10", "2024-04-01", LATE, "met",
            "window_closed_nothing_missed", id="6: days of a suspension belong to the window",
        ),
    ],
)  # fmt: skip
def test_policy_verdict(stages: str, held: str, as_of: str, expected: str, because: str) -> None:
    exemptions = (Exemption(stages=frozenset({Stage.VERIFICATION})),)
    facts = draft(stages, held, exemptions=exemptions)
    judgement = assess(facts, BOOK, date.fromisoformat(as_of)).policies[0].judgement
    assert (judgement.verdict.value, judgement.because.value) == (expected, because)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param(ADOPTED, PolicyVerdict.EXEMPT, id="2: before closing and missing"),
        pytest.param("adopted 2024-03-04", PolicyVerdict.EXEMPT, id="2: before 3"),
        pytest.param("", PolicyVerdict.EXEMPT, id="2: before 4, whatever the day: it is timeless"),
        pytest.param(f"{IN_CONSULTATION}; withdrawn 2024-03-06", PolicyVerdict.ENDED, id="1: before 2"),
    ],
)
def test_exemption_of_the_whole_draft(stages: str, expected: PolicyVerdict) -> None:
    exemptions = (Exemption(stages=frozenset({Stage.DRAFTING})), Exemption(document="12/QĐ"))
    actual = assess(draft(stages, exemptions=exemptions), BOOK, date(2024, 4, 30))
    assert actual.policies[0].judgement.verdict is expected


def test_policies_are_judged_apart_and_the_implicit_policy_is_zero() -> None:
    actual = assess(draft(ADOPTED, "2024-03-05 1", policies=frozenset({1, 2})), BOOK, date(2024, 4, 30))
    assert [(policy.policy_no, policy.judgement.verdict.value) for policy in actual.policies] == [
        (1, "met"),
        (2, "missed"),
    ]
    assert [policy.policy_no for policy in assess(draft(ADOPTED), BOOK, date(2024, 4, 30)).policies] == [0]


@pytest.mark.parametrize(
    ("stages", "held", "flags"),
    [
        pytest.param(f"{IN_CONSULTATION}; appraisal 2024-03-20", "2024-03-05; 2024-03-21", "on_time any start", id="all"),
        pytest.param(f"{IN_CONSULTATION}; appraisal 2024-03-20", "2024-03-12; 2024-03-21", "any", id="late from the start"),
        pytest.param(f"{IN_CONSULTATION}; appraisal 2024-03-20", "2024-03-05; 2024-04-10", "any start", id="late afterwards"),
        pytest.param(IN_CONSULTATION, "2024-02-05", "", id="before the window: not any"),
        pytest.param(f"{IN_CONSULTATION}; appraisal 2024-03-06", "2024-03-07", "on_time any", id="the first left uncovered"),
        pytest.param(
            "draft_consultation 2024-03-04; appraisal 2024-03-04", "2024-03-04", "on_time any start",
            id="the first required one counts, not the opening of zero length",
        ),
        pytest.param(
            "draft_consultation 2024-03-04; submitted 2024-03-04; adopted 2024-03-20", "2024-03-05", "on_time any",
            id="no required occurrence: not from the start",
        ),
    ],
)  # fmt: skip
def test_flags_of_a_judged_policy(stages: str, held: str, flags: str) -> None:
    judgement = assess(draft(stages, held), BOOK, date(2024, 4, 30)).policies[0].judgement
    names = {"on_time": judgement.on_time, "any": judgement.any_communication, "start": judgement.from_start}
    assert " ".join(name for name, true in names.items() if true) == flags


def test_what_is_dated_later_does_not_exist_for_the_answer() -> None:
    actual = assess(draft(ADOPTED, "2024-03-05"), BOOK, date(2024, 3, 12))
    assert (actual.window.closed_on, actual.window.closed_by) == (None, None)
    assert [occurrence.exited_on for occurrence in actual.occurrences] == [None]
    assert actual.policies[0].judgement.provisional
    assert actual.policies[0].judgement.because is Because.REQUIRED_STAGE_COVERED


def test_covering_communications_come_in_the_order_of_their_days() -> None:
    actual = assess(
        draft(IN_CONSULTATION, "2024-03-08; 2024-03; 2024-03-06; 2024-02-01"), BOOK, date(2024, 3, 7)
    )
    assert actual.policies[0].pairs[0].covering_ids == (UUID(int=102), UUID(int=103))
