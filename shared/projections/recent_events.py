"""The newest events as rows, also those that a projection does not read: they tell what a replaced log has lost."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from shared.projections.checkpoint import RECENT
from shared.projections.event_feed import RawEvent


def recent_rows(batch: Sequence[RawEvent]) -> str | None:
    """Give rows of `log_recent_event` as JSON; None while the batch is far from the end of the log."""
    if batch[-1].pending >= RECENT:
        return None
    return orjson.dumps([_row(raw) for raw in batch[-RECENT:]]).decode()


def _row(raw: RawEvent) -> Mapping[str, Any]:
    envelope = _envelope(raw.payload)
    return {
        "position": raw.position,
        "event_id": raw.event_id,
        "subject": raw.subject,
        "recorded_at": raw.recorded,
        "draft_code": _text(envelope, "draftcode"),
        "unit_code": _text(envelope, "unitcode"),
        "actor": _text(envelope, "actor"),
        "correlation_id": _text(envelope, "correlationid"),
    }


def _envelope(payload: bytes) -> Mapping[str, Any]:
    """Read what can be read: a message that is no event is listed by its subject alone."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(envelope: Mapping[str, Any], name: str) -> str | None:
    value = envelope.get(name)
    return value.replace("\0", "") if isinstance(value, str) else None
