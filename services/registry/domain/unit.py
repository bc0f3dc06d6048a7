"""The unit aggregate: an organisation unit, never deleted; it is renamed, moved, succeeded or dissolved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import assert_never

from services.registry.domain.plain import plain
from services.registry.domain.refusals import UnitDiffers, UnitNotFound
from shared.contracts.about import About
from shared.contracts.registry import (
    UnitDissolved,
    UnitEvent,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitTargetSet,
)
from shared.decider import Decider
from shared.directory import units

Change = UnitRenamed | UnitMoved | UnitSucceeded | UnitDissolved | UnitTargetSet


@dataclass(frozen=True, slots=True)
class Register:
    unit: UnitRegistered


@dataclass(frozen=True, slots=True)
class Record:
    """Something happened to the unit; said twice, it is recorded once."""

    change: Change


Command = Register | Record


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was ever said of this unit."""


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
    match command:
        case Register(unit):
            return _register(state, unit)
        case Record(change):
            if isinstance(state, Absent):
                raise UnitNotFound(change.unit_code)
            return [] if plain(change) in map(plain, state.changes) else [change]
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
