"""The publisher against a log in memory: rows that are not as new as the log make it append nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.notifier.application.alert_publisher import AlertPublisher
from services.notifier.domain.gaps.gap_alert import GapAlert
from shared.contracts.envelope import AggregateRef, Metadata, NewEvent
from shared.contracts.event import Event, alert_id
from shared.contracts.notifier import AlertRaised, AlertResolved, AlertSnoozed
from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Procedure, Stage
from shared.eventstore.handle import NOTHING, Append, History, Version
from shared.eventstore.memory import MemoryEventStore
from shared.kernel.errors import PermanentError, TransientError
from shared.observability.signals import Tracing

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
GAP = UUID(int=1)
ID = alert_id(GAP, "BTP")
REF = AggregateRef("alert", ID)
ROW = GapAlert(
    alert_id=ID,
    gap_id=GAP,
    draft_code="LUAT-1",
    unit_code="BTP",
    due_on=date(2026, 11, 30),
    title="Luật A",
    instrument=Instrument.LAW,
    procedure=Procedure.ORDINARY,
    stage=Stage.DRAFTING,
    since=date(2026, 11, 23),
    policies=(1,),
    dataset=Dataset.LIVE,
    is_current=True,
    announced_by=UUID(int=77),
    correlation_id="c",
)
RAISED = AlertRaised(alert_id=ID, gap_id=GAP, draft_code="LUAT-1", unit_code="BTP", due_on=ROW.due_on)
RESOLVED = AlertResolved(alert_id=ID, gap_id=GAP, closed_on=NOW.date(), reason=GapClosure.COVERED)
SNOOZED = AlertSnoozed(alert_id=ID, gap_id=GAP, unit_code="BTP", on=NOW.date(), until=NOW.date())


class BulkMemory(MemoryEventStore):
    """A log in memory that takes many aggregates at a time."""

    async def load_all(self, refs: Sequence[AggregateRef]) -> Mapping[AggregateRef, History]:
        return {ref: await self.load(ref) for ref in refs}

    async def reach(self, position: int) -> None:
        """There is no other broker that could be behind."""

    async def append_all(self, appends: Sequence[Append]) -> Sequence[Version]:
        return [await self.append(append.ref, append.expected, append.events) for append in appends]


@dataclass
class Rows:
    """Rows that stay as they are, whatever is appended: nobody projects."""

    rows: Sequence[GapAlert] = (ROW,)
    at: int = 10

    async def position(self) -> int:
        return self.at

    async def pending(self, limit: int, after: UUID | None) -> Sequence[GapAlert]:
        return [row for row in self.rows if row.is_pending and (after is None or row.alert_id > after)][
            :limit
        ]


@dataclass
class NoMails:
    error: Exception | None = None
    asked: int = field(default=0)

    async def unannounced(self) -> Sequence[Any]:
        self.asked += 1
        if self.error:
            raise self.error
        return ()


def publisher(store: Any, rows: Rows, mails: NoMails | None = None, head: int = 10) -> AlertPublisher:
    async def at() -> int:
        return head

    ledger: Any = mails or NoMails()
    return AlertPublisher(rows, ledger, store, at, lambda: UUID(int=5), lambda: NOW, Tracing())


async def write(store: BulkMemory, *events: Any) -> Version:
    metadata = Metadata(time=NOW, actor="service/test", correlation_id="c")
    new = [NewEvent(UUID(int=500 + number), event, metadata) for number, event in enumerate(events)]
    return await store.append(REF, NOTHING, new)


async def log_of(store: BulkMemory) -> list[str]:
    return [event.data.name for event in (await store.load(REF)).events if isinstance(event.data, Event)]


async def test_a_pending_row_is_published_once_although_it_is_unchanged() -> None:
    store = BulkMemory()
    first = publisher(store, Rows())
    for _ in range(3):
        await first.run_once()
    assert await log_of(store) == ["raised"]
    (event,) = (await store.load(REF)).events
    assert (event.metadata.causation_id, event.metadata.correlation_id) == (str(UUID(int=77)), "c")


@pytest.mark.parametrize("version", [0, 1])
async def test_rows_that_are_older_than_the_alert_append_nothing(version: int) -> None:
    store = BulkMemory()
    await write(store, RAISED, RESOLVED)
    await publisher(store, Rows([replace(ROW, version=version)])).run_once()
    assert await log_of(store) == ["raised", "resolved"]


async def test_an_answer_that_came_between_leaves_the_decision_to_the_next_comparison() -> None:
    store = BulkMemory()
    await write(store, RAISED, SNOOZED)
    closed = replace(ROW, state=ROW.wanted, gap_closed_on=NOW.date(), gap_closure=GapClosure.COVERED)
    await publisher(store, Rows([replace(closed, version=1)])).run_once()
    assert await log_of(store) == ["raised", "snoozed"]
    await publisher(store, Rows([replace(closed, version=2)])).run_once()
    assert await log_of(store) == ["raised", "snoozed", "resolved"]


async def test_rows_behind_the_log_wait_for_their_projection() -> None:
    store = BulkMemory()
    await publisher(store, Rows(at=9)).run_once()
    assert await log_of(store) == []
    await publisher(store, Rows(at=9)).caught_up()  # the projector itself is as new as the log was
    assert await log_of(store) == ["raised"]


@pytest.mark.parametrize("error", [TransientError("away"), PermanentError("refused", "too large"), OSError()])
async def test_what_is_refused_for_now_keeps_nothing_else_back(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, mails = BulkMemory(), NoMails(error)

    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Rows, "pending", refuse)
    await publisher(store, Rows(), mails).run_once()
    assert mails.asked == 1
