"""How events change the rows of gaps and their alerts: one fold for the announcements of metrics and the events of alerts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from services.notifier.domain.gaps.gap_alert import FACTS, IDS, SINCE_RAISED, AlertStatus, GapAlert
from services.notifier.domain.gaps.unit_answers import ANSWER_FIELDS, answer_row
from services.notifier.domain.notification.reasons import Reason
from shared.contracts.envelope import Recorded
from shared.contracts.event import alert_id
from shared.contracts.metrics import (
    ComplianceEvent,
    ComplianceGapChanged,
    ComplianceGapClosed,
    ComplianceGapOpened,
)
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
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
)
from shared.contracts.vocabulary import GapClosure
from shared.kernel.local_day import day_in_vietnam

ANNOUNCEMENTS = (ComplianceGapOpened, ComplianceGapChanged, ComplianceGapClosed)


@dataclass(slots=True)
class GapAlerts:
    """The rows that some events are about, and which of them these have changed."""

    rows: dict[UUID, GapAlert]
    changed: set[UUID] = field(default_factory=set)
    _of_gap: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, rows: Iterable[GapAlert]) -> "GapAlerts":
        made = cls({})
        for row in rows:
            made._keep(row)
        return made

    def apply(self, events: Iterable[Recorded]) -> Sequence[GapAlert]:
        """Fold events in their order; returns the rows that are others now."""
        for event in events:
            for row in self._after(event):
                self._keep(row)
                self.changed.add(row.alert_id)
        return [self.rows[key] for key in sorted(self.changed)]

    def _after(self, event: Recorded) -> Iterable[GapAlert]:
        data: Any = event.data
        if event.ref.context == "alert":
            row = on_alert(self.rows.get(data.alert_id), event, data)
            return [row] if row else []
        if isinstance(data, ANNOUNCEMENTS):
            of_gap = [self.rows[key] for key in self._of_gap[data.gap_id]]
            return [*on_gap(of_gap, event, data)]
        return []

    def _keep(self, row: GapAlert) -> None:
        self.rows[row.alert_id] = row
        self._of_gap[row.gap_id].add(row.alert_id)


def on_gap(of_gap: Iterable[GapAlert], event: Recorded, data: ComplianceEvent) -> Iterator[GapAlert]:
    """Give the rows of a gap that an announcement changes: that of its unit, and of one that handed it over."""
    mine = alert_id(data.gap_id, data.unit_code)
    source: dict[str, Any] = {
        "announced_by": event.event_id,
        "announced_at": event.metadata.time,
        "correlation_id": event.metadata.correlation_id,
        "traceparent": event.metadata.traceparent,
    }
    existing: GapAlert | None = None
    for alert in of_gap:
        if alert.alert_id == mine:
            existing = alert
        elif alert.is_current:
            handed_over: dict[str, Any] = {
                "gap_closed_on": _day(event),
                "gap_closure": GapClosure.TRANSFERRED,
            }
            yield replace(alert, is_current=False, **handed_over, **source)
    yield replace(_announced(existing, mine, data), is_current=True, **source, **_closing(data))


def _announced(existing: GapAlert | None, mine: UUID, data: ComplianceEvent) -> GapAlert:
    facts: dict[str, Any] = {name: getattr(data, name) for name in (*IDS, *FACTS)}
    if existing is None:
        return GapAlert(alert_id=mine, **facts)
    keeps_facts = existing.title is not None and isinstance(data, ComplianceGapClosed)
    return existing if keeps_facts else replace(existing, **facts)


def _closing(data: ComplianceEvent) -> dict[str, Any]:
    if isinstance(data, ComplianceGapClosed):
        return {"gap_closed_on": data.closed_on, "gap_closure": data.reason}
    return {"gap_closed_on": None, "gap_closure": None}


def on_alert(existing: GapAlert | None, event: Recorded, data: AlertEvent) -> GapAlert | None:
    """Give the row of an alert after one of its events; None if there is none: it was never raised."""
    if isinstance(data, AlertRaised):
        raised = _raised(existing, data)
    elif existing is not None:
        raised = replace(existing, **_after(existing, event, data))
    else:
        return None
    return replace(raised, version=event.aggregate_version)


def _raised(existing: GapAlert | None, data: AlertRaised) -> GapAlert:
    """A new life of the alert: what was answered in the one before counts no more."""
    row = existing or GapAlert(**data.model_dump(include={"alert_id", *IDS}))
    forgotten: dict[str, Any] = dict.fromkeys(SINCE_RAISED)
    return replace(row, state=AlertStatus.RAISED, **forgotten)


def _last_reason(reason: str) -> dict[str, Any]:
    """Keep why it was last written of; that it was only named in a mail with other news is no such reason."""
    named_only = reason in {each.value for each in Reason if not each.is_news}
    return {} if named_only else {"last_reason": reason}


def _after(  # noqa: PLR0911  one line an event
    row: GapAlert,
    event: Recorded,
    data: AnswerEvent
    | AlertSent
    | AlertSnoozed
    | AlertEscalated
    | AlertSilenced
    | AlertUndeliverable
    | AlertResolved,
) -> dict[str, Any]:
    match data:
        case AlertSent():
            return {"last_sent_day": data.day} | _last_reason(data.reason)
        case AlertSnoozed():
            return {"snoozed_until": data.until}
        case AlertEscalated():
            taken = {"escalated_to": data.to_unit_code, "escalation_level": data.level}
            return taken | {"escalated_on": data.on}
        case AlertSilenced():
            return {"silenced_until": data.until}
        case AlertUndeliverable():
            return {"undeliverable_on": data.on}
        case AlertResolved():
            return {"state": AlertStatus.RESOLVED, "closed_on": data.closed_on, "closure": data.reason}
        case (
            AlertAcknowledged()
            | AlertTransferRequested()
            | AlertExemptionRequested()
            | AlertObstacleReported()
        ):
            return _answered(row, event, data)
        case _:
            assert_never(data)


def _answered(row: GapAlert, event: Recorded, data: AnswerEvent) -> dict[str, Any]:
    """An answer without a day takes no planned day away; the first named day alone takes an escalation back."""
    on = _day(event)
    values: dict[str, Any] = {
        "answer": data.name,
        "answered_on": on,
        "answer_said": data.model_dump(mode="json", include=set(ANSWER_FIELDS)),
        "answers": [*(row.answers or ()), answer_row(data, event.event_id, on)],
    }
    if isinstance(data, AlertAcknowledged):
        values["planned_on"] = data.planned_on
        if row.planned_on is None:
            values |= {"escalation_level": None, "escalated_to": None}
    return values


def _day(event: Recorded) -> date:
    return day_in_vietnam(event.metadata.time)
