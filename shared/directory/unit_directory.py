"""All units by day: names, the tree, and who carries on for whom."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.directory.units import Unit
from shared.kernel.text_folding import fold


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

    def successors(self, code: str) -> tuple[str, ...]:
        """Give the units that carry on for one, each followed to the last; none if it goes on itself."""
        return tuple(dict.fromkeys(heir for heir in self._followed(code, frozenset({code})) if heir != code))

    def _followed(self, code: str, seen: frozenset[str]) -> Iterator[str]:
        following = [heir for heir in self._direct(code) if heir not in seen]
        if not following:
            yield code
        for heir in following:
            yield from self._followed(heir, seen | {heir})

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
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@dataclass(frozen=True, slots=True)
class UnitDirectory:
    """Every unit with its dated facts; each question names the day for which it is asked."""

    units: Mapping[str, Unit] = field(default_factory=dict)

    def on(self, day: date) -> UnitsOn:
        return UnitsOn(units=self.units, day=day)

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


def directory_of(units: Iterable[Unit]) -> UnitDirectory:
    return UnitDirectory({unit.unit_code: unit for unit in units})
