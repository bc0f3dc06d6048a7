"""When an answer to a mail contradicts one that was given before: then it is taken only once that is confirmed."""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Recorded
from shared.contracts.event import alert_id
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.registry import DraftRequestDecided, DraftRequestRaised
from shared.contracts.vocabulary import AlertAnswer, RequestKind

ANSWERS = AlertAcknowledged | AlertTransferRequested | AlertExemptionRequested | AlertObstacleReported
_KINDS: dict[type[AnswerEvent], AlertAnswer] = {
    AlertAcknowledged: AlertAnswer.PLANNED,
    AlertTransferRequested: AlertAnswer.NOT_OURS,
    AlertExemptionRequested: AlertAnswer.EXEMPT,
    AlertObstacleReported: AlertAnswer.OBSTACLE,
}
# "We will do it", "we did it" and "something is in our way" can all be true; "it is not ours" and "we are exempted" can't.
TOGETHER = frozenset({AlertAnswer.PLANNED, AlertAnswer.OBSTACLE, AlertAnswer.DONE})
REPEATABLE = frozenset({AlertAnswer.OBSTACLE, AlertAnswer.DONE})  # a second one is one more, not another one
_CONTENT = {
    "planned_on",
    "channel",
    "to_unit",
    "explanation",
    "document",
    "authority",
    "decided_on",
    "obstacle",
}


def kind_of(answer: AnswerEvent) -> AlertAnswer:
    return _KINDS[type(answer)]


def may_contradict(before: AlertAnswer, now: AlertAnswer) -> bool:
    """Say whether answers of two kinds may contradict each other, whatever stands in them."""
    return before not in REPEATABLE if before is now else not {before, now} <= TOGETHER


def contradicts(before: AnswerEvent, now: AnswerEvent) -> bool:
    """Say whether an answer says something else than one before; the same again does not."""
    same = type(before) is type(now) and _content(before) == _content(now)
    return not same and may_contradict(kind_of(before), kind_of(now))


def _content(answer: AnswerEvent) -> dict[str, object]:
    return answer.model_dump(include=_CONTENT)


def as_answer(raised: DraftRequestRaised, draft_code: str) -> AnswerEvent | None:
    """Read what was asked for through a mail as an answer to it; None if it was asked for in another way."""
    if raised.gap_id is None or raised.stage is None:
        return None
    of: dict[str, Any] = {
        "alert_id": alert_id(raised.gap_id, raised.unit_code),
        "draft_code": draft_code,
        **raised.model_dump(include={"gap_id", "unit_code", "stage", "recipient_id"}),
    }
    if raised.kind is RequestKind.TRANSFER:
        to_unit = raised.wanted.get("to_unit")
        return AlertTransferRequested(**of, to_unit=to_unit, explanation=raised.reason or "")
    if raised.kind is RequestKind.EXEMPTION:
        day, authority = date.fromisoformat(raised.wanted["decided_on"]), raised.wanted["authority"]
        return AlertExemptionRequested(
            **of, document=raised.document or "", authority=authority, decided_on=day
        )
    return None


def waiting_answers(
    draft: Iterable[Recorded], draft_code: str, gap_id: UUID
) -> tuple[tuple[int, AnswerEvent], ...]:
    """Give what was asked for through mails about a gap and nobody has settled, with its position."""
    waiting: dict[UUID, tuple[int, AnswerEvent]] = {}
    for event in draft:
        if isinstance(event.data, DraftRequestDecided):
            waiting.pop(event.data.request_id, None)
        elif isinstance(event.data, DraftRequestRaised) and (answer := as_answer(event.data, draft_code)):
            waiting[event.data.request_id] = event.position, answer
    return tuple(each for each in waiting.values() if each[1].gap_id == gap_id)


def answers_about(
    alert: Iterable[Recorded], draft: Iterable[Recorded], draft_code: str, gap_id: UUID
) -> tuple[AnswerEvent, ...]:
    """Give what was answered about a gap in the order of the log: on its alert, or asked for and waiting."""
    given = [(event.position, event.data) for event in alert if isinstance(event.data, ANSWERS)]
    both = sorted((*given, *waiting_answers(draft, draft_code, gap_id)), key=lambda item: item[0])
    return tuple(answer for _, answer in both)


def standing(answers: Iterable[AnswerEvent]) -> tuple[AnswerEvent, ...]:
    """Give the answers that hold, the earliest first: each takes the place of those that it contradicts."""
    held: tuple[AnswerEvent, ...] = ()
    for answer in answers:
        held = (*(before for before in held if not contradicts(before, answer)), answer)
    return held


def confirmation(answers: Sequence[AnswerEvent]) -> str:
    """Name what a person has seen when they confirm: another answer in between makes it another name."""
    return sha256("\n".join(answer.model_dump_json() for answer in answers).encode()).hexdigest()[:32]
