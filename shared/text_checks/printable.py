"""Text that can be stored, shown and read: no control characters, nothing invisible, no broken encodings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from shared.kernel.errors import Text
from shared.text_checks.text_encodings import flaw, tidied

MESSAGE = "control characters are not allowed"
DEEPEST = 20  # lists and objects within one another
LONGEST_TEXT = 10_000  # letters of one text
LONGEST_NAME = 200  # letters of the name of a field
MOST_FIELDS = 200  # of one object
MOST_VALUES = 5_000  # of a whole JSON value, those of objects and lists within it counted
TOO_DEEP = Text(
    "có quá nhiều tầng lồng nhau; hãy gửi đúng mẫu tại /docs",
    "is nested too deeply; send it as /docs describes",
)
TOO_LONG = Text("quá dài; hãy rút gọn", "is too long; shorten it")
TOO_MANY = Text(
    "có quá nhiều giá trị; hãy chia thành nhiều lần gửi",
    "has too many values; send them in several requests",
)
ONE_LINE = frozenset({"title", "name", "unit_name"})  # of these a line break is no part
# Unicode's categories Cc and Cs, less the line breaks and the tab; on the path of every row and body.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


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
        case Mapping():
            for item in value.values():
                refuse_unprintable(item)
        case list() | tuple():
            for item in value:
                refuse_unprintable(item)


def unreadable(text: str) -> Text | None:
    """Say what keeps a text from being taken, in words that follow the name of its field; None if nothing does."""
    if (why := flaw(text)) is not None:
        return why
    if (match := _UNPRINTABLE.search(text)) is None:
        return None
    code = f"U+{ord(match.group()):04X}"
    return Text(
        f"có ký tự điều khiển ({code}); hãy xóa ký tự đó hoặc gõ lại ô này",
        f"has a control character ({code}) in it; delete it or type the cell again",
    )


def readable(value: Any, *, longest: int = LONGEST_TEXT) -> Any:
    """Give a JSON value with its texts tidied; raises `PydanticCustomError` for one that is not readable.

    Depth, number of values and `longest` (letters of a text) are looked at before any text is: all work is bounded.
    """
    return _Reading(longest).read(value, "", 0)


@dataclass(slots=True)
class _Reading:
    longest: int
    left: int = MOST_VALUES

    def read(self, value: Any, field: str, depth: int) -> Any:
        self._count(value, field, depth)
        match value:
            case str():
                return self._text(value, field)
            case Mapping():
                return {self._name(name): self.read(item, name, depth + 1) for name, item in value.items()}
            case list() | tuple():
                return [self.read(item, field, depth + 1) for item in value]
        return value

    def _count(self, value: Any, field: str, depth: int) -> None:
        self.left -= 1
        if depth > DEEPEST:
            raise refusal(field, TOO_DEEP)
        if self.left < 0 or (isinstance(value, Mapping) and len(value) > MOST_FIELDS):
            raise refusal(field, TOO_MANY)

    def _name(self, name: Any) -> Any:
        if isinstance(name, str) and len(name) > LONGEST_NAME:
            raise refusal(name[:LONGEST_NAME], TOO_LONG)
        return name

    def _text(self, value: str, field: str) -> str:
        if len(value) > self.longest:
            raise refusal(field, TOO_LONG)
        if (why := unreadable(value)) is not None:
            raise refusal(field, why)
        return tidied(value, one_line=field in ONE_LINE)


def refusal(field: str, why: Text) -> PydanticCustomError:
    """Make an error of validation that bears both languages; `field` may be empty."""
    return PydanticCustomError("text", "{en}", {"column": field, "vi": why.vi, "en": why.en})
