"""Working days in Việt Nam: Monday to Friday, less the days off, plus the weekend days that are worked."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.contracts.vocabulary import Precision

WEEKDAYS = 5


class DayKind(StrEnum):
    OFF = "off"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Calendar:
    """`off` are weekdays without work, `worked` weekend days with work; all as sorted ordinals."""

    off: tuple[int, ...] = ()
    worked: tuple[int, ...] = ()

    def is_working(self, day: date) -> bool:
        return self._works(day.toordinal())

    def next_working_day(self, day: date) -> date:
        """Return the day itself if it is a working day, else the first one after it."""
        return day if self.is_working(day) else self.add_working_days(day, 1)

    def add_working_days(self, day: date, number: int) -> date:
        """Return the `number`-th working day after `day`, which is not counted itself."""
        ordinal = day.toordinal()
        while number > 0:
            ordinal += 1
            number -= self._works(ordinal)
        return date.fromordinal(ordinal)

    def working_days_between(self, after: date, until: date) -> int:
        """Count the working days in `(after, until]`; 0 if there is no such day."""
        return max(0, self._until(until.toordinal()) - self._until(after.toordinal()))

    def _works(self, ordinal: int) -> bool:
        changes = self.off if _is_weekday(ordinal) else self.worked
        place = bisect_right(changes, ordinal)
        changed = place > 0 and changes[place - 1] == ordinal
        return _is_weekday(ordinal) is not changed

    def _until(self, ordinal: int) -> int:
        weeks, rest = divmod(ordinal, 7)
        plain = weeks * WEEKDAYS + min(rest, WEEKDAYS)
        return plain - bisect_right(self.off, ordinal) + bisect_right(self.worked, ordinal)


def calendar_of(days: Mapping[date, DayKind]) -> Calendar:
    """Keep of the dated corrections those that change something: a Sunday off is off anyway."""
    ordinals = sorted((day.toordinal(), kind) for day, kind in days.items())
    return Calendar(
        off=tuple(day for day, kind in ordinals if kind is DayKind.OFF and _is_weekday(day)),
        worked=tuple(day for day, kind in ordinals if kind is DayKind.WORK and not _is_weekday(day)),
    )


def last_day(first: date, precision: Precision) -> date:
    """Return the last day that a date may mean, which is written as the first day of what is known."""
    match precision:
        case Precision.DAY:
            return first
        case Precision.MONTH:
            return first.replace(day=monthrange(first.year, first.month)[1])
        case Precision.YEAR:
            return date(first.year, 12, 31)


def _is_weekday(ordinal: int) -> bool:
    return 1 <= ordinal % 7 <= WEEKDAYS  # day 1 of the ordinals, 0001-01-01, was a Monday
