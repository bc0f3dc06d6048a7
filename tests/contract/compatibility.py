"""What of a schema may not change once it is released, because consumers validate, read and generate code by it.

Nearly everything: a field may be added if nobody must send it, an open list (`x-extensible-enum`) may get a value, and
words of description may change. A constraint may be neither narrowed (older events and their senders break) nor widened
(a consumer that validates by the old schema refuses the new event).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.envelope_schema import OPEN

Schema = Mapping[str, Any]

_WORDS = {"title", "description", "examples", "$defs", "$schema"}
_PARTS = {"$ref", "properties", "required", "items", "additionalProperties", "anyOf", "enum", OPEN}


def breaking(old: Schema, new: Schema) -> list[str]:
    """List what a consumer of `old` does not bear in `new`, each with the path of the field."""
    return [*_breaking("", old, new, (old, new))]


def _breaking(at: str, old: Schema, new: Schema, roots: tuple[Schema, Schema]) -> Iterator[str]:
    old, new = _resolved(old, roots[0]), _resolved(new, roots[1])
    yield from _keywords(at, old, new)
    yield from _lists(at, old, new)
    yield from _mandatory(at, old, new)
    for name, part in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _breaking(_below(at, name), part, new["properties"][name], roots)
        else:
            yield f"{_below(at, name)}: the field is gone or renamed"
    for key in ("items", "additionalProperties"):
        yield from _within(at, key, old.get(key), new.get(key), roots)
    yield from _choices(at, old.get("anyOf", []), new.get("anyOf", []), roots)


def _keywords(at: str, old: Schema, new: Schema) -> Iterator[str]:
    for key in sorted((old.keys() | new.keys()) - _WORDS - _PARTS):
        if old.get(key) != new.get(key) or (key in old) != (key in new):
            yield f"{at or 'the schema'}: {key} was {_shown(old, key)}, is {_shown(new, key)}"


def _lists(at: str, old: Schema, new: Schema) -> Iterator[str]:
    if OPEN in old and "enum" in new:
        yield f"{at}: the list was open, is closed"
    if "enum" in old and OPEN in new:
        yield f"{at}: the list was closed, is open"
    before, after = ([*schema.get("enum", schema.get(OPEN, []))] for schema in (old, new))
    for value in [value for value in before if value not in after]:
        yield f"{at}: the value {value!r} is gone or renamed"
    if "enum" in old and "enum" in new:
        for value in [value for value in after if value not in before]:
            yield f"{at}: the value {value!r} is new in a closed list"


def _mandatory(at: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = set(old.get("required", [])), set(new.get("required", []))
    for name in sorted(after - before):
        yield f"{_below(at, name)}: the field is mandatory now"
    for name in sorted(before - after):
        if name in new.get("properties", {}):
            yield f"{_below(at, name)}: the field was mandatory, may be left out now"


def _within(at: str, key: str, old: Any, new: Any, roots: tuple[Schema, Schema]) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _breaking(f"{at}[]", old, new, roots)
    elif old != new:
        yield f"{at}: {key} was {old}, is {new}"


def _choices(at: str, old: list[Schema], new: list[Schema], roots: tuple[Schema, Schema]) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{at}: there were {len(old)} choices of type, are {len(new)}"
        return
    for before, after in zip(old, new, strict=True):
        yield from _breaking(at, before, after, roots)


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follow a reference; what stands beside it (a default) holds too."""
    if "$ref" not in schema:
        return schema
    definition: Schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return {**definition, **{key: value for key, value in schema.items() if key != "$ref"}}


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _shown(schema: Schema, key: str) -> str:
    return repr(schema[key]) if key in schema else "not there"
