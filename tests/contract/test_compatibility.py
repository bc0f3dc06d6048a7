"""Each change that breaks consumers is found, and named by its field; what only adds is let through."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, cast

import pytest
from pydantic import Field, StringConstraints

from shared.contracts import registry
from shared.contracts.envelope import CATALOG
from shared.contracts.envelope_schema import OPEN
from shared.contracts.event import Event
from shared.contracts.vocabulary import Precision, Stage
from tests.contract import releases
from tests.contract.compatibility import breaking
from tests.contract.releases import WHAT_TO_DO, faults

RELEASED = releases.read(releases.RELEASES / "0.1.0")
STAGE = "vn.loa.draft.stage_entered.v1"
COMMUNICATION = "vn.loa.communication.recorded.v1"
POLICY = "vn.loa.draft.policy_added.v1"

Mutation = Callable[[dict[str, Any]], object]


def mutated(name: str, mutate: Mutation) -> list[str]:
    """Change a copy of a released schema, and list what breaks."""
    schema = cast("dict[str, Any]", deepcopy(RELEASED.types[name].schema))
    mutate(schema)
    return breaking(RELEASED.types[name].schema, schema)


def data(schema: dict[str, Any], model: str) -> dict[str, Any]:
    """Give the fields of an event's data in a schema."""
    definition: dict[str, Any] = schema["$defs"][model]
    return definition


def fields_of(schema: dict[str, Any], model: str = "DraftStageEntered") -> dict[str, Any]:
    properties: dict[str, Any] = data(schema, model)["properties"]
    return properties


OPTIONAL = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
CODE = ("CommunicationRecorded", "draft_code")
BREAKING: dict[str, tuple[str, Mutation, str]] = {
    "a field is gone": (STAGE, lambda s: fields_of(s).pop("what"), "data.what: the field is gone"),
    "a field is renamed": (
        STAGE,
        lambda s: fields_of(s).update(why=fields_of(s).pop("what")),
        "data.what: the field is gone or renamed",
    ),
    "a field is mandatory": (
        STAGE,
        lambda s: data(s, "DraftStageEntered")["required"].append("what"),
        "data.what: the field is mandatory now",
    ),
    "a field is no longer mandatory": (
        STAGE,
        lambda s: data(s, "DraftStageEntered")["required"].remove("stage"),
        "data.stage: the field was mandatory",
    ),
    "a type differs": (
        STAGE,
        lambda s: fields_of(s)["late"].update(type="string"),
        "data.late: type was 'boolean'",
    ),
    "a type is no longer null": (
        STAGE,
        lambda s: fields_of(s).update(what={"type": "string", "default": None}),
        "data.what: type was not there",
    ),
    "a default differs": (
        STAGE,
        lambda s: fields_of(s)["late"].update(default=True),
        "data.late: default was False",
    ),
    "a default is gone": (
        STAGE,
        lambda s: fields_of(s)["late"].pop("default"),
        "data.late: default was False",
    ),
    "a value of an open list is renamed": (
        STAGE,
        lambda s: s["$defs"]["Stage"][OPEN].__setitem__(0, "begun"),
        "data.stage: the value 'registered' is gone or renamed",
    ),
    "a value of a closed list is renamed": (
        STAGE,
        lambda s: s["$defs"]["Precision"]["enum"].__setitem__(2, "annual"),
        "data.precision: the value 'year' is gone or renamed",
    ),
    "a value is new in a closed list": (
        STAGE,
        lambda s: s["$defs"]["Precision"]["enum"].append("quarter"),
        "data.precision: the value 'quarter' is new in a closed list",
    ),
    "an open list is closed": (
        STAGE,
        lambda s: s["$defs"]["Stage"].update(enum=s["$defs"]["Stage"].pop(OPEN)),
        "data.stage: the list was open",
    ),
    "a closed list is open": (
        STAGE,
        lambda s: s["$defs"]["Precision"].update({OPEN: s["$defs"]["Precision"].pop("enum")}),
        "data.precision: the list was closed",
    ),
    "a pattern is narrower": (
        COMMUNICATION,
        lambda s: fields_of(s, CODE[0])[CODE[1]].update(pattern="^[A-Z]+$"),
        "data.draft_code: pattern was",
    ),
    "a pattern is gone": (
        COMMUNICATION,
        lambda s: fields_of(s, CODE[0])[CODE[1]].pop("pattern"),
        "data.draft_code: pattern was",
    ),
    "a format differs": (
        STAGE,
        lambda s: fields_of(s)["entered_on"].update(format="date-time"),
        "data.entered_on: format",
    ),
    "a minimum is higher": (
        POLICY,
        lambda s: fields_of(s, "DraftPolicyAdded")["policy_no"].update(minimum=2),
        "data.policy_no: minimum was 1, is 2",
    ),
    "a maximum is new": (
        POLICY,
        lambda s: fields_of(s, "DraftPolicyAdded")["policy_no"].update(maximum=99),
        "data.policy_no: maximum was not there, is 99",
    ),
    "a constant differs": (
        STAGE,
        lambda s: s["properties"]["source"].update(const="urn:loa:campaigns"),
        "source: const was 'urn:loa:registry'",
    ),
    "an attribute of the envelope is gone": (
        STAGE,
        lambda s: s["properties"].pop("actor"),
        "actor: the field is gone",
    ),
    "the identity differs": (STAGE, lambda s: s.update({"$id": "urn:loa:x"}), "the schema: $id was"),
    "items of a list differ": (
        COMMUNICATION,
        lambda s: fields_of(s, CODE[0])["policies"]["items"].update(type="string"),
        "data.policies[]: type was 'integer'",
    ),
    "values of a map differ": (
        STAGE,
        lambda s: fields_of(s)["notes"]["additionalProperties"].update(type="integer"),
        "data.notes[]: type was 'string'",
    ),
}


@pytest.mark.parametrize(("name", "mutate", "expected"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_detected(name: str, mutate: Mutation, expected: str) -> None:
    actual = mutated(name, mutate)
    field, _, change = expected.partition(": ")
    assert actual[0].startswith(f"{field}: {change}")
    assert all(line.startswith(f"{field}: ") for line in actual)


NESTED = {"properties": {"place": {"type": "string"}}, "required": ["place"], "type": "object"}


def test_a_field_within_a_field_is_looked_at() -> None:
    old: dict[str, Any] = {"properties": {"data": {"properties": {"inner": NESTED}}}}
    new = deepcopy(old)
    new["properties"]["data"]["properties"]["inner"]["properties"]["place"]["type"] = "integer"
    assert breaking(old, new) == ["data.inner.place: type was 'string', is 'integer'"]


ADDING: dict[str, Mutation] = {
    "an optional field of the data": lambda s: fields_of(s).update(weather=OPTIONAL),
    "an optional extension": lambda s: s["properties"].update(region=OPTIONAL),
    "a value of an open list": lambda s: s["$defs"]["Stage"][OPEN].append("proposal_approved"),
    "words": lambda s: data(s, "DraftStageEntered").update(description="Other words.", title="Entered"),
}


@pytest.mark.parametrize("mutate", ADDING.values(), ids=ADDING)
def test_additions_break_no_consumer(mutate: Mutation) -> None:
    assert mutated(STAGE, mutate) == []


def test_an_added_field_that_must_be_sent_breaks_senders() -> None:
    def mutate(schema: dict[str, Any]) -> None:
        fields_of(schema)["weather"] = {"type": "string"}
        data(schema, "DraftStageEntered")["required"].append("weather")

    assert mutated(STAGE, mutate) == ["data.weather: the field is mandatory now"]


class FewerStages(StrEnum):
    DRAFTING = "drafting"


def entered(**changes: Any) -> type[Event]:
    """Make the class of `draft.stage_entered` anew, as somebody would who edits it: a field is (type, default)."""
    model = registry.DraftStageEntered
    registered = {name: (info.annotation, _default(info)) for name, info in model.model_fields.items()}
    kept = {name: field for name, field in (registered | changes).items() if field is not None}
    space: dict[str, Any] = {
        "__annotations__": {name: kind for name, (kind, _) in kept.items()},
        "__module__": __name__,
    }
    space |= {name: default for name, (_, default) in kept.items() if default is not ...}
    make: Any = type(Event)
    return cast("type[Event]", make("DraftStageEntered", (Event,), space, context="draft"))


def _default(info: Any) -> Any:
    if info.is_required():
        return ...
    return Field(default_factory=info.default_factory) if info.default_factory else info.default


def codes(pattern: str) -> Any:
    return Annotated[str, StringConstraints(pattern=pattern)]


def renamed() -> type[Event]:
    model = entered()
    model.name = "stage_begun"
    return model


BY_CODE: dict[str, tuple[type[Event], str]] = {
    "a field is mandatory": (entered(what=(str | None, ...)), "data.what: "),
    "a field is gone": (entered(what=None), "data.what: the field is gone"),
    "a field is text": (entered(late=(str, "no")), "data.late: "),
    "a default differs": (
        entered(precision=(Precision, Precision.MONTH)),
        "data.precision: default was 'day'",
    ),
    "values are gone": (entered(stage=(FewerStages, ...)), "data.stage: "),
    "a pattern is new": (entered(what=(codes("^x$") | None, None)), "data.what: pattern was not there"),
    "a time in place of a day": (entered(entered_on=(str, ...)), "data.entered_on: format was 'date'"),
    "another name": (renamed(), "subject was loa.draft.{id}.stage_entered, is loa.draft.{id}.stage_begun"),
}


@pytest.mark.parametrize(("model", "expected"), BY_CODE.values(), ids=BY_CODE)
def test_a_class_that_was_edited_is_refused_by_name(model: type[Event], expected: str) -> None:
    actual = faults(RELEASED, {**CATALOG.types, STAGE: model})
    assert any(line.startswith(f"{STAGE}: {expected}") for line in actual), actual
    assert all(WHAT_TO_DO in line and "0.1.0" in line for line in actual)


def test_a_class_that_grew_is_taken() -> None:
    grown = entered(weather=(str | None, None), seen_on=(date | None, None), also=(Stage | None, None))
    assert faults(RELEASED, {**CATALOG.types, STAGE: grown}) == []
    assert faults(RELEASED, {**CATALOG.types, STAGE: entered()}) == []


@pytest.mark.parametrize(
    ("constant", "value", "expected"),
    [
        (
            "CONTENT_TYPE",
            "application/json",
            "content_type was application/cloudevents+json, is application/json",
        ),
        ("EVENTS", "LOA_LOG", "stream was LOA_EVENTS, is LOA_LOG"),
    ],
)
def test_a_changed_transport_is_detected(
    monkeypatch: pytest.MonkeyPatch, constant: str, value: str, expected: str
) -> None:
    monkeypatch.setattr(releases, constant, value)
    actual = faults(RELEASED, CATALOG.types)
    assert len(actual) == len(RELEASED.types)
    assert actual[0].startswith(f"{next(iter(RELEASED.types))}: {expected}")
