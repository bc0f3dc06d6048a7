"""A unit's references held against each other and against the units that they name; pure.

`related` are the registered units that a reference leads to. One that is not among them is not registered (yet): a
file may name a parent that comes further down, so this is no reason to refuse.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import partial

from services.registry.domain.references import errors, provinces
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.directory.folds import Unit
from shared.rules.sequence import by_day

Related = Mapping[str, Unit]

RANK = {
    UnitLevel.CENTRAL: 0,
    UnitLevel.PROVINCIAL: 1,
    UnitLevel.DISTRICT: 2,
    UnitLevel.DISTRICT_LEGACY: 2,
    UnitLevel.COMMUNE: 3,
}
DISTRICT_KINDS = frozenset({UnitKind.DISTRICT_COMMITTEE, UnitKind.DISTRICT_LEGACY})


def is_district(unit: Unit) -> bool:
    return RANK.get(unit.level) == RANK[UnitLevel.DISTRICT] or unit.kind in DISTRICT_KINDS


def check_registration(unit: Unit, province_code: str | None, related: Related) -> None:
    """Refuse what can't be true of a unit as it is registered, or as it stands after an amendment."""
    if unit.valid_from and unit.last_day and unit.last_day < unit.valid_from:
        raise errors.EndsBeforeBegin(unit.valid_from, unit.last_day)
    if unit.valid_from and unit.valid_from >= provinces.REORGANISED_ON and is_district(unit):
        raise errors.DistrictsEnded(unit.valid_from)
    if province_code is not None:
        _check_province(province_code, unit.valid_from)
    for parent_code in parents_of(unit):
        _check_parent(unit, parent_code, related)


def check_move(unit: Unit, parent_code: str | None, on: date, related: Related) -> None:
    """Refuse a parent that can't be the unit's from a day on."""
    check_valid(unit, on)
    if parent_code is None:
        return
    if parent := related.get(parent_code):
        check_valid(parent, on)
    _check_level(unit, parent_code, related)
    if ring := _ring_from(unit, parent_code, related, on):
        raise errors.ParentOfItself(ring)


def check_rings(unit: Unit, related: Related) -> None:
    """Refuse a unit that would stand below itself on some day, under one of the parents that it has by day."""
    for since, parent_code in by_day(unit.parent_code, unit.parents):
        if parent_code is None:
            continue
        if ring := _ring_from(unit, parent_code, related, max(since, unit.valid_from or date.min)):
            raise errors.ParentOfItself(ring)


def check_succession(unit: Unit, to_code: str, on: date, related: Related) -> None:
    """Refuse a successor that is the unit itself, at whatever remove, or does not exist on the day; and a day after the unit's end.

    The day of a succession is the first on which the unit does not exist.
    """
    if chain := _ring(unit.unit_code, to_code, partial(_successors, related)):
        raise errors.SucceedsItself(chain)
    if unit.valid_from and on < unit.valid_from:
        raise errors.NotValidOn(unit.unit_code, on, unit.valid_from, unit.last_day)
    if unit.last_day and on > unit.last_day + timedelta(days=1):
        raise errors.NotValidOn(unit.unit_code, on, unit.valid_from, unit.last_day)
    if successor := related.get(to_code):
        check_valid(successor, on)


def check_supervisor(unit: Unit, supervisor_code: str | None, on: date, related: Related) -> None:
    """Refuse a supervisor that is the unit itself, is not registered or does not exist on the day."""
    check_valid(unit, on)
    if supervisor_code is None:
        return
    if supervisor_code == unit.unit_code:
        raise errors.SupervisesItself(supervisor_code)
    if (supervisor := related.get(supervisor_code)) is None:
        raise errors.SupervisorNotFound(supervisor_code)
    check_valid(supervisor, on)


def check_valid(unit: Unit, day: date) -> None:
    if not unit.valid_on(day):
        raise errors.NotValidOn(unit.unit_code, day, unit.valid_from, unit.last_day)


def parents_of(unit: Unit) -> set[str]:
    """Give every parent that the unit ever has."""
    return {code for code in (unit.parent_code, *(parent for _, parent in unit.parents)) if code}


def successors_of(unit: Unit) -> set[str]:
    return {succession.to_code for succession in unit.successions}


def _check_province(code: str, valid_from: date | None) -> None:
    if code not in provinces.BEFORE:
        raise errors.NoProvince(code, provinces.nearest(code))
    if valid_from and valid_from >= provinces.REORGANISED_ON and provinces.ended(code):
        raise errors.ProvinceEnded(code, valid_from)


def _check_parent(unit: Unit, parent_code: str, related: Related) -> None:
    _check_level(unit, parent_code, related)
    if (parent := related.get(parent_code)) and not in_common(unit, parent):
        raise errors.ParentNeverValid(parent_code)
    if ring := _ring_from(unit, parent_code, related, unit.valid_from or date.min):
        raise errors.ParentOfItself(ring)


def _check_level(unit: Unit, parent_code: str, related: Related) -> None:
    parent = related.get(parent_code)
    if parent and is_below(parent, unit):
        raise errors.ParentOfLowerLevel(parent_code, parent.level, unit.level)


def is_below(unit: Unit, other: Unit) -> bool:
    return RANK.get(unit.level, 0) > RANK.get(other.level, len(RANK))


def in_common(unit: Unit, other: Unit) -> bool:
    """Tell whether there is a day on which both are valid."""
    begun = max(unit.valid_from or date.min, other.valid_from or date.min)
    return begun <= min(unit.last_day or date.max, other.last_day or date.max)


def _ring_from(unit: Unit, parent_code: str, related: Related, since: date) -> list[str]:
    """Give the ring that the parent would close on some day from `since` on; empty if there is none."""
    last = unit.last_day or date.max
    changes = {on for other in related.values() for on, _ in other.parents if since < on <= last}
    own = [on for on, _ in unit.parents if on > since]
    until = min(own, default=date.max)
    for day in sorted({since, *(day for day in changes if day < until)}):
        ring = _ring(unit.unit_code, parent_code, partial(_parent_on, related, day))
        if ring:
            return ring
    return []


def _ring(start: str, first: str, following: Callable[[str], Iterable[str]]) -> list[str]:
    """Give a path from `start` over `first` back to `start`; empty if there is none."""
    if first == start:
        return [start, start]
    paths, seen = [[start, first]], {first}
    while paths:
        path = paths.pop()
        for code in sorted(following(path[-1])):
            if code == start:
                return [*path, start]
            if code not in seen:
                seen.add(code)
                paths.append([*path, code])
    return []


def _parent_on(related: Related, day: date, code: str) -> list[str]:
    unit = related.get(code)
    parent = unit.parent_on(day) if unit else None
    return [parent] if parent else []


def _successors(related: Related, code: str) -> set[str]:
    unit = related.get(code)
    return successors_of(unit) if unit else set()
