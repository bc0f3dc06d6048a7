"""Functions of the day that are constant piece by piece: dated facts, how they are cut, which unit leads when."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import TypeVar

from shared.rules.facts import DraftFacts

T = TypeVar("T")

LeadUnits = Sequence[tuple[date, str]]  # from which day which unit leads, in order


def by_day(first: T, changes: Iterable[tuple[date, T]]) -> Sequence[tuple[date, T]]:
    """Say what holds from which day, in order (compliance rules, Words: dated facts).

    `changes` stand in the order of recording: the latest by day holds, whenever it was recorded; of two on one day
    the one recorded last. Before all of them `first` holds.
    """
    return [(date.min, first), *sorted(changes, key=itemgetter(0))]


def holds_on(dated: Sequence[tuple[date, T]], day: date) -> T:
    """Give what holds on a day: what is dated later doesn't hold yet."""
    return next(value for since, value in reversed(dated) if since <= day)


def periods(dated: Sequence[tuple[date, T]]) -> Iterator[tuple[date, date, T]]:
    """Give the days [from, to) on which each value holds; the last one holds until `date.max`."""
    ends = [*(since for since, _ in dated[1:]), date.max]
    for (since, value), end in zip(dated, ends, strict=True):
        if since < end:
            yield since, end, value


def pieces(days: Iterable[date], end: date, state: Callable[[date], T]) -> Iterator[tuple[date, date, T]]:
    """Cut at the days up to `end`, and join neighbours with the same state."""
    marks = sorted(days)
    if not marks:
        return
    begun, current = marks[0], state(marks[0])
    for day in marks[1:]:
        following = state(day)
        if following != current:
            yield begun, day, current
            begun, current = day, following
    yield begun, end, current


def lead_units(facts: DraftFacts) -> LeadUnits:
    """Return the leading unit by day; of two transfers on one day the one recorded last holds."""
    return by_day(facts.lead_unit_code, ((transfer.on, transfer.unit_code) for transfer in facts.transfers))


def unit_on(units: LeadUnits, day: date) -> str:
    return holds_on(units, day)
