"""Reconciles gaps: when the projection has caught up, the gaps open now are compared with those announced."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.metrics.application.ports import Announcements
from services.metrics.domain.gap_events import Announced, to_announce
from services.metrics.domain.record import DraftRecord
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.ids import event_id
from shared.contracts.metrics import ComplianceEvent
from shared.eventstore.port import NOTHING, EventStore, Version, VersionConflict
from shared.kernel import log
from shared.kernel.clock import Clock
from shared.kernel.local_day import day_in_vietnam
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.timeline import timeline

logger = log.get(__name__)

AT_ONCE = 500  # drafts


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
        records = await self.announcements.records(drafts)
        announced = await self.announcements.announced(drafts)
        appended = 0
        for draft_id, record in records.items():
            of_draft = announced.get(draft_id, {})
            for event in self._news(record, of_draft, today):
                appended += await self._append(record, event, of_draft.get(event.gap_id))
        return appended

    def _news(
        self, record: DraftRecord, announced: Mapping[UUID, Announced], today: date
    ) -> Sequence[ComplianceEvent]:
        line = timeline(record.facts, self.rulebook)
        return list(to_announce(record, line, announced, today=today, rules_version=self.rulebook.version))

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
