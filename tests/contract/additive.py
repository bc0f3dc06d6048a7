"""Whether a schema only adds to an older one: what stands in the log must stay readable for ever."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_BOUNDS = ("type", "format", "pattern", "const", "minimum", "maximum", "minLength", "maxLength", "maxItems")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Say in what `new` fails a reader or writer of `old`; empty if it only adds."""
    return list(_breaks("", old, new, old, new))


def _breaks(at: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    choices_only = "anyOf" in old or "anyOf" in new
    for bound in _BOUNDS:
        if not choices_only and old.get(bound) != new.get(bound):
            yield f"{at or '/'}: {bound} was {old.get(bound)}, is {new.get(bound)}"
    for value in set(old.get("enum", [])) - set(new.get("enum", [])):
        yield f"{at}: the value {value} is gone"
    for name in set(new.get("required", [])) - set(old.get("required", [])):
        yield f"{at}/{name}: is now required"
    for name, part in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{at}/{name}: is gone"
        else:
            yield from _breaks(f"{at}/{name}", part, new["properties"][name], old_root, new_root)
    yield from _of_parts(at, old, new, old_root, new_root)


def _of_parts(at: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> Iterator[str]:
    for key in ("items", "additionalProperties"):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _breaks(f"{at}[]", old[key], new[key], old_root, new_root)
        elif old.get(key) != new.get(key):
            yield f"{at}: {key} was {old.get(key)}, is {new.get(key)}"
    for n, choice in enumerate(old.get("anyOf", [])):
        choices = [list(_breaks(at, choice, other, old_root, new_root)) for other in new.get("anyOf", [new])]
        if all(choices):
            yield f"{at}: choice {n} is gone or narrower ({choices[0][0]})"


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return found
