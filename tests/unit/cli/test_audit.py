"""The audit of the log: each kind of fault is found at its position, and the hash covers everything."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from deploy.cli.backup.audit import KINDS, Audit
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent, encode
from shared.contracts.event import unit_id
from shared.contracts.registry import UnitRegistered, UnitRenamed
from shared.contracts.vocabulary import UnitKind, UnitLevel
from shared.projections.batches import RawEvent

REF = AggregateRef("unit", unit_id("BTP"))
WHEN = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
FIRST = UnitRegistered(
    unit_code="BTP", unit_name="Bộ Tư pháp", level=UnitLevel.CENTRAL, kind=UnitKind.MINISTRY
)
SECOND = UnitRenamed(unit_code="BTP", unit_name="Bộ Tư pháp và Pháp chế", on=WHEN.date())


def log_of_two() -> list[RawEvent]:
    metadata = Metadata(time=WHEN, actor="service/test", correlation_id="c")
    made = [NewEvent(UUID(int=n), data, metadata) for n, data in enumerate((FIRST, SECOND), start=1)]
    return [
        RawEvent(n, REF.subject(event.data), encode(REF, event, n), 0)
        for n, event in enumerate(made, start=1)
    ]


def changed(raw: RawEvent, **fields: Any) -> RawEvent:
    document = orjson.loads(raw.payload) | fields
    return RawEvent(raw.position, raw.subject, orjson.dumps(document), 0)


def moved(raw: RawEvent, position: int | None = None, subject: str | None = None) -> RawEvent:
    return RawEvent(position or raw.position, subject or raw.subject, raw.payload, 0)


def audited(log: list[RawEvent]) -> Audit:
    audit = Audit()
    for raw in log:
        audit.check(raw)
    return audit


def test_a_correct_log_has_no_fault_and_one_hash() -> None:
    audit = audited(log_of_two())
    assert (audit.faults, audit.last, audit.contexts["unit"]) == ([], 2, 2)
    assert audit.sha256 == audited(log_of_two()).sha256
    assert audit.sha256 != audited(log_of_two()[:1]).sha256


BREAKINGS: dict[str, Callable[[RawEvent], RawEvent]] = {
    "hole": lambda raw: moved(raw, position=3),
    "envelope": lambda raw: RawEvent(raw.position, raw.subject, b"{ broken", 0),
    "subject": lambda raw: moved(raw, subject=raw.subject.replace("renamed", "moved")),
    "publisher": lambda raw: changed(raw, source="urn:loa:notifier"),
    "version": lambda raw: changed(raw, aggregateversion=3),
    "twice": lambda raw: changed(raw, id=str(UUID(int=1))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_is_reported_at_its_position(kind: str) -> None:
    first, second = log_of_two()
    broken = BREAKINGS[kind](second)
    audit = audited([first, broken])
    assert [(fault.kind, fault.position) for fault in audit.faults] == [(kind, broken.position)]
    assert audit.sha256 != audited([first, second]).sha256


def test_an_unknown_type_is_counted_and_is_no_fault() -> None:
    first, second = log_of_two()
    later = changed(second, type="vn.loa.unit.celebrated.v1")
    audit = audited([first, moved(later, subject=second.subject.replace("renamed", "celebrated"))])
    assert audit.faults == []
    assert audit.unknown == {"vn.loa.unit.celebrated.v1": 1}
