"""Why a gap stands in a mail or not, why a mail goes out or not: every reason in one table."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pytest

from services.notifier.domain.delivery.retries import DigestState
from services.notifier.domain.gaps.gap_alert import AlertContext, Gap
from services.notifier.domain.notification.reasons import (
    Case,
    DeliveryCase,
    Effect,
    GapCase,
    LastNotification,
    MailCase,
    MomentCase,
    Purpose,
    Reason,
    Standing,
    Turn,
    decide_notification,
    standing,
)
from services.notifier.domain.notification.timing import Verdict
from shared.contracts.vocabulary import GapClosure, OptionalMail, Procedure
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, notified, planned, silence

IN_GRACE = gap(due_on=date(2026, 11, 30))
DUE_SOON = gap(due_on=date(2026, 11, 26))
OVERDUE = gap(due_on=date(2026, 11, 20))
HURRIED = gap(procedure=Procedure.SIMPLIFIED, since=date(2026, 11, 20), due_on=date(2026, 11, 25))
WEDNESDAY = date(2026, 11, 25)
FRIDAY_BEFORE = date(2026, 11, 20)
PLANNED = AlertContext(planned_on=WEDNESDAY)
PASSED = AlertContext(planned_on=date(2026, 11, 20))
PUT_OFF = planned((date(2026, 11, 16), date(2026, 11, 20)), (date(2026, 11, 19), date(2026, 11, 27)))
PUT_OFF_AFTER = planned((date(2026, 11, 16), date(2026, 11, 20)), (MONDAY, date(2026, 11, 27)))
BROUGHT_FORWARD = planned((date(2026, 11, 16), date(2026, 11, 27)), (date(2026, 11, 17), FRIDAY_BEFORE))
OVERDUE_NOTIFIED = notified(Standing.OVERDUE, due_on=OVERDUE.due_on, day=date(2026, 11, 13))
FRIDAY = date(2026, 11, 20)
ABOVE = notified(Standing.OVERDUE, due_on=OVERDUE.due_on, above=True)


def closed(reason: GapClosure) -> Gap:
    return gap(closed_on=date(2026, 11, 20), closure=reason)


COVERED = closed(GapClosure.COVERED)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def duty(
    alert: Gap, before: LastNotification | None = None, context: AlertContext | None = None, **more: Any
) -> GapCase:
    existing: dict[str, Any] = {
        "gap": alert,
        "day": MONDAY,
        "calendar": CALENDAR,
        "notified": before,
        "context": context or AlertContext(),
    }
    return GapCase(**existing | more)


def above(
    alert: Gap, before: LastNotification | None, context: AlertContext | None, verdict: Verdict
) -> GapCase:
    return duty(alert, before, context, purpose=Purpose.ABOVE, verdict=verdict)


def at_once(alert: Gap, local: str, context: AlertContext | None = None) -> GapCase:
    moment = at(local)
    return duty(alert, None, context, purpose=Purpose.AT_ONCE, local=moment, day=moment.date())


def listed(alert: Gap, context: AlertContext | None = None, *, climbed: bool = False) -> GapCase:
    return duty(alert, None, context, purpose=Purpose.LIST, climbed=climbed)


@dataclass(frozen=True)
class Named:
    """A gap in a mail."""

    reason: Reason
    standing: Standing = Standing.IN_GRACE
    gap: Gap = IN_GRACE


NEW = Named(Reason.FIRST_NOTICE)
THANKS = Named(Reason.RESOLVED_SINCE, Standing.RESOLVED)
OLD = Named(Reason.STILL_OWED)
LATE = Named(Reason.OVERDUE_FIRST, Standing.OVERDUE, OVERDUE)
SOON = Named(Reason.DUE_SOON, Standing.DUE_SOON, gap(due_on=WEDNESDAY))
NO_THANKS = frozenset({OptionalMail.THANKS})
LATER = Turn(today=False, following=date(2026, 11, 26))
LIST = OptionalMail.WEEKLY_LIST

# What it is, what was told before, what was answered or keeps it quiet; and the reason.
TABLE: list[tuple[Case, Reason]] = [
    # a moment
    (MomentCase(at("2026-11-22T09:00"), CALENDAR), Reason.NOT_A_WORKING_DAY),
    (MomentCase(at("2026-11-24T08:00"), CALENDAR), Reason.NOT_A_WORKING_DAY),  # a holiday from 2026 on
    (MomentCase(at("2026-11-23T07:59"), CALENDAR), Reason.BEFORE_HOUR),
    (MomentCase(at("2026-11-23T08:00"), CALENDAR), Reason.DUE),
    (MomentCase(at("2026-01-10T08:00"), CALENDAR), Reason.DUE),  # a Saturday that was worked
    # a gap, to who answers for it
    (duty(IN_GRACE), Reason.FIRST_NOTICE),
    (duty(DUE_SOON), Reason.DUE_SOON),
    (duty(OVERDUE), Reason.OVERDUE_FIRST),
    (duty(OVERDUE, pending=True), Reason.ALERT_PENDING),
    (duty(IN_GRACE, notified(Standing.IN_GRACE)), Reason.STILL_OWED),
    (duty(DUE_SOON, notified(Standing.IN_GRACE, due_on=DUE_SOON.due_on)), Reason.DUE_SOON),
    (duty(DUE_SOON, notified(Standing.DUE_SOON, due_on=DUE_SOON.due_on)), Reason.STILL_OWED),
    (duty(OVERDUE, notified(Standing.DUE_SOON, due_on=OVERDUE.due_on)), Reason.OVERDUE_FIRST),
    (duty(OVERDUE, notified(Standing.OVERDUE, due_on=OVERDUE.due_on)), Reason.STILL_OWED),
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=date(2026, 11, 16))), Reason.OVERDUE_REPEAT),
    (
        duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=date(2026, 11, 17))),
        Reason.STILL_OWED,
    ),  # four working days
    (duty(IN_GRACE, notified(Standing.IN_GRACE, policies=(1,))), Reason.WORSE),
    (duty(IN_GRACE, notified(Standing.IN_GRACE, policies=(1, 2, 3))), Reason.STILL_OWED),
    (duty(IN_GRACE, notified(Standing.IN_GRACE, due_on=date(2026, 12, 1))), Reason.WORSE),
    (duty(IN_GRACE, notified(Standing.IN_GRACE, due_on=date(2026, 11, 27))), Reason.STILL_OWED),
    (duty(IN_GRACE, notified(Standing.RESOLVED)), Reason.FIRST_NOTICE),  # it opened again
    (duty(COVERED, notified(Standing.IN_GRACE)), Reason.RESOLVED_SINCE),
    (duty(COVERED), Reason.NEVER_NOTIFIED),
    (duty(COVERED, notified(Standing.RESOLVED)), Reason.ALREADY_CLOSED),
    (duty(closed(GapClosure.STAGE_LEFT), notified(Standing.OVERDUE)), Reason.CLOSED_OTHERWISE),
    (duty(closed(GapClosure.SUSPENDED), notified(Standing.OVERDUE)), Reason.CLOSED_OTHERWISE),
    (duty(closed(GapClosure.RULES_CHANGED), notified(Standing.OVERDUE)), Reason.NOT_THE_UNITS_DOING),
    (duty(closed(GapClosure.CORRECTED), notified(Standing.OVERDUE)), Reason.NOT_THE_UNITS_DOING),
    # … that was answered, or is kept quiet
    (duty(OVERDUE, None, AlertContext(silence=silence())), Reason.SILENCED),
    (duty(OVERDUE, OVERDUE_NOTIFIED, AlertContext(snoozed_until=MONDAY)), Reason.SNOOZED),
    (duty(OVERDUE, OVERDUE_NOTIFIED, AlertContext(snoozed_until=FRIDAY)), Reason.OVERDUE_REPEAT),
    (duty(OVERDUE, OVERDUE_NOTIFIED, AlertContext(halted=True)), Reason.DRAFT_HALTED),
    (duty(OVERDUE, OVERDUE_NOTIFIED, AlertContext(halted=True, silence=silence())), Reason.DRAFT_HALTED),
    (duty(OVERDUE, OVERDUE_NOTIFIED, PLANNED), Reason.PLANNED),  # no repeat before the day that was named
    (duty(OVERDUE, None, PLANNED), Reason.PLANNED),
    (duty(OVERDUE, notified(Standing.DUE_SOON, due_on=OVERDUE.due_on), PLANNED), Reason.PLANNED),
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, policies=(1,)), PLANNED), Reason.WORSE),
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=FRIDAY), PASSED), Reason.PLAN_PASSED),
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=MONDAY), PASSED), Reason.STILL_OWED),  # told already
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=FRIDAY), PUT_OFF), Reason.PLAN_PASSED),  # it rests once
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=FRIDAY), PUT_OFF_AFTER), Reason.PLAN_PASSED),
    (duty(OVERDUE, replace(OVERDUE_NOTIFIED, day=FRIDAY), BROUGHT_FORWARD), Reason.PLAN_PASSED),
    (duty(OVERDUE, None, PUT_OFF), Reason.OVERDUE_FIRST),
    (duty(OVERDUE, OVERDUE_NOTIFIED, planned((FRIDAY, WEDNESDAY))), Reason.PLANNED),
    (duty(COVERED, notified(Standing.OVERDUE), AlertContext(silence=silence())), Reason.RESOLVED_SINCE),
    # … a planned day ends with its stage: the gap of the next stage is another one, with no day
    (duty(closed(GapClosure.STAGE_LEFT), notified(Standing.OVERDUE), PLANNED), Reason.CLOSED_OTHERWISE),
    # … to a unit above
    (above(OVERDUE, None, None, Verdict.OVERDUE), Reason.ESCALATED),
    (above(OVERDUE, ABOVE, None, Verdict.OVERDUE), Reason.STILL_ESCALATED),
    (above(OVERDUE, notified(Standing.OVERDUE), None, Verdict.OVERDUE), Reason.ESCALATED),  # as its own, once
    (above(OVERDUE, ABOVE, PASSED, Verdict.PLAN_PASSED), Reason.ESCALATED),  # told before that day passed
    (above(OVERDUE, ABOVE, PUT_OFF, Verdict.PLAN_PASSED), Reason.ESCALATED),
    (above(OVERDUE, replace(ABOVE, day=MONDAY), PUT_OFF, Verdict.PLAN_PASSED), Reason.STILL_ESCALATED),
    (above(OVERDUE, ABOVE, PLANNED, Verdict.PLANNED), Reason.NOT_ESCALATED),
    (above(OVERDUE, None, None, Verdict.TOO_SOON), Reason.NOT_ESCALATED),
    (above(OVERDUE, None, None, Verdict.SILENCED), Reason.NOT_ESCALATED),
    (above(COVERED, ABOVE, None, Verdict.RESOLVED), Reason.CLOSED_BELOW),
    (above(COVERED, None, None, Verdict.RESOLVED), Reason.NEVER_NOTIFIED),
    # … that can't wait for a digest
    (at_once(HURRIED, "2026-11-23T10:00"), Reason.NO_TIME),  # the next digest is on the 25th, the due day
    (at_once(HURRIED, "2026-11-20T10:00"), Reason.CAN_WAIT),  # there is Monday's digest
    (at_once(HURRIED, "2026-11-23T17:00"), Reason.CAN_WAIT),  # after hours
    (at_once(HURRIED, "2026-11-24T10:00"), Reason.CAN_WAIT),  # a holiday
    (at_once(HURRIED, "2026-11-26T10:00"), Reason.CAN_WAIT),  # overdue: nothing is won by an hour
    (at_once(gap(due_on=WEDNESDAY), "2026-11-23T10:00"), Reason.CAN_WAIT),  # no simplified procedure
    (at_once(HURRIED, "2026-11-23T10:00", AlertContext(silence=silence())), Reason.SILENCED),
    (at_once(HURRIED, "2026-11-23T10:00", AlertContext(snoozed_until=MONDAY)), Reason.SNOOZED),
    (at_once(HURRIED, "2026-11-23T10:00", PLANNED), Reason.PLANNED),
    # … in a list, and in a mail that was asked for
    (listed(OVERDUE), Reason.LISTED),
    (listed(OVERDUE, climbed=True), Reason.ESCALATED),
    (listed(OVERDUE, AlertContext(snoozed_until=MONDAY)), Reason.LISTED),
    (listed(OVERDUE, AlertContext(silence=silence())), Reason.SILENCED),
    (listed(OVERDUE, AlertContext(halted=True)), Reason.DRAFT_HALTED),
    (listed(IN_GRACE), Reason.NOT_OVERDUE),
    (duty(OVERDUE, purpose=Purpose.RENEWED), Reason.LINKS_RENEWED),
    # a mail
    (MailCase(has_reader=False), Reason.NO_RECIPIENT),
    (MailCase(sent_today=True, run_made=True), Reason.ALREADY_SENT),
    (MailCase(sent_later=True), Reason.LATER_DIGEST),
    (MailCase(run_made=True), Reason.ROUND_DONE),
    (MailCase(), Reason.DUE),
    (MailCase(ends=LIST), Reason.DUE),
    (MailCase(ends=LIST, unwanted=frozenset({LIST})), Reason.UNSUBSCRIBED),
    (MailCase(lines=()), Reason.NOTHING_NEW),
    (MailCase(lines=(OLD,)), Reason.NOTHING_NEW),
    (MailCase(lines=(OLD, LATE)), Reason.OVERDUE_FIRST),
    (MailCase(lines=(THANKS,)), Reason.RESOLVED_SINCE),
    (MailCase(lines=(THANKS, OLD), unwanted=NO_THANKS), Reason.UNSUBSCRIBED),
    (
        MailCase(lines=(THANKS, NEW), unwanted=NO_THANKS),
        Reason.RESOLVED_SINCE,
    ),  # somebody has to do something
    (MailCase(lines=(NEW,), turn=LATER), Reason.NOT_THIS_DAY),
    (MailCase(lines=(NEW,), turn=replace(LATER, today=True)), Reason.FIRST_NOTICE),
    (MailCase(lines=(SOON,), turn=LATER), Reason.DUE_SOON),  # due before the chosen day
    (MailCase(lines=(LATE,), turn=LATER), Reason.OVERDUE_FIRST),
    # a delivery
    (DeliveryCase(simulated=True), Reason.SIMULATED),
    (DeliveryCase(held=True), Reason.ON_HOLD),
    (DeliveryCase(), Reason.ALREADY_SENT),  # another tick had queued it
    (DeliveryCase(state=DigestState.QUEUED), Reason.DELIVERY_WAITING),
    (DeliveryCase(state=DigestState.CLAIMED), Reason.DELIVERY_WAITING),
    (DeliveryCase(state=DigestState.FAILED), Reason.DELIVERY_FAILED),
    (DeliveryCase(state=DigestState.UNSURE), Reason.DELIVERY_FAILED),
    (DeliveryCase(state=DigestState.EXPIRED), Reason.DELIVERY_FAILED),
    (DeliveryCase(state=DigestState.SENT), Reason.DUE),
]


@pytest.mark.parametrize(
    ("case", "expected"), TABLE, ids=[f"{n} {reason}" for n, (_, reason) in enumerate(TABLE)]
)
def test_reason(case: Case, expected: Reason) -> None:
    assert decide_notification(case) is expected


def test_every_reason_has_a_row() -> None:
    assert {reason for _, reason in TABLE} == set(Reason)


def test_what_only_fills_up_a_mail_is_no_news() -> None:
    assert {item for item in Reason if item.effect is Effect.LINE} == {
        Reason.STILL_OWED,
        Reason.PLANNED,
        Reason.CLOSED_OTHERWISE,
        Reason.STILL_ESCALATED,
        Reason.CLOSED_BELOW,
    }


@pytest.mark.parametrize(
    ("alert", "day", "expected"),
    [
        (IN_GRACE, MONDAY, Standing.IN_GRACE),  # the holiday of 24/11 doesn't count: four days left
        (gap(due_on=date(2026, 11, 27)), MONDAY, Standing.IN_GRACE),
        (DUE_SOON, MONDAY, Standing.DUE_SOON),
        (gap(due_on=MONDAY), MONDAY, Standing.DUE_SOON),
        (OVERDUE, date(2026, 11, 21), Standing.OVERDUE),
        (COVERED, MONDAY, Standing.RESOLVED),
        (COVERED, date(2026, 11, 19), Standing.IN_GRACE),  # open on that day
        (closed(GapClosure.EXEMPTED), date(2026, 11, 19), Standing.RESOLVED),  # holds for every day
        (gap(since=date(2026, 11, 25)), MONDAY, Standing.RESOLVED),  # not begun yet
    ],
)
def test_standing(alert: Gap, day: date, expected: Standing) -> None:
    assert standing(alert, day, CALENDAR) is expected
