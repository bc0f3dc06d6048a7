"""The alert: given its history, when a command comes, then these events and no others."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from services.notifier.domain.alert import (
    Command,
    Raise,
    RecordAnswer,
    RecordSent,
    Resolve,
    alert,
    commands_for,
)
from services.notifier.domain.refusals import NothingOwed
from shared.contracts.ids import alert_id, draft_id
from shared.contracts.metrics import ComplianceGapChanged, ComplianceGapClosed, ComplianceGapOpened
from shared.contracts.notifier import AlertAcknowledged, AlertEvent, AlertRaised, AlertResolved, AlertSent
from shared.contracts.vocabulary import (
    GapClosure,
    Instrument,
    Procedure,
    RecipientRole,
    Stage,
)

GAP = UUID(int=1)
ID = alert_id(GAP, "BTP")
RAISE = Raise(gap_id=GAP, draft_code="LUAT-1", unit_code="BTP", due_on=date(2026, 11, 30))
RESOLVE = Resolve(gap_id=GAP, unit_code="BTP", closed_on=date(2026, 11, 25), reason=GapClosure.COVERED)
SEND = RecordSent(
    matter=RAISE,
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
SAID = AlertAcknowledged(
    alert_id=ID,
    gap_id=GAP,
    draft_code="LUAT-1",
    unit_code="BTP",
    stage=Stage.DRAFTING,
    recipient_id=UUID(int=9),
    planned_on=date(2026, 11, 27),
)
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
        ([RAISED, SENT], RecordAnswer(SAID), [SAID]),
        ([RAISED, SENT, SAID], SEND, []),
        ([RAISED, SENT, SAID], RESOLVE, [RESOLVED]),
    ],
)
def test_alert(given: Sequence[AlertEvent], when: Command, then: Sequence[AlertEvent]) -> None:
    assert alert.decide(alert.fold(given), when) == then


@pytest.mark.parametrize("given", [[], [RAISED, RESOLVED], [RAISED, SAID, RESOLVED]])
def test_what_is_over_needs_no_answer(given: Sequence[AlertEvent]) -> None:
    with pytest.raises(NothingOwed):
        alert.decide(alert.fold(given), RecordAnswer(SAID))


KNOWN = {
    "gap_id": GAP,
    "draft_id": draft_id("LUAT-1"),
    "draft_code": "LUAT-1",
    "title": "Luật A",
    "instrument": Instrument.LAW,
    "procedure": Procedure.ORDINARY,
    "unit_code": "BTP",
    "stage": Stage.DRAFTING,
    "since": date(2026, 11, 23),
    "due_on": date(2026, 11, 30),
    "policies": (1,),
    "rules_version": "v",
    "facts_position": 1,
}
OPENED = ComplianceGapOpened.model_validate(KNOWN)
MOVED = ComplianceGapChanged.model_validate(KNOWN | {"unit_code": "BTC"})
CLOSED = ComplianceGapClosed.model_validate(
    KNOWN | {"unit_code": "BTC", "closed_on": date(2026, 11, 25), "reason": "covered"}
)
HANDED_OVER = Resolve(
    gap_id=GAP, unit_code="BTP", closed_on=date(2026, 11, 24), reason=GapClosure.TRANSFERRED
)


def test_the_whole_story_says_which_alerts_are_open() -> None:
    today = date(2026, 11, 24)
    assert commands_for([OPENED], today) == [RAISE]
    assert commands_for([OPENED, MOVED], today) == [
        HANDED_OVER,
        Raise(gap_id=GAP, draft_code="LUAT-1", unit_code="BTC", due_on=date(2026, 11, 30)),
    ]
    assert commands_for([OPENED, MOVED, CLOSED], today) == [
        HANDED_OVER,
        Resolve(gap_id=GAP, unit_code="BTC", closed_on=date(2026, 11, 25), reason=GapClosure.COVERED),
    ]
    assert commands_for([OPENED, MOVED, OPENED], today)[-1] == RAISE
