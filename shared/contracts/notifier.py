"""Events of the notifier: one gap as a matter between us and its unit."""

from datetime import date
from uuid import UUID

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import Channel, GapClosure, RecipientRole, Stage


class AlertRaised(Event, context="alert"):
    alert_id: UUID
    gap_id: UUID
    draft_code: Code
    unit_code: Code
    due_on: date


class AlertSent(Event, context="alert"):
    """A digest that speaks of this alert went out; the recipient is an opaque id, never an address."""

    alert_id: UUID
    gap_id: UUID
    digest_key: str
    message_id: str
    day: date
    recipient_id: UUID
    recipient_role: RecipientRole
    reason: str


class AlertResolved(Event, context="alert"):
    alert_id: UUID
    gap_id: UUID
    closed_on: date
    reason: GapClosure


class _Answered(Event):
    """What a unit answered to a mail; the recipient is an opaque id, none if the answer came another way."""

    alert_id: UUID
    gap_id: UUID
    draft_code: Code
    unit_code: Code
    stage: Stage
    recipient_id: UUID | None = None


class AlertAcknowledged(_Answered, context="alert"):
    """The unit will do it on `planned_on`: campaigns plans an activity, escalation waits for that day."""

    planned_on: date
    channel: Channel | None = None


class AlertTransferRequested(_Answered, context="alert"):
    """The unit says that the draft is not its own; the supervisor decides, the registry transfers."""

    to_unit: str | None = None
    explanation: str


class AlertExemptionRequested(_Answered, context="alert"):
    """The unit says that it is exempted by a document; the supervisor decides, the registry records it."""

    document: str
    authority: str
    decided_on: date


class AlertObstacleReported(_Answered, context="alert"):
    """The unit can't do it as things are: campaigns raises the obstacle with the justice body."""

    obstacle: str


AnswerEvent = AlertAcknowledged | AlertTransferRequested | AlertExemptionRequested | AlertObstacleReported
AlertEvent = AlertRaised | AlertSent | AlertResolved | AnswerEvent
