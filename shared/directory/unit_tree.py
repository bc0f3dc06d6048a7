"""Which units stand above a unit, and follow its work, on a day: what local rules ask of the units that lead drafts."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta

from shared.directory.folds import Unit, UnitDirectory, UnitsOn

ONE_DAY = timedelta(days=1)


class UnitTree:
    """Answers from the units that it was given last; days between two changes of the tree are derived once."""

    def __init__(self, directory: UnitDirectory | None = None) -> None:
        self.update(directory or UnitDirectory())

    def update(self, directory: UnitDirectory) -> None:
        self._directory = directory
        self._changes = sorted({day for unit in directory.units.values() for day in _changes(unit)})
        self._on: dict[int, UnitsOn] = {}

    def lineage(self, code: str, day: date) -> tuple[str, ...]:
        """Give the units above one, and those that follow its work; none of one that is not registered."""
        units = self._units_on(day)
        return (*units.above(code), *units.areas.supervisors(code)) if code in units else ()

    def _units_on(self, day: date) -> UnitsOn:
        place = bisect_right(self._changes, day)
        if place not in self._on:
            self._on[place] = self._directory.on(day)
        return self._on[place]


def _changes(unit: Unit) -> Iterator[date]:
    """Give the days from which something about a unit is different."""
    for dated in (unit.names, unit.parents):
        yield from (day for day, _ in dated)
    yield from unit.ends
    yield from (succession.on for succession in unit.successions)
    yield from (supervision.on for supervision in unit.supervisions)
    if unit.valid_from is not None:
        yield unit.valid_from
    if unit.valid_to is not None:
        yield unit.valid_to + ONE_DAY
