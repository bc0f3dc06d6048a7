"""Search with and without diacritics: both sides are folded the same way."""

import unicodedata

_D = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})  # Đ, and two other letters that look the same (Ð, Ɖ)


def fold(text: str) -> str:
    """Fold a text for comparison: lower case, no diacritics, đ as d, single spaces ("Quyết  định" → "quyet dinh")."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_D)
    letters = (letter for letter in plain if not _is_mark(letter))
    return " ".join("".join(letters).split())


def folded_words(text: str) -> list[str]:
    """Give the different words of a search; all of them are looked for, in any order."""
    return list(dict.fromkeys(fold(text).split()))


def _is_mark(letter: str) -> bool:
    """Tell whether a letter is a diacritic or an invisible one (soft hyphen, zero-width space)."""
    return not letter.isascii() and unicodedata.category(letter) in {"Mn", "Cf"}
