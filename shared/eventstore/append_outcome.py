"""Decides whether an unacknowledged append is in the log."""

from collections.abc import Sequence

from shared.contracts.envelope import NewEvent
from shared.eventstore.port import MAX_BATCH, History, Version
from shared.kernel.counted import counted


def settled(history: History, expected: Version, events: Sequence[NewEvent]) -> Version | None:
    """Give the version that the append of `events` made, if they follow `expected`; else None."""
    after = [event for event in history.events if event.position > expected.position][: len(events)]
    if [event.event_id for event in after] != [event.event_id for event in events]:
        return None
    return Version(after[-1].aggregate_version, after[-1].position)


def check_size(events: Sequence[NewEvent]) -> None:
    if not 1 <= len(events) <= MAX_BATCH:
        raise ValueError(f"an append takes 1 to {counted(MAX_BATCH, 'event')}, not {len(events)}")
