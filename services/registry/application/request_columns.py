"""What lists and drafts show of how a request was settled, answered and passed on: each column with its event's field."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.contracts.event import Event

SETTLED: Mapping[str, str] = MappingProxyType(
    {
        "settled_on": "on",
        "settled_by": "by_unit_code",
        "settlement_document": "document",
        "settlement_reason": "reason",
    }
)
ANSWERED: Mapping[str, str] = MappingProxyType(
    {"reply": "reply", "replied_on": "on", "replied_by": "by_unit_code"}
)
FORWARDED: Mapping[str, str] = MappingProxyType(
    {
        "forwarded_to": "to_unit_code",
        "forwarded_on": "on",
        "forwarded_by": "by_unit_code",
        "forwarding_reason": "reason",
    }
)


def columns_of(names: Mapping[str, str], event: Event | None) -> dict[str, Any]:
    """Give the columns that come from an event; all are None as long as there is none."""
    return {column: getattr(event, field) if event else None for column, field in names.items()}
