"""When an answer to a mail contradicts one that was given before: then it is taken only once that is confirmed."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.contracts.vocabulary import AlertAnswer

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


def standing(answers: Iterable[AnswerEvent]) -> tuple[AnswerEvent, ...]:
    """Give the answers that hold, the earliest first: each takes the place of those that it contradicts."""
    held: tuple[AnswerEvent, ...] = ()
    for answer in answers:
        held = (*(before for before in held if not contradicts(before, answer)), answer)
    return held


def confirmation(answers: Sequence[AnswerEvent]) -> str:
    """Name what a person has seen when they confirm: another answer in between makes it another name."""
    return sha256("\n".join(answer.model_dump_json() for answer in answers).encode()).hexdigest()[:32]
