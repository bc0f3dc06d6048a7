"""Functions of the day that are constant piece by piece: how they are cut, and which unit leads when."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TypeVar

from shared.rules.facts import DraftFacts

T = TypeVar("T")

LeadUnits = Sequence[tuple[date, str]]  # from which day which unit leads, in order


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
    following = sorted(facts.transfers, key=lambda transfer: transfer.on)
    return [(date.min, facts.lead_unit_code), *((transfer.on, transfer.unit_code) for transfer in following)]


def unit_on(units: LeadUnits, day: date) -> str:
    return next(code for since, code in reversed(units) if since <= day)
