"""The programme aggregate: directives, plans, tasks, inspections, obstacles and reports of a unit in one year."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from services.campaigns.domain import entry_checks as checks
from services.campaigns.domain import errors, extensions
from services.campaigns.domain.entry_state import Entered, Entries
from services.campaigns.domain.programme_errors import (
    EntryFieldMissing,
    EntryIsCancelled,
    EntryNotFound,
    EntryRefTaken,
    OtherKind,
)
from shared.contracts.event import Acting, Decider
from shared.contracts.programme import (
    CONTENT,
    ProgrammeEntryCancelled,
    ProgrammeEntryCorrected,
    ProgrammeEvent,
)
from shared.contracts.vocabulary import Dataset, DuePrecision, Precision, ProgrammeKind, ReportPeriod
from shared.kernel.errors import Refusal
from shared.rules.programme.due import last_due_day
from shared.rules.programme.kinds import CHANGES, KINDS, EntryKind, Writer
from shared.rules.programme.states import ENDED, EntryStatus

Kind = ProgrammeKind
FIRST_YEAR, LAST_YEAR = 2022, 2100  # Decision 407/QĐ-TTg begins in 2022
INSPECTS = frozenset({Kind.INSPECTION_CONDUCTED, Kind.ENTRY_CORRECTED})
OBLIGES = checks.OBLIGING | {Kind.ENTRY_CORRECTED}


class EntryState(StrEnum):
    """Where an entry stands on a day, as release 0.1.0 calls it; `EntryStatus` says it in full."""

    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Add an entry to a unit's programme. A follow-up names what it follows by id or reference, or has its title.

    `by` is for whom it is entered, `today` the day of recording in Vietnam; `amount` is in đồng. `former_id` is the id
    that release 0.1.0 gave the same row of a file. `after_cancelled`: where the entry with its id was cancelled, it gets the
    next id. `above` are the units above that of the programme (and those that
    follow its work), `higher` those of a higher level that the command names, `strangers` those that it names and that the
    unit of the programme neither stands above nor follows.
    """

    by: Acting
    today: date
    kind: Kind
    of_entry: UUID | None = None
    of_ref: str | None = None
    entry_id: UUID
    former_id: UUID | None = None
    unit_code: str
    year: int
    title: str | None = None
    entry_ref: str | None = None
    document: str | None = None
    happened_on: date | None = None
    precision: Precision = Precision.DAY
    year_reason: str | None = None
    lead_unit_code: str | None = None
    coordinating_unit_codes: tuple[str, ...] = ()
    coordinating_text: str | None = None
    due_on: date | None = None
    due_precision: DuePrecision | None = None
    product: str | None = None
    quantity: int | None = None
    examined: int | None = None
    amount: int | None = None
    percent: int | None = None
    needs_acceptance: bool | None = None
    report_period: ReportPeriod | None = None
    period_from: date | None = None
    period_to: date | None = None
    due_days: int | None = None
    duty_id: UUID | None = None
    figures: Mapping[str, int] | None = None
    report_id: UUID | None = None
    note: str | None = None
    reason: str | None = None
    draft_code: str | None = None
    gap_id: UUID | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE
    after_cancelled: bool = False
    above: frozenset[str] = frozenset()
    higher: frozenset[str] = frozenset()
    strangers: frozenset[str] = frozenset()

    @property
    def spec(self) -> EntryKind:
        return KINDS[self.kind]


@dataclass(frozen=True)
class Programme:
    entries: Entries = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def events(self) -> Mapping[UUID, ProgrammeEvent]:
        """The entries as they stand, by their ids."""
        return {entry_id: entry.content for entry_id, entry in self.entries.items()}

    def is_open(self, entry: ProgrammeEvent) -> bool:
        """Return whether something is still owed."""
        if self.entries[entry.entry_id].cancelled:
            return False
        status = checks.standing_of(self.entries, entry.entry_id).status
        return status is not None and status not in ENDED


def state_of(status: EntryStatus | None) -> EntryState | None:
    """Give the word of release 0.1.0 for a state."""
    match status:
        case None:
            return None
        case EntryStatus.OPEN:
            return EntryState.OPEN
        case EntryStatus.LATE:
            return EntryState.OVERDUE
        case _:
            return EntryState.CLOSED


def decide(programme: Programme, command: Record) -> Sequence[ProgrammeEvent]:
    if command.of_entry is not None and not command.spec.follows:
        raise _not_meant(programme, command.of_entry, command.spec)
    named = check_writer(programme, command)
    command = _renewed(programme, command) if command.after_cancelled else command
    existing = programme.entries.get(command.entry_id) or programme.entries.get(
        command.former_id or UUID(int=0)
    )
    if existing is not None:
        if not _is_same(existing, command):
            raise errors.EntryDiffers
        return []
    followed = _followed(programme, command, named) if command.spec.follows else None
    event = _event(programme, command, followed)
    if followed is not None and (done := _repeats(followed, event)) is not None:
        return done
    checks.check_entry(event, followed, command.today, command.higher)
    checks.check_obliged(event, followed, command.strangers)
    extensions.check_time(programme.entries, event, followed)
    after = evolve(programme, event)
    checks.check_around(after.entries, event.entry_id if command.kind not in CHANGES else followed_id(event))
    return [event]


def of_dataset(programme: Programme, command: Record) -> Record:
    """Give a follow-up the data set of the entry that it follows; raises `OtherData` if it states another one."""
    if not command.spec.follows:
        return command
    try:
        followed = _followed(programme, command, _named(programme, command))
    except Refusal:
        return command  # refused when it is decided, if who gives it may see why
    if command.dataset not in (Dataset.LIVE, followed.event.dataset):
        raise errors.OtherData
    return replace(command, dataset=followed.event.dataset)


def _renewed(programme: Programme, command: Record) -> Record:
    entry_id, number = command.entry_id, 1
    while (entry := programme.entries.get(entry_id)) is not None and entry.cancelled:
        number += 1
        entry_id = uuid5(command.entry_id, str(number))
    return replace(command, entry_id=entry_id)


def check_writer(programme: Programme, command: Record) -> list[Entered]:
    """Refuse who could not give a command, whatever its other fields; returns the entries that it may mean.

    Who may act for the unit of the programme may mean all that it names; others only what they may follow.
    """
    named = _named(programme, command)
    if command.by.may_act_for(command.unit_code):
        return named
    theirs = [entry for entry in named if _may_follow(programme, command, entry)]
    if not theirs:
        raise errors.NotYourProgramme(command.unit_code)
    return theirs


def followed_id(event: ProgrammeEvent) -> UUID:
    of_entry: UUID = getattr(event, "of_entry")  # noqa: B009  only follow-ups have it
    return of_entry


def _repeats(followed: Entered, event: ProgrammeEvent) -> list[ProgrammeEvent] | None:
    """Give no event for a change that changes nothing; refuse a follow-up of what does not hold any more."""
    if isinstance(event, ProgrammeEntryCancelled) and followed.cancelled:
        return []
    if followed.cancelled:
        raise EntryIsCancelled(followed.content.title)
    if isinstance(event, ProgrammeEntryCorrected) and all(
        getattr(event, name) == getattr(followed.content, name) for name in CONTENT
    ):
        return []
    return None


def _event(programme: Programme, command: Record, followed: Entered | None) -> ProgrammeEvent:
    """Make the event of a command: what it doesn't say follows from what it is about."""
    model = command.spec.event
    checks.check_fields(command)
    title = command.title or (followed.content.title if followed else None)
    if title is None:
        raise EntryFieldMissing("title", command.spec.words)
    more: dict[str, Any] = {
        "title": title,
        **_due(command),
        "entry_ref": _reference(programme, command, followed),
    }
    if command.needs_acceptance is None:
        more["needs_acceptance"] = _needs_acceptance(command, followed)
    if command.lead_unit_code is None and followed is not None:
        more["lead_unit_code"] = _lead(programme, command, followed)
    if followed is not None:
        more["of_entry"] = followed.event.entry_id
    return model.of(command, **more)


def _needs_acceptance(command: Record, followed: Entered | None) -> bool | None:
    """Who assigns a task to another unit accepts what that unit reports, unless it says otherwise."""
    corrects = command.kind is Kind.ENTRY_CORRECTED and followed is not None
    kind = followed.event.name if corrects and followed is not None else command.kind
    if kind != Kind.TASK_ASSIGNED:
        return None
    return command.lead_unit_code not in (None, command.unit_code) or None


def _due(command: Record) -> dict[str, Any]:
    if command.due_on is None:
        return {"due_precision": None}
    precision = command.due_precision or DuePrecision.DAY
    return {
        "due_on": last_due_day(command.due_on, precision),
        "due_precision": None if precision is DuePrecision.DAY else precision,
    }


def _reference(programme: Programme, command: Record, followed: Entered | None) -> str | None:
    """Give the reference of an entry: an obstacle has a number for people (VM: vướng mắc) if none is given."""
    if command.kind is Kind.ENTRY_CORRECTED and command.entry_ref is None and followed is not None:
        return followed.content.entry_ref
    of_kind = (e for e in programme.entries.values() if e.event.name == command.kind)
    taken = {e.content.entry_ref: e for e in of_kind if e.event.dataset is command.dataset}
    if command.entry_ref is not None or command.kind is not Kind.OBSTACLE_RAISED:
        if command.entry_ref in taken and command.entry_ref is not None and not command.spec.follows:
            raise EntryRefTaken(command.entry_ref, taken[command.entry_ref].content.title)
        return command.entry_ref
    number = len(taken) + 1
    while (reference := f"VM-{command.unit_code}-{command.year}-{number:03}") in taken:
        number += 1
    return reference


def _lead(programme: Programme, command: Record, followed: Entered) -> str | None:
    """Give who received or decided an obstacle where it is not said, the unit that it was sent to last; or who asks for time."""
    if command.kind is Kind.EXTENSION_REQUESTED:
        asking = list(filter(command.by.may_act_for, extensions.owing(programme.entries, followed)))
        return asking[0] if len(asking) == 1 else None
    if command.kind not in {Kind.OBSTACLE_RECEIVED, Kind.OBSTACLE_DECIDED}:
        return None
    sent = checks.sent_to(programme.entries, followed)
    return sent[-1] if sent else None


def _may_follow(programme: Programme, command: Record, followed: Entered) -> bool:
    """Tell whether an entry of another unit's programme is followed up by one of the units that the kind names."""
    return any(map(command.by.may_act_for, _others(programme, command, followed)))


def _others(programme: Programme, command: Record, followed: Entered) -> Iterator[str]:
    content = followed.content
    match command.spec.writer:
        case Writer.LEAD if content.lead_unit_code is not None:
            yield content.lead_unit_code
        case Writer.OWING:
            asking = command.lead_unit_code
            yield from (
                code for code in extensions.owing(programme.entries, followed) if asking in {None, code}
            )
        case Writer.ABOVE:
            yield from command.above
        case Writer.ASKED:
            yield from checks.sent_to(programme.entries, followed)
            yield from command.above
        case _ if command.kind in CHANGES:
            yield from _writers(programme, followed)
        case _:
            pass


def _writers(programme: Programme, entered: Entered) -> Iterator[str]:
    """Give the other units that may have entered a follow-up, and may change it."""
    spec = KINDS[Kind(entered.event.name)]
    followed = programme.entries.get(getattr(entered.event, "of_entry", entered.event.entry_id))
    if spec.writer is Writer.LEAD and followed is not None:
        yield from [followed.content.lead_unit_code] if followed.content.lead_unit_code else []
    if spec.writer is Writer.OWING:
        yield from [entered.content.lead_unit_code] if entered.content.lead_unit_code else []
    if spec.writer is Writer.ASKED and spec.kind is not Kind.OBSTACLE_FORWARDED:
        yield from [entered.content.lead_unit_code] if entered.content.lead_unit_code else []


_FROM_CONTEXT = frozenset(
    {"title", "entry_ref", "lead_unit_code", "needs_acceptance"}
)  # what a command may leave to the programme


def _is_same(existing: Entered, command: Record) -> bool:
    if existing.event.name != command.kind:
        return False
    if command.of_entry not in {None, getattr(existing.event, "of_entry", None)}:
        return False
    return any(_same_content(version, command) for version in (existing.event, existing.content))


def _same_content(version: ProgrammeEvent, command: Record) -> bool:
    stated = {name: getattr(command, name) for name in type(version).model_fields if hasattr(command, name)}
    stated |= _due(command)
    for name in ("of_entry", "entry_id", "notes"):
        stated.pop(name, None)
    if version.due_precision is None:  # release 0.1.0 kept the last day alone
        stated.pop("due_precision")
    if command.needs_acceptance is bool(
        version.needs_acceptance
    ):  # nobody accepts, whether it is said or not
        stated.pop("needs_acceptance")
    left_out = {name for name in _FROM_CONTEXT if stated.get(name) is None}
    same_notes = dict(command.notes) == version.notes
    return same_notes and all(
        getattr(version, name) == value for name, value in stated.items() if name not in left_out
    )


def _named(programme: Programme, command: Record) -> list[Entered]:
    """Give the entries that a follow-up names by id, by reference, else by title."""
    spec = command.spec
    if command.of_entry is not None:
        entry = programme.entries.get(command.of_entry)
        return [entry] if entry is not None and entry.event.name in spec.follows else []
    reference = command.of_ref or (command.entry_ref if spec.follows else None)
    followable = _followable(programme, command)
    if reference is not None:
        named = [entry for entry in followable if entry.content.entry_ref == reference]
        if named or command.of_ref is not None:
            return named
    title = (command.title or "").casefold()
    return [entry for entry in followable if entry.content.title.casefold() == title]


def _followable(programme: Programme, command: Record) -> list[Entered]:
    """Give what a command may follow: of its own data set, as far as there is any."""
    of_kind = [e for e in programme.entries.values() if e.event.name in command.spec.follows]
    return [entry for entry in of_kind if entry.event.dataset is command.dataset] or of_kind


def _followed(programme: Programme, command: Record, named: list[Entered]) -> Entered:
    """Return the entry of those that a follow-up names; of several the one still open."""
    if not named and command.of_entry is not None:
        raise _not_meant(programme, command.of_entry, command.spec)
    matches = named
    if len(matches) > 1:
        matches = _narrowed(programme, command, matches)
        if len(matches) != 1:
            raise errors.SeveralMeant(command.title or command.of_ref or command.entry_ref or "")
    if not matches:
        names = (command.of_ref, command.title, command.entry_ref)
        raise errors.NothingToFollow(command.spec.follows_first, next(filter(None, names), ""))
    return matches[0]


def _not_meant(programme: Programme, of_entry: UUID, spec: EntryKind) -> Refusal:
    entry = programme.entries.get(of_entry)
    return OtherKind(spec.words, entry.content.title) if entry is not None else EntryNotFound()


def _narrowed(programme: Programme, command: Record, matches: list[Entered]) -> list[Entered]:
    """Keep of several entries those with the lead unit and due day that are named, then those that still wait for this."""
    stated = {"lead_unit_code": command.lead_unit_code, "due_on": _due(command).get("due_on")}
    for name, value in stated.items():
        same = [e for e in matches if value is not None and getattr(e.content, name) == value]
        matches = same or matches
    if len(matches) == 1:
        return matches
    return [e for e in matches if _waits(programme, command.kind, e)]


def _waits(programme: Programme, kind: Kind, entry: Entered) -> bool:
    reported = kind is Kind.TASK_REPORTED and checks.is_reported(programme.entries, entry)
    return not entry.cancelled and programme.is_open(entry.content) and not reported


def evolve(programme: Programme, event: ProgrammeEvent) -> Programme:
    entries = {**programme.entries}
    entries.setdefault(event.entry_id, Entered(event, event, len(entries)))
    target = entries.get(getattr(event, "of_entry", event.entry_id))
    match event:
        case ProgrammeEntryCorrected() if target is not None:
            changed = {name: getattr(event, name) for name in CONTENT}
            entries[target.event.entry_id] = replace(
                target, content=target.content.model_copy(update=changed)
            )
        case ProgrammeEntryCancelled() if target is not None:
            for entry in _with_followers(entries, target):
                entries[entry.event.entry_id] = replace(entry, cancelled=True)
        case _:
            pass
    return Programme(MappingProxyType(entries))


def _with_followers(entries: Entries, target: Entered) -> list[Entered]:
    """Give an entry and all that follows it: what follows a cancelled entry is cancelled with it (`states.standings`)."""
    followers = [
        entry
        for entry in entries.values()
        if getattr(entry.event, "of_entry", None) == target.event.entry_id and entry.event.name not in CHANGES
    ]
    return [target, *(each for entry in followers for each in _with_followers(entries, entry))]


programme: Decider[Programme, Record, ProgrammeEvent] = Decider(
    "programme",
    Programme(),
    decide,
    evolve,
    keyed=True,
    supersedes=(ProgrammeEntryCorrected, ProgrammeEntryCancelled),
)
