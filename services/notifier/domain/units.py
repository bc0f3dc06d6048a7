"""The tree of units as the notifier knows it: who stands above whom, who carries on for whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from shared.contracts.vocabulary import UnitKind, UnitLevel

JUSTICE = UnitKind.PROVINCIAL_JUSTICE_DEPARTMENT
OVERSEERS = frozenset({JUSTICE, UnitKind.PBGDPL_COUNCIL})  # they follow their whole province


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    name: str
    parent_name: str | None = None
    parent_code: str | None = None
    level: UnitLevel | None = None
    kind: UnitKind | None = None


@dataclass(frozen=True, kw_only=True)
class Tree:
    """`successions` give (day, heir) for each unit that ended; `justice_unit` follows the whole country."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    successions: Mapping[str, tuple[tuple[date, str], ...]] = field(default_factory=dict)
    justice_unit: str | None = None

    def unit(self, code: str) -> Unit:
        return self.units.get(code) or Unit(code, code)

    def above(self, code: str) -> Iterator[str]:
        """Give the units above, nearest first; a ring of parents ends where it began."""
        seen = {code}
        while (parent := self.unit(code).parent_code) is not None and parent not in seen:
            seen.add(parent)
            yield parent
            code = parent

    def heirs(self, code: str, day: date) -> tuple[str, ...]:
        """Give the units that carry on for one by `day`, each followed to the last; none if it goes on itself."""
        return tuple(heir for heir in self._followed(code, day, frozenset({code})) if heir != code)

    def _followed(self, code: str, day: date, seen: frozenset[str]) -> Iterator[str]:
        heirs = [to for on, to in self.successions.get(code, ()) if on <= day and to not in seen]
        if not heirs:
            yield code
        for heir in heirs:
            yield from self._followed(heir, day, seen | {heir})

    def justice_of(self, code: str) -> str | None:
        """Find the justice body that follows a unit: the nearest one in its line, else the country's."""
        lines = (self._justice_below.get(above) for above in (code, *self.above(code)))
        return next((found for found in (*lines, self.justice_unit) if found not in (None, code)), None)

    @cached_property
    def _justice_below(self) -> Mapping[str | None, str]:
        return {unit.parent_code: unit.code for unit in self.units.values() if unit.kind is JUSTICE}

    def area(self, code: str) -> frozenset[str]:
        """Give the units that one oversees: those below it, for a justice body all of its province."""
        if code == self.justice_unit:
            return frozenset(self.units) - {code}
        unit = self.unit(code)
        root = unit.parent_code if unit.kind in OVERSEERS and unit.parent_code else code
        return frozenset(one for one in self.units if root in self.above(one)) - {code}
