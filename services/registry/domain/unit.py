"""The unit aggregate: an organisation unit, never deleted; it is renamed, moved, succeeded or dissolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from typing import assert_never

from services.registry.domain.errors import UnitDiffers, UnitNotFound
from services.registry.domain.without_notes import plain
from shared.contracts.about import About
from shared.contracts.decider import Decider
from shared.contracts.registry import (
    UnitDissolved,
    UnitEvent,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitTargetSet,
)
from shared.contracts.vocabulary import Dataset, SuccessionKind, UnitKind, UnitLevel
from shared.directory import units

Change = UnitRenamed | UnitMoved | UnitSucceeded | UnitDissolved | UnitTargetSet


@dataclass(frozen=True, slots=True, kw_only=True)
class OnUnit:
    """Who may give these commands is decided by their role alone, at the routes."""

    unit_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(OnUnit):
    unit_name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: str | None = None
    province_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    dataset: Dataset = Dataset.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(OnUnit):
    unit_name: str
    on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(OnUnit):
    """Put the unit under another parent (None: under none) from a day on."""

    parent_code: str | None
    on: date
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissolve(OnUnit):
    """End the unit on a day without a successor."""

    on: date
    legal_basis: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(OnUnit):
    """Let `to_code` carry on what the unit did, from a day on; several successors are several commands."""

    to_code: str
    kind: SuccessionKind
    on: date
    legal_basis: str | None = None
    source: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget(OnUnit):
    """Set the unit's own target for a reporting year, in percent (0..100)."""

    year: int
    target_percent: float
    document: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


Command = Register | Rename | Move | Dissolve | Succeed | SetTarget


@dataclass(frozen=True, slots=True)
class Absent:
    """The unit is not registered."""


@dataclass(frozen=True, slots=True)
class Unit:
    registered: UnitRegistered
    changes: tuple[Change, ...] = ()

    @property
    def by_day(self) -> units.Unit:
        """The unit as the directory has it: its name, its parent and the rest by day."""
        return reduce(units.evolve, self.changes, units.registered(self.registered))


State = Absent | Unit


def decide(state: State, command: Command) -> Sequence[UnitEvent]:
    if isinstance(command, Register):
        return _register(state, UnitRegistered.of(command))
    if isinstance(state, Absent):
        raise UnitNotFound(command.unit_code)
    change = _change(command)
    return [] if plain(change) in map(plain, state.changes) else [change]


def _change(command: Rename | Move | Dissolve | Succeed | SetTarget) -> Change:
    match command:
        case Rename():
            return UnitRenamed.of(command)
        case Move():
            return UnitMoved.of(command)
        case Dissolve():
            return UnitDissolved.of(command)
        case Succeed():
            return UnitSucceeded.of(command)
        case SetTarget():
            return UnitTargetSet.of(command)
        case _:
            assert_never(command)


def _register(state: State, unit: UnitRegistered) -> Sequence[UnitEvent]:
    if isinstance(state, Absent):
        return [unit]
    if state.registered != unit:
        raise UnitDiffers(unit.unit_code)
    return []


def evolve(state: State, event: UnitEvent) -> State:
    if isinstance(event, UnitRegistered):
        return Unit(event)
    if isinstance(state, Absent):
        return state
    return replace(state, changes=(*state.changes, event))


def about(state: State, _day: date) -> About | None:
    if isinstance(state, Absent):
        return None
    return About(unit_code=state.registered.unit_code, dataset=state.registered.dataset)


unit: Decider[State, Command, UnitEvent] = Decider("unit", Absent(), decide, evolve, about)
