"""What events mean for the rows of the notifier's read model: pure, one function an event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import AlertRaised, AlertResolved, AlertSent
from shared.contracts.registry import UnitMoved, UnitRegistered, UnitRenamed
from shared.envelope import Recorded
from shared.projections.rows import Change, Put, RowChange

Rows = list[RowChange]

_OF_GAP = {
    "draft_code",
    "title",
    "instrument",
    "procedure",
    "unit_code",
    "stage",
    "since",
    "due_on",
    "dataset",
}


def changes(event: Recorded) -> Iterable[RowChange]:
    return _HANDLERS.get(type(event.data), _nothing)(event, event.data)


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _unit_registered(_event: Recorded, data: UnitRegistered) -> Rows:
    return [Put("unit", data.model_dump(include={"unit_code", "unit_name", "parent_code"}))]


def _unit_renamed(_event: Recorded, data: UnitRenamed) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"unit_name": data.unit_name})]


def _unit_moved(_event: Recorded, data: UnitMoved) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"parent_code": data.parent_code})]


def _gap_values(data: ComplianceGapOpened | ComplianceGapChanged) -> dict[str, Any]:
    return {**data.model_dump(include=_OF_GAP), "policies": list(data.policies)}


def _gap_opened(event: Recorded, data: ComplianceGapOpened) -> Rows:
    closing = {"closed_on": None, "closure": None, "closed_position": None}
    own = {"gap_id": data.gap_id, "opened_position": event.position}
    return [Put("gap", _gap_values(data) | own | closing)]


def _gap_changed(_event: Recorded, data: ComplianceGapChanged) -> Rows:
    return [Change("gap", {"gap_id": data.gap_id}, _gap_values(data))]


def _gap_closed(event: Recorded, data: ComplianceGapClosed) -> Rows:
    closing = {
        "closed_on": data.closed_on,
        "closure": data.reason,
        "closed_position": event.position,
    }
    return [Change("gap", {"gap_id": data.gap_id}, closing)]


def _alert_raised(_event: Recorded, data: AlertRaised) -> Rows:
    fresh = {"last_sent_day": None, "last_reason": None, "closed_on": None, "closure": None}
    return [Put("alert", data.model_dump() | {"state": "raised"} | fresh)]


def _alert_sent(_event: Recorded, data: AlertSent) -> Rows:
    values = {"last_sent_day": data.day, "last_reason": data.reason}
    return [Change("alert", {"alert_id": data.alert_id}, values)]


def _alert_resolved(_event: Recorded, data: AlertResolved) -> Rows:
    values = {"state": "resolved", "closed_on": data.closed_on, "closure": data.reason}
    return [Change("alert", {"alert_id": data.alert_id}, values)]


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    UnitRegistered: _unit_registered,
    UnitRenamed: _unit_renamed,
    UnitMoved: _unit_moved,
    ComplianceGapOpened: _gap_opened,
    ComplianceGapChanged: _gap_changed,
    ComplianceGapClosed: _gap_closed,
    AlertRaised: _alert_raised,
    AlertSent: _alert_sent,
    AlertResolved: _alert_resolved,
}
