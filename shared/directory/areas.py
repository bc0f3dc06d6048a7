"""Areas of supervision on one day: who follows whose communication work, as set or by default; pure.

The rule is "Area" of the compliance rules. A unit is followed by those that it names (`unit.supervision_set`), as its
justice body, its council or its supervisor, and so are its descendants. Where nobody is named as that, a provincial
justice department follows the province of its parent, the legal department of a ministry the ministry, and a People's
Committee its subtree. For a dissolved supervisor its successors follow; without any, the default holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Protocol

from shared.contracts.vocabulary import SupervisionKind, UnitKind, UnitLevel
from shared.kernel.text_folding import fold

COMMITTEES = frozenset(
    {
        UnitKind.PROVINCE,
        UnitKind.PROVINCIAL_COMMITTEE,
        UnitKind.PEOPLES_COMMITTEE,
        UnitKind.DISTRICT_LEGACY,
        UnitKind.DISTRICT_COMMITTEE,
        UnitKind.COMMUNE,
        UnitKind.COMMUNE_COMMITTEE,
        UnitKind.SPECIAL_ZONE_COMMITTEE,
    }
)
"""People's Committees; many lists of units write the place (`province`, `commune`) for its committee."""
MINISTRIES = frozenset({UnitKind.MINISTRY, UnitKind.AGENCY})
OFFICES = frozenset({UnitKind.DEPARTMENT, UnitKind.AGENCY})
JUSTICE_DEPARTMENT = fold("Sở Tư pháp")
LEGAL_DEPARTMENT = fold("Pháp chế")
ORDER = (SupervisionKind.JUSTICE_BODY, SupervisionKind.SUPERVISOR, SupervisionKind.COUNCIL)
Named = tuple[str, SupervisionKind]  # a supervisor, and as what it follows


class Units(Protocol):
    """The units as they are on one day."""

    @property
    def units(self) -> Iterable[str]: ...
    def name(self, code: str) -> str: ...
    def parent(self, code: str) -> str | None: ...
    def kind(self, code: str) -> UnitKind | None: ...
    def level(self, code: str) -> UnitLevel | None: ...
    def is_valid(self, code: str) -> bool: ...
    def above(self, code: str) -> Iterator[str]: ...
    def below(self, code: str) -> frozenset[str]: ...
    def successors(self, code: str) -> tuple[str, ...]: ...
    def named(self, code: str) -> Mapping[SupervisionKind, str]: ...


class Areas:
    """Answers for one day; everything is derived once and kept."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def area(self, code: str) -> frozenset[str]:
        """Give the units that a unit follows, with their descendants; of a dissolved one what its successors follow."""
        return frozenset().union(*(self._own_area(heir) for heir in self._acting_for(code)))

    def supervisors(self, code: str) -> tuple[str, ...]:
        """Give who follows a unit: by `ORDER`, of one kind the nearest first; never the unit itself."""
        lineage = (code, *self._units.above(code))
        following = {kind: self._following(lineage, kind) for kind in ORDER}
        everyone = (supervisor for kind in ORDER for supervisor in following[kind])
        return tuple(supervisor for supervisor in dict.fromkeys(everyone) if supervisor != code)

    def _following(self, lineage: Iterable[str], kind: SupervisionKind) -> list[str]:
        named = [unit for of in lineage for unit in self._named.get(of, {}).get(kind, ())]
        return named or [unit for of in lineage for unit in self._default_of.get((of, kind), ())]

    def _own_area(self, code: str) -> frozenset[str]:
        named = (self._with_below(unit) for unit in self._naming[code])
        by_default = (self._with_below(root) - self._set[kind] for root, kind in self._roots[code])
        return frozenset().union(*named, *by_default)

    def _with_below(self, code: str) -> frozenset[str]:
        return self._units.below(code) | {code}

    def _acting_for(self, code: str) -> tuple[str, ...]:
        """Give who does a supervisor's work: itself, or the successors of one that has any; none of one that ended."""
        valid = (heir for heir in self._units.successors(code) or (code,) if self._units.is_valid(heir))
        return tuple(valid)

    @cached_property
    def _named(self) -> Mapping[str, Mapping[SupervisionKind, tuple[str, ...]]]:
        """Who each unit names, as what; those that ended without a successor are left out."""
        named = {code: self._units.named(code) for code in self._units.units}
        acting = {
            code: {kind: self._acting_for(supervisor) for kind, supervisor in of.items()}
            for code, of in named.items()
            if of
        }
        return {code: {kind: units for kind, units in of.items() if units} for code, of in acting.items()}

    @cached_property
    def _naming(self) -> Mapping[str, set[str]]:
        """The units that name a supervisor."""
        naming: dict[str, set[str]] = defaultdict(set)
        for code, of in self._named.items():
            for supervisor in (unit for units in of.values() for unit in units):
                naming[supervisor].add(code)
        return naming

    @cached_property
    def _set(self) -> Mapping[SupervisionKind, frozenset[str]]:
        """The units for which somebody is named as this kind, by themselves or by a unit above."""
        return {
            kind: frozenset().union(
                *(self._with_below(code) for code, of in self._named.items() if kind in of)
            )
            for kind in SupervisionKind
        }

    @cached_property
    def _default_of(self) -> Mapping[tuple[str, SupervisionKind], tuple[str, ...]]:
        """Who follows the subtree of a unit, as what, where nobody is named."""
        followed: dict[tuple[str, SupervisionKind], list[str]] = defaultdict(list)
        for code in sorted(self._units.units):
            if root := self._root(code):
                followed[root].extend(self._acting_for(code))
        return {root: tuple(dict.fromkeys(units)) for root, units in followed.items()}

    @cached_property
    def _roots(self) -> Mapping[str, set[Named]]:
        roots: dict[str, set[Named]] = defaultdict(set)
        for root, units in self._default_of.items():
            for code in units:
                roots[code].add(root)
        return roots

    def followed_by_default(self, code: str) -> str | None:
        """Give the unit whose subtree a unit would follow by its kind, name and place if nobody were named."""
        root = self._root(code)
        return root[0] if root else None

    def _root(self, code: str) -> Named | None:
        """Give the unit whose subtree a unit follows by default, and as what."""
        if self._units.kind(code) in COMMITTEES:
            return code, SupervisionKind.SUPERVISOR
        if (parent := self._units.parent(code)) is None:
            return None
        if self._is_justice_department(code, parent):
            return self._province(parent), SupervisionKind.JUSTICE_BODY
        if self._is_legal_department(code, parent):
            return parent, SupervisionKind.JUSTICE_BODY
        return None

    def _is_justice_department(self, code: str, parent: str) -> bool:
        """By its kind, or by its name: most lists of units have departments of one kind only."""
        if self._units.kind(code) is UnitKind.PROVINCIAL_JUSTICE_DEPARTMENT:
            return True
        provincial = (
            self._units.level(code) is UnitLevel.PROVINCIAL and self._units.kind(parent) in COMMITTEES
        )
        return provincial and self._is_called(code, JUSTICE_DEPARTMENT)

    def _is_legal_department(self, code: str, parent: str) -> bool:
        return self._units.kind(parent) in MINISTRIES and self._is_called(code, LEGAL_DEPARTMENT)

    def _is_called(self, code: str, words: str) -> bool:
        return self._units.kind(code) in OFFICES and words in fold(self._units.name(code))

    def _province(self, code: str) -> str:
        """Climb from the parent of a justice department to the highest unit of the province."""
        above = (unit for unit in self._units.above(code) if self._units.level(unit) is UnitLevel.PROVINCIAL)
        return [code, *above][-1]
