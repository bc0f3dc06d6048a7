"""Who follows whom on a day, read from the events by the words of the rule "Area", unit by unit; slow and plain."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from shared.contracts.registry import (
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
    UnitSupervisionSet,
)

KINDS = ("justice_body", "council", "supervisor")
COMMITTEES = {
    *("province", "provincial_committee", "peoples_committee", "district_legacy", "district_committee"),
    *("commune", "commune_committee", "special_zone_committee"),
}


class NaiveAreas:
    """Answers for one day from the events of all units in the order of recording."""

    def __init__(self, events: Sequence[Any], day: date) -> None:
        self.day = day
        self.registered = {event.unit_code: event for event in events if isinstance(event, UnitRegistered)}
        self.events = events
        self.following = {unit: self.named(unit) | self.default(unit) for unit in self.registered}

    def area(self, code: str) -> set[str]:
        """Ask each unit whether it is followed by this one, or by a successor of it."""
        heirs = self.heirs(code)
        return {unit for unit, following in self.following.items() if heirs & following}

    def supervisors(self, code: str) -> set[str]:
        return self.following[code] - {code}

    def named(self, code: str) -> set[str]:
        lineage = [code, *self.above(code)]
        return {heir for unit in lineage for kind in KINDS for heir in self.set_for(unit, kind)}

    def default(self, code: str) -> set[str]:
        """Whose default area has the unit, unless somebody is set as that kind for it or for a unit above."""
        lineage = [code, *self.above(code)]
        following: set[str] = set()
        for candidate in self.registered:
            root = self.root(candidate)
            if root and root[0] in lineage and not any(self.set_for(unit, root[1]) for unit in lineage):
                following |= self.heirs(candidate)
        return following

    def root(self, code: str) -> tuple[str, str] | None:
        own, parent = self.registered[code], self.parent(code)
        if own.kind in COMMITTEES:
            return code, "supervisor"
        over = self.registered.get(parent or "")
        if parent is None:
            return None
        name = self.name(code).lower()
        office = own.kind in {"department", "agency"}
        by_name = office and "sở tư pháp" in name and own.level == "provincial"
        if own.kind == "provincial_justice_department" or (by_name and over and over.kind in COMMITTEES):
            above = [u for u in self.above(parent) if self.level(u) == "provincial"]
            return (above[-1] if above else parent), "justice_body"
        if office and "pháp chế" in name and over and over.kind in {"ministry", "agency"}:
            return parent, "justice_body"
        return None

    def set_for(self, code: str, kind: str) -> set[str]:
        named = self.latest(
            [
                e
                for e in self.events
                if isinstance(e, UnitSupervisionSet) and e.unit_code == code and e.kind == kind
            ]
        )
        return self.heirs(named.supervisor_code) if named and named.supervisor_code else set()

    def heirs(self, code: str) -> set[str]:
        """Follow the successions to the last; keep who exists on the day."""
        final: set[str] = set()
        paths: list[tuple[str, ...]] = [(code,)]
        while paths:
            path = paths.pop()
            further = [unit for unit in self.direct(path[-1]) if unit not in path]
            if not further:
                final.add(path[-1])
            paths.extend((*path, unit) for unit in further)
        final = (final - {code}) or {code}
        return {unit for unit in final if self.valid(unit)}

    def direct(self, code: str) -> set[str]:
        return {
            e.to_code
            for e in self.events
            if isinstance(e, UnitSucceeded) and e.unit_code == code and e.on <= self.day
        }

    def valid(self, code: str) -> bool:
        if (own := self.registered.get(code)) is None:
            return False
        ends = [e.on for e in self.events if isinstance(e, UnitDissolved) and e.unit_code == code]
        last = max(ends) if ends else own.valid_to
        return (own.valid_from is None or own.valid_from <= self.day) and (last is None or self.day <= last)

    def name(self, code: str) -> str:
        renamed = self.latest([e for e in self.events if isinstance(e, UnitRenamed) and e.unit_code == code])
        return str(renamed.unit_name if renamed else self.registered[code].unit_name)

    def parent(self, code: str) -> str | None:
        if (own := self.registered.get(code)) is None:
            return None
        moved = self.latest([e for e in self.events if isinstance(e, UnitMoved) and e.unit_code == code])
        return moved.parent_code if moved else own.parent_code

    def level(self, code: str) -> str | None:
        return self.registered[code].level if code in self.registered else None

    def above(self, code: str) -> list[str]:
        units: list[str] = []
        while (parent := self.parent(code)) is not None and parent not in units:
            units.append(parent)
            code = parent
        return units

    def latest(self, facts: Sequence[Any]) -> Any:
        held = [(fact.on, place, fact) for place, fact in enumerate(facts) if fact.on <= self.day]
        return max(held, key=lambda item: item[:2])[2] if held else None
