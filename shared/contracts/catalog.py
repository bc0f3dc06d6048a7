"""The catalogue: every event type by its wire name, its owner, and how old versions are read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, UnionType
from typing import Any, get_args

from pydantic import ValidationError

from shared.contracts.campaigns import CommunicationEvent, PlanEvent
from shared.contracts.event import TYPE_PREFIX, Event, Unknown
from shared.contracts.metrics import ComplianceEvent
from shared.contracts.notifier import AlertEvent, RecipientEvent
from shared.contracts.open_values import without_added_values
from shared.contracts.programme import ProgrammeEvent
from shared.contracts.registry import DraftEvent, UnitEvent

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
        ComplianceEvent,
        AlertEvent,
        RecipientEvent,
    ]
)
