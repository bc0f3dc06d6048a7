"""Text that can be stored and shown: no control characters but the line break and the tab."""

import unicodedata
from typing import Any

MESSAGE = "control characters are not allowed"
_ALLOWED = frozenset("\n\r\t")


def is_printable(text: str) -> bool:
    return all(letter in _ALLOWED or unicodedata.category(letter) not in {"Cc", "Cs"} for letter in text)


def refuse_unprintable(value: Any) -> None:
    """Raise `ValueError` if a text anywhere in a JSON value holds a control character or half a surrogate.

    PostgreSQL can store no NUL, and an event that can't be projected would stop every reader of the log.
    """
    match value:
        case str():
            if not is_printable(value):
                raise ValueError(MESSAGE)
        case dict():
            for item in value.values():
                refuse_unprintable(item)
        case list() | tuple():
            for item in value:
                refuse_unprintable(item)
