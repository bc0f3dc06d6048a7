"""The programme aggregate: what a unit was told, planned, did, asked and answered in one year."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import get_args
from uuid import UUID

from services.campaigns.domain import refusals
from shared.contracts.programme import FOLLOWS, FollowUp, ProgrammeEntry, ProgrammeEvent
from shared.contracts.vocabulary import ProgrammeKind
from shared.decider import Decider
from shared.rules.recorded_days import check_recorded_day

KINDS: Mapping[ProgrammeKind, type[ProgrammeEvent]] = MappingProxyType(
    {ProgrammeKind(model.name): model for model in get_args(ProgrammeEvent)}
)
FIRST_YEAR, LAST_YEAR = 2022, 2100  # Decision 407/QĐ-TTg begins in 2022


class EntryState(StrEnum):
    """Where a task, an inspection's findings or an obstacle stands on a day."""

    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Enter something. A follow-up names what it follows, or has its title; `today` is the day in Vietnam."""

    kind: ProgrammeKind
    said: ProgrammeEntry
    of_entry: UUID | None = None
    today: date


@dataclass(frozen=True, slots=True)
class Programme:
    entries: Mapping[UUID, ProgrammeEvent] = field(default_factory=lambda: MappingProxyType({}))

    def followed(self, entry_id: UUID) -> Iterator[FollowUp]:
        follow_ups = (one for one in self.entries.values() if isinstance(one, FollowUp))
        return (one for one in follow_ups if one.of_entry == entry_id)

    def is_open(self, entry: ProgrammeEvent) -> bool:
        """Tell whether something is still expected to follow."""
        follow_ups = list(self.followed(entry.entry_id))
        if entry.name == ProgrammeKind.INSPECTION_CONDUCTED:
            findings = entry.quantity or 0
            return sum(findings if one.quantity is None else one.quantity for one in follow_ups) < findings
        return entry.name in FOLLOWS.values() and not follow_ups


def state_of(kind: ProgrammeKind, due_on: date | None, as_of: date, *, is_open: bool) -> EntryState | None:
    """Tell where an entry stands on `as_of`; None for kinds that nothing follows."""
    if kind not in FOLLOWS.values():
        return None
    if not is_open:
        return EntryState.CLOSED
    return EntryState.OVERDUE if due_on is not None and due_on < as_of else EntryState.OPEN


def decide(programme: Programme, command: Record) -> Sequence[ProgrammeEvent]:
    if known := programme.entries.get(command.said.entry_id):
        if not _says(known, command):
            raise refusals.EntryDiffers
        return []
    _check(command.said, command.today)
    said = command.said.model_dump()
    if command.kind in FOLLOWS:
        said["of_entry"] = _followed(programme, command).entry_id
    return [KINDS[command.kind](**said)]


def _says(known: ProgrammeEvent, command: Record) -> bool:
    said = set(ProgrammeEntry.model_fields)
    same = known.model_dump(include=said) == command.said.model_dump()
    follows = command.of_entry in (None, getattr(known, "of_entry", None))
    return same and follows and known.name == command.kind


def _check(said: ProgrammeEntry, today: date) -> None:
    if said.happened_on is not None:
        check_recorded_day(said.happened_on, said.precision, today)


def _followed(programme: Programme, command: Record) -> ProgrammeEvent:
    """Find what a follow-up follows: by id, else the one (or the one still open) of its title."""
    kind = FOLLOWS[command.kind]
    found = [one for one in programme.entries.values() if one.name == kind and _is_meant(one, command)]
    if len(found) > 1:
        found = [one for one in found if programme.is_open(one)]
        if len(found) != 1:
            raise refusals.SeveralMeant(command.said.title)
    if not found:
        raise refusals.NothingToFollow(kind, command.said.title)
    return found[0]


def _is_meant(entry: ProgrammeEvent, command: Record) -> bool:
    if command.of_entry is not None:
        return entry.entry_id == command.of_entry
    said = command.said
    return (
        entry.title.casefold() == said.title.casefold()
        and said.lead_unit_code in (None, entry.lead_unit_code)
        and said.due_on in (None, entry.due_on)
    )


def evolve(programme: Programme, event: ProgrammeEvent) -> Programme:
    return replace(programme, entries=MappingProxyType({**programme.entries, event.entry_id: event}))


programme: Decider[Programme, Record, ProgrammeEvent] = Decider("programme", Programme(), decide, evolve)
