"""Days, months and years as people write them, and the exact value that an import takes for them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_DAY, _MONTH, _YEAR = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})", r"(?P<year>(?:19|20)\d{2})"
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED = rf"(?P<named>{_NAMES})[a-z]*\.?"
_SHORT_YEAR = r"(?P<short>\d{2})"
_BETWEEN = r"\s*[-/.\s]\s*"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:ngay\s+)?{_DAY}\s+thang\s+{_MONTH}\s+nam\s+{_YEAR}",
        rf"(?:ngay\s+){_DAY}\s*[-/.]\s*{_MONTH}\s*[-/.]\s*{_YEAR}",
        rf"(?:ngay\s+)?{_DAY}[-/.]{_MONTH}[-/.]{_SHORT_YEAR}",
        rf"(?:thang|thg|t)\.?\s*{_MONTH}(?:\s*[-/.]\s*|\s+nam\s+|\s+){_YEAR}",
        rf"{_MONTH}\s*[-/.]\s*{_YEAR}",
        rf"{_YEAR}\s*[-/.]\s*{_MONTH}",
        rf"nam\s+{_YEAR}",
        rf"{_DAY}{_BETWEEN}{_NAMED}{_BETWEEN}{_YEAR}",
        rf"{_DAY}{_BETWEEN}{_NAMED}{_BETWEEN}{_SHORT_YEAR}",
        rf"{_NAMED}{_BETWEEN}{_YEAR}",
        rf"{_NAMED}-{_SHORT_YEAR}",
    )
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What was probably meant; `month` and `day` are 0 where only the year or the month was written."""

    year: int
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)


def meant(text: str) -> Meant | None:
    """Read a date in one of the forms that officials use; None for anything else. The calendar is not asked."""
    plain = _plain(text)
    match = next((match for form in _FORMS if (match := form.fullmatch(plain))), None)
    return _of(match.groupdict()) if match else None


def _of(parts: Mapping[str, str | None]) -> Meant:
    number = {name: int(text) for name, text in parts.items() if text and text.isdecimal()}
    name = (parts.get("named") or "")[:3]
    month = _NAMES.split("|").index(name) + 1 if name else number.get("month", 0)
    return Meant(number.get("year") or 2000 + number.get("short", 0), month, number.get("day", 0))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.strip().lower().replace("đ", "d"))
    return re.sub(r"\s+", " ", "".join(letter for letter in letters if not unicodedata.combining(letter)))
