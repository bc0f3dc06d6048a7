"""Which answers to a mail contradict each other, as a table over all pairs of kinds."""

from datetime import date
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.vocabulary import AlertAnswer, Channel, Stage
from shared.rules.answers import confirmation, contradicts, kind_of, may_contradict, standing

OF: dict[str, Any] = {
    "alert_id": UUID(int=1),
    "gap_id": UUID(int=2),
    "draft_code": "LUAT-1",
    "unit_code": "BTP",
    "stage": Stage.DRAFT_CONSULTATION,
    "recipient_id": UUID(int=3),
}
DAY = date(2026, 11, 27)
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
