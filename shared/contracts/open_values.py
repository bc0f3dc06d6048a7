"""Stored data with a value that a later release added to an open list: what of it this release can read."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from shared.contracts.vocabulary import OPEN_LISTS


def without_added_values(
    model: type[BaseModel], data: Mapping[str, Any], error: ValidationError
) -> dict[str, Any] | None:
    """Leave out optional fields whose value an open list does not have here.

    None if the rest is not enough: such a value stands in a mandatory field, in a list (an exemption of fewer stages
    would be another exemption) or in a field that means something else when it is left out. Raises the error if
    anything else is wrong with the data.
    """
    places = [tuple(item["loc"]) for item in error.errors() if _is_open(model, item)]
    if len(places) < error.error_count():
        raise error
    fields = {str(place[0]) for place in places if len(place) == 1}
    if len(fields) < len(places) or not all(_may_be_absent(model, name) for name in fields):
        return None
    return {name: value for name, value in data.items() if name not in fields}


def _is_open(model: type[BaseModel], item: Any) -> bool:
    """Tell whether an error is a text that stands where an open list has a value."""
    if item["type"] != "enum" or not isinstance(item["input"], str):
        return False
    lists = set(_lists_at(model, item["loc"]))
    return bool(lists) and lists <= set(OPEN_LISTS)


def _lists_at(model: type[BaseModel], place: tuple[int | str, ...]) -> Iterator[type[StrEnum]]:
    """Give the lists that a place in the data takes its values from."""
    field = model.model_fields[str(place[0])]
    parts = list(_parts(field.annotation))
    inner = [part for part in parts if issubclass(part, BaseModel)]
    names = tuple(name for name in place[1:] if isinstance(name, str))
    if names:
        for part in inner:
            if names[0] in part.model_fields:
                yield from _lists_at(part, names)
    yield from (part for part in parts if issubclass(part, StrEnum))


def _parts(annotation: Any) -> Iterable[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts(argument)]


def _may_be_absent(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields[name]
    return not field.is_required() and field.get_default(call_default_factory=True) is None
