"""Units as figures need them: names, the tree, and who carries on what a dissolved unit did."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class UnitInfo:
    unit_code: str
    unit_name: str
    level: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Succession:
    unit_code: str
    to_code: str
    on: date


@dataclass(frozen=True, slots=True)
class Units:
    by_code: Mapping[str, UnitInfo]
    successions: Sequence[Succession]

    def name(self, code: str) -> str:
        found = self.by_code.get(code)
        return found.unit_name if found else code

    def level(self, code: str) -> str:
        found = self.by_code.get(code)
        return found.level if found else "unknown"

    def code_of(self, text: str | None) -> str | None:
        """Take what a person typed for the one unit of that code or name; else give it back as it is."""
        if text is None or text in self.by_code:
            return text
        wanted = text.strip().casefold()
        named = (code for code, unit in self.by_code.items() if unit.unit_name.casefold() == wanted)
        found = {*named, *(code for code in self.by_code if code.casefold() == wanted)}
        return found.pop() if len(found) == 1 else text

    def with_ancestors(self, codes: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        for code in codes:
            current: str | None = code
            while current is not None and current not in found and current in self.by_code:
                found.add(current)
                current = self.by_code[current].parent_code
        return frozenset(found)

    def with_descendants(self, code: str) -> frozenset[str]:
        children: dict[str | None, list[str]] = defaultdict(list)
        for unit in self.by_code.values():
            children[unit.parent_code].append(unit.unit_code)
        found: set[str] = set()
        waiting = [code]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(children[current])
        return frozenset(found)

    def successor(self, code: str, day: date) -> str:
        """Follow the successions in force on a day; where a unit has several, it stays what it was.

        Which of several carries a draft on is said by a transfer of that draft, and then it is led by it.
        """
        seen = {code}
        while True:
            heirs = {s.to_code for s in self.successions if s.unit_code == code and s.on <= day}
            if len(heirs) != 1 or not heirs.isdisjoint(seen):
                return code
            (code,) = heirs
            seen.add(code)


def units_of(infos: Iterable[UnitInfo], successions: Iterable[Succession]) -> Units:
    return Units({info.unit_code: info for info in infos}, tuple(successions))
