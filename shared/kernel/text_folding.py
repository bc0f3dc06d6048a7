"""Unicode forms in linear time, and search with and without diacritics: both sides are folded the same way."""

import re
import unicodedata
from functools import cache
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
MOST_MARKS = 30  # on one letter: the Stream-Safe Text Format of Unicode (UAX #15, section 13)
_LAST_MARK = 0x1F000  # no code point from here on combines with the one before it
_D = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})  # Đ, and two other letters that look the same (Ð, Ɖ)


def normalized(form: Form, text: str) -> str:
    """Normalize a text; marks beyond `MOST_MARKS` on one letter are left out: sorting them takes quadratic time."""
    if text.isascii():
        return text
    return unicodedata.normalize(form, _too_many_marks().sub(lambda run: run[0][:MOST_MARKS], text))


def has_too_many_marks(text: str) -> bool:
    """Tell whether a letter has more than `MOST_MARKS` combining marks, as no language writes it."""
    return not text.isascii() and _too_many_marks().search(text) is not None


@cache
def _too_many_marks() -> re.Pattern[str]:
    marks = "".join(f"{chr(first)}-{chr(last)}" for first, last in _ranges(_mark_numbers()))
    return re.compile(f"[{marks}]{{{MOST_MARKS + 1},}}")


def _mark_numbers() -> list[int]:
    """List the code points that combine, or begin with one that does when they are decomposed."""
    return [number for number in range(0x300, _LAST_MARK) if _combines(chr(number))]


def _combines(letter: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", letter)[0]) != 0


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return ranges


def fold(text: str) -> str:
    """Fold a text for comparison: lower case, no diacritics, đ as d, single spaces ("Quyết  định" → "quyet dinh")."""
    plain = normalized("NFKD", text).casefold().translate(_D)
    letters = (letter for letter in plain if not _is_mark(letter))
    return " ".join("".join(letters).split())


def folded_words(text: str) -> list[str]:
    """Give the different words of a search; all of them are looked for, in any order."""
    return list(dict.fromkeys(fold(text).split()))


def _is_mark(letter: str) -> bool:
    """Tell whether a letter is a diacritic or an invisible one (soft hyphen, zero-width space)."""
    return not letter.isascii() and unicodedata.category(letter) in {"Mn", "Cf"}
