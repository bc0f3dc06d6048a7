"""A draft as the rules see it: its entries with the ids of their events, after all corrections."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.registry.domain.draft_state import Draft
from services.registry.domain.stages import Entry
from shared.contracts.envelope import Recorded
from shared.contracts.registry import DraftStageCorrected
from shared.contracts.vocabulary import Procedure
from shared.directory.drafts import ENTRIES, corrected, entry_of
from shared.rules.facts import DraftFacts, Exemption, StageEntry, Transfer

Entries = dict[UUID, tuple[StageEntry, Recorded]]


def entries_of(events: Iterable[Recorded]) -> Entries:
    """Return each entry after all corrections, with the event that recorded it."""
    entries: Entries = {}
    for event in events:
        if isinstance(event.data, ENTRIES):
            entries[event.event_id] = (entry_of(event), event)
        elif isinstance(event.data, DraftStageCorrected) and event.data.entry_id in entries:
            was, original = entries[event.data.entry_id]
            entries[was.entry_id] = (corrected(was, event.data), original)
    return entries


def entry_with_id(events: Iterable[Recorded], entry_id: UUID) -> Entry | None:
    """Return the entry with an id after all corrections."""
    if (match := entries_of(events).get(entry_id)) is None:
        return None
    entry = match[0]
    return Entry(entry.stage, entry.entered_on, entry.precision, resumed=entry.resumed)


def procedure_of(draft: Draft) -> Procedure:
    """Give the procedure that holds: the latest decision, else that of the registration."""
    return draft.procedure.procedure if draft.procedure else draft.registered.procedure


def facts_of(draft: Draft, events: Sequence[Recorded]) -> DraftFacts:
    """Return the facts that findings follow from: all but scope, policies and communications."""
    registered = draft.registered
    return DraftFacts(
        draft_id=registered.draft_id,
        instrument=draft.described.instrument,
        regime=draft.described.regime,
        procedure=procedure_of(draft),
        lead_unit_code=registered.lead_unit_code,
        entries=tuple(entry for entry, _ in entries_of(events).values()),
        exemptions=tuple(Exemption(stages=frozenset(e.stages)) for e in draft.exemptions),
        transfers=tuple(Transfer(on=t.on, unit_code=t.to_unit_code) for t in draft.transfers),
        postings=tuple(posting.fact for posting in draft.postings),
        procedure_document=draft.procedure.document if draft.procedure else None,
    )
