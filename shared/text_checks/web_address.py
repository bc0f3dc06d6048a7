"""Addresses of the web: http and https, never what a browser would run or read from the machine itself."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from shared.kernel.errors import Text
from shared.text_checks.printable import refusal

LONGEST_ADDRESS = 2000  # letters
NO_ADDRESS = Text(
    "không phải là địa chỉ web đầy đủ; hãy sao chép cả địa chỉ, bắt đầu bằng https://",
    "is no complete address of the web; copy all of it, it begins with https://",
)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,40}:")
_IGNORED = re.compile(
    r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]"
)  # by browsers, before a scheme or within it
FIELDS = frozenset({"url", "explanation_url"})


def is_web_address(text: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(text)
        return (
            len(text) <= LONGEST_ADDRESS
            and parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and _IGNORED.search(text) is None
        )
    return False


def is_other_address(text: str) -> bool:
    """Tell whether a text begins as an address of another kind (`javascript:`, `data:`, `//host`), hidden letters passed over."""
    begun = _IGNORED.sub("", text[:LONGEST_ADDRESS])
    if begun.startswith(("//", "\\")):
        return True
    scheme = _SCHEME.match(begun)
    if scheme is None or (_SCHEME.match(text.strip()) is None and " " in text[: scheme.end()].strip()):
        return False  # "seen in a copy; original: …" is a note
    return not is_web_address(text.strip())


def _web_address(text: str) -> str:
    if not is_web_address(text):
        raise refusal("", NO_ADDRESS)
    return text


def _address_or_note(text: str) -> str:
    if is_other_address(text):
        raise refusal("", NO_ADDRESS)
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
"""A field of a request that holds an address."""
AddressOrNote = Annotated[str, AfterValidator(_address_or_note)]
"""A cell that holds an address, or says in words why there is none."""


def other_address_in(fields: Mapping[str, Any]) -> str | None:
    """Give the first field of an event that holds an address of another kind than http and https."""
    return next((name for name, text in _addresses(fields) if is_other_address(text)), None)


def _addresses(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _addresses(value)
        elif isinstance(value, str) and (name in FIELDS or name.endswith("_url")):
            yield name, value
