"""The alert: given its history, when a command comes, then these events and no others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.notifier.domain.errors import NothingOwed, NotTheirs, SnoozeTooLong
from services.notifier.domain.gaps.alert import (
    Command,
    Escalate,
    Open,
    Raise,
    RecordAnswer,
    RecordSent,
    RecordSilenced,
    RecordUndeliverable,
    Resolve,
    Snooze,
    alert,
)
from shared.contracts.event import SUPERVISION, Acting, alert_id
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertObstacleReported,
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
    RecipientRole,
    Stage,
)

GAP = UUID(int=1)
ID = alert_id(GAP, "BTP")
RAISE = Raise(gap_id=GAP, draft_code="LUAT-1", unit_code="BTP", due_on=date(2026, 11, 30))
RESOLVE = Resolve(gap_id=GAP, unit_code="BTP", closed_on=date(2026, 11, 25), reason=GapClosure.COVERED)
SEND = RecordSent(
    alert=RAISE,
    digest_key="2026-11-23.digest.r",
    message_id="<m@loa>",
    day=date(2026, 11, 23),
    recipient_id=UUID(int=9),
    recipient_role=RecipientRole.HEAD,
    reason="first_notice",
)
RAISED = AlertRaised(alert_id=ID, gap_id=GAP, draft_code="LUAT-1", unit_code="BTP", due_on=date(2026, 11, 30))
SENT = AlertSent(
    alert_id=ID,
    gap_id=GAP,
    digest_key="2026-11-23.digest.r",
    message_id="<m@loa>",
    day=date(2026, 11, 23),
    recipient_id=UUID(int=9),
    recipient_role=RecipientRole.HEAD,
    reason="first_notice",
)
ANSWERED = AlertAcknowledged(
    alert_id=ID,
    gap_id=GAP,
    draft_code="LUAT-1",
    unit_code="BTP",
    stage=Stage.DRAFTING,
    recipient_id=UUID(int=9),
    planned_on=date(2026, 11, 27),
)
_OF = {"alert_id": ID, "gap_id": GAP, "unit_code": "BTP"}
UP = Escalate(
    alert=RAISE,
    to_unit_code="CP",
    level=1,
    on=date(2026, 12, 7),
    overdue_working_days=5,
    reason=EscalationReason.OVERDUE,
)
HIGHER = replace(UP, to_unit_code="QH", level=2)
HUSH = RecordSilenced(
    alert=RAISE, silence_id=UUID(int=7), on=date(2026, 11, 23), until=date(2026, 11, 27), reason="Tết"
)
BACK = RecordUndeliverable(
    alert=RAISE,
    digest_key=SEND.digest_key,
    recipient_id=SEND.recipient_id,
    recipient_role=SEND.recipient_role,
    on=date(2026, 11, 23),
    reason="mailbox_refused",
)
ESCALATED = AlertEscalated(
    **_OF,
    to_unit_code="CP",
    level=1,
    on=UP.on,
    overdue_working_days=5,
    reason=EscalationReason.OVERDUE,
)
ESCALATED_2 = ESCALATED.model_copy(update={"to_unit_code": "QH", "level": 2})
SILENCED = AlertSilenced(**_OF, silence_id=HUSH.silence_id, on=HUSH.on, until=HUSH.until, reason="Tết")
RETURNED = AlertUndeliverable(
    **_OF,
    digest_key=BACK.digest_key,
    recipient_id=BACK.recipient_id,
    recipient_role=BACK.recipient_role,
    on=BACK.on,
    reason=BACK.reason,
)
OBSTACLE = AlertObstacleReported(
    **_OF, draft_code="LUAT-1", stage=Stage.DRAFTING, obstacle="Chưa được bố trí kinh phí"
)
SNOOZED = AlertSnoozed(**_OF, on=date(2026, 12, 8), until=date(2026, 12, 10))
RESOLVED = AlertResolved(alert_id=ID, gap_id=GAP, closed_on=date(2026, 11, 25), reason=GapClosure.COVERED)


@pytest.mark.parametrize(
    ("given", "when", "then"),
    [
        ([], RAISE, [RAISED]),
        ([RAISED], RAISE, []),
        ([RAISED, RESOLVED], RAISE, [RAISED]),
        ([], RESOLVE, []),
        ([RAISED], RESOLVE, [RESOLVED]),
        ([RAISED, RESOLVED], RESOLVE, []),
        ([], SEND, [RAISED, SENT]),
        ([RAISED], SEND, [SENT]),
        ([RAISED, SENT], SEND, []),
        ([RAISED, SENT, RESOLVED], SEND, []),
        ([RAISED, RESOLVED], SEND, [SENT]),
        ([RAISED, SENT, RESOLVED, RAISED], SEND, []),
        ([], RecordAnswer(RAISE, ANSWERED), [RAISED, ANSWERED]),
        ([RAISED, SENT], RecordAnswer(RAISE, ANSWERED), [ANSWERED]),
        ([RAISED, SENT, ANSWERED], SEND, []),
        ([RAISED, SENT, ANSWERED], RESOLVE, [RESOLVED]),
        ([], UP, [RAISED, ESCALATED]),
        ([RAISED], UP, [ESCALATED]),
        ([RAISED, ESCALATED], UP, []),
        ([RAISED, ESCALATED], HIGHER, [ESCALATED_2]),
        ([RAISED, ESCALATED, ANSWERED], UP, [ESCALATED]),  # the day that was named has passed
        ([RAISED, ESCALATED, OBSTACLE], UP, []),  # no day was named
        ([RAISED, ESCALATED, RESOLVED], UP, []),
        ([RAISED, ESCALATED, RESOLVED, RAISED], UP, [ESCALATED]),  # a matter of its own again
        ([], HUSH, [RAISED, SILENCED]),
        ([RAISED, SILENCED], HUSH, []),
        ([RAISED, RESOLVED], HUSH, []),
        ([RAISED, SENT], BACK, [RETURNED]),
        ([RAISED, SENT, RETURNED], BACK, []),
        ([RAISED, SENT, RESOLVED], BACK, [RETURNED]),
        ([RAISED, SENT, RETURNED, RESOLVED, RAISED], BACK, []),
    ],
)
def test_alert(given: Sequence[AlertEvent], when: Command, then: Sequence[AlertEvent]) -> None:
    assert alert.decide(alert.fold(given), when) == then


@pytest.mark.parametrize("given", [[RAISED, RESOLVED], [RAISED, ANSWERED, RESOLVED]])
def test_what_is_over_needs_no_answer(given: Sequence[AlertEvent]) -> None:
    with pytest.raises(NothingOwed):
        alert.decide(alert.fold(given), RecordAnswer(RAISE, ANSWERED))


def test_what_is_said_beside_the_life_of_an_alert() -> None:
    state = alert.fold([RAISED, ESCALATED, OBSTACLE, SNOOZED, SILENCED])
    assert state == Open(
        alert=RAISE,
        answer=AlertObstacleReported,
        snoozed_until=date(2026, 12, 10),
        escalated=frozenset({(1, "CP")}),
        silenced_by=frozenset({HUSH.silence_id}),
    )
    assert alert.fold([RAISED, ANSWERED, RESOLVED, RAISED]) == Open(alert=RAISE)
    assert alert.fold([ANSWERED]) == alert.initial


REST = Snooze(alert_id=ID, on=date(2026, 12, 8), until=date(2026, 12, 10), by=Acting("BTP"))


def test_reminders_rest_for_a_while() -> None:
    assert alert.decide(alert.fold([RAISED]), REST) == [SNOOZED]
    assert alert.decide(alert.fold([RAISED]), replace(REST, by=SUPERVISION)) == [SNOOZED]


@pytest.mark.parametrize(
    ("given", "when", "refusal"),
    [
        ([RAISED], replace(REST, by=Acting("BTC")), NotTheirs),
        ([RAISED], replace(REST, by=Acting()), NotTheirs),
        ([RAISED], replace(REST, by=Acting("STP", units=frozenset({"BTC"}))), NotTheirs),
        ([RAISED], replace(REST, until=date(2026, 12, 7)), SnoozeTooLong),
        ([RAISED], replace(REST, until=date(2026, 12, 23)), SnoozeTooLong),
        ([RAISED, RESOLVED], REST, NothingOwed),
        ([], REST, NothingOwed),
    ],
)
def test_what_cannot_be_snoozed(given: Sequence[AlertEvent], when: Snooze, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        alert.decide(alert.fold(given), when)
