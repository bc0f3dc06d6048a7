"""From events to records and rows, and from rows to events: gaps that opened or closed are announced."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.metrics.application.ports import Announcements, Dated, DraftVersion, Records
from services.metrics.domain.record import (
    Announced,
    Asked,
    CommunicationFact,
    DraftRecord,
    asked_on,
    communication_in,
    communication_of,
    draft_of,
    evolve,
    evolve_communication,
    performed,
    performed_under,
    to_announce,
)
from shared.contracts.campaigns import PlanActivityCancelled, PlanActivityPlanned, PlanActivityRescheduled
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, Recorded
from shared.contracts.event import event_id
from shared.contracts.metrics import ComplianceEvent, ComplianceGapClosed, ComplianceReportPublished
from shared.contracts.notifier import AlertEscalated, AlertSent
from shared.contracts.programme import ProgrammeEntry
from shared.contracts.registry import UnitTargetSet
from shared.directory.projection import unit_changes
from shared.eventstore.handle import NOTHING, EventStore, Version, VersionConflict
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.observability import signals
from shared.projections.programme_rows import OF_FACT, entry_changes
from shared.projections.rows import Change, Put, RowChange
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import Course, StagePeriod, course
from shared.rules.timeline import RunningTimeline, the_same, timeline
from shared.rules.verdicts import Ground, ground_of

logger = signals.get_logger(__name__)
SENT, ESCALATED = "sent", "escalated"  # kinds of reminders
AT_ONCE = 500  # drafts
ENTRY_COLUMNS = frozenset(
    {*OF_FACT, "year", "amount", "dataset", "title", "entry_ref", "note", "corrected", "figures"}
)


@dataclass(frozen=True, slots=True)
class _Step:
    """A draft's own facts after an event, and what they say; `moved`: other units lead it than before."""

    event: Recorded
    record: DraftRecord
    ground: Ground
    moved: bool


async def project_drafts(records: Records, events: Sequence[Recorded], rulebook: Rulebook) -> set[UUID]:
    """Fold events into drafts and communications, and derive the intervals of a draft after each event about it.

    The cost follows what the events change: of all other communications only those are read that decide, and what an
    event can't touch is neither judged nor compared again. What it supersedes is kept with its position, so that rows
    are the same however the log is divided into batches.
    """
    about = [(draft, event) for event in events if (draft := draft_of(event)) is not None]
    touched = {draft for draft, _ in about}
    named = {number for _, event in about if (number := communication_of(event))}
    before = await records.load(touched, named)
    steps = list(_steps(before, about, rulebook))
    stored = [step for step in steps if step.record.draft_id in before]
    whole = await records.whole({step.record.draft_id for step in stored if step.moved})
    others = await records.deciding(_asked(stored, whole), named)
    drafts: dict[UUID, _Running] = {}
    versions: list[DraftVersion] = []
    for step in steps:
        of = step.record.draft_id
        if of not in drafts:
            held = (*whole.get(of, ()), *others.get(of, ()), *_of(before.get(of)))
            by_id = {fact.communication_id: fact for fact in held}
            drafts[of] = _Running(rulebook, by_id, is_stored=of in before)
        versions.append(drafts[of].after(step))
    await records.replace(versions)
    return touched


def _of(record: DraftRecord | None) -> Sequence[CommunicationFact]:
    return record.communications if record is not None else ()


def _steps(
    before: Mapping[UUID, DraftRecord], about: Iterable[tuple[UUID, Recorded]], rulebook: Rulebook
) -> Iterator[_Step]:
    drafts: dict[UUID, DraftRecord | None] = dict(before)
    grounds: dict[UUID, Ground] = {}
    for draft, event in about:
        earlier = drafts.get(draft)
        record = drafts[draft] = evolve(earlier, event)
        if record is None:
            continue
        ground = grounds.get(draft)
        if ground is None or communication_of(event) is None:  # a communication changes no own facts
            ground = grounds[draft] = ground_of(record.own_facts, rulebook, ground)
        yield _Step(event, record, ground, earlier is not None and _leads_changed(earlier, record))


def _leads_changed(before: DraftRecord, record: DraftRecord) -> bool:
    return (before.lead_unit_code, before.transfers) != (record.lead_unit_code, record.transfers)


def _asked(steps: Iterable[_Step], whole: Collection[UUID]) -> Iterator[Asked]:
    """Ask for the communications that decide after any of the events; of some drafts there are all already."""
    asked: set[tuple[UUID, int]] = set()
    for step in steps:
        key = step.record.draft_id, id(step.ground)
        if step.record.draft_id not in whole and key not in asked:
            asked.add(key)
            yield asked_on(step.ground)


class _Running:
    """A draft as the events of a batch change it, with the communications that decide.

    Of a stored one nothing is judged, and no interval made, until an event changes what follows: most communications are not
    the first of their stage.
    """

    def __init__(self, rulebook: Rulebook, held: dict[UUID, CommunicationFact], *, is_stored: bool) -> None:
        self._version = rulebook.version
        self._follows_as_stored = is_stored
        self._timeline = RunningTimeline(rulebook)
        self._held = held
        self._to_come = list(held.values())
        self._course: Course | None = None
        self._stages: tuple[StagePeriod, ...] = ()

    def after(self, step: _Step) -> DraftVersion:
        """Fold an event into the communications of the draft, and derive what follows."""
        self._timeline.stand_on(step.ground)
        while self._to_come:
            self._timeline.put(communication_in(self._to_come.pop()))
        number = communication_of(step.event)
        written: Iterable[CommunicationFact] = ()
        changes_nothing = False
        if number is not None:
            earlier = self._held.pop(number, None)
            fact = evolve_communication(earlier, step.event)
            if self._follows_as_stored and earlier is None and fact is not None and not step.moved:
                changes_nothing = not self._timeline.is_changed_by(communication_in(fact))
            self._replaced(number, fact)
            written = (fact,) if fact else ()
        if step.moved:
            written = self._held.values()
        self._follows_as_stored &= changes_nothing
        return DraftVersion(
            position=step.event.position,
            draft=Dated(
                record=step.record,
                scope=step.ground.scope,
                timeline=None if self._follows_as_stored else self._timeline.timeline(),
                stages=self._stages_of(step.ground.course),
                rules_version=self._version,
            ),
            written=[
                performed_under(step.ground.units, fact, self._timeline.span(fact.communication_id))
                for fact in written
            ],
            removed=number if number is not None and number not in self._held else None,
        )

    def _stages_of(self, way: Course) -> tuple[StagePeriod, ...]:
        """Give the stage occurrences; those that stay are the same objects, and so are all of one course."""
        if way is not self._course:
            self._course, self._stages = way, the_same(self._stages, way.periods)
        return self._stages

    def _replaced(self, number: UUID, fact: CommunicationFact | None) -> None:
        if fact is None:
            self._timeline.remove(number)
        else:
            self._held[number] = fact
            self._timeline.put(communication_in(fact))


async def rederive(records: Records, rulebook: Rulebook) -> bool:
    """Derive again whatever was derived by other rules: a new calendar changes figures, not facts.

    Tells whether there was any; what was superseded before is derived again by a rebuild.
    """
    derived_again = False
    while outdated := await records.outdated(rulebook.version, AT_ONCE):
        derived_again = True
        whole = await records.whole([record.draft_id for record in outdated])
        drafts = [_joined(record, whole.get(record.draft_id, ())) for record in outdated]
        await records.replace([_again(record, rulebook) for record in drafts])
    return derived_again


def _joined(record: DraftRecord, stored: Iterable[CommunicationFact]) -> DraftRecord:
    present = {fact.communication_id for fact in record.communications}
    others = (fact for fact in stored if fact.communication_id not in present)
    return replace(record, communications=(*record.communications, *others))


def _again(record: DraftRecord, rulebook: Rulebook) -> DraftVersion:
    return DraftVersion(position=0, draft=dated(record, rulebook), written=list(performed(record, rulebook)))


def dated(record: DraftRecord, rulebook: Rulebook) -> Dated:
    facts = record.facts
    derived = timeline(facts, rulebook)
    return Dated(
        record=record,
        scope=derived.scope,
        timeline=derived,
        stages=course(facts, rulebook).periods,
        rules_version=rulebook.version,
    )


def row_changes(event: Recorded) -> Iterable[RowChange]:
    """Give what units, targets, programmes, plans, mails and our own announcements mean for rows."""
    data = event.data
    yield from unit_changes(event)
    match data:
        case UnitTargetSet():
            yield Put("target", {"target": data.target_percent / 100}, data)
        case ProgrammeEntry():
            yield from entry_changes(event, data, ENTRY_COLUMNS)
        case PlanActivityPlanned():
            row = {"unit_code": data.responsible_unit_code, "cancelled": False}
            yield Put("planned_activity", row, data)
        case PlanActivityRescheduled():
            moved = {"planned_on": data.planned_on, "precision": data.precision}
            yield Change("planned_activity", {"activity_id": data.activity_id}, moved)
        case PlanActivityCancelled():
            yield Change("planned_activity", {"activity_id": data.activity_id}, {"cancelled": True})
        case AlertSent():
            yield Put("reminder", {"gap_id": data.gap_id, "day": data.day, "kind": SENT})
        case AlertEscalated():
            yield Put("reminder", {"gap_id": data.gap_id, "day": data.on, "kind": ESCALATED})
        case ComplianceReportPublished():
            yield Put("published_report", {"published_at": event.metadata.time}, data)
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
