"""Recorded events for tests: about one draft, at positions 1, 2, …, on one day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.metrics.domain.record import (
    CommunicationFact,
    DraftRecord,
    communication_of,
    evolve,
    evolve_communication,
)
from shared.contracts.campaigns import CommunicationCorrected, CommunicationRecorded, CommunicationRetracted
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import Event
from shared.contracts.registry import DraftRegistered, DraftScopeAssessed
from shared.contracts.vocabulary import Answer, Channel, Instrument, Regime

DRAFT = UUID(int=1000)
IN_SCOPE = DraftScopeAssessed(in_scope=Answer.YES)
REGISTERED = DraftRegistered(
    draft_id=DRAFT,
    draft_code="LUAT-1",
    title="Luật Đất đai",
    instrument=Instrument.LAW,
    lead_unit_code="BTNMT",
    regime=Regime.LAW_2015,
)


def recorded(data: Event, position: int) -> Recorded:
    """Place an event in the log; its id is its position."""
    return Recorded(
        position=position,
        ref=AggregateRef(data.context, DRAFT),
        aggregate_version=position,
        event_id=UUID(int=position),
        data=data,
        metadata=Metadata(
            time=datetime(2024, 3, 4, 20, tzinfo=UTC),  # 5 March in Vietnam
            actor="operator/test",
            correlation_id=f"request-{position}",
        ),
        type=type(data).type_name(),
    )


def fold(events: Iterable[Event]) -> DraftRecord | None:
    """Fold events into one record with all its communications."""
    return whole(recorded(data, position) for position, data in enumerate(events, start=1))


def whole(events: Iterable[Recorded]) -> DraftRecord | None:
    """Fold the events of one draft into a record with all its communications."""
    record: DraftRecord | None = None
    held: dict[UUID, CommunicationFact] = {}
    for event in events:
        record = evolve(record, event)
        if record is not None and (number := communication_of(event)):
            fact = evolve_communication(held.pop(number, None), event)
            held |= {number: fact} if fact else {}
    return replace(record, communications=tuple(held.values())) if record else None


def record_of(*events: Event) -> DraftRecord:
    """Give the record of a registered draft after some more events (the first has the id 2)."""
    record = fold([REGISTERED, *events])
    assert record is not None
    return record


def communication(number: int, on: str, **more: Any) -> CommunicationRecorded:
    return CommunicationRecorded.model_validate(_activity(number, on) | more)


def corrected_communication(number: int, on: str, **more: Any) -> CommunicationCorrected:
    return CommunicationCorrected.model_validate(_activity(number, on) | more)


def retracted(number: int) -> CommunicationRetracted:
    return CommunicationRetracted(communication_id=UUID(int=number), draft_id=DRAFT, draft_code="LUAT-1")


def _activity(number: int, on: str) -> dict[str, Any]:
    return {
        "communication_id": UUID(int=number),
        "draft_id": DRAFT,
        "draft_code": "LUAT-1",
        "held_on": on,
        "channel": Channel.CONFERENCE,
        "title": "Hội thảo",
    }
