"""Events of the notifier: one gap as a matter between us and its unit; what a mailbox wants to be sent."""

from datetime import date
from uuid import UUID

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import (
    Channel,
    EscalationReason,
    GapClosure,
    OptionalMail,
    PreferenceDoor,
    RecipientRole,
    Stage,
    Weekday,
)


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
    """The unit can't do it as things are: campaigns raises the obstacle with the justice body.

    `to_unit_code` is the justice body that follows the unit, as the notifier knew the tree of units then.
    """

    obstacle: str
    to_unit_code: Code | None = None


class AlertSnoozed(Event, context="alert"):
    """Reminders to the unit rest until the end of `until`; escalation goes on."""

    alert_id: UUID
    gap_id: UUID
    unit_code: Code
    on: date
    until: date
    recipient_id: UUID | None = None
    recipient_role: RecipientRole | None = None
    reason: str | None = None


class AlertEscalated(Event, context="alert"):
    """The matter went to `to_unit_code`; `level` counts the steps upwards, 0 is a unit nobody reads for."""

    alert_id: UUID
    gap_id: UUID
    unit_code: Code
    to_unit_code: Code
    level: int
    on: date
    overdue_working_days: int
    reason: EscalationReason


class AlertUndeliverable(Event, context="alert"):
    """A mail that speaks of this alert did not arrive; `reason` is a low-cardinality word."""

    alert_id: UUID
    gap_id: UUID
    unit_code: Code
    digest_key: str
    recipient_id: UUID
    recipient_role: RecipientRole
    on: date
    reason: str


class AlertSilenced(Event, context="alert"):
    """A silence kept this alert from being spoken of, for the first time on `on`; it ends after `until`."""

    alert_id: UUID
    gap_id: UUID
    unit_code: Code
    silence_id: UUID
    on: date
    until: date
    reason: str


class _Preferred(Event):
    """What a mailbox of a unit asked for, by its opaque id; `reason` is in its own words."""

    recipient_id: UUID
    unit_code: Code
    through: PreferenceDoor
    reason: str | None = None


class RecipientUnsubscribed(_Preferred, context="recipient"):
    """No more mail of a kind that may be ended."""

    kind: OptionalMail


class RecipientResubscribed(_Preferred, context="recipient"):
    """Mail of a kind that was ended goes out again."""

    kind: OptionalMail


class RecipientFrequencyChosen(_Preferred, context="recipient"):
    """Reminders that can wait come on one day of the week; None: on each working day."""

    digest_day: Weekday | None = None


AnswerEvent = AlertAcknowledged | AlertTransferRequested | AlertExemptionRequested | AlertObstacleReported
AlertEvent = (
    AlertRaised
    | AlertSent
    | AlertResolved
    | AlertSnoozed
    | AlertEscalated
    | AlertUndeliverable
    | AlertSilenced
    | AnswerEvent
)
RecipientEvent = RecipientUnsubscribed | RecipientResubscribed | RecipientFrequencyChosen
