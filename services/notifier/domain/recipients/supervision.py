"""Who follows whom: the tree of units on the day that is planned, and the justice bodies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.directory.folds import UnitDirectory, UnitsOn

JUSTICE = UnitKind.PROVINCIAL_JUSTICE_DEPARTMENT
OVERSEERS = frozenset({JUSTICE, UnitKind.PBGDPL_COUNCIL})  # they follow their whole province


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is on the day of a tree."""

    code: str
    name: str
    parent_name: str | None = None
    parent_code: str | None = None
    level: UnitLevel | None = None
    kind: UnitKind | None = None


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The units as they are on `day`; `justice_unit` follows the whole country."""

    directory: UnitDirectory = field(default_factory=UnitDirectory)
    day: date = date.max
    justice_unit: str | None = None

    @cached_property
    def _units(self) -> UnitsOn:
        return self.directory.on(self.day)

    def unit(self, code: str) -> Unit:
        units, parent = self._units, self._units.parent(code)
        parent_name = units.name(parent) if parent is not None and parent in units else None
        return Unit(code, units.name(code), parent_name, parent, units.level(code), units.kind(code))

    def above(self, code: str) -> Iterator[str]:
        """Give the units above, nearest first; a ring of parents ends where it began."""
        return self._units.above(code)

    def heirs(self, code: str, day: date) -> tuple[str, ...]:
        """Give the units that carry on for one by `day`, each followed to the last; none if it goes on itself."""
        return self.directory.successors_on(code, day)

    def justice_of(self, code: str) -> str | None:
        """Find the justice body that follows a unit: the nearest one in its line, else the country's."""
        lines = (self._justice_below.get(above) for above in (code, *self.above(code)))
        return next((body for body in (*lines, self.justice_unit) if body not in (None, code)), None)

    @cached_property
    def _justice_below(self) -> Mapping[str | None, str]:
        units = self._units
        return {units.parent(code): code for code in units.units if units.kind(code) is JUSTICE}

    def oversees(self, code: str) -> bool:
        """Say whether a unit must follow and urge others (Decision 407/QĐ-TTg: justice bodies, coordination councils)."""
        return code == self.justice_unit or self._units.kind(code) in OVERSEERS

    def area(self, code: str) -> frozenset[str]:
        """Give the units that one oversees: those below it, for a justice body all of its province."""
        if code == self.justice_unit:
            return frozenset(self.directory.units) - {code}
        parent = self._units.parent(code)
        root = parent if self._units.kind(code) in OVERSEERS and parent else code
        return self._units.below(root) - {code}
