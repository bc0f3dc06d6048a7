"""What a unit answered about a gap, in the order of the log, and what follows from it: until when urging rests, which obstacle waits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.notifier import AlertAcknowledged, AlertObstacleReported, AnswerEvent

ANSWER_FIELDS = frozenset(
    {
        "planned_on",
        "channel",
        "to_unit",
        "explanation",
        "document",
        "authority",
        "decided_on",
        "obstacle",
    }
)
"""What an answer says, as `alert.answer_said` keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAnswer:
    """`name` is that of an event of `alert`, `on` the day of the answer, if it was kept, `content` its words.

    `to_unit_code` is who is asked to answer an obstacle; `answer_id` is the event's id, under which campaigns raises it.
    """

    name: str
    on: date | None
    content: Mapping[str, str | None]
    answer_id: UUID | None = None
    to_unit_code: str | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "UnitAnswer":
        """Read an answer as `answer_row` wrote it."""
        return cls(
            name=row["name"],
            on=date.fromisoformat(row["on"]),
            content=row["content"],
            answer_id=UUID(row["answer_id"]),
            to_unit_code=row["to_unit_code"],
        )

    @property
    def planned_on(self) -> date | None:
        day = self.content.get("planned_on")
        return date.fromisoformat(day) if day and self.name == AlertAcknowledged.name else None

    @property
    def is_obstacle(self) -> bool:
        return self.name == AlertObstacleReported.name


def answer_row(answer: AnswerEvent, event_id: UUID, on: date) -> dict[str, Any]:
    """Give an answer as JSON, for the row of its alert."""
    return {
        "name": answer.name,
        "on": on.isoformat(),
        "content": answer.model_dump(mode="json", include=set(ANSWER_FIELDS)),
        "answer_id": str(event_id),
        "to_unit_code": getattr(answer, "to_unit_code", None),
    }


def rests_until(answers: Iterable[UnitAnswer]) -> date | None:
    """Give the last day on which urging rests: the earliest day that the unit named.

    It rests once. A later day that the unit names takes nothing away from that: more rest is its supervisor's to grant,
    by a snooze or a silence. The gap ends with its stage, and the rest with it.
    """
    return min((day for answer in answers if (day := answer.planned_on)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleReply:
    """How an obstacle was answered in the unit's programme; `answer_id` is the answer that reported it."""

    answer_id: UUID
    on: date
    document: str | None = None
    note: str | None = None
