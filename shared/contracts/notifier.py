"""Events of the notifier: one gap as a matter between us and its unit."""

from datetime import date
from uuid import UUID

from shared.contracts.event import Code, Event
from shared.contracts.vocabulary import GapClosure, RecipientRole


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


AlertEvent = AlertRaised | AlertSent | AlertResolved
