"""Pure functions from events to the notifier's own rows, without those of the directory.

Gaps with their alerts have a fold of their own (`domain/gaps/gap_alert_fold.py`). The table `gap` is only written here, for
replicas of the release before.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import (
    RecipientFrequencyChosen,
    RecipientResubscribed,
    RecipientUnsubscribed,
)
from shared.projections.row_changes import Change, Put, Remove, RowChange

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


def _kind_ended(_event: Recorded, data: RecipientUnsubscribed) -> Rows:
    return [Put("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _kind_wanted(_event: Recorded, data: RecipientResubscribed) -> Rows:
    return [Remove("unwanted_mail", {"recipient_id": data.recipient_id, "kind": data.kind})]


def _frequency_chosen(_event: Recorded, data: RecipientFrequencyChosen) -> Rows:
    return [Put("digest_day", {"recipient_id": data.recipient_id, "digest_day": data.digest_day})]


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    ComplianceGapOpened: _gap_opened,
    ComplianceGapChanged: _gap_changed,
    ComplianceGapClosed: _gap_closed,
    RecipientUnsubscribed: _kind_ended,
    RecipientResubscribed: _kind_wanted,
    RecipientFrequencyChosen: _frequency_chosen,
}
