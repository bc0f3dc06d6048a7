"""Text that can be stored and shown: no control characters but the line break and the tab."""

import re
from typing import Any

MESSAGE = "control characters are not allowed"
# Unicode's categories Cc and Cs, less the line breaks and the tab; on the path of every row and body.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def holds_address(text: str) -> bool:
    """Tell whether an e-mail address stands in a text: the log holds no personal data."""
    return _ADDRESS.search(text) is not None


def is_printable(text: str) -> bool:
    return _UNPRINTABLE.search(text) is None


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
