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
