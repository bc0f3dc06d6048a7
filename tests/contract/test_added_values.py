"""What a later release may write must not stop this one: values added to open lists, and fields without a value."""

import copy
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from shared.contracts.envelope import CATALOG, AggregateRef, NewEvent, decode, encode
from shared.contracts.event import Event, Unknown, unit_id
from shared.contracts.registry import UnitMoved
from shared.contracts.vocabulary import CLOSED_LISTS, OPEN_LISTS
from shared.kernel.errors import PermanentError
from shared.kernel.runtime import new_id
from tests.contract.golden import MODELS, fields, sample, wire
from tests.integration.directory.histories import META
from tests.support.cases import for_each

ADDED = "added_later"
Place = tuple[str, ...]


def parts(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from parts(argument)


def places(model: type[BaseModel], lists: tuple[type[StrEnum], ...]) -> Iterator[tuple[Place, bool]]:
    """Give where values of some lists stand in an event, and whether as items of a sequence."""
    for path, annotation in fields(model):
        if set(parts(annotation)) & set(lists):
            yield tuple(path.split(".")), "tuple" in str(annotation)


def with_value(model: type[Event], place: Place, *, listed: bool) -> dict[str, Any]:
    document = copy.deepcopy(sample(model))
    inner = document["data"]
    for name in place[:-1]:
        inner = inner[name][0] if isinstance(inner[name], list) else inner[name]
    inner[place[-1]] = [ADDED] if listed else ADDED
    return document


OPEN = [(model, *place) for model in MODELS for place in places(model, OPEN_LISTS)]
CLOSED = [(model, *place) for model in MODELS for place in places(model, CLOSED_LISTS)]


def named(case: tuple[type[Event], Place, bool]) -> str:
    model, place, _ = case
    return f"{model.type_name()} {'.'.join(place)}"


every_type = for_each(MODELS, lambda model: model.type_name())


@for_each(OPEN, named)
def test_a_value_added_to_an_open_list_is_read(model: type[Event], place: Place, listed: bool) -> None:
    document = with_value(model, place, listed=listed)
    data = decode(CATALOG, 1, wire(document)).data
    field = model.model_fields[place[0]]
    if len(place) == 1 and not listed and not field.is_required() and field.default is None:
        assert isinstance(data, model)
        assert getattr(data, place[0]) is None
        others = {name: value for name, value in document["data"].items() if name != place[0]}
        assert data == model.model_validate(others)
    else:
        assert data == Unknown(type=model.type_name(), data=document["data"])


@for_each(CLOSED, named)
def test_a_value_added_to_a_closed_list_is_refused(model: type[Event], place: Place, listed: bool) -> None:
    with pytest.raises(PermanentError, match="poison_event"):
        decode(CATALOG, 1, wire(with_value(model, place, listed=listed)))


@pytest.mark.parametrize("value", [7, None, {"vi": "x"}])
def test_what_is_no_text_is_refused_all_the_same(value: Any) -> None:
    @for_each(OPEN, named)
    def refused(model: type[Event], place: Place, listed: bool) -> None:
        optional = NoneType in get_args(model.model_fields[place[0]].annotation)
        if listed or len(place) > 1 or (value is None and optional):
            return
        document = with_value(model, place, listed=False)
        document["data"][place[0]] = value
        with pytest.raises(PermanentError, match="poison_event"):
            decode(CATALOG, 1, wire(document))

    refused()


def test_another_fault_beside_an_added_value_is_refused() -> None:
    document = with_value(UnitMoved, ("parent_code",), listed=False) | {"type": "vn.loa.unit.registered.v1"}
    document["data"] |= {"unit_name": "A", "level": ADDED, "kind": "ministry", "valid_from": "tomorrow"}
    with pytest.raises(PermanentError, match="poison_event"):
        decode(CATALOG, 1, wire(document))


@every_type
def test_an_event_without_any_optional_value_is_read_back(model: type[Event]) -> None:
    document = sample(model)
    for name, field in model.model_fields.items():
        if NoneType in get_args(field.annotation):
            document["data"][name] = None
    event = decode(CATALOG, 1, wire(document))
    assert isinstance(event.data, model)
    written = encode(event.ref, NewEvent(event.event_id, event.data, event.metadata), 1)
    assert decode(CATALOG, 1, written).data == event.data


def test_a_mandatory_field_that_an_earlier_release_left_out_is_none() -> None:
    moved = UnitMoved(unit_code="BTP", parent_code=None, on=date(2025, 3, 1))
    written = encode(AggregateRef("unit", unit_id("BTP")), NewEvent(new_id(), moved, META), 1)
    assert b'"parent_code":null' in written
    assert decode(CATALOG, 1, written).data == moved
    assert decode(CATALOG, 1, written.replace(b'"parent_code":null,', b"")).data == moved


@every_type
def test_within_an_event_no_part_has_a_mandatory_field_that_may_be_none(model: type[Event]) -> None:
    inner = [part for field in model.model_fields.values() for part in parts(field.annotation)]
    for part in inner:
        if issubclass(part, BaseModel):
            required = [field.annotation for field in part.model_fields.values() if field.is_required()]
            assert not [annotation for annotation in required if NoneType in get_args(annotation)]
