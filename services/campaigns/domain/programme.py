"""The programme aggregate: what a unit was told, planned, did, asked and answered in one year."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import get_args
from uuid import UUID

from services.campaigns.domain import errors
from shared.contracts.acting import Acting
from shared.contracts.decider import Decider
from shared.contracts.programme import FOLLOWS, FollowUp, ProgrammeEntry, ProgrammeEvent
from shared.contracts.vocabulary import Dataset, Precision, ProgrammeKind
from shared.rules.recorded_dates import check_recorded_day

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
    """Enter something into a unit's programme. A follow-up names what it follows, or has its title.

    `by` is for whom it is entered, `today` the day of recording in Vietnam; `amount` is in đồng.
    """

    by: Acting
    today: date
    kind: ProgrammeKind
    of_entry: UUID | None = None
    entry_id: UUID
    unit_code: str
    year: int
    title: str
    document: str | None = None
    happened_on: date | None = None
    precision: Precision = Precision.DAY
    lead_unit_code: str | None = None
    coordinating_unit_codes: tuple[str, ...] = ()
    due_on: date | None = None
    product: str | None = None
    quantity: int | None = None
    amount: int | None = None
    note: str | None = None
    draft_code: str | None = None
    gap_id: UUID | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


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
    _check_acting(programme, command)
    said = ProgrammeEntry.of(command)
    if known := programme.entries.get(command.entry_id):
        if not _says(known, said, command):
            raise errors.EntryDiffers
        return []
    _check(said, command.today)
    follows = {"of_entry": _followed(programme, command).entry_id} if command.kind in FOLLOWS else {}
    return [KINDS[command.kind](**said.model_dump() | follows)]


def _check_acting(programme: Programme, command: Record) -> None:
    """Refuse who writes into another unit's programme, but to follow up what is led by the writer's unit."""
    if command.by.may_act_for(command.unit_code):
        return
    followed = programme.entries.get(command.of_entry) if command.of_entry else None
    lead = followed.lead_unit_code if followed else None
    if lead is None or not command.by.may_act_for(lead):
        raise errors.NotYourProgramme(command.unit_code)


def _says(known: ProgrammeEvent, said: ProgrammeEntry, command: Record) -> bool:
    same = known.model_dump(include=set(ProgrammeEntry.model_fields)) == said.model_dump()
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
            raise errors.SeveralMeant(command.title)
    if not found:
        raise errors.NothingToFollow(kind, command.title)
    return found[0]


def _is_meant(entry: ProgrammeEvent, command: Record) -> bool:
    if command.of_entry is not None:
        return entry.entry_id == command.of_entry
    return (
        entry.title.casefold() == command.title.casefold()
        and command.lead_unit_code in (None, entry.lead_unit_code)
        and command.due_on in (None, entry.due_on)
    )


def evolve(programme: Programme, event: ProgrammeEvent) -> Programme:
    return replace(programme, entries=MappingProxyType({**programme.entries, event.entry_id: event}))


programme: Decider[Programme, Record, ProgrammeEvent] = Decider("programme", Programme(), decide, evolve)
