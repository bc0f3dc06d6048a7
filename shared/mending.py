"""What was probably meant by a value that can't be taken: the nearest of a list, the day in its right form."""

import calendar
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from difflib import SequenceMatcher, get_close_matches

from shared.errors import Text
from shared.rules.wording import (
    CHANNELS,
    INSTRUMENTS,
    PRECISIONS,
    PROCEDURES,
    REGIMES,
    STAGES,
    UNIT_LEVELS,
)

NAMED = 3  # how many values are offered
ALL_NAMED = 6  # a list up to this length is named whole
LIKE = 0.6
EXCEL_BEGIN = date(1899, 12, 30)
SERIALS = (1, 100_000)  # of the days up to 2173
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LOOSE_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_VIETNAMESE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?")
_SERIAL = re.compile(r"(\d{4,6})(?:\.\d+)?")


def _labels() -> Mapping[str, str]:
    """The Vietnamese names of values, without diacritics: what an official writes who knows no code."""
    lists = (STAGES, CHANNELS, INSTRUMENTS, REGIMES, PROCEDURES, UNIT_LEVELS, PRECISIONS)
    return {value.value: folded(text.vi) for known in lists for value, text in known.items()}


def folded(text: str) -> str:
    """Write a text without case, diacritics and punctuation: `nghi_quyet`."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_")


_LABELS = _labels()


def nearest(value: str, allowed: Sequence[str]) -> Text:
    """Say which values a column takes, the likely ones first."""
    likely = _likely(value, allowed)
    if likely:
        names = " · ".join(likely)
        return Text(
            f"giá trị không thuộc danh mục cho phép; có phải là: {names}?",
            f"is none of the values allowed; did you mean: {names}?",
        )
    names = " · ".join(allowed)
    return Text(
        f"giá trị không thuộc danh mục cho phép; hãy dùng một trong: {names}",
        f"is none of the values allowed; use one of: {names}",
    )


def _likely(value: str, allowed: Sequence[str]) -> list[str]:
    if len(allowed) <= ALL_NAMED:
        return []
    asked = folded(value)
    named = [one for one in allowed if asked and asked == _LABELS.get(one)]
    if named:
        return named
    spelt = get_close_matches(asked, allowed, n=NAMED, cutoff=LIKE)
    labelled = sorted(allowed, key=lambda one: -_likeness(asked, _LABELS.get(one, "")))
    told = [one for one in labelled if _likeness(asked, _LABELS.get(one, "")) >= LIKE]
    return list(dict.fromkeys([*spelt, *told]))[:NAMED]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def not_a_day(value: str) -> Text | None:
    """Say what is wrong with a text that should be a day, and how it is written; nothing if it is one."""
    if found := _ISO.fullmatch(value):
        return _in_calendar(*(int(part) for part in found.groups()))
    if found := _LOOSE_ISO.fullmatch(value):
        return _written_otherwise(*(int(part) for part in found.groups()))
    if found := _VIETNAMESE.fullmatch(value):
        day, month, year = (int(part) for part in found.groups())
        return _written_otherwise(year, month, day)
    if (found := _SERIAL.fullmatch(value)) and SERIALS[0] <= int(found[1]) <= SERIALS[1]:
        return _serial(int(found[1]))
    return Text(
        "không phải là ngày hợp lệ; ngày ghi dạng 2024-02-15 (năm-tháng-ngày)",
        "is no day; a day is written as 2024-02-15 (year-month-day)",
    )


def _in_calendar(year: int, month: int, day: int) -> Text | None:
    if not (year >= 1 and 1 <= month <= 12):  # noqa: PLR2004  months of a year
        return Text(
            f"không phải là ngày hợp lệ: không có tháng {month:02}/{year}; ngày ghi dạng 2024-02-15 (năm-tháng-ngày)",
            f"is no day: there is no month {year:04}-{month:02}; a day is written as 2024-02-15 (year-month-day)",
        )
    last = calendar.monthrange(year, month)[1]
    if 1 <= day <= last:
        return None
    return Text(
        f"không phải là ngày hợp lệ: tháng {month:02}/{year} chỉ có {last} ngày; hãy xem lại văn bản gốc",
        f"is no day: {year:04}-{month:02} has {last} days; look at the document again",
    )


def _written_otherwise(year: int, month: int, day: int) -> Text:
    wrong = _in_calendar(year, month, day)
    if wrong is not None:
        return wrong
    right = date(year, month, day).isoformat()
    return Text(
        f"không phải là ngày hợp lệ: phải ghi dạng năm-tháng-ngày; hãy ghi {right}",
        f"must be written year-month-day: write {right}",
    )


def _serial(number: int) -> Text:
    day = EXCEL_BEGIN + timedelta(days=number)
    return Text(
        f"là số thứ tự ngày của Excel ({day:%d/%m/%Y}), không phải là ngày hợp lệ; nếu đúng ngày đó, hãy ghi {day}",
        f"is a day's serial number of Excel ({day}), no day; write {day} if that is meant",
    )
