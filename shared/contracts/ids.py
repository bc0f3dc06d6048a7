"""Identity by natural key: the same thing has the same id wherever and whenever it is recorded."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

LOA_NAMESPACE = uuid5(NAMESPACE_URL, "urn:loa")
REMEMBERED = 8192  # ids of each kind: the same one is asked for again and again while rows of it come in


@lru_cache(REMEMBERED)
def unit_id(code: str) -> UUID:
    return uuid5(LOA_NAMESPACE, f"unit:{code}")


@lru_cache(REMEMBERED)
def draft_id(draft_code: str) -> UUID:
    return uuid5(LOA_NAMESPACE, f"draft:{draft_code}")


def communication_id(  # the natural key of the contract, part by part
    draft_code: str, held_on: date, precision: str, channel: str, title: str, policies: Iterable[int]
) -> UUID:
    """Identify a communication that came from a file: `held_on` is the first day of what is known."""
    numbers = ";".join(str(number) for number in sorted(policies))
    return uuid5(
        LOA_NAMESPACE,
        f"communication:{draft_code}:{held_on.isoformat()}:{precision}:{channel}:{title}:{numbers}",
    )


def posting_id(draft_code: str, stage: str, opened_on: date) -> UUID:
    return uuid5(LOA_NAMESPACE, f"posting:{draft_code}:{stage}:{opened_on.isoformat()}")


def activity_id(draft_code: str, planned_on: date, precision: str, *distinguishing: str | None) -> UUID:
    """Identify a planned activity that came from a file; `distinguishing` are its stage, channel and title."""
    words = ":".join(part or "" for part in distinguishing)
    return uuid5(LOA_NAMESPACE, f"activity:{draft_code}:{planned_on.isoformat()}:{precision}:{words}")


def evidence_id(communication: UUID, url: str | None, sha256: str | None) -> UUID:
    return uuid5(LOA_NAMESPACE, f"evidence:{communication}:{url or ''}:{sha256 or ''}")


def programme_id(unit_code: str, year: int) -> UUID:
    return uuid5(LOA_NAMESPACE, f"programme:{unit_code}:{year}")


def programme_entry_id(unit_code: str, year: int, kind: str, *distinguishing: object) -> UUID:
    """Identify an entry of a programme that came from a file; `distinguishing` is what tells it from others."""
    words = ":".join("" if part is None else str(part) for part in distinguishing)
    return uuid5(LOA_NAMESPACE, f"programme-entry:{unit_code}:{year}:{kind}:{words}")


@lru_cache(REMEMBERED)
def alert_id(gap_id: UUID, unit_code: str) -> UUID:
    return uuid5(LOA_NAMESPACE, f"alert:{gap_id}:{unit_code}")


def event_id(aggregate_id: UUID, idempotency_key: str, index: int) -> UUID:
    """Derive an event's id from the command's idempotency key, so that a retry writes the same event.

    The aggregate is part of the name: one key used on two aggregates must not look like one event to
    the broker's duplicate window, which would drop the second in silence.
    """
    return uuid5(LOA_NAMESPACE, f"{aggregate_id}:{idempotency_key}:{index}")
