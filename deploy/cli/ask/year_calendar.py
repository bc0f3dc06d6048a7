"""Reads the exceptions of the calendar with their sources: the packaged ones, then the operator's."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from shared.rules.rulebook.rulebook import CALENDARS, CONFIRMED, WEEKDAYS, read_files


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """An exception of the calendar: a day off, or a working day."""

    day: date
    kind: str
    what: str
    source: str

    @property
    def differs_from_weekday(self) -> bool:
        return (self.kind == "off") is (self.day.weekday() < WEEKDAYS)


def days_of(year: int, overrides: Sequence[Path] = ()) -> list[CalendarDay]:
    """List the exceptions of a year; a later file overrides an earlier one."""
    result = {cells.day: cells for cells in _all(overrides) if cells.kind != CONFIRMED}
    return [result[day] for day in sorted(result) if day.year == year]


def notice_of(year: int, overrides: Sequence[Path] = ()) -> CalendarDay | None:
    """Give what settles the days off of a year; None while it is provisional."""
    return {cells.day.year: cells for cells in _all(overrides) if cells.kind == CONFIRMED}.get(year)


def _all(overrides: Sequence[Path]) -> Iterator[CalendarDay]:
    for text in _texts(overrides):
        yield from _rows(text)


def _texts(overrides: Sequence[Path]) -> Iterator[str]:
    for name in CALENDARS:
        yield (files("shared.rules") / "data" / name).read_text(encoding="utf-8")
    yield from (file.text for file in read_files(overrides) if file.is_calendar)


def _rows(text: str) -> Iterator[CalendarDay]:
    for row in csv.DictReader(io.StringIO(text)):
        day, kind = date.fromisoformat(row["day"].strip()), row["kind"].strip()
        yield CalendarDay(day, kind, row.get("what") or "", row.get("source") or "")
