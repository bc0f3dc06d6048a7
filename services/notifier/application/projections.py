"""What events mean for the notifier's own rows, beside the directory: pure, one function an event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.clock import day_in_vietnam
from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertEscalated,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertRaised,
    AlertResolved,
    AlertSent,
    AlertSilenced,
    AlertSnoozed,
    AlertTransferRequested,
    AlertUndeliverable,
    AnswerEvent,
    RecipientFrequencyChosen,
    RecipientResubscribed,
    RecipientUnsubscribed,
)
from shared.envelope import Recorded
from shared.projections.rows import Change, Put, Remove, RowChange

Rows = list[RowChange]


def changes(event: Recorded) -> Iterable[RowChange]:
    return _HANDLERS.get(type(event.data), _nothing)(event, event.data)


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _gap_opened(event: Recorded, data: ComplianceGapOpened) -> Rows:
    closing = {"closed_on": None, "closure": None, "closed_position": None}
    return [Put("gap", {"opened_position": event.position, **closing}, data)]


def _gap_changed(_event: Recorded, data: ComplianceGapChanged) -> Rows:
    return [Change("gap", {"gap_id": data.gap_id}, {}, data)]


def _gap_closed(event: Recorded, data: ComplianceGapClosed) -> Rows:
    closing = {
        "closed_on": data.closed_on,
        "closure": data.reason,
        "closed_position": event.position,
    }
    return [Change("gap", {"gap_id": data.gap_id}, closing)]


def _alert_raised(_event: Recorded, data: AlertRaised) -> Rows:
    return [Put("alert", {"state": "raised", **dict.fromkeys(_BESIDE)}, data)]


def _alert_sent(_event: Recorded, data: AlertSent) -> Rows:
    values = {"last_sent_day": data.day, "last_reason": data.reason}
    return [Change("alert", {"alert_id": data.alert_id}, values)]


def _alert_answered(event: Recorded, data: AnswerEvent) -> Rows:
    """An answer without a day takes no planned day away."""
    values: dict[str, Any] = {
        "answer": data.name,
        "answered_on": day_in_vietnam(event.metadata.time),
        "answer_said": data.model_dump(mode="json", include=_SAID),
    }
    if isinstance(data, AlertAcknowledged):
        values |= {"planned_on": data.planned_on, "escalation_level": None, "escalated_to": None}
    return [Change("alert", {"alert_id": data.alert_id}, values)]


def _alert_snoozed(_event: Recorded, data: AlertSnoozed) -> Rows:
    return [Change("alert", {"alert_id": data.alert_id}, {"snoozed_until": data.until})]


def _alert_escalated(_event: Recorded, data: AlertEscalated) -> Rows:
    values = {
        "escalated_to": data.to_unit_code,
        "escalation_level": data.level,
        "escalated_on": data.on,
    }
    return [Change("alert", {"alert_id": data.alert_id}, values)]


def _alert_silenced(_event: Recorded, data: AlertSilenced) -> Rows:
    return [Change("alert", {"alert_id": data.alert_id}, {"silenced_until": data.until})]


def _alert_undeliverable(_event: Recorded, data: AlertUndeliverable) -> Rows:
    return [Change("alert", {"alert_id": data.alert_id}, {"undeliverable_on": data.on})]


def _alert_resolved(_event: Recorded, data: AlertResolved) -> Rows:
    values = {"state": "resolved", "closed_on": data.closed_on, "closure": data.reason}
    return [Change("alert", {"alert_id": data.alert_id}, values)]


def _kind_ended(_event: Recorded, data: RecipientUnsubscribed) -> Rows:
    return [Put("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _kind_wanted(_event: Recorded, data: RecipientResubscribed) -> Rows:
    return [Remove("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _frequency_chosen(_event: Recorded, data: RecipientFrequencyChosen) -> Rows:
    return [Put("digest_day", {"recipient_id": data.recipient_id, "digest_day": data.digest_day})]


_BESIDE = (
    "last_sent_day",
    "last_reason",
    "answer",
    "answered_on",
    "answer_said",
    "planned_on",
    "snoozed_until",
    "escalated_to",
    "escalation_level",
    "escalated_on",
    "silenced_until",
    "undeliverable_on",
    "closed_on",
    "closure",
)

_SAID = {"planned_on", "channel", "to_unit", "explanation", "document", "authority", "decided_on", "obstacle"}

_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    ComplianceGapOpened: _gap_opened,
    ComplianceGapChanged: _gap_changed,
    ComplianceGapClosed: _gap_closed,
    AlertRaised: _alert_raised,
    AlertSent: _alert_sent,
    AlertAcknowledged: _alert_answered,
    AlertTransferRequested: _alert_answered,
    AlertExemptionRequested: _alert_answered,
    AlertObstacleReported: _alert_answered,
    AlertSnoozed: _alert_snoozed,
    AlertEscalated: _alert_escalated,
    AlertSilenced: _alert_silenced,
    AlertUndeliverable: _alert_undeliverable,
    AlertResolved: _alert_resolved,
    RecipientUnsubscribed: _kind_ended,
    RecipientResubscribed: _kind_wanted,
    RecipientFrequencyChosen: _frequency_chosen,
}
