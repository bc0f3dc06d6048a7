"""Released contracts: files of each release that no command rewrites, and today's code checked against all of them.

A release is `releases/VERSION/`: `index.json` (per type: subject, stream, content type; the SHA-256 of every golden
sample) and `schemas/`, one file a type.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shared.contracts.envelope import CONTENT_TYPE, subject_of
from shared.contracts.event import Event
from shared.eventstore.log_reader import EVENTS
from tests.contract import golden
from tests.contract.compatibility import breaking

RELEASES = golden.HERE / "releases"
WHAT_TO_DO = (
    "Take the change back, or make it a new type: a class with version=2 and an upcaster from the old one "
    "(CONTRIBUTING.md, 'When you change a released event')."
)


@dataclass(frozen=True, slots=True)
class Published:
    """What consumers of one event type depend on."""

    subject: str
    stream: str
    content_type: str
    schema: Mapping[str, Any]

    @property
    def transport(self) -> dict[str, str]:
        return {"subject": self.subject, "stream": self.stream, "content_type": self.content_type}


@dataclass(frozen=True, slots=True)
class Release:
    version: str
    types: Mapping[str, Published]
    samples: Mapping[str, str]


def published(model: type[Event]) -> Published:
    """Give what today's code publishes of a type."""
    return Published(subject_of(model, "{id}"), EVENTS, CONTENT_TYPE, golden.schema(model))


def releases() -> list[Release]:
    return [read(folder) for folder in sorted(RELEASES.iterdir())]


def read(folder: Path) -> Release:
    index = orjson.loads((folder / "index.json").read_bytes())
    types = {
        name: Published(**transport, schema=orjson.loads((folder / "schemas" / f"{name}.json").read_bytes()))
        for name, transport in index["types"].items()
    }
    return Release(folder.name, types, index["samples"])


def write(folder: Path, models: Iterable[type[Event]]) -> None:
    """Freeze today's contract; raises `FileExistsError` for a release that exists."""
    folder.mkdir(parents=True)
    (folder / "schemas").mkdir()
    types = {}
    for model in models:
        name, contract = model.type_name(), published(model)
        types[name] = contract.transport
        (folder / "schemas" / f"{name}.json").write_bytes(golden.pretty(contract.schema))
    index = {"types": types, "samples": digests(golden.SAMPLES)}
    (folder / "index.json").write_bytes(golden.pretty(index))


def digests(samples: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(samples.iterdir())}


def faults(release: Release, models: Mapping[str, type[Event]]) -> list[str]:
    """List what breaks consumers of a release, each with type, field and what to do."""
    return [f"{line} (released in {release.version}). {WHAT_TO_DO}" for line in _faults(release, models)]


def _faults(release: Release, models: Mapping[str, type[Event]]) -> Iterator[str]:
    for name, old in release.types.items():
        if name not in models:
            yield f"{name}: the type is gone; stored events of it are read no more"
            continue
        new = published(models[name])
        for key, value in old.transport.items():
            if new.transport[key] != value:
                yield f"{name}: {key} was {value}, is {new.transport[key]}"
        yield from (f"{name}: {line}" for line in breaking(old.schema, new.schema))


def changed_samples(release: Release, samples: Path) -> list[str]:
    """Name the released golden samples whose bytes are others today, or that are gone."""
    now = digests(samples)
    return [name for name, digest in release.samples.items() if now.get(name) != digest]
