"""From events to records and rows, and from rows to events: gaps that opened or closed are announced."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.metrics.application.ports import Announcements, Dated, Records
from services.metrics.domain.record import (
    Announced,
    CommunicationFact,
    DraftRecord,
    asked_of,
    communication_of,
    draft_of,
    evolve,
    evolve_communication,
    performed,
    to_announce,
)
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.contracts.event import event_id
from shared.contracts.metrics import ComplianceEvent, ComplianceGapClosed
from shared.contracts.programme import ProgrammeEntry
from shared.contracts.registry import UnitTargetSet
from shared.directory.projection import unit_changes
from shared.eventstore.handle import NOTHING, EventStore, Version, VersionConflict
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.projections.programme_rows import OF_FACT, entry_changes
from shared.projections.rows import Put, RowChange
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import lead_units, stage_periods
from shared.rules.timeline import timeline

logger = signals.get_logger(__name__)
AT_ONCE = 500  # drafts
ENTRY_COLUMNS = frozenset(
    {*OF_FACT, "year", "amount", "dataset", "title", "entry_ref", "note", "corrected", "figures"}
)


async def project_drafts(records: Records, events: Sequence[Recorded], rulebook: Rulebook) -> set[UUID]:
    """Fold a batch into its drafts and communications, and derive the intervals of each draft once.

    The cost follows what the events change: of all other communications only those are read that decide.
    """
    about = [(draft, event) for event in events if (draft := draft_of(event)) is not None]
    touched = {draft for draft, _ in about}
    named = {number for _, event in about if (number := communication_of(event))}
    before = await records.load(touched, named)
    drafts = await _with_roles(records, before, _folded(before, about), named)
    await _write(records, drafts, named, rulebook)
    return touched


def _folded(before: Mapping[UUID, DraftRecord], about: Iterable[tuple[UUID, Recorded]]) -> list[DraftRecord]:
    drafts: dict[UUID, DraftRecord | None] = dict(before)
    held = {
        draft: {fact.communication_id: fact for fact in record.communications}
        for draft, record in before.items()
    }
    for draft, event in about:
        record = drafts[draft] = evolve(drafts.get(draft), event)
        if record is not None and (number := communication_of(event)):
            of_draft = held.setdefault(draft, {})
            fact = evolve_communication(of_draft.pop(number, None), event)
            of_draft.update({number: fact} if fact else {})
    return [
        replace(record, communications=tuple(held.get(draft, {}).values()))
        for draft, record in drafts.items()
        if record is not None
    ]


async def _with_roles(
    records: Records,
    before: Mapping[UUID, DraftRecord],
    present: Sequence[DraftRecord],
    named: Collection[UUID],
) -> list[DraftRecord]:
    """Add all communications to a draft whose lead units changed: their roles follow from these.

    Those `named` by the events are in the record already, or retracted.
    """
    moved = {record.draft_id for record in present if _leads_changed(before.get(record.draft_id), record)}
    whole = await records.whole(moved)
    return [_joined(record, whole.get(record.draft_id, ()), named) for record in present]


def _leads_changed(before: DraftRecord | None, record: DraftRecord) -> bool:
    return before is not None and lead_units(before.facts) != lead_units(record.facts)


def _joined(record: DraftRecord, stored: Iterable[CommunicationFact], named: Collection[UUID]) -> DraftRecord:
    present = {*named, *(fact.communication_id for fact in record.communications)}
    others = (fact for fact in stored if fact.communication_id not in present)
    return replace(record, communications=(*record.communications, *others))


async def _write(
    records: Records, drafts: Sequence[DraftRecord], touched: Collection[UUID], rulebook: Rulebook
) -> None:
    await records.keep([(record, performed(record, rulebook)) for record in drafts], touched)
    deciding = await records.deciding([asked_of(record, rulebook) for record in drafts])
    own = (replace(record, communications=tuple(deciding.get(record.draft_id, ()))) for record in drafts)
    await records.replace([dated(record, rulebook) for record in own])


async def rederive(records: Records, rulebook: Rulebook) -> None:
    """Derive again whatever was derived by other rules: a new calendar changes figures, not facts."""
    while outdated := await records.outdated(rulebook.version, AT_ONCE):
        whole = await records.whole([record.draft_id for record in outdated])
        drafts = [_joined(record, whole.get(record.draft_id, ()), ()) for record in outdated]
        await _write(records, drafts, (), rulebook)


def dated(record: DraftRecord, rulebook: Rulebook) -> Dated:
    facts = record.facts
    return Dated(
        record=record,
        timeline=timeline(facts, rulebook),
        stages=stage_periods(facts, rulebook),
        rules_version=rulebook.version,
    )


def row_changes(event: Recorded) -> Iterable[RowChange]:
    """Give what units, targets, programmes and our own announcements mean for rows."""
    data = event.data
    yield from unit_changes(event)
    match data:
        case UnitTargetSet():
            yield Put("target", {"target": data.target_percent / 100}, data)
        case ProgrammeEntry():
            yield from entry_changes(event, data, ENTRY_COLUMNS)
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


@dataclass(frozen=True, slots=True)
class GapReconciler:
    """Appends gap events with the version that was announced last, so that nothing is announced twice.

    A slower replica or an earlier attempt meets a version conflict, and sees the announcement at its next
    run. A rebuild reads its own announcements from the log and appends nothing.
    """

    announcements: Announcements
    store: EventStore
    rulebook: Rulebook
    clock: Clock

    async def reconcile(self, drafts: Collection[UUID] | None) -> int:
        """Announce what is new about some drafts (None: about all); returns the number of events appended."""
        today = day_in_vietnam(self.clock())
        wanted = sorted(drafts if drafts is not None else await self.announcements.with_gaps(today))
        parts = [wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE)]
        return sum([await self._reconcile(part, today) for part in parts])

    async def _reconcile(self, drafts: Sequence[UUID], today: date) -> int:
        announced = await self.announcements.announced(drafts)
        version, appended = self.rulebook.version, 0
        for draft in await self.announcements.gaps(drafts):
            of_draft = announced.get(draft.record.draft_id, {})
            for event in list(to_announce(draft, of_draft, today=today, rules_version=version)):
                appended += await self._append(draft.record, event, of_draft.get(event.gap_id))
        return appended

    async def _append(self, record: DraftRecord, event: ComplianceEvent, last: Announced | None) -> int:
        ref = AggregateRef("compliance", event.gap_id)
        expected = Version(last.version, last.position) if last else NOTHING
        now = self.clock()
        key = f"{event.rules_version}:{event.facts_position}"
        metadata = Metadata(
            time=now,
            actor="service/metrics",
            correlation_id=record.source.correlation_id,
            causation_id=str(record.source.event_id),
            about=record.about(day_in_vietnam(now)),
        )
        new = NewEvent(event_id(ref.id, key, expected.count), event, metadata)
        try:
            await self.store.append(ref, expected, [new])
        except VersionConflict:
            logger.info("gap_announced_elsewhere", gap_id=str(event.gap_id))
            return 0
        return 1
