"""Every event type on the wire: its golden bytes, its schema, what readers tolerate, what it may never hold."""

import json
import re
from types import NoneType
from typing import get_args
from uuid import UUID

import jsonschema
import pytest

from shared.contracts.envelope import CATALOG, OWNERS, NewEvent, decode, encode
from shared.contracts.event import ABOUT_DRAFTS, Event, Unknown
from shared.contracts.registry import UnitMoved
from shared.kernel.errors import PermanentError
from tests.contract.golden import (
    EXTENSIONS,
    MODELS,
    REGENERATE,
    SAMPLES,
    SCHEMAS,
    fields,
    sample,
    sample_files,
    samples,
    schema,
    wire,
)
from tests.support.cases import for_each

PRIVATE = re.compile(
    r"mail|address|phone|mobile|birth|person|citizen|passport|full_name|first_name|last_name"
)

every_type = for_each(MODELS, lambda model: model.type_name())


@every_type
def test_has_a_sample(model: type[Event]) -> None:
    assert sample_files(model)[0].exists(), f"write its golden sample: {REGENERATE}"


@every_type
def test_the_newest_sample_fills_every_field(model: type[Event]) -> None:
    data = sample(model)["data"]
    assert set(data) == set(model.model_fields), f"write one more sample: {REGENERATE}"
    assert all(value not in ([], {}, "") for value in data.values())


@every_type
def test_the_newest_sample_names_the_lead_of_its_draft(model: type[Event]) -> None:
    if model.context in ABOUT_DRAFTS:
        assert set(sample(model)) >= EXTENSIONS, f"write one more sample: {REGENERATE}"


@every_type
def test_a_consumer_of_the_first_samples_reads_the_extensions_as_not_given(model: type[Event]) -> None:
    first = samples(model)[0]
    bare = {key: value for key, value in first.items() if key not in EXTENSIONS}
    assert decode(CATALOG, 1, wire(bare)).metadata.about is None


@every_type
def test_is_read_and_written_to_the_same_bytes(model: type[Event]) -> None:
    for document in samples(model):
        read = decode(CATALOG, 1, wire(document))
        assert isinstance(read.data, model)
        again = NewEvent(read.event_id, read.data, read.metadata)
        assert encode(read.ref, again, read.aggregate_version) == wire(document)


@every_type
def test_an_event_with_every_null_that_its_model_takes_is_read_again(model: type[Event]) -> None:
    """`unit.moved` without a parent was once written without the field, and stopped every projection."""
    read = decode(CATALOG, 1, wire(sample(model)))
    nullable = [name for name, field in model.model_fields.items() if NoneType in get_args(field.annotation)]
    event = model.model_validate({**dict(read.data), **dict.fromkeys(nullable)})
    written = encode(read.ref, NewEvent(read.event_id, event, read.metadata), 1)
    assert decode(CATALOG, 1, written).data == event
    jsonschema.Draft202012Validator(schema(model)).validate(json.loads(written))


def test_a_unit_that_was_moved_to_the_top_before_0_2_0_is_read() -> None:
    document = sample(UnitMoved)
    del document["data"]["parent_code"]
    assert decode(CATALOG, 1, wire(document)).data == UnitMoved(**document["data"], parent_code=None)


@every_type
def test_the_envelope_names_what_it_holds(model: type[Event]) -> None:
    document = sample(model)
    context, _, aggregate_id = document["subject"].partition("/")
    assert (context, UUID(aggregate_id).version) == (model.context, 5)
    assert document["type"] == f"vn.loa.{context}.{model.name}.v{model.version}"
    assert document["dataschema"] == f"urn:loa:schema:{context}.{model.name}:{model.version}"
    assert document["source"] == f"urn:loa:{OWNERS[context]}"
    assert document["time"].endswith("Z")


@every_type
def test_the_schema_takes_the_sample(model: type[Event]) -> None:
    validator = jsonschema.Draft202012Validator(
        schema(model), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(sample(model))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(sample(model) | {"data": "nothing"})


@every_type
def test_an_unknown_field_is_ignored(model: type[Event]) -> None:
    document = sample(model)
    decoded = decode(CATALOG, 1, wire(document))
    document["data"] = {**document["data"], "tomorrow": {"a": 1}}
    assert decode(CATALOG, 1, wire(document | {"newextension": "x"})) == decoded


@every_type
def test_an_event_of_an_unknown_type_is_kept_unchanged(model: type[Event]) -> None:
    document = sample(model)
    document["type"] = f"vn.loa.{model.context}.{model.name}_tomorrow.v1"
    read = decode(CATALOG, 1, wire(document))
    assert read.data == Unknown(type=document["type"], data=document["data"])


@every_type
def test_a_required_field_that_is_missing_is_poison_with_its_position(model: type[Event]) -> None:
    document = sample(model) | {"data": {}}
    if not any(field.is_required() for field in model.model_fields.values()):
        assert decode(CATALOG, 7, wire(document)).data == model()
        return
    with pytest.raises(PermanentError, match="position 7") as poison:
        decode(CATALOG, 7, wire(document))
    assert poison.value.reason == "poison_event"


@every_type
def test_no_field_is_about_a_person(model: type[Event]) -> None:
    assert [path for path, _ in fields(model) if PRIVATE.search(path)] == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"null", b"{", b'{"subject": 1}', b"\xff"])
def test_what_is_no_event_is_poison(payload: bytes) -> None:
    with pytest.raises(PermanentError, match="poison_event: position 3"):
        decode(CATALOG, 3, payload)


def test_no_file_is_left_of_a_type_that_is_gone() -> None:
    """A type that was once written stays readable: it is never taken out of the catalogue."""
    expected = {file for model in MODELS for file in sample_files(model)}
    assert set(SAMPLES.iterdir()) == expected
    assert {file.name for file in SCHEMAS.iterdir()} == {f"{model.type_name()}.json" for model in MODELS}
