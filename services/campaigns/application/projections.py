"""Row changes of events in campaigns' own tables, in addition to the directory: one pure function per event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvidenceAttached,
    CommunicationEvidenceErased,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationRoleConfirmed,
    CommunicationVerificationRefused,
    CommunicationVerified,
    PlanActivityCancelled,
    PlanActivityPlanned,
    PlanActivityRescheduled,
)
from shared.contracts.envelope import Recorded
from shared.contracts.event import Event
from shared.contracts.programme import CONTENT, ProgrammeEntry, ProgrammeEvent
from shared.projections.programme_rows import entry_changes
from shared.projections.rows import Change, Put, RowChange

Rows = list[RowChange]


def changes(event: Recorded) -> Iterable[RowChange]:
    return _HANDLERS.get(type(event.data), _nothing)(event, event.data)


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


UNVERIFIED = {"verification": None, "verification_refusal": None}


def _recorded(event: Recorded, data: CommunicationRecorded) -> Rows:
    values = {"retracted": False, "retraction_reason": None, "feedback": None, **UNVERIFIED}
    return [Put("communication", {**values, "version": event.aggregate_version}, data)]


def _corrected(event: Recorded, data: CommunicationCorrected) -> Rows:
    """Replace every field: what the correction doesn't name becomes empty."""
    values = {**UNVERIFIED, "version": event.aggregate_version}
    return [Change("communication", {"communication_id": data.communication_id}, values, data)]


def _retracted(event: Recorded, data: CommunicationRetracted) -> Rows:
    values = {"retracted": True, "retraction_reason": data.reason, "version": event.aggregate_version}
    return [Change("communication", {"communication_id": data.communication_id}, values)]


def content_of(data: Event | None) -> dict[str, Any] | None:
    """Return the content of an event without the ids of its communication."""
    about = {"communication_id", "draft_id", "draft_code"}
    return data.model_dump(mode="json", exclude=about) if data else None


def _verified(event: Recorded, data: CommunicationVerified) -> Rows:
    return _updated(event, data, **UNVERIFIED | {"verification": content_of(data)})


def _refused(event: Recorded, data: CommunicationVerificationRefused) -> Rows:
    return _updated(event, data, verification_refusal=content_of(data))


def _summarised(event: Recorded, data: CommunicationFeedbackSummarised) -> Rows:
    return _updated(event, data, feedback=content_of(data))


def _confirmed(event: Recorded, data: CommunicationRoleConfirmed) -> Rows:
    return _updated(event, data, role=data.role, requested_role=None)


def _evidence_attached(event: Recorded, data: CommunicationEvidenceAttached) -> Rows:
    own = {"position": event.position, "erased": False}
    return [Put("evidence", own, data), *_updated(event, data)]


def _evidence_erased(event: Recorded, data: CommunicationEvidenceErased) -> Rows:
    key = {"evidence_id": data.evidence_id}
    return [Change("evidence", key, {"erased": True}), *_updated(event, data)]


def _updated(event: Recorded, data: Any, **values: Any) -> Rows:
    version = {"version": event.aggregate_version}
    return [Change("communication", {"communication_id": data.communication_id}, values | version)]


def _planned(_event: Recorded, data: PlanActivityPlanned) -> Rows:
    return [Put("planned_activity", {"cancelled": False, "reason": None}, data)]


def _rescheduled(_event: Recorded, data: PlanActivityRescheduled) -> Rows:
    values = {"planned_on": data.planned_on, "precision": data.precision, "reason": data.reason}
    return [Change("planned_activity", {"activity_id": data.activity_id}, values)]


def _cancelled(_event: Recorded, data: PlanActivityCancelled) -> Rows:
    values = {"cancelled": True, "reason": data.reason}
    return [Change("planned_activity", {"activity_id": data.activity_id}, values)]


def _entry(event: Recorded, data: ProgrammeEntry) -> Rows:
    return list(entry_changes(event, data, ENTRY_COLUMNS))


ENTRY_COLUMNS = frozenset(
    {"entry_id", "unit_code", "year", "kind", "position", "of_entry", "dataset", *CONTENT}
    | {"percent", "reason", "corrected", "cancelled_from"}
)


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    CommunicationRecorded: _recorded,
    CommunicationCorrected: _corrected,
    CommunicationRetracted: _retracted,
    CommunicationRoleConfirmed: _confirmed,
    CommunicationVerified: _verified,
    CommunicationVerificationRefused: _refused,
    CommunicationEvidenceAttached: _evidence_attached,
    CommunicationEvidenceErased: _evidence_erased,
    CommunicationFeedbackSummarised: _summarised,
    PlanActivityPlanned: _planned,
    PlanActivityRescheduled: _rescheduled,
    PlanActivityCancelled: _cancelled,
    **dict.fromkeys(get_args(ProgrammeEvent), _entry),
}
HANDLED: frozenset[type[Event]] = frozenset(_HANDLERS)
