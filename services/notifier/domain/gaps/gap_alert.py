"""One gap of one unit with its alert: what metrics announced, and what happened to it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.notifier.domain.gaps.alert import Raise, Resolve
from services.notifier.domain.gaps.alert_context import AlertContext
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.gaps.silence import Silence
from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Procedure, Stage


class AlertStatus(StrEnum):
    """`announced`: metrics announced the gap, and no alert was raised for it yet."""

    ANNOUNCED = "announced"
    RAISED = "raised"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapAlert:
    """A row of the read model. `is_current`: this unit has the gap now, no other one.

    `version` counts the events of the alert. The gap's facts are those that were announced last while the unit had
    the gap, `gap_closed_on` and `gap_closure` how it ended for this unit; `announced_by` is that event.
    `closed_on` and `closure` are those of `alert.resolved`. Without an announcement `title` is None.
    """

    alert_id: UUID
    gap_id: UUID
    draft_code: str
    unit_code: str
    due_on: date
    state: AlertStatus = AlertStatus.ANNOUNCED
    version: int = 0

    title: str | None = None
    instrument: Instrument | None = None
    procedure: Procedure | None = None
    stage: Stage | None = None
    since: date | None = None
    policies: tuple[int, ...] | None = None
    dataset: Dataset | None = None
    is_current: bool = False
    gap_closed_on: date | None = None
    gap_closure: GapClosure | None = None
    announced_by: UUID | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    announced_at: datetime | None = None

    last_sent_day: date | None = None
    last_reason: str | None = None
    answer: str | None = None
    answered_on: date | None = None
    answer_said: Mapping[str, str | None] | None = None
    planned_on: date | None = None
    snoozed_until: date | None = None
    escalated_to: str | None = None
    escalation_level: int | None = None
    escalated_on: date | None = None
    silenced_until: date | None = None
    undeliverable_on: date | None = None
    closed_on: date | None = None
    closure: GapClosure | None = None

    @property
    def wanted(self) -> AlertStatus:
        """The state that the announced gap asks of its alert."""
        if self.title is None:
            return self.state
        if self.gap_closure is None:
            return AlertStatus.RAISED
        return AlertStatus.RESOLVED if self.state is AlertStatus.RAISED else self.state

    @property
    def is_pending(self) -> bool:
        """Whether the log still lacks the event that brings the alert to the state of its gap."""
        return self.wanted is not self.state

    @property
    def command(self) -> Raise | Resolve:
        """The command that brings a pending alert to the state of its gap."""
        if self.gap_closure is None or self.gap_closed_on is None:
            return Raise(
                gap_id=self.gap_id,
                draft_code=self.draft_code,
                unit_code=self.unit_code,
                due_on=self.due_on,
            )
        return Resolve(
            gap_id=self.gap_id,
            unit_code=self.unit_code,
            closed_on=self.gap_closed_on,
            reason=self.gap_closure,
        )

    @property
    def gap(self) -> Gap:
        """The gap as announced last; only of a row that has an announcement."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in (*IDS, *FACTS)}
        return Gap(**facts, closed_on=self.gap_closed_on, closure=self.gap_closure)

    def context(self, silence: Silence | None, *, halted: bool) -> AlertContext:
        """What the unit answered, with what keeps the alert quiet."""
        answered: dict[str, Any] = {name: getattr(self, name) for name in _ANSWERED}
        return AlertContext(**answered, silence=silence, halted=halted)


IDS = ("gap_id", "draft_code", "unit_code", "due_on")
FACTS = ("title", "instrument", "procedure", "stage", "since", "policies", "dataset")
_ANSWERED = ("answer", "answered_on", "answer_said", "planned_on", "snoozed_until")
SINCE_RAISED = (
    "last_sent_day",
    "last_reason",
    *_ANSWERED,
    "escalated_to",
    "escalation_level",
    "escalated_on",
    "silenced_until",
    "undeliverable_on",
    "closed_on",
    "closure",
)
