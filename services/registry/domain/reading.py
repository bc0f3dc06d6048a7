"""A draft as the rules see it: its entries with the ids of their events, after all corrections."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.registry.domain.draft import Draft
from services.registry.domain.stages import Entry
from shared.contracts.registry import (
    DraftMerged,
    DraftResumed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Procedure, Stage
from shared.envelope import Recorded
from shared.rules.facts import DraftFacts, Exemption, StageEntry, Transfer

Entries = dict[UUID, tuple[Entry, Recorded]]

_ENDINGS = {DraftSuspended: Stage.SUSPENDED, DraftWithdrawn: Stage.WITHDRAWN, DraftMerged: Stage.MERGED}


def entries_of(events: Iterable[Recorded]) -> Entries:
    """Give what each entry says now, with the event that recorded it."""
    entries: Entries = {}
    for event in events:
        match event.data:
            case DraftStageEntered(stage=stage, entered_on=day, precision=precision):
                entries[event.event_id] = (Entry(stage, day, precision), event)
            case DraftResumed(stage=stage, on=day, precision=precision):
                entries[event.event_id] = (Entry(stage, day, precision, resumed=True), event)
            case DraftSuspended() | DraftWithdrawn() | DraftMerged() as data:
                entries[event.event_id] = (Entry(_ENDINGS[type(data)], data.on, data.precision), event)
            case DraftStageCorrected(entry_id=corrected) as data if corrected in entries:
                was, original = entries[corrected]
                now = Entry(data.stage, data.entered_on, data.precision, resumed=was.resumed)
                entries[corrected] = (now, original)
    return entries


def procedure_of(draft: Draft) -> Procedure:
    """Give the procedure that holds: the latest decision, else what the registration said."""
    return draft.procedure.procedure if draft.procedure else draft.registered.procedure


def facts_of(draft: Draft, events: Sequence[Recorded]) -> DraftFacts:
    """Give what remarks are made of; of scope, policies and communications they know nothing."""
    registered = draft.registered
    return DraftFacts(
        draft_id=registered.draft_id,
        instrument=registered.instrument,
        regime=registered.regime,
        procedure=procedure_of(draft),
        lead_unit_code=registered.lead_unit_code,
        entries=tuple(_fact(number, *found) for number, found in entries_of(events).items()),
        exemptions=tuple(Exemption(stages=frozenset(e.stages)) for e in draft.exemptions),
        transfers=tuple(Transfer(on=t.on, unit_code=t.to_unit_code) for t in draft.transfers),
        postings=tuple(posting.fact for posting in draft.postings),
        procedure_document=draft.procedure.document if draft.procedure else None,
    )


def _fact(number: UUID, entry: Entry, event: Recorded) -> StageEntry:
    return StageEntry(
        entry_id=number,
        stage=entry.stage,
        entered_on=entry.entered_on,
        precision=entry.precision,
        resumed=entry.resumed,
        late=getattr(event.data, "late", False),
    )
