"""Where the golden samples and the committed schemas lie, and how they are read and written."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import orjson
from pydantic import BaseModel

from shared.contracts.envelope import CATALOG
from shared.contracts.envelope_schema import event_schema
from shared.contracts.event import Event

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
SCHEMAS = HERE / "schemas"
REGENERATE = "python -m tests.contract.regenerate"

EXTENSIONS = {"draftcode", "unitcode", "dataset"}

MODELS = sorted(CATALOG.types.values(), key=lambda model: model.type_name())


def sample_files(model: type[Event]) -> list[Path]:
    """Give the samples of a type, oldest first: each time that fields were added, a further one was written."""
    grown = SAMPLES.glob(f"{model.type_name()}.*.json")
    first = SAMPLES / f"{model.type_name()}.json"
    return [first, *sorted(grown, key=lambda file: int(file.stem.rpartition(".")[2]))]


def schema_file(model: type[Event]) -> Path:
    return SCHEMAS / f"{model.type_name()}.json"


def samples(model: type[Event]) -> list[dict[str, Any]]:
    return [orjson.loads(file.read_bytes()) for file in sample_files(model)]


def sample(model: type[Event]) -> dict[str, Any]:
    """Give the newest sample of a type, which knows all its fields."""
    return samples(model)[-1]


def next_sample_file(model: type[Event]) -> Path:
    """Say where the next sample of a type goes."""
    first, *grown = sample_files(model)
    return first.with_name(f"{model.type_name()}.{len(grown) + 2}.json") if first.exists() else first


def wire(document: Any) -> bytes:
    """Give the bytes as they stand in the log; the files are indented for reading."""
    return orjson.dumps(document)


def schema(model: type[Event]) -> dict[str, Any]:
    """Give the schema that services answer with (`GET /schemas/{type}`), without Python's order of things."""
    document: dict[str, Any] = json.loads(_schema(model))
    return document


@cache
def _schema(model: type[Event]) -> str:
    return json.dumps(event_schema(model), sort_keys=True)


def pretty(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every field of a model and of the models within it, by its path."""
    for name, info in model.model_fields.items():
        yield f"{path}{name}", info.annotation
        for inner in _models_within(info.annotation):
            yield from fields(inner, f"{path}{name}.")


def _models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    if get_origin(annotation) is not None or isinstance(annotation, type(int | str)) or annotation is Union:
        for part in get_args(annotation):
            yield from _models_within(part)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
