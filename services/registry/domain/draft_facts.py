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
    """Give what each entry says now, with the event that recorded it."""
    entries: Entries = {}
    for event in events:
        if isinstance(event.data, ENTRIES):
            entries[event.event_id] = (entry_of(event), event)
        elif isinstance(event.data, DraftStageCorrected) and event.data.entry_id in entries:
            was, original = entries[event.data.entry_id]
            entries[was.entry_id] = (corrected(was, event.data), original)
    return entries


def entry_with_id(events: Iterable[Recorded], entry_id: UUID) -> Entry | None:
    """Give what the entry with an id says now, after all corrections."""
    if (found := entries_of(events).get(entry_id)) is None:
        return None
    entry = found[0]
    return Entry(entry.stage, entry.entered_on, entry.precision, resumed=entry.resumed)


def procedure_of(draft: Draft) -> Procedure:
    """Give the procedure that holds: the latest decision, else what the registration said."""
    return draft.procedure.procedure if draft.procedure else draft.registered.procedure


def facts_of(draft: Draft, events: Sequence[Recorded]) -> DraftFacts:
    """Give what findings are made of; of scope, policies and communications they know nothing."""
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
