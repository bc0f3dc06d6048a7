"""Metrics' projection: fold facts per draft, derive timelines again, and store what was announced."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.metrics.application.ports import Dated, Records
from services.metrics.domain.record import DraftRecord, draft_of, evolve
from shared.contracts.envelope import Recorded
from shared.contracts.metrics import ComplianceGapClosed
from shared.contracts.registry import UnitTargetSet
from shared.directory.changes import unit_changes
from shared.projections.row_changes import Put, RowChange
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import stage_periods
from shared.rules.timeline import timeline

AT_ONCE = 500  # drafts


async def project_drafts(records: Records, events: Sequence[Recorded], rulebook: Rulebook) -> set[UUID]:
    """Fold a batch into the records of its drafts, whose intervals are then derived once each."""
    about = [(draft, event) for event in events if (draft := draft_of(event)) is not None]
    touched = {draft for draft, _ in about}
    folded: dict[UUID, DraftRecord | None] = dict(await records.load(touched))
    for draft, event in about:
        folded[draft] = evolve(folded.get(draft), event)
    await records.replace([dated(record, rulebook) for record in folded.values() if record is not None])
    return touched


async def rederive(records: Records, rulebook: Rulebook) -> None:
    """Derive again whatever was derived by other rules: a new calendar changes figures, not facts."""
    while outdated := await records.outdated(rulebook.version, AT_ONCE):
        await records.replace([dated(record, rulebook) for record in outdated])


def dated(record: DraftRecord, rulebook: Rulebook) -> Dated:
    facts = record.facts
    return Dated(
        record=record,
        timeline=timeline(facts, rulebook),
        stages=stage_periods(facts, rulebook),
        rules_version=rulebook.version,
    )


def row_changes(event: Recorded) -> Iterable[RowChange]:
    """Give what units, targets and our own announcements mean for rows."""
    data = event.data
    yield from unit_changes(event)
    match data:
        case UnitTargetSet():
            yield Put("target", {"target": data.target_percent / 100}, data)
        case _ if event.ref.context == "compliance":
            yield _announced(event)


def _announced(event: Recorded) -> RowChange:
    row = {
        "gap_id": event.ref.id,
        "draft_id": getattr(event.data, "draft_id", None),
        "is_open": not isinstance(event.data, ComplianceGapClosed),
        "version": event.aggregate_version,
        "position": event.position,
        "type": event.type,
        "data": event.data.model_dump(mode="json"),
    }
    return Put("announced_gap", row)
