"""How the notifier shows alerts, recipients, plans and ticks."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.notifier.domain.notification.reasons import Reason
from services.notifier.domain.recipients.audience import Recipient
from services.notifier.domain.recipients.preference import EVERYTHING, Preference
from shared.contracts.vocabulary import Dataset, GapState, Language, OptionalMail, RecipientRole, Weekday
from shared.rules.rulebook.rulebook import Calendar


class RecipientView(BaseModel):
    """A mailbox of a unit; `valid_to` is its last day.

    `undeliverable_on` is the day from which it is not written to, because its server takes no mail for it:
    register it again to retry. `calendar`: the due days go along as a calendar file. What its reader chose
    on the mailbox's page: `digest_day` of reminders that can wait (none: each working day), and the kinds
    of mail that are `unwanted`. `stands_in_for` is the address on the same list whose reader is absent until `valid_to`.
    """

    recipient_id: UUID
    unit_code: str
    role: RecipientRole
    email: str
    language: Language
    valid_from: date | None
    valid_to: date | None
    undeliverable_on: date | None
    calendar: bool
    stands_in_for: str | None
    digest_day: Weekday | None
    unwanted: list[OptionalMail]


class RecipientPlace(RecipientView):
    """A mailbox in the list of all; `place` is its place in the order of the list."""

    place: str


class RecipientsView(BaseModel):
    unit_code: str
    recipients: list[RecipientView]


class AlertView(BaseModel):
    """An alert: a gap with what was sent and answered; `gap_state` is that of today, null once resolved."""

    alert_id: UUID
    gap_id: UUID
    draft_code: str
    unit_code: str
    due_on: date
    state: str
    last_sent_day: date | None
    last_reason: str | None
    answer: str | None
    answered_on: date | None
    planned_on: date | None
    snoozed_until: date | None
    escalated_to: str | None
    escalation_level: int | None
    escalated_on: date | None
    silenced_until: date | None
    undeliverable_on: date | None
    closed_on: date | None
    closure: str | None
    title: str | None
    stage: str | None
    policies: list[int] | None
    dataset: Dataset | None
    gap_state: GapState | None
    overdue_working_days: int


class UnreachedView(BaseModel):
    """A unit with open gaps and no recipient; `read_by` is the unit above that reads instead."""

    unit_code: str
    read_by: str | None


class UnreachedUnitsView(BaseModel):
    units: list[UnreachedView]


class UnmailedGapView(BaseModel):
    """A gap that is open and that no mail speaks of, and why."""

    unit_code: str
    draft_code: str
    reason: Reason


def recipients_view(
    unit_code: str, recipients: Iterable[Recipient], preferences: Mapping[UUID, Preference]
) -> RecipientsView:
    listed = [
        asdict(recipient) | _chosen(preferences.get(recipient.recipient_id, EVERYTHING))
        for recipient in recipients
    ]
    shown = {"unit_code": unit_code, "recipients": listed}
    return RecipientsView.model_validate(shown)


def _chosen(preference: Preference) -> dict[str, Any]:
    return {"digest_day": preference.digest_day, "unwanted": sorted(preference.unwanted)}


def alert_view(row: Mapping[str, Any], today: date, calendar: Calendar) -> dict[str, Any]:
    """Show an alert with the state of its gap on a day: that is never stored."""
    due_on = row["due_on"]
    overdue = row["state"] != "resolved" and today > due_on
    days = calendar.working_days_between(due_on, today) if overdue else 0
    gap_state = None if row["state"] == "resolved" else GapState.OVERDUE if overdue else GapState.IN_GRACE
    return {**row, "gap_state": gap_state, "overdue_working_days": days}
