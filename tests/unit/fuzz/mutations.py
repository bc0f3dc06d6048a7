"""Damages what is valid: bytes that are cut, repeated or changed, and documents with another value somewhere."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**53, 2**70, 1e308, "", " ", "\u0000", "\ud7ff", "０１", "a" * 300,
    "2026-13-45", "2026-11-30", "-1", "[]", [], [1], {}, {"a": 1}, [[]],
]  # fmt: skip
"""What stands where something else is expected; each is valid JSON."""


def places(document: Any, path: Path = ()) -> Iterator[Path]:
    """Give where values stand in a document, the document itself last."""
    items = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()  # fmt: skip
    for key, value in items:
        yield from places(value, (*path, key))
    yield path


def replaced(document: Any, path: Path, value: Any) -> Any:
    """Give the document with another value at a place."""
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


@st.composite
def damaged_documents(draw: st.DrawFn, documents: list[dict[str, Any]]) -> Any:
    """Draw a document with one to three other values, or without a field."""
    document: Any = draw(st.sampled_from(documents))
    for _ in range(draw(st.integers(1, 3))):
        if isinstance(document, dict) and document and draw(st.booleans()):
            document = without(document, draw(st.sampled_from(sorted(document))))
            continue
        path = draw(st.sampled_from(list(places(document))))
        document = replaced(document, path, draw(st.sampled_from(ODD_VALUES)))
    return document


@st.composite
def damaged_bytes(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """Draw bytes that are cut, repeated, changed, or have others put in."""
    content = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        match draw(st.integers(0, 3)):
            case 0:
                del content[at:]
            case 1:
                content[at:at] = draw(st.binary(min_size=1, max_size=8))
            case 2 if at < len(content):
                content[at] ^= 1 << draw(st.integers(0, 7))
            case _:
                content += content[at : at + 40]
    return bytes(content)
