"""Schemas only ever grow: what is committed here was promised to consumers."""

from copy import deepcopy
from typing import Any

import orjson
import pytest

from shared.contracts.event import Event
from shared.contracts.registry import DraftStageEntered
from tests.contract.additive import breaks
from tests.contract.golden import MODELS, REGENERATE, schema, schema_file

every_type = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.type_name())


def committed(model: type[Event]) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(schema_file(model).read_bytes())
    return document


@every_type
def test_nothing_was_taken_away(model: type[Event]) -> None:
    assert breaks(committed(model), schema(model)) == []


@every_type
def test_the_committed_schema_is_the_present_one(model: type[Event]) -> None:
    assert committed(model) == schema(model), f"commit the new schema: {REGENERATE}"


def changed(*path: str, **to: Any) -> dict[str, Any]:
    """Change the schema of `draft.stage_entered` in one place."""
    document = deepcopy(schema(DraftStageEntered))
    place = document
    for step in path:
        place = place[step]
    for key, value in to.items():
        if value is None:
            del place[key]
        else:
            place[key] = value
    return document


EVENT = ("$defs", "DraftStageEntered")
OPTIONAL = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
DIFFERENT: dict[str, tuple[dict[str, Any], str]] = {
    "a field is gone": (changed(*EVENT, "properties", what=None), "what: is gone"),
    "a field is renamed": (changed("properties", actor=None), "actor: is gone"),
    "an optional field is required": (changed(*EVENT, required=["stage", "entered_on", "what"]), "required"),
    "a type differs": (changed(*EVENT, "properties", late={"type": "string"}), "type was boolean"),
    "a choice is gone": (changed(*EVENT, "properties", what={"type": "string"}), "choice 1 is gone"),
    "a value is gone": (changed("$defs", "Precision", enum=["day", "month"]), "the value year is gone"),
    "a bound is new": (changed(*EVENT, "properties", late={"type": "boolean", "const": True}), "const"),
    "notes hold other things": (
        changed(*EVENT, "properties", "notes", additionalProperties={"type": "integer"}),
        "type was string",
    ),
}


@pytest.mark.parametrize(("new", "why"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_breaks_a_consumer_is_found(new: dict[str, Any], why: str) -> None:
    found = breaks(schema(DraftStageEntered), new)
    assert len(found) == 1
    assert why in found[0]


@pytest.mark.parametrize(
    "new",
    [
        changed(*EVENT, "properties", weather=OPTIONAL),
        changed("properties", region=OPTIONAL),
        changed("$defs", "Precision", enum=["day", "week", "month", "year"]),
        changed(*EVENT, description="Said otherwise."),
    ],
    ids=["a field of the data", "a field of the envelope", "a value", "words"],
)
def test_what_only_adds_is_no_break(new: dict[str, Any]) -> None:
    assert breaks(schema(DraftStageEntered), new) == []
