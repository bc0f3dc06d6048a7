"""Units and drafts by day (names, tree, successions; title, lead, stage): the one fold that every service uses."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import dropwhile, islice
from typing import Any, Generic, TypeVar, assert_never
from uuid import UUID

from shared.contracts.envelope import Recorded
from shared.contracts.registry import (
    DraftAmended,
    DraftMerged,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
    UnitAmended,
    UnitChangeCancelled,
    UnitDissolved,
    UnitFact,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
    UnitTargetSet,
)
from shared.contracts.vocabulary import (
    Dataset,
    Handling,
    Instrument,
    Procedure,
    Regime,
    Stage,
    SupervisionKind,
    UnitChange,
    UnitKind,
    UnitLevel,
)
from shared.directory.areas import Areas
from shared.kernel.text_folding import fold, normalized
from shared.rules.facts import DraftFacts, StageEntry, Transfer
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import StagePeriod, by_day, holds_on, lead_units, stage_on, stage_periods, unit_on

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Succession:
    """`to_code` carries on what the unit did, from `on`."""

    to_code: str
    on: date


@dataclass(frozen=True, slots=True)
class Supervision:
    """From `on`, `supervisor_code` follows the unit as `kind`; None: nobody is set any more."""

    kind: SupervisionKind
    supervisor_code: str | None
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as it was registered, and its dated facts in the order of recording.

    The latest by day holds, whenever it was recorded (of two on one day the one recorded last); what is dated in
    the future doesn't hold yet; before the first of them the registration holds.
    """

    unit_code: str
    unit_name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    dataset: Dataset = Dataset.LIVE
    names: tuple[tuple[date, str], ...] = ()
    parents: tuple[tuple[date, str | None], ...] = ()
    ends: tuple[date, ...] = ()
    successions: tuple[Succession, ...] = ()
    supervisions: tuple[Supervision, ...] = ()

    def name_on(self, day: date) -> str:
        return holds_on(by_day(self.unit_name, self.names), day) if self.names else self.unit_name

    def parent_on(self, day: date) -> str | None:
        return holds_on(by_day(self.parent_code, self.parents), day) if self.parents else self.parent_code

    @property
    def last_day(self) -> date | None:
        """The last day of the unit: the latest dissolution, else what the registration says."""
        return max(self.ends, default=self.valid_to)

    def valid_on(self, day: date) -> bool:
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.last_day is None or day <= self.last_day)

    def successors_on(self, day: date) -> tuple[str, ...]:
        """Give the units that carry on for this one by a day, in the order of their codes."""
        return tuple(sorted({succession.to_code for succession in self.successions if succession.on <= day}))

    def named_on(self, day: date) -> Mapping[SupervisionKind, str]:
        """Give who is set to follow this unit on a day, as what."""
        kinds = {supervision.kind for supervision in self.supervisions}
        named = {kind: self._named_as(kind, day) for kind in sorted(kinds)}
        return {kind: code for kind, code in named.items() if code is not None}

    def _named_as(self, kind: SupervisionKind, day: date) -> str | None:
        set_by_day = [(item.on, item.supervisor_code) for item in self.supervisions if item.kind is kind]
        return holds_on(by_day(None, set_by_day), day)


def registered_unit(event: UnitRegistered) -> Unit:
    return Unit(
        unit_code=event.unit_code,
        unit_name=event.unit_name,
        level=event.level,
        kind=event.kind,
        parent_code=event.parent_code,
        valid_from=event.valid_from,
        valid_to=event.valid_to,
        dataset=event.dataset,
    )


AMENDABLE_OF_UNIT = tuple(n for n in UnitAmended.model_fields if n not in {"unit_code", "cleared", "reason"})


def amended_unit(amendment: Any) -> dict[str, Any]:
    """Give the fields that an amendment (the event, or what has its fields) changes, with their new values."""
    given = {
        name: getattr(amendment, name) for name in AMENDABLE_OF_UNIT if getattr(amendment, name) is not None
    }
    return given | {str(name): None for name in amendment.cleared}


DatedChange = UnitRenamed | UnitMoved | UnitSucceeded | UnitDissolved | UnitSupervisionSet
CANCELLABLE: Mapping[type, UnitChange] = {
    UnitRenamed: UnitChange.RENAMED,
    UnitMoved: UnitChange.MOVED,
    UnitSucceeded: UnitChange.SUCCEEDED,
    UnitDissolved: UnitChange.DISSOLVED,
    UnitSupervisionSet: UnitChange.SUPERVISION_SET,
}
"""The changes that can be cancelled. A registration and an amendment are amended, a target is set again."""


def facts_of_unit(events: Iterable[Recorded]) -> list[UnitFact]:
    """Give what holds of what was recorded of one unit: a cancelled change never held."""
    recorded = list(events)
    cancelled = {event.data.change_id for event in recorded if isinstance(event.data, UnitChangeCancelled)}
    return [
        event.data
        for event in recorded
        if isinstance(event.data, UnitFact)
        and not (event.event_id in cancelled and type(event.data) in CANCELLABLE)
    ]


def evolve_unit(unit: Unit, event: UnitFact) -> Unit:  # noqa: PLR0911  one line an event
    match event:
        case UnitAmended():
            return replace(unit, **_of_directory(amended_unit(event)))
        case UnitRegistered():
            return registered_unit(event)
        case UnitRenamed():
            return replace(unit, names=(*unit.names, (event.on, event.unit_name)))
        case UnitMoved():
            return replace(unit, parents=(*unit.parents, (event.on, event.parent_code)))
        case UnitSucceeded():
            return replace(unit, successions=(*unit.successions, Succession(event.to_code, event.on)))
        case UnitDissolved():
            return replace(unit, ends=(*unit.ends, event.on))
        case UnitSupervisionSet():
            supervision = Supervision(event.kind, event.supervisor_code, event.on)
            return replace(unit, supervisions=(*unit.supervisions, supervision))
        case UnitTargetSet():
            return unit
        case _:
            assert_never(event)


def _of_directory(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name != "province_code"}


def unit_of(events: Iterable[UnitFact]) -> Unit | None:
    """Fold the facts of one unit; what comes before its registration is left out."""
    unit: Unit | None = None
    for event in events:
        if isinstance(event, UnitRegistered):
            unit = registered_unit(event)
        elif unit is not None:
            unit = evolve_unit(unit, event)
    return unit


@dataclass(frozen=True, kw_only=True)
class UnitsOn:
    """The units as they are on one day. An unregistered unit has its code as its name."""

    units: Mapping[str, Unit]
    day: date

    def __contains__(self, code: str) -> bool:
        return code in self.units

    def name(self, code: str) -> str:
        unit = self.units.get(code)
        return unit.name_on(self.day) if unit else code

    def parent(self, code: str) -> str | None:
        unit = self.units.get(code)
        return unit.parent_on(self.day) if unit else None

    def level(self, code: str) -> UnitLevel | None:
        unit = self.units.get(code)
        return unit.level if unit else None

    def kind(self, code: str) -> UnitKind | None:
        unit = self.units.get(code)
        return unit.kind if unit else None

    def is_of(self, code: str, dataset: Dataset | None) -> bool:
        """Say whether a unit stands among those that a question about a data set counts: live ones count no other.

        An exercise may be that of a live unit (None: all that is there).
        """
        unit = self.units.get(code)
        return dataset is not Dataset.LIVE or unit is None or unit.dataset is Dataset.LIVE

    def is_practice(self, code: str, dataset: Dataset | None) -> bool:
        """Say whether what is of a data set is practice of a live unit: nobody gets a mail about it."""
        unit = self.units.get(code)
        return dataset not in (None, Dataset.LIVE) and unit is not None and unit.dataset is Dataset.LIVE

    def is_valid(self, code: str) -> bool:
        unit = self.units.get(code)
        return unit is not None and unit.valid_on(self.day)

    def above(self, code: str) -> Iterator[str]:
        """Give the units above, nearest first; a ring of parents ends where it began."""
        seen = {code}
        while (parent := self.parent(code)) is not None and parent not in seen:
            seen.add(parent)
            yield parent
            code = parent

    def nearest(self, code: str, values: Mapping[str, T]) -> T | None:
        """Give the value that is set for a unit, for one that follows its work, or for one above it, the nearest first."""
        lineage = (code, *self.areas.supervisors(code), *self.above(code)) if values else ()
        return next((values[each] for each in lineage if each in values), None)

    def with_ancestors(self, codes: Iterable[str]) -> frozenset[str]:
        """Give those of the units that are registered, with all above them."""
        return frozenset(unit for code in codes for unit in (code, *self.above(code)) if unit in self.units)

    def below(self, code: str) -> frozenset[str]:
        """Give the units below one, without itself."""
        descendants: set[str] = set()
        waiting = [code]
        while waiting:
            children = [child for child in self._children[waiting.pop()] if child not in descendants]
            descendants.update(children)
            waiting.extend(children)
        return frozenset(descendants) - {code}

    @cached_property
    def _children(self) -> Mapping[str | None, list[str]]:
        children: dict[str | None, list[str]] = defaultdict(list)
        for code in self.units:
            children[self.parent(code)].append(code)
        return children

    def named(self, code: str) -> Mapping[SupervisionKind, str]:
        unit = self.units.get(code)
        return unit.named_on(self.day) if unit else {}

    @cached_property
    def areas(self) -> Areas:
        """Who follows whose communication work on this day."""
        return Areas(self)

    def successors(self, code: str) -> tuple[str, ...]:
        """Give the units that carry on for one, each followed to the last; none if it goes on itself."""
        return tuple(dict.fromkeys(heir for heir in self._followed(code, frozenset({code})) if heir != code))

    def _followed(self, code: str, seen: frozenset[str]) -> Iterator[str]:
        following = [heir for heir in self._direct(code) if heir not in seen]
        if not following:
            yield code
        for heir in following:
            yield from self._followed(heir, seen | {heir})

    def predecessors(self, code: str) -> tuple[str, ...]:
        """Give the units for which one carries on, in the order of their codes."""
        return self._carried_on.get(code, ())

    @cached_property
    def _carried_on(self) -> Mapping[str, tuple[str, ...]]:
        carried: dict[str, list[str]] = defaultdict(list)
        for code in sorted(self.units):
            for heir in self.successors(code):
                carried[heir].append(code)
        return {heir: tuple(codes) for heir, codes in carried.items()}

    def successor(self, code: str) -> str:
        """Follow the successions in force; where a unit has several, it remains itself.

        Which of several carries a draft on is named by a transfer of that draft, and then it is led by it.
        """
        seen = {code}
        while len(following := self._direct(code)) == 1 and following[0] not in seen:
            code = following[0]
            seen.add(code)
        return code

    def _direct(self, code: str) -> tuple[str, ...]:
        unit = self.units.get(code)
        return unit.successors_on(self.day) if unit else ()

    def code_of(self, text: str | None) -> str | None:
        """Take what a person typed for the one unit of that code or name; else give it back as it is.

        Where several units have the name without diacritics, the diacritics decide.
        """
        if text is None or text in self.units:
            return text
        for written in (_exact, fold):
            wanted = written(text)
            matches = [code for code in self.units if wanted in (written(code), written(self.name(code)))]
            if len(matches) == 1:
                return matches[0]
        return text


def _exact(text: str) -> str:
    return " ".join(normalized("NFC", text).casefold().split())


MOST_DAYS = 100  # of which a directory keeps what it derived: a report of 60 months asks for fewer


@dataclass(frozen=True, slots=True)
class UnitDirectory:
    """Every unit with its dated facts; each question names the day for which it is asked.

    What is derived for a day (children, areas: it takes a look at every unit) is kept with the directory.
    """

    units: Mapping[str, Unit] = field(default_factory=dict)
    _days: dict[date, UnitsOn] = field(default_factory=dict, compare=False, repr=False)

    def on(self, day: date) -> UnitsOn:
        if day not in self._days:
            if len(self._days) == MOST_DAYS:
                self._days.clear()
            self._days[day] = UnitsOn(units=self.units, day=day)
        return self._days[day]

    def name_on(self, code: str, day: date) -> str:
        return self.on(day).name(code)

    def parent_on(self, code: str, day: date) -> str | None:
        return self.on(day).parent(code)

    def above(self, code: str, day: date) -> tuple[str, ...]:
        return tuple(self.on(day).above(code))

    def below(self, code: str, day: date) -> frozenset[str]:
        return self.on(day).below(code)

    def successors_on(self, code: str, day: date) -> tuple[str, ...]:
        return self.on(day).successors(code)

    def successor_on(self, code: str, day: date) -> str:
        """Give the one unit that carries on for another by a day; the unit itself where none does, or several do."""
        return self.on(day).successor(code)

    def supervisors_on(self, code: str, day: date) -> tuple[str, ...]:
        """Give who follows a unit: justice bodies first, then supervisors, then councils; never the unit itself."""
        return self.on(day).areas.supervisors(code)

    def deciders_on(self, code: str, day: date) -> tuple[str, ...]:
        """Give who may decide what a unit asks for, in order: its supervisors, then the units above it."""
        line = (*self.supervisors_on(code, day), *self.above(code, day))
        return tuple(dict.fromkeys(each for each in line if each != code))

    def area_on(self, code: str, day: date) -> frozenset[str]:
        """Give the units that a unit follows, with their descendants (compliance.md, "Area")."""
        return self.on(day).areas.area(code)


def directory_of(units: Iterable[Unit]) -> UnitDirectory:
    return UnitDirectory({unit.unit_code: unit for unit in units})


Policies = tuple[tuple[int, str], ...]  # number and title, by number
STAGE_OF: Mapping[type, Stage] = {
    DraftSuspended: Stage.SUSPENDED,
    DraftWithdrawn: Stage.WITHDRAWN,
    DraftMerged: Stage.MERGED,
}
AMENDABLE_OF_DRAFT = tuple(name for name in DraftAmended.model_fields if name not in {"cleared", "reason"})
ENTRIES = (DraftStageEntered, DraftResumed, *STAGE_OF)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCard:
    """The draft as registered, with what changed since; `lead_unit_code` led before the first transfer."""

    draft_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    regime: Regime
    procedure: Procedure
    lead_unit_code: str
    dataset: Dataset
    handling: Handling | None = None
    policies: Policies = ()
    entries: tuple[StageEntry, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    @property
    def facts(self) -> DraftFacts:
        return DraftFacts(
            draft_id=self.draft_id,
            instrument=self.instrument,
            regime=self.regime,
            procedure=self.procedure,
            lead_unit_code=self.lead_unit_code,
            policies=frozenset(number for number, _ in self.policies),
            entries=self.entries,
            transfers=self.transfers,
        )

    def lead_on(self, day: date) -> str:
        return unit_on(lead_units(self.facts), day)

    def stage_on(self, day: date, rulebook: Rulebook) -> StagePeriod | None:
        return stage_on(stage_periods(self.facts, rulebook), day)


Card = TypeVar("Card", bound=DraftCard)


def card_of(data: DraftRegistered) -> DraftCard:
    return DraftCard(**registered_draft(data))


def registered_draft(data: DraftRegistered) -> dict[str, Any]:
    """Give the fields of a card that a registration names."""
    return {
        "draft_id": data.draft_id,
        "draft_code": data.draft_code,
        "title": data.title,
        "instrument": data.instrument,
        "regime": data.regime,
        "procedure": data.procedure,
        "lead_unit_code": data.lead_unit_code,
        "dataset": data.dataset,
        "handling": data.handling,
    }


def amended_draft(amendment: Any) -> dict[str, Any]:
    """Give the fields that an amendment (the event, or what has its fields) changes, with their new values."""
    given = {
        name: getattr(amendment, name) for name in AMENDABLE_OF_DRAFT if getattr(amendment, name) is not None
    }
    return given | {str(name): None for name in amendment.cleared}


def evolve_draft(card: Card, event: Recorded) -> Card:
    """Fold one event after the registration."""
    fold = FOLDS.get(type(event.data))
    return replace(card, **fold(card, event, event.data)) if fold else card


def entry_of(event: Recorded) -> StageEntry:
    """Give the stage entry that an event of `ENTRIES` records."""
    data: Any = event.data
    return StageEntry(
        entry_id=event.event_id,
        stage=STAGE_OF.get(type(data)) or data.stage,
        entered_on=data.entered_on if isinstance(data, DraftStageEntered) else data.on,
        precision=data.precision,
        resumed=isinstance(data, DraftResumed),
        late=getattr(data, "late", False),
    )


def corrected(entry: StageEntry, data: DraftStageCorrected) -> StageEntry:
    """Give an entry as a correction of it has it."""
    return replace(entry, stage=data.stage, entered_on=data.entered_on, precision=data.precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingStage:
    """A stage that was expected; it changes no verdict. `ended_by` is the entry that fulfilled it.

    `replaced`: something else was recorded of this stage since, so it is not expected again if that entry is taken back.
    """

    stage: Stage
    ended_by: UUID | None = None
    replaced: bool = False


Coming = TypeVar("Coming", bound=ComingStage)


@dataclass(frozen=True, slots=True)
class Expectations(Generic[Coming]):
    """The stages that a draft is to enter, and those that it entered since."""

    to_come: tuple[Coming, ...] = ()
    fulfilled: tuple[Coming, ...] = ()

    def stated(self, stage: Stage, coming: Coming | None) -> "Expectations[Coming]":
        """Expect a stage, or no longer (None); of one stage the last statement holds."""
        others = (each for each in self.to_come if each.stage is not stage)
        past = (replace(each, replaced=True) if each.stage is stage else each for each in self.fulfilled)
        return Expectations((*others, *([coming] if coming else ())), tuple(past))

    def entered(self, entry: StageEntry) -> "Expectations[Coming]":
        met = [replace(each, ended_by=entry.entry_id) for each in self.to_come if each.stage is entry.stage]
        others = tuple(each for each in self.to_come if each.stage is not entry.stage)
        return Expectations(others, (*self.fulfilled, *met)) if met else self

    def without(self, entry: StageEntry, entries: Iterable[StageEntry]) -> "Expectations[Coming]":
        """Take an entry back: what it fulfilled is to come again, unless a later entry into that stage fulfils it.

        `entries` are all of the draft, with this one, as they were recorded.
        """
        back = [each for each in self.fulfilled if each.ended_by == entry.entry_id]
        if not back:
            return self
        kept = tuple(each for each in self.fulfilled if each.ended_by != entry.entry_id)
        later = dropwhile(lambda each: each.entry_id != entry.entry_id, entries)
        following = next((each for each in islice(later, 1, None) if each.stage is entry.stage), None)
        again = Expectations(tuple(replace(each, ended_by=None) for each in back if not each.replaced))
        if following:
            again = again.entered(following)
        return Expectations((*self.to_come, *again.to_come), (*kept, *again.fulfilled))

    def corrected(
        self, was: StageEntry, now: StageEntry, entries: Iterable[StageEntry]
    ) -> "Expectations[Coming]":
        """Follow the correction of an entry: into another stage it is taken back and made; `entries` as `without` has it."""
        if was.stage is not now.stage:
            return self.without(was, entries).entered(now)
        past = (
            replace(each, ended_by=now.entry_id) if each.ended_by == was.entry_id else each
            for each in self.fulfilled
        )
        return replace(self, fulfilled=tuple(past))


def policies_of(events: Iterable[Any]) -> Policies:
    """Fold the policies alone."""
    policies: Policies = ()
    for data in events:
        if isinstance(data, DraftPolicyAdded | DraftPolicyAmended | DraftPolicyRemoved):
            policies = _policies(policies, data)
    return policies


def _policies(
    policies: Policies, data: DraftPolicyAdded | DraftPolicyAmended | DraftPolicyRemoved
) -> Policies:
    titles = dict(policies)
    if isinstance(data, DraftPolicyRemoved):
        titles.pop(data.policy_no, None)
    else:
        titles[data.policy_no] = data.title
    return tuple(sorted(titles.items()))


Changes = Mapping[str, Any]


def _policy(card: DraftCard, _event: Recorded, data: Any) -> Changes:
    return {"policies": _policies(card.policies, data)}


def _entry(card: DraftCard, event: Recorded, _data: Any) -> Changes:
    return {"entries": (*card.entries, entry_of(event))}


def _corrected(card: DraftCard, _event: Recorded, data: DraftStageCorrected) -> Changes:
    entries = (corrected(entry, data) if entry.entry_id == data.entry_id else entry for entry in card.entries)
    return {"entries": tuple(entries)}


def _cancelled(card: DraftCard, _event: Recorded, data: DraftStageCancelled) -> Changes:
    return {"entries": tuple(entry for entry in card.entries if entry.entry_id != data.entry_id)}


def _transferred(card: DraftCard, _event: Recorded, data: DraftTransferred) -> Changes:
    transfer = Transfer(on=data.on, unit_code=data.to_unit_code, document=data.document)
    return {"transfers": (*card.transfers, transfer)}


def _amended(_card: DraftCard, _event: Recorded, data: DraftAmended) -> Changes:
    """Take what a card holds of it: the instrument and the regime, by which the draft is judged."""
    return {
        name: value for name, value in amended_draft(data).items() if name in DraftCard.__dataclass_fields__
    }


FOLDS: Mapping[type, Callable[[DraftCard, Recorded, Any], Changes]] = {
    DraftAmended: _amended,
    DraftRetitled: lambda _card, _event, data: {"title": data.title},
    DraftProcedureDecided: lambda _card, _event, data: {"procedure": data.procedure},
    DraftPolicyAdded: _policy,
    DraftPolicyAmended: _policy,
    DraftPolicyRemoved: _policy,
    **dict.fromkeys(ENTRIES, _entry),
    DraftStageCorrected: _corrected,
    DraftStageCancelled: _cancelled,
    DraftTransferred: _transferred,
}
