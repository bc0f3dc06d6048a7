"""Compose files as their programs read them: `extends` followed, one definition per container."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = DEPLOY / "compose"
FILES = ("compose.yaml", "cluster.yaml")
OBSERVABILITY = "observability.yaml"  # beside either of them
ORIGIN = "origin.yaml"  # likewise

Definition = dict[str, Any]


@cache
def services(file: str) -> Mapping[str, Definition]:
    return {name: _whole(file, definition) for name, definition in document(file)["services"].items()}


@cache
def document(file: str) -> Definition:
    definition: Definition = yaml.safe_load((COMPOSE / file).read_text(encoding="utf-8"))
    return definition


def _whole(file: str, definition: Definition) -> Definition:
    """Merge a definition onto what it extends: mappings and lists add up, anything else is replaced."""
    own = dict(definition)
    extended = own.pop("extends", None)
    if extended is None:
        return own
    source = extended.get("file", file)
    base = _whole(source, document(source)["services"][extended["service"]])
    return {**base, **{key: _merged(base.get(key), value) for key, value in own.items()}}


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **above}
    if isinstance(below, list) and isinstance(above, list):
        return [*below, *above]
    return above
