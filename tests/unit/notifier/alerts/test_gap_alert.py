"""The row of a gap with its alert: given events in their order, then these rows, and this command if one is missing."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.notifier.domain.gaps.alert import Absent, Open, Raise, Resolve, Resolved, State, alert
from services.notifier.domain.gaps.gap_alert import AlertStatus, GapAlert
from services.notifier.domain.gaps.gap_alert_fold import GapAlerts
from shared.contracts.envelope import AggregateRef, Metadata, Recorded
from shared.contracts.event import Event, alert_id, draft_id
from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertExemptionRequested,
    AlertRaised,
    AlertResolved,
    AlertSent,
    AlertSilenced,
    AlertSnoozed,
    AlertUndeliverable,
)
from shared.contracts.vocabulary import (
    EscalationReason,
    GapClosure,
    Instrument,
    Procedure,
    RecipientRole,
    Stage,
)

GAP = UUID(int=1)
ID, OTHER_ID = alert_id(GAP, "BTP"), alert_id(GAP, "BTC")
TODAY = date(2026, 11, 24)
DUE = date(2026, 11, 30)
REGISTERED = {
    "gap_id": GAP,
    "draft_id": draft_id("LUAT-1"),
    "draft_code": "LUAT-1",
    "title": "Luật A",
    "instrument": Instrument.LAW,
    "procedure": Procedure.ORDINARY,
    "unit_code": "BTP",
    "stage": Stage.DRAFTING,
    "since": date(2026, 11, 23),
    "due_on": DUE,
    "policies": (1,),
    "rules_version": "v",
    "facts_position": 1,
}
OF = {"alert_id": ID, "gap_id": GAP, "unit_code": "BTP"}
OPENED = ComplianceGapOpened.model_validate(REGISTERED)
CHANGED = ComplianceGapChanged.model_validate(REGISTERED | {"due_on": date(2026, 11, 27), "policies": (1, 2)})
MOVED = ComplianceGapChanged.model_validate(REGISTERED | {"unit_code": "BTC"})
CLOSED = ComplianceGapClosed.model_validate(REGISTERED | {"closed_on": TODAY, "reason": "covered"})
MOVED_CLOSED = ComplianceGapClosed.model_validate(
    REGISTERED | {"unit_code": "BTC", "closed_on": date(2026, 11, 25), "reason": "covered"}
)
RAISED = AlertRaised(draft_code="LUAT-1", due_on=DUE, **OF)
RESOLVED = AlertResolved(alert_id=ID, gap_id=GAP, closed_on=TODAY, reason=GapClosure.COVERED)
RAISE = Raise(gap_id=GAP, draft_code="LUAT-1", unit_code="BTP", due_on=DUE)
RAISE_OTHER = Raise(gap_id=GAP, draft_code="LUAT-1", unit_code="BTC", due_on=DUE)
RESOLVE = Resolve(gap_id=GAP, unit_code="BTP", closed_on=TODAY, reason=GapClosure.COVERED)
HANDED_OVER = Resolve(gap_id=GAP, unit_code="BTP", closed_on=TODAY, reason=GapClosure.TRANSFERRED)
DONE_BY_OTHER = Resolve(gap_id=GAP, unit_code="BTC", closed_on=date(2026, 11, 25), reason=GapClosure.COVERED)
PLANNED = AlertAcknowledged(draft_code="LUAT-1", stage=Stage.DRAFTING, planned_on=DUE, **OF)
EXEMPT = AlertExemptionRequested(
    draft_code="LUAT-1", stage=Stage.DRAFTING, document="12/QĐ", authority="Bộ", decided_on=TODAY, **OF
)
MAIL = {"digest_key": "k", "recipient_id": UUID(int=9), "recipient_role": RecipientRole.HEAD}
SENT = AlertSent(alert_id=ID, gap_id=GAP, message_id="<m>", day=TODAY, reason="due_soon", **MAIL)
SNOOZED = AlertSnoozed(on=TODAY, until=DUE, **OF)
UP = AlertEscalated(
    to_unit_code="CP",
    level=1,
    on=TODAY,
    overdue_working_days=5,
    reason=EscalationReason.OVERDUE,
    **OF,
)
SILENCED = AlertSilenced(silence_id=UUID(int=7), on=TODAY, until=DUE, reason="Tết", **OF)
RETURNED = AlertUndeliverable(on=TODAY, reason="mailbox_refused", **OF, **MAIL)


def recorded(number: int, event: Event, version: int) -> Recorded:
    context = event.type_name().split(".")[2]
    about = getattr(event, "alert_id", GAP)
    metadata = Metadata(
        time=datetime(2026, 11, 24, 3, tzinfo=UTC), actor="service/test", correlation_id=f"c{number}"
    )
    return Recorded(
        position=number,
        ref=AggregateRef(context, about),
        aggregate_version=version,
        event_id=UUID(int=1000 + number),
        data=event,
        metadata=metadata,
        type=event.type_name(),
    )


def rows_after(*events: Event) -> dict[UUID, GapAlert]:
    """Fold events one by one as batches of their own, and all at once: both must give the same rows."""
    counts: dict[UUID, int] = {}
    log: list[Recorded] = []
    for number, event in enumerate(events, start=1):
        about = getattr(event, "alert_id", GAP)
        counts[about] = counts.get(about, 0) + 1
        log.append(recorded(number, event, counts[about]))
    together = GapAlerts.of([])
    together.apply(log)
    rows: dict[UUID, GapAlert] = {}
    for item in log:
        rows |= {row.alert_id: row for row in GapAlerts.of(rows.values()).apply([item])}
    assert rows == together.rows
    return rows


def missing(*events: Event) -> list[Raise | Resolve]:
    return [row.command for row in rows_after(*events).values() if row.is_pending]


@pytest.mark.parametrize(
    ("given", "commands"),
    [
        ([OPENED], [RAISE]),
        ([OPENED, RAISED], []),
        ([OPENED, RAISED, CHANGED], []),
        ([OPENED, CLOSED], []),
        ([OPENED, RAISED, CLOSED], [RESOLVE]),
        ([OPENED, RAISED, CLOSED, RESOLVED], []),
        ([OPENED, RAISED, CLOSED, RESOLVED, OPENED], [RAISE]),
        ([OPENED, MOVED], [RAISE_OTHER]),
        ([OPENED, RAISED, MOVED], [HANDED_OVER, RAISE_OTHER]),
        ([OPENED, RAISED, MOVED, MOVED_CLOSED], [HANDED_OVER]),
        ([OPENED, RAISED, MOVED, RAISED.model_copy(update={"alert_id": OTHER_ID, "unit_code": "BTC"}),
          MOVED_CLOSED], [HANDED_OVER, DONE_BY_OTHER]),
        ([OPENED, RAISED, MOVED, OPENED], []),
        ([RAISED], []),
        ([SENT], []),
    ],
)  # fmt: skip
def test_the_log_lacks_what_the_gap_asks_of_its_alert(
    given: Sequence[Event], commands: list[Raise | Resolve]
) -> None:
    assert missing(*given) == commands


def test_a_row_has_what_was_announced_and_who_announced_it() -> None:
    row = rows_after(OPENED, RAISED, CHANGED)[ID]
    assert (row.due_on, row.policies, row.is_current) == (date(2026, 11, 27), (1, 2), True)
    assert (row.announced_by, row.correlation_id, row.version) == (UUID(int=1003), "c3", 1)
    assert row.gap.title == "Luật A"
    assert rows_after(OPENED, RAISED, CLOSED)[ID].gap.closure is GapClosure.COVERED


def test_a_transferred_gap_has_a_single_current_row() -> None:
    rows = rows_after(OPENED, RAISED, MOVED)
    assert [rows[item].is_current for item in (ID, OTHER_ID)] == [False, True]
    assert rows[ID].gap_closure is GapClosure.TRANSFERRED
    assert [row.is_current for row in rows_after(OPENED, MOVED, OPENED).values()] == [True, False]


@pytest.mark.parametrize(
    ("event", "columns"),
    [
        (SENT, {"last_sent_day": TODAY, "last_reason": "due_soon"}),
        (PLANNED, {"answer": "acknowledged", "answered_on": TODAY, "planned_on": DUE}),
        (EXEMPT, {"answer": "exemption_requested", "planned_on": None}),
        (SNOOZED, {"snoozed_until": DUE}),
        (UP, {"escalated_to": "CP", "escalation_level": 1, "escalated_on": TODAY}),
        (SILENCED, {"silenced_until": DUE}),
        (RETURNED, {"undeliverable_on": TODAY}),
        (RESOLVED, {"state": AlertStatus.RESOLVED, "closed_on": TODAY, "closure": GapClosure.COVERED}),
    ],
    ids=lambda item: getattr(item, "name", ""),
)
def test_what_happens_to_an_alert_stands_in_the_row_of_its_gap(
    event: AlertEvent, columns: dict[str, object]
) -> None:
    row = rows_after(OPENED, RAISED, event)[ID]
    assert {name: getattr(row, name) for name in columns} == columns
    assert row.version == 2
    again = rows_after(OPENED, RAISED, event, RESOLVED, RAISED)[ID]
    assert all(getattr(again, name) is None for name in columns if name != "state")


def test_a_planned_day_takes_the_escalation_back_and_another_answer_leaves_the_day() -> None:
    row = rows_after(OPENED, RAISED, UP, PLANNED, EXEMPT)[ID]
    assert (row.escalation_level, row.escalated_to) == (None, None)
    assert (row.answer, row.planned_on) == ("exemption_requested", DUE)


def test_urging_rests_once_and_every_answer_is_kept() -> None:
    later = PLANNED.model_copy(update={"planned_on": date(2026, 12, 31)})
    row = rows_after(OPENED, RAISED, PLANNED, UP, later, EXEMPT)[ID]
    assert (row.escalation_level, row.escalated_to) == (1, "CP")  # a second day takes no escalation back
    context = row.context(None, halted=False)
    assert (context.rests_until, context.planned_on) == (DUE, date(2026, 12, 31))
    assert [each.name for each in context.answers] == ["acknowledged", "acknowledged", "exemption_requested"]
    again = rows_after(OPENED, RAISED, PLANNED, later, RESOLVED, RAISED)[ID].context(None, halted=False)
    assert (again.rests_until, again.answers) == (None, ())


ANYTHING = (OPENED, CHANGED, MOVED, CLOSED, MOVED_CLOSED)
OF_ALERT = (SENT, PLANNED, EXEMPT, SNOOZED, UP, SILENCED, RETURNED)


@pytest.mark.parametrize("seed", range(30))
def test_rows_and_aggregates_agree_whatever_happens(seed: int) -> None:
    """Random histories of a gap, each followed by the commands that its rows ask for, as the publisher does."""
    chance = random.Random(seed)
    log: list[Event] = []
    for _ in range(12):
        if chance.random() < 0.6:
            log.append(chance.choice(ANYTHING))
        elif isinstance(alert.fold(of_alert(log, ID)), Open):
            log.append(chance.choice(OF_ALERT))
        for row in rows_after(*log).values():
            if row.is_pending:
                log += alert.decide(alert.fold(of_alert(log, row.alert_id)), row.command)
        for row in rows_after(*log).values():
            assert not row.is_pending
            assert_same(row, alert.fold(of_alert(log, row.alert_id)))


def of_alert(log: Sequence[Event], about: UUID) -> list[AlertEvent]:
    events: Any = [event for event in log if getattr(event, "alert_id", None) == about]
    return list(events)


def assert_same(row: GapAlert, state: State) -> None:
    kinds = {AlertStatus.ANNOUNCED: Absent, AlertStatus.RAISED: Open, AlertStatus.RESOLVED: Resolved}
    assert isinstance(state, kinds[row.state])
    if isinstance(state, Open):
        answer = state.answer.name if state.answer else None
        assert (row.planned_on, row.snoozed_until) == (state.planned_on, state.snoozed_until)
        assert (row.answer, row.escalation_level is None) == (answer, not state.escalated)
