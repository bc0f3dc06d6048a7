"""From the events of programmes to their entries as they stand: a correction takes the place of what it corrects."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Recorded
from shared.contracts.programme import (
    CONTENT,
    ProgrammeEntry,
    ProgrammeEntryCancelled,
    ProgrammeEntryCorrected,
    ProgrammeTaskProgressed,
)
from shared.contracts.vocabulary import ProgrammeKind
from shared.rules.programme.states import EntryFact

_OF_CONTENT = [name for name in CONTENT if name in EntryFact.__dataclass_fields__]


def entry_facts(events: Iterable[Recorded]) -> list[EntryFact]:
    """Fold whole programmes; events of other contexts are passed over."""
    facts: dict[UUID, EntryFact] = {}
    for event in events:
        data = event.data
        if not isinstance(data, ProgrammeEntry):
            continue
        facts.setdefault(data.entry_id, entry_fact(data, event.position))
        of_entry = getattr(data, "of_entry", None)
        if of_entry in facts:
            facts[of_entry] = _changed(facts[of_entry], data)
    return list(facts.values())


def entry_fact(data: ProgrammeEntry, position: int) -> EntryFact:
    """Read the fact of one event, apart from what later events say about it."""
    return EntryFact(
        entry_id=data.entry_id,
        kind=ProgrammeKind(data.name),
        position=position,
        unit_code=data.unit_code,
        of_entry=getattr(data, "of_entry", None),
        percent=data.percent if isinstance(data, ProgrammeTaskProgressed) else None,
        **_content(data),
    )


def cancelled_from(data: ProgrammeEntryCancelled) -> date:
    """Give the day from which a cancelled entry does not hold: without one it never did."""
    return data.happened_on or date.min


def _content(data: ProgrammeEntry) -> dict[str, Any]:
    return {name: getattr(data, name) for name in _OF_CONTENT}


def _changed(fact: EntryFact, data: ProgrammeEntry) -> EntryFact:
    match data:
        case ProgrammeEntryCorrected():
            return replace(fact, **_content(data))
        case ProgrammeEntryCancelled():
            return replace(fact, cancelled_from=cancelled_from(data))
        case _:
            return fact
