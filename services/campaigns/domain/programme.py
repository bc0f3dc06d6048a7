"""The programme aggregate: directives, plans, tasks, obstacles and answers of a unit in one year."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import get_args
from uuid import UUID

from services.campaigns.domain import errors
from shared.contracts.event import Acting, Decider
from shared.contracts.programme import FOLLOWS, FollowUp, ProgrammeEntry, ProgrammeEvent
from shared.contracts.vocabulary import Dataset, Precision, ProgrammeKind
from shared.rules.rulebook.rulebook import last_day
from shared.rules.sequence import check_recorded_day

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
    """Add an entry to a unit's programme. A follow-up names what it follows, or has its title.

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
        follow_ups = (entry for entry in self.entries.values() if isinstance(entry, FollowUp))
        return (entry for entry in follow_ups if entry.of_entry == entry_id)

    def is_open(self, entry: ProgrammeEvent) -> bool:
        """Return whether a follow-up is still expected."""
        follow_ups = list(self.followed(entry.entry_id))
        if entry.name == ProgrammeKind.INSPECTION_CONDUCTED:
            findings = entry.quantity or 0
            return sum(findings if f.quantity is None else f.quantity for f in follow_ups) < findings
        return entry.name in FOLLOWS.values() and not follow_ups


def state_of(kind: ProgrammeKind, due_on: date | None, as_of: date, *, is_open: bool) -> EntryState | None:
    """Return the state of an entry on `as_of`; None for kinds that nothing follows."""
    if kind not in FOLLOWS.values():
        return None
    if not is_open:
        return EntryState.CLOSED
    return EntryState.OVERDUE if due_on is not None and due_on < as_of else EntryState.OPEN


def decide(programme: Programme, command: Record) -> Sequence[ProgrammeEvent]:
    _check_acting(programme, command)
    entry = ProgrammeEntry.of(command)
    if existing := programme.entries.get(command.entry_id):
        if not _is_same(existing, entry, command):
            raise errors.EntryDiffers
        return []
    _check(entry, command.today)
    if command.kind not in FOLLOWS:
        _check_due(entry)
        return [KINDS[command.kind](**entry.model_dump())]
    followed = _followed(programme, command)
    _check_follows(entry, followed)
    return [KINDS[command.kind](**entry.model_dump(), of_entry=followed.entry_id)]


def _check_acting(programme: Programme, command: Record) -> None:
    """Refuse entries in another unit's programme, except follow-ups of entries that the acting unit leads."""
    if command.by.may_act_for(command.unit_code):
        return
    followed = programme.entries.get(command.of_entry) if command.of_entry else None
    lead = followed.lead_unit_code if followed else None
    if lead is None or not command.by.may_act_for(lead):
        raise errors.NotYourProgramme(command.unit_code)


def _is_same(existing: ProgrammeEvent, entry: ProgrammeEntry, command: Record) -> bool:
    same = existing.model_dump(include=set(ProgrammeEntry.model_fields)) == entry.model_dump()
    follows = command.of_entry in (None, getattr(existing, "of_entry", None))
    return same and follows and existing.name == command.kind


def _check(entry: ProgrammeEntry, today: date) -> None:
    if entry.happened_on is not None:
        check_recorded_day(entry.happened_on, entry.precision, today)


def _check_due(entry: ProgrammeEntry) -> None:
    if entry.happened_on is not None and entry.due_on is not None and entry.due_on < entry.happened_on:
        raise errors.DueBeforeBegin(entry.happened_on, entry.due_on)


def _check_follows(entry: ProgrammeEntry, followed: ProgrammeEvent) -> None:
    """Refuse an answer that is certainly older than what it answers."""
    if entry.happened_on is None or followed.happened_on is None:
        return
    if last_day(entry.happened_on, entry.precision) < followed.happened_on:
        raise errors.FollowsBefore(followed.title, followed.happened_on, entry.happened_on)


def _followed(programme: Programme, command: Record) -> ProgrammeEvent:
    """Return the entry that a follow-up follows: by id, else by title; of several the one still open."""
    kind = FOLLOWS[command.kind]
    matches = [
        entry for entry in programme.entries.values() if entry.name == kind and _is_meant(entry, command)
    ]
    if len(matches) > 1:
        matches = [entry for entry in matches if programme.is_open(entry)]
        if len(matches) != 1:
            raise errors.SeveralMeant(command.title)
    if not matches:
        raise errors.NothingToFollow(kind, command.title)
    return matches[0]


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
