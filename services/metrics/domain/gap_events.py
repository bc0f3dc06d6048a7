"""Gap events by reconciliation: the difference between what is open now and what was announced."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.metrics.domain.record import DraftRecord
from shared.contracts.metrics import (
    ComplianceEvent,
    ComplianceGapChanged,
    ComplianceGapClosed,
    ComplianceGapOpened,
)
from shared.contracts.vocabulary import Answer, GapClosure
from shared.rules.facts import WHOLE_DRAFT
from shared.rules.timeline import GapInterval, Timeline

# The fields whose change is announced; the versions of rules and facts are not among them.
_ESSENCE = (
    "unit_code",
    "stage",
    "since",
    "due_on",
    "policies",
    "title",
    "instrument",
    "procedure",
    "draft_code",
)


@dataclass(frozen=True, slots=True)
class Announced:
    """The last event of a gap in the log; `version` and `position` are what the next append expects."""

    event: ComplianceEvent
    version: int
    position: int

    @property
    def is_open(self) -> bool:
        return not isinstance(self.event, ComplianceGapClosed)


def to_announce(
    record: DraftRecord,
    timeline: Timeline,
    announced: Mapping[UUID, Announced],
    *,
    today: date,
    rules_version: str,
) -> Iterator[ComplianceEvent]:
    """Give the events to append for one draft; `announced` are the last events of its gaps.

    Gaps that opened and closed before they could be announced are not announced: nothing is mailed for a past day.
    """
    wanted = {gap.gap_id: gap for gap in timeline.gaps if gap.from_day <= today < gap.to_day}
    for gap_id, gap in wanted.items():
        fields = _fields(record, gap, rules_version)
        last = announced.get(gap_id)
        if last is None or not last.is_open:
            yield ComplianceGapOpened(**fields)
        elif _essence(fields) != _essence(last.event.model_dump()):
            yield ComplianceGapChanged(**fields)
    for gap_id, last in announced.items():
        if last.is_open and gap_id not in wanted:
            yield _closed(record, timeline, last.event, rules_version)


def _fields(record: DraftRecord, gap: GapInterval, rules_version: str) -> dict[str, Any]:
    return {
        "gap_id": gap.gap_id,
        "draft_id": record.draft_id,
        "draft_code": record.draft_code,
        "title": record.title,
        "instrument": record.instrument,
        "procedure": record.procedure,
        "unit_code": gap.unit_code,
        "stage": gap.stage,
        "since": gap.since,
        "due_on": gap.due_on,
        "policies": gap.policies,
        "dataset": record.dataset,
        "rules_version": rules_version,
        "facts_position": record.source.position,
    }


def _essence(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(fields[name] for name in _ESSENCE)


def _closed(
    record: DraftRecord, timeline: Timeline, last: ComplianceEvent, rules_version: str
) -> ComplianceGapClosed:
    closed_on, reason = _closure(record, timeline, last, rules_version)
    fields = last.model_dump() | {
        "rules_version": rules_version,
        "facts_position": record.source.position,
        "closed_on": closed_on,
        "reason": reason,
    }
    return ComplianceGapClosed(**fields)


def _closure(
    record: DraftRecord, timeline: Timeline, last: ComplianceEvent, rules_version: str
) -> tuple[date, GapClosure]:
    """Return the dated fact that closed a gap; a fact without a day closes it on the day of its recording."""
    for gap in timeline.gaps:
        if gap.gap_id == last.gap_id and gap.closure is not None and gap.closed_on is not None:
            if gap.closure is GapClosure.COVERED and _are_removed(record, last):
                break  # the others had been covered before; it is the removal that closed it
            return gap.closed_on, gap.closure
    return record.source.recorded_on, _timeless(record, timeline, last, rules_version)


def _timeless(
    record: DraftRecord, timeline: Timeline, last: ComplianceEvent, rules_version: str
) -> GapClosure:
    if timeline.scope is not Answer.YES:
        return GapClosure.OUT_OF_SCOPE
    if any(not exemption.stages or last.stage in exemption.stages for exemption in record.exemptions):
        return GapClosure.EXEMPTED
    if _are_removed(record, last):
        return GapClosure.POLICY_REMOVED
    if last.rules_version != rules_version and _stands(record, last):
        return GapClosure.RULES_CHANGED
    return GapClosure.CORRECTED


def _are_removed(record: DraftRecord, last: ComplianceEvent) -> bool:
    """Return whether none of the policies that were still open exists any more."""
    kept = {WHOLE_DRAFT, *(number for number, _ in record.policies)}
    return kept.isdisjoint(last.policies)


def _stands(record: DraftRecord, last: ComplianceEvent) -> bool:
    """Return whether the entry that began the gap is unchanged."""
    began = (last.gap_id, last.stage, last.since)
    return any((entry.entry_id, entry.stage, entry.entered_on) == began for entry in record.entries)
