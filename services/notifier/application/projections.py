"""What events mean for single rows of the read model: pure, one function an event.

Gaps with their alerts have a fold of their own (`domain/gap_alert_fold.py`). The table `gap` is only written here, for
replicas of the release before.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import (
    RecipientFrequencyChosen,
    RecipientResubscribed,
    RecipientUnsubscribed,
)
from shared.contracts.registry import (
    DraftMerged,
    DraftResumed,
    DraftStageEntered,
    DraftSuspended,
    DraftWithdrawn,
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
)
from shared.envelope import Recorded
from shared.projections.rows import Change, Put, Remove, RowChange

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
    known = data.model_dump(include={"unit_code", "unit_name", "level", "kind", "parent_code"})
    return [Put("unit", {**known, "dissolved_on": data.valid_to})]


def _unit_renamed(_event: Recorded, data: UnitRenamed) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"unit_name": data.unit_name})]


def _unit_moved(_event: Recorded, data: UnitMoved) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"parent_code": data.parent_code})]


def _unit_succeeded(_event: Recorded, data: UnitSucceeded) -> Rows:
    return [Put("unit_succession", data.model_dump(include={"unit_code", "to_code", "on"}))]


def _unit_dissolved(_event: Recorded, data: UnitDissolved) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"dissolved_on": data.on})]


def _draft_halted(event: Recorded, data: DraftSuspended | DraftWithdrawn | DraftMerged) -> Rows:
    return [Put("draft_halt", {"draft_id": event.ref.id, "cause": data.name, "on": data.on})]


def _draft_goes_on(event: Recorded, _data: DraftResumed | DraftStageEntered) -> Rows:
    """What is entered late, before the halt, lifts it too: by then metrics has closed the gap."""
    return [Remove("draft_halt", {"draft_id": event.ref.id})]


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


def _kind_ended(_event: Recorded, data: RecipientUnsubscribed) -> Rows:
    return [Put("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _kind_wanted(_event: Recorded, data: RecipientResubscribed) -> Rows:
    return [Remove("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _frequency_chosen(_event: Recorded, data: RecipientFrequencyChosen) -> Rows:
    return [Put("digest_day", {"recipient_id": data.recipient_id, "digest_day": data.digest_day})]


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    UnitRegistered: _unit_registered,
    UnitRenamed: _unit_renamed,
    UnitMoved: _unit_moved,
    UnitSucceeded: _unit_succeeded,
    UnitDissolved: _unit_dissolved,
    DraftSuspended: _draft_halted,
    DraftWithdrawn: _draft_halted,
    DraftMerged: _draft_halted,
    DraftResumed: _draft_goes_on,
    DraftStageEntered: _draft_goes_on,
    ComplianceGapOpened: _gap_opened,
    ComplianceGapChanged: _gap_changed,
    ComplianceGapClosed: _gap_closed,
    RecipientUnsubscribed: _kind_ended,
    RecipientResubscribed: _kind_wanted,
    RecipientFrequencyChosen: _frequency_chosen,
}
