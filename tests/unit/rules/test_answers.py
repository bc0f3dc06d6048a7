"""Which answers to a mail contradict each other, as a table over all pairs of kinds."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import Event, alert_id
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.registry import DraftRequestDecided, DraftRequestRaised
from shared.contracts.vocabulary import AlertAnswer, Channel, RequestDecision, RequestKind, Stage
from shared.rules.answers import (
    answers_about,
    as_answer,
    confirmation,
    contradicts,
    kind_of,
    may_contradict,
    standing,
)

OF: dict[str, Any] = {
    "alert_id": UUID(int=1),
    "gap_id": UUID(int=2),
    "draft_code": "LUAT-1",
    "unit_code": "BTP",
    "stage": Stage.DRAFT_CONSULTATION,
    "recipient_id": UUID(int=3),
}
DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, tzinfo=UTC)
PLANNED = AlertAcknowledged(**OF, planned_on=DAY)
NOT_OURS = AlertTransferRequested(**OF, explanation="Theo Công văn 12")
EXEMPT = AlertExemptionRequested(**OF, document="CV 99", authority="VPCP", decided_on=DAY)
OBSTACLE = AlertObstacleReported(**OF, obstacle="Chưa có kinh phí")
ALL: tuple[AnswerEvent, ...] = (PLANNED, NOT_OURS, EXEMPT, OBSTACLE)
COMPATIBLE = {(PLANNED, OBSTACLE), (OBSTACLE, PLANNED), *((answer, answer) for answer in ALL)}


@pytest.mark.parametrize(("before", "now"), list(product(ALL, ALL)), ids=lambda answer: kind_of(answer).value)
def test_every_pair_of_kinds(before: AnswerEvent, now: AnswerEvent) -> None:
    assert contradicts(before, now) == ((before, now) not in COMPATIBLE)


@pytest.mark.parametrize(
    ("before", "changes", "contradiction"),
    [
        (PLANNED, {"planned_on": date(2026, 12, 1)}, True),
        (PLANNED, {"channel": Channel.CONFERENCE}, True),
        (NOT_OURS, {"to_unit": "Sở B"}, True),
        (EXEMPT, {"document": "CV 100"}, True),
        (OBSTACLE, {"obstacle": "Chưa có người"}, False),
        *((answer, {"recipient_id": UUID(int=9)}, False) for answer in ALL),
    ],
    ids=str,
)
def test_the_same_kind_with_other_content(
    before: AnswerEvent, changes: dict[str, Any], contradiction: bool
) -> None:
    assert contradicts(before, before.model_copy(update=changes)) == contradiction


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (AlertAnswer.PLANNED, False),
        (AlertAnswer.OBSTACLE, False),
        (AlertAnswer.DONE, False),
        (AlertAnswer.NOT_OURS, True),
        (AlertAnswer.EXEMPT, True),
    ],
)
def test_done_contradicts_only_who_would_not_do_it(before: AlertAnswer, expected: bool) -> None:
    assert may_contradict(before, AlertAnswer.DONE) == expected


def test_a_confirmed_answer_takes_the_place_of_what_it_contradicts() -> None:
    assert standing([]) == ()
    assert standing([PLANNED, OBSTACLE]) == (PLANNED, OBSTACLE)
    assert standing([PLANNED, OBSTACLE, NOT_OURS]) == (NOT_OURS,)
    assert standing([PLANNED, NOT_OURS, PLANNED, OBSTACLE]) == (PLANNED, OBSTACLE)


def test_a_confirmation_is_of_what_was_seen() -> None:
    assert confirmation([PLANNED]) == confirmation([PLANNED])
    assert confirmation([PLANNED]) != confirmation([PLANNED, OBSTACLE])


RAISED = DraftRequestRaised(
    request_id=UUID(int=7),
    kind=RequestKind.EXEMPTION,
    command="exempt",
    wanted={"document": "CV 99", "authority": "VPCP", "decided_on": "2026-11-27"},
    unit_code="BTP",
    raised_on=DAY,
    document="CV 99",
    gap_id=OF["gap_id"],
    stage=OF["stage"],
    recipient_id=OF["recipient_id"],
)
TRANSFER = RAISED.model_copy(
    update={
        "request_id": UUID(int=8),
        "kind": RequestKind.TRANSFER,
        "wanted": {"to_unit": "Sở B"},
        "document": None,
        "reason": "Theo Công văn 12",
    }
)


def settled(decision: RequestDecision) -> DraftRequestDecided:
    return DraftRequestDecided(
        request_id=RAISED.request_id, kind=RAISED.kind, decision=decision, on=DAY, unit_code="BTP"
    )


def log(*data: Event, after: int = 0) -> list[Recorded]:
    """Write events of one aggregate, every second position of the log."""
    ref, stamp = AggregateRef("draft", UUID(int=9)), Metadata(time=NOW, actor="a", correlation_id="c")
    return [
        Recorded(after + 2 * n, ref, n, UUID(int=n), each, stamp, f"vn.loa.{each.name}.v1")
        for n, each in enumerate(data, start=1)
    ]


def about(alert: list[Recorded], draft: list[Recorded]) -> tuple[AlertAnswer, ...]:
    answers = answers_about(alert, draft, OF["draft_code"], OF["gap_id"])
    return tuple(kind_of(answer) for answer in answers)


def test_a_request_of_a_mail_is_the_answer_to_it() -> None:
    assert as_answer(TRANSFER, OF["draft_code"]) == NOT_OURS.model_copy(
        update={
            "alert_id": alert_id(OF["gap_id"], "BTP"),
            "to_unit": "Sở B",
            "explanation": "Theo Công văn 12",
        }
    )
    exempt = as_answer(RAISED, OF["draft_code"])
    assert exempt is not None
    assert not contradicts(EXEMPT, exempt)
    for other in ({"gap_id": None}, {"stage": None}, {"kind": RequestKind.SCOPE}):
        assert as_answer(RAISED.model_copy(update=other), OF["draft_code"]) is None


def test_requests_stand_among_the_answers_in_the_order_of_the_log_while_they_wait() -> None:
    asked, planned = AlertAnswer.EXEMPT, AlertAnswer.PLANNED
    assert about(log(PLANNED), log(RAISED, after=1)) == (planned, asked)
    assert about(log(PLANNED, after=1), log(RAISED)) == (asked, planned)
    elsewhere = RAISED.model_copy(update={"gap_id": UUID(int=5)})
    assert about([], log(elsewhere, TRANSFER)) == (AlertAnswer.NOT_OURS,)


@pytest.mark.parametrize("decision", RequestDecision)
def test_a_settled_request_is_no_answer_until_it_is_raised_again(decision: RequestDecision) -> None:
    assert about([], log(RAISED, settled(decision))) == ()
    assert about([], log(RAISED, settled(decision), RAISED)) == (AlertAnswer.EXEMPT,)
