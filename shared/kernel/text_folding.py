"""Search with and without diacritics: both sides are folded the same way."""

import unicodedata


def fold(text: str) -> str:
    """Fold a text for comparison: lower case, no diacritics, đ as d ("Quyết định" → "quyet dinh")."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
