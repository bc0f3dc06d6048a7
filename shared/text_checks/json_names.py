"""Names that an object of a JSON text has twice: readers take the last one without a word (RFC 8259, 4)."""

import json
from collections import Counter
from typing import Any


def repeated_names(text: str | bytes) -> tuple[str, ...]:
    """Give the names that any object of the text has more than once, in their order; none if it is no JSON."""
    repeated: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            repeated.update(dict.fromkeys(name for name, count in counts.items() if count > 1))
        return value

    try:
        json.loads(text, object_pairs_hook=note)
    except (ValueError, RecursionError):  # who reads the text refuses it
        return ()
    return tuple(repeated)
