"""What there is to say of a draft's gaps, given what was said before: a table of cases."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.metrics.domain.record import Announced, DraftGaps, DraftRecord, to_announce
from shared.contracts.event import Event
from shared.contracts.metrics import ComplianceEvent, ComplianceGapClosed
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftMerged,
    DraftPolicyAdded,
    DraftPolicyRemoved,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Answer, Stage
from shared.rules.rulebook.rulebook import (
    DayKind,
    Rulebook,
    _packaged_days,
    _packaged_document,
    load_rulebook,
    rulebook_of,
)
from shared.rules.timeline import timeline
from tests.unit.metrics.events import IN_SCOPE, communication, record_of, retracted

TODAY = date(2024, 3, 20)
RULES = load_rulebook()
ENTERED = DraftStageEntered(stage=Stage.DRAFT_CONSULTATION, entered_on=date(2024, 3, 4))
POLICIES = DraftPolicyAdded(policy_no=1, title="Một"), DraftPolicyAdded(policy_no=2, title="Hai")
WAITING = (IN_SCOPE, *POLICIES, ENTERED)
GAP = UUID(int=5)  # the entry is the fifth event of the draft


def news(
    record: DraftRecord, compliance_events: Sequence[ComplianceEvent] = (), rules: Rulebook = RULES
) -> list[ComplianceEvent]:
    """Say what there is to say after `said`."""
    announced = {
        event.gap_id: Announced(event, n, 100 + n) for n, event in enumerate(compliance_events, start=1)
    }
    line = timeline(record.facts, rules)
    draft = DraftGaps(record, line.scope, line.gaps)
    return list(to_announce(draft, announced, today=TODAY, rules_version=rules.version))


def opened() -> ComplianceEvent:
    (event,) = news(record_of(*WAITING))
    return event


def test_an_open_gap_is_opened() -> None:
    gap = opened()
    assert (gap.name, gap.gap_id, gap.policies) == ("gap_opened", GAP, (1, 2))
    assert (gap.since, gap.due_on) == (date(2024, 3, 4), date(2024, 3, 11))
    assert (gap.unit_code, gap.title, gap.facts_position) == ("BTNMT", "Luật Đất đai", 5)
    assert gap.rules_version == RULES.version


def test_an_announced_gap_is_not_announced_again() -> None:
    assert news(record_of(*WAITING), [opened()]) == []


def test_facts_that_change_nothing_of_the_gap_are_no_news() -> None:
    assert news(record_of(*WAITING, communication(9, "2024-01-05")), [opened()]) == []


def test_a_gap_of_the_past_is_no_news() -> None:
    over = DraftStageEntered(stage=Stage.ADOPTED, entered_on=date(2024, 3, 18))
    assert news(record_of(*WAITING, over)) == []


def test_a_rules_version_alone_is_no_news() -> None:
    assert news(record_of(*WAITING), [opened().model_copy(update={"rules_version": "old"})]) == []


CHANGES: list[tuple[Event, str, object]] = [
    (DraftTransferred(to_unit_code="BNNMT", on=date(2024, 3, 10)), "unit_code", "BNNMT"),
    (DraftRetitled(title="Luật khác"), "title", "Luật khác"),
    (communication(9, "2024-03-05", policies=(1,)), "policies", (2,)),
    (DraftPolicyAdded(policy_no=3, title="Ba"), "policies", (1, 2, 3)),
    (DraftPolicyRemoved(policy_no=2), "policies", (1,)),
    (
        DraftStageCorrected(
            entry_id=GAP,
            was_stage=Stage.DRAFT_CONSULTATION,
            was_entered_on=date(2024, 3, 4),
            stage=Stage.DRAFT_CONSULTATION,
            entered_on=date(2024, 3, 12),
        ),
        "due_on",
        date(2024, 3, 19),
    ),
]


@pytest.mark.parametrize(("event", "field", "value"), CHANGES, ids=lambda case: type(case).__name__)
def test_changes_keep_the_gap(event: Event, field: str, value: object) -> None:
    (changed,) = news(record_of(*WAITING, event), [opened()])
    assert (changed.name, changed.gap_id, getattr(changed, field)) == ("gap_changed", GAP, value)


RECORDED_ON = date(2024, 3, 5)
LEFT = date(2024, 3, 15)
ELSEWHERE = DraftStageCorrected(
    entry_id=GAP,
    was_stage=Stage.DRAFT_CONSULTATION,
    was_entered_on=date(2024, 3, 4),
    stage=Stage.DRAFTING,
    entered_on=date(2024, 3, 4),
)
CLOSINGS: list[tuple[str, Sequence[Event], date]] = [
    ("covered", [communication(9, "2024-03-12")], date(2024, 3, 12)),
    ("stage_left", [DraftStageEntered(stage=Stage.APPRAISAL, entered_on=LEFT)], LEFT),
    ("suspended", [DraftSuspended(on=LEFT)], LEFT),
    ("withdrawn", [DraftWithdrawn(on=LEFT)], LEFT),
    ("merged", [DraftMerged(on=LEFT)], LEFT),
    ("exempted", [DraftCommunicationExempted(document="1/QĐ")], RECORDED_ON),
    (
        "exempted",
        [DraftCommunicationExempted(document="1/QĐ", stages=(Stage.DRAFT_CONSULTATION,))],
        RECORDED_ON,
    ),
    ("out_of_scope", [DraftScopeAssessed(in_scope=Answer.NO)], RECORDED_ON),
    ("out_of_scope", [DraftScopeAssessed()], RECORDED_ON),
    ("corrected", [ELSEWHERE], RECORDED_ON),
]


@pytest.mark.parametrize(("reason", "events", "closed_on"), CLOSINGS)
def test_closings_bear_the_day_of_their_fact(reason: str, events: Sequence[Event], closed_on: date) -> None:
    announced = news(record_of(*WAITING, *events), [opened()])
    (closed,) = [event for event in announced if event.gap_id == GAP]
    assert isinstance(closed, ComplianceGapClosed)
    assert (closed.reason, closed.closed_on, closed.policies) == (reason, closed_on, (1, 2))


def test_the_stage_that_began_a_gap_never_was() -> None:
    gone = DraftStageCancelled(
        entry_id=GAP, stage=ENTERED.stage, entered_on=ENTERED.entered_on, reason="Ghi nhầm dự thảo"
    )
    (closed,) = news(record_of(*WAITING, gone), [opened()])
    assert isinstance(closed, ComplianceGapClosed)
    assert (closed.reason, closed.closed_on) == ("corrected", RECORDED_ON)


def test_the_last_open_policy_is_removed() -> None:
    """Policy 1 had been covered: it is the removal of 2 that closes, on the day of its recording."""
    narrowed = record_of(*WAITING, communication(9, "2024-03-05", policies=(1,)))
    (changed,) = news(narrowed, [opened()])
    removed = record_of(
        *WAITING, communication(9, "2024-03-05", policies=(1,)), DraftPolicyRemoved(policy_no=2)
    )
    (closed,) = news(removed, [changed])
    assert isinstance(closed, ComplianceGapClosed)
    assert (closed.reason, closed.closed_on, closed.policies) == ("policy_removed", RECORDED_ON, (2,))


def test_a_closed_gap_that_stands_open_again_is_opened_again() -> None:
    (closed,) = news(record_of(*WAITING, communication(9, "2024-03-12")), [opened()])
    again = record_of(*WAITING, communication(9, "2024-03-12"), retracted(9))
    assert [(event.name, event.gap_id) for event in news(again, [closed])] == [("gap_opened", GAP)]
    assert news(record_of(*WAITING, communication(9, "2024-03-12")), [closed]) == []


def without_consultation() -> Rulebook:
    """Make rules that ask for no communication in the consultation."""
    document = deepcopy(_packaged_document())
    document["defaults"]["not_required"] = [*document["defaults"]["not_required"], "draft_consultation"]
    for row in document["rows"]:
        if "not_required" in row:
            row["not_required"] = [*row["not_required"], "draft_consultation"]
    return rulebook_of(document, _packaged_days())


def test_a_gap_that_other_rules_remove_is_closed_with_that_reason() -> None:
    (closed,) = news(record_of(*WAITING), [opened()], without_consultation())
    assert isinstance(closed, ComplianceGapClosed)
    assert (closed.reason, closed.closed_on) == ("rules_changed", RECORDED_ON)


def test_also_when_other_facts_came_since() -> None:
    (closed,) = news(record_of(*WAITING, communication(9, "2024-01-05")), [opened()], without_consultation())
    assert isinstance(closed, ComplianceGapClosed)
    assert closed.reason == "rules_changed"


def test_what_a_fact_closes_is_not_blamed_on_the_rules() -> None:
    record = record_of(*WAITING, DraftScopeAssessed(in_scope=Answer.NO))
    (closed,) = news(record, [opened()], without_consultation())
    assert isinstance(closed, ComplianceGapClosed)
    assert closed.reason == "out_of_scope"


def test_another_calendar_moves_the_due_day() -> None:
    days = _packaged_days() | {date(2024, 3, 6): DayKind.OFF}
    (changed,) = news(record_of(*WAITING), [opened()], rulebook_of(_packaged_document(), days))
    assert (changed.name, changed.due_on) == ("gap_changed", date(2024, 3, 12))


def test_a_word_about_an_unknown_gap_is_taken_back() -> None:
    stray = opened().model_copy(update={"gap_id": UUID(int=77)})
    announced = news(record_of(*WAITING), [opened(), stray])
    assert [(event.name, event.gap_id.int) for event in announced] == [("gap_closed", 77)]
    assert replace(Announced(stray, 1, 1), version=2).is_open
