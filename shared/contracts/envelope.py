"""The catalogue of all types of events, and each event's envelope: a CloudEvent with its subject, as bytes and back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType, UnionType
from typing import Any, get_args
from uuid import UUID

import orjson
from pydantic import ValidationError

from shared.contracts.campaigns import CommunicationEvent, PlanEvent
from shared.contracts.event import NOTHING, REMEMBERED, TYPE_PREFIX, About, Event, Unknown
from shared.contracts.metrics import MetricsEvent
from shared.contracts.notifier import AlertEvent, RecipientEvent
from shared.contracts.open_values import without_added_values
from shared.contracts.programme import ProgrammeEvent
from shared.contracts.registry import DraftEvent, UnitEvent
from shared.kernel.errors import PermanentError

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
OWNERS: Mapping[str, str] = MappingProxyType(
    {
        "unit": "registry",
        "draft": "registry",
        "plan": "campaigns",
        "communication": "campaigns",
        "programme": "campaigns",
        "compliance": "metrics",
        "alert": "notifier",
        "recipient": "notifier",
    }
)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Event classes by wire name, and upcasters from an old wire name to the next version's data.

    An upcaster of `….v1` returns the data of `….v2`; chains are followed to the newest version known.
    """

    types: Mapping[str, type[Event]]
    upcasters: Mapping[str, Upcaster] = field(default_factory=dict)

    def read(self, type_name: str, data: dict[str, Any]) -> Event | Unknown:
        """Decode stored data; wrong data raises `pydantic.ValidationError`.

        Of an unknown type it is `Unknown`, and so it is where a value that an open list doesn't have here stands in
        a field that the event needs.
        """
        while type_name in self.upcasters:
            data = self.upcasters[type_name](data)
            type_name = _next_version(type_name)
        model = self.types.get(type_name)
        if model is None:
            return Unknown(type=type_name, data=data)
        if absent := model.absent_as_none():
            data = {**absent, **data}
        try:
            return model.model_validate(data)
        except ValidationError as error:
            readable = without_added_values(model, data, error)
        return Unknown(type=type_name, data=data) if readable is None else model.model_validate(readable)

    def has_name(self, context: str, name: str) -> bool:
        """Say whether a type of this name, in any version, is defined here."""
        prefix = f"{TYPE_PREFIX}.{context}.{name}.v"
        return any(type_name.startswith(prefix) for type_name in (*self.types, *self.upcasters))

    def owned_by(self, service: str) -> tuple[type[Event], ...]:
        return tuple(model for model in self.types.values() if OWNERS[model.context] == service)


def catalog_of(unions: Iterable[UnionType], upcasters: Mapping[str, Upcaster] | None = None) -> Catalog:
    models: list[type[Event]] = [model for union in unions for model in get_args(union)]
    return Catalog({model.type_name(): model for model in models}, upcasters or {})


def _next_version(type_name: str) -> str:
    stem, _, number = type_name.rpartition(".v")
    if not type_name.startswith(TYPE_PREFIX) or not number.isdigit():
        raise ValueError(f"not a versioned event type: {type_name}")
    return f"{stem}.v{int(number) + 1}"


CATALOG = catalog_of(
    [
        UnitEvent,
        DraftEvent,
        PlanEvent,
        CommunicationEvent,
        ProgrammeEvent,
        MetricsEvent,
        AlertEvent,
        RecipientEvent,
    ]
)
CONTENT_TYPE = "application/cloudevents+json"
DATA_CONTENT_TYPE = "application/json"
SPEC_VERSION = "1.0"


def subject_of(model: type[Event], aggregate_id: str) -> str:
    """Give the NATS subject of the events of a type; released subjects never change."""
    return f"loa.{model.context}.{aggregate_id}.{model.name}"


@dataclass(frozen=True, slots=True)
class AggregateRef:
    """Which aggregate: its context and id."""

    context: str
    id: UUID

    def __hash__(self) -> int:
        """By the id alone: a row of an import asks for aggregates some twenty times, at a third of the generated one's time."""
        return hash(self.id.int)

    @property
    def subjects(self) -> str:
        """All subjects of the aggregate; always this one is the check subject of an append."""
        return f"loa.{self.context}.{self.id}.*"

    def subject(self, event: Event) -> str:
        return subject_of(type(event), str(self.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Who recorded it, when, and because of what. `actor` is a role or an opaque id, never a person.

    `payload_hash` tells what came with the idempotency key: another payload under the same key is refused.
    `about` is None where nobody filled it, and for events of a release that did not have it. `actor_unit` is the unit that the
    actor acts for; it is written where the event is about another one: who entered it in that unit's place, or decided for it.
    In `training` only what is about exercise data is recorded; that itself is not written.
    """

    time: datetime
    actor: str
    correlation_id: str
    causation_id: str | None = None
    idempotency_key: str | None = None
    payload_hash: str | None = None
    traceparent: str | None = None
    about: About | None = None
    actor_unit: str | None = None
    training: bool = False

    @property
    def subject(self) -> str:
        """Who acts, in whatever role: an idempotency key is that of a subject."""
        _, slash, subject = self.actor.partition("/")
        return subject if slash else self.actor


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be appended."""

    event_id: UUID
    data: Event
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log: `position` is its place in the one total order (from 1)."""

    position: int
    ref: AggregateRef
    aggregate_version: int
    event_id: UUID
    data: Event | Unknown
    metadata: Metadata
    type: str

    @property
    def ids(self) -> dict[str, Any]:
        """What every log line about this event bears."""
        return {
            "event_id": str(self.event_id),
            "position": self.position,
            "correlation_id": self.metadata.correlation_id,
            "causation_id": self.metadata.causation_id,
        }


def following(event: Recorded, time: datetime, actor: str) -> Metadata:
    """Stamp what is appended because of an event: it is the cause, and the key that keeps it from doing so twice.

    What the event is about is left out: the reaction may be about something else, and on another day.
    """
    cause = str(event.event_id)
    return replace(
        event.metadata,
        time=time,
        actor=actor,
        causation_id=cause,
        idempotency_key=cause,
        about=None,
        actor_unit=None,
    )


def source(context: str) -> str:
    """Name the service that owns a context."""
    return f"urn:loa:{OWNERS[context]}"


def data_schema(model: type[Event]) -> str:
    """Identify the published schema of an event type."""
    return f"urn:loa:schema:{model.context}.{model.name}:{model.version}"


def encode(ref: AggregateRef, new: NewEvent, aggregate_version: int) -> bytes:
    """Serialise one event; `aggregate_version` counts the aggregate's events from 1."""
    meta = new.metadata
    about = meta.about or NOTHING
    document: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": new.event_id,
        "source": source(ref.context),
        "type": new.data.type_name(),
        "subject": f"{ref.context}/{ref.id}",
        "time": meta.time.astimezone(UTC),
        "datacontenttype": DATA_CONTENT_TYPE,
        "dataschema": data_schema(type(new.data)),
        "aggregateversion": aggregate_version,
        "correlationid": meta.correlation_id,
        "causationid": meta.causation_id,
        "idempotencykey": meta.idempotency_key,
        "payloadhash": meta.payload_hash,
        "actor": meta.actor,
        "actorunit": None if meta.actor_unit == about.unit_code else meta.actor_unit,
        "traceparent": meta.traceparent,
        "draftcode": about.draft_code,
        "unitcode": about.unit_code,
        "dataset": about.dataset,
        "data": orjson.Fragment(new.data.wire()),
    }
    attributes = {key: value for key, value in document.items() if value is not None}
    return orjson.dumps(attributes, option=orjson.OPT_UTC_Z)


class SubjectMismatch(PermanentError):
    """The envelope is of another aggregate, or another type, than the subject that it was published on."""

    def __init__(self, position: int, subject: str, envelope: str) -> None:
        super().__init__(
            "poison_event", f"position {position}: the subject is {subject}, the envelope is of {envelope}"
        )


def decode(catalog: Catalog, position: int, payload: bytes, subject: str | None = None) -> Recorded:
    """Read one stored event that was published on `subject` (None: not compared).

    An unknown type becomes `Unknown`; what is no envelope of ours, has wrong data or contradicts its subject raises
    `PermanentError("poison_event", …)` with the position. The broker's permissions and the order of an aggregate go
    by the subject, so an envelope that says something else is never taken.
    """
    try:
        document = orjson.loads(payload)
        if subject is not None:
            wanted = subject_named(_ref(str(document["subject"])), str(document["type"]))
            if subject != wanted:
                raise SubjectMismatch(position, subject, wanted)
        return _decode(catalog, position, document)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, ValidationError) as error:
        raise PermanentError("poison_event", f"position {position}: {error}") from error


def subject_named(ref: AggregateRef, type_name: str) -> str:
    """Give the subject that an envelope belongs on, by its `subject` and its `type`."""
    context, _, name = type_name.removeprefix(f"{TYPE_PREFIX}.").rpartition(".")[0].rpartition(".")
    if context != ref.context:
        return f"loa.{ref.context}.{ref.id}.? with type {type_name}"
    return f"loa.{context}.{ref.id}.{name}"


@lru_cache(REMEMBERED)
def _ref(subject: str) -> AggregateRef:
    context, _, aggregate_id = subject.partition("/")
    return AggregateRef(context, UUID(aggregate_id))


_TEXTS = ("id", "time", "type", "actor", "correlationid")
_OPTIONAL_TEXTS = (
    "causationid",
    "idempotencykey",
    "payloadhash",
    "actorunit",
    "traceparent",
    "draftcode",
    "unitcode",
    "dataset",
)


def _check_types(document: Mapping[str, Any]) -> None:
    """Refuse an envelope whose fields are of other types: who reads an event relies on them."""
    texts = [document[name] for name in _TEXTS]
    texts += [value for name in _OPTIONAL_TEXTS if (value := document.get(name)) is not None]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a field of the envelope is no text")
    if type(document["aggregateversion"]) is not int:
        raise TypeError("aggregateversion is no whole number")


def _decode(catalog: Catalog, position: int, document: dict[str, Any]) -> Recorded:
    _check_types(document)
    time = datetime.fromisoformat(document["time"])
    if time.tzinfo is None:
        raise ValueError("time has no zone")
    return Recorded(
        position=position,
        ref=_ref(str(document["subject"])),
        aggregate_version=document["aggregateversion"],
        event_id=UUID(document["id"]),
        data=catalog.read(document["type"], document["data"]),
        metadata=Metadata(
            time=time,
            actor=document["actor"],
            correlation_id=document["correlationid"],
            causation_id=document.get("causationid"),
            idempotency_key=document.get("idempotencykey"),
            payload_hash=document.get("payloadhash"),
            traceparent=document.get("traceparent"),
            about=_about(document),
            actor_unit=document.get("actorunit"),
        ),
        type=document["type"],
    )


def _about(document: dict[str, Any]) -> About | None:
    about = About(
        draft_code=document.get("draftcode"),
        unit_code=document.get("unitcode"),
        dataset=document.get("dataset"),
    )
    return None if about == NOTHING else about
