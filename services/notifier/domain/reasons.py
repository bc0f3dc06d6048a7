"""Why a gap is spoken of today, or why a mail is not sent: small closed lists, decided without a clock."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.notifier.domain.escalation import Verdict
from services.notifier.domain.gap import Gap
from services.notifier.domain.matter import Matter
from shared.contracts.vocabulary import GapClosure
from shared.rules.working_days import Calendar

SOON = 2  # working days before the due day
REPEAT = 5  # working days between two reminders of the same overdue gap
UNMAILED = frozenset(
    {GapClosure.RULES_CHANGED, GapClosure.CORRECTED}
)  # nothing that the unit did or must know


class Standing(StrEnum):
    """Where a gap stands on a day, in the order of how much it presses."""

    IN_GRACE = "in_grace"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    RESOLVED = "resolved"

    @property
    def order(self) -> int:
        return list(Standing).index(self)


class Reason(StrEnum):
    """Why a gap stands in a mail; those that are no news fill up a mail that goes out for another reason.

    The words from `escalated` on are for the units above the one that owes.
    """

    FIRST_NOTICE = "first_notice"
    DUE_SOON = "due_soon"
    OVERDUE_FIRST = "overdue_first"
    OVERDUE_REPEAT = "overdue_repeat"
    WORSE = "worse"
    PLAN_PASSED = "plan_passed"
    NO_TIME = "no_time"
    LINKS_RENEWED = "links_renewed"
    RESOLVED_SINCE = "resolved_since"
    STILL_OWED = "still_owed"
    PLANNED = "planned"
    CLOSED_OTHERWISE = "closed_otherwise"
    ESCALATED = "escalated"
    STILL_ESCALATED = "still_escalated"
    CLOSED_BELOW = "closed_below"
    LISTED = "listed"

    @property
    def is_news(self) -> bool:
        return self not in _FILLING

    @property
    def is_above(self) -> bool:
        return self in _ABOVE


_FILLING = {
    Reason.STILL_OWED,
    Reason.PLANNED,
    Reason.CLOSED_OTHERWISE,
    Reason.STILL_ESCALATED,
    Reason.CLOSED_BELOW,
}
_ABOVE = {Reason.ESCALATED, Reason.STILL_ESCALATED, Reason.CLOSED_BELOW, Reason.LISTED}


class Quiet(StrEnum):
    """Why a gap does not stand in a mail at all."""

    NEVER_TOLD = "never_told"
    KNOWN_TO_BE_CLOSED = "known_to_be_closed"
    NOT_THE_UNITS_DOING = "not_the_units_doing"
    DRAFT_HALTED = "draft_halted"
    SILENCED = "silenced"
    SNOOZED = "snoozed"
    NOT_ESCALATED = "not_escalated"
    ALERT_PENDING = "alert_pending"


class Skip(StrEnum):
    """Why no mail goes out; low-cardinality, so it is also a metric label."""

    NOT_A_WORKING_DAY = "not_a_working_day"
    BEFORE_HOUR = "before_hour"
    NOTHING_NEW = "nothing_new"
    UNSUBSCRIBED = "unsubscribed"
    NOT_THIS_DAY = "not_this_day"
    NO_RECIPIENT = "no_recipient"
    ALREADY_SENT = "already_sent"
    LATER_DIGEST = "later_digest"
    ROUND_DONE = "round_done"
    SIMULATED = "simulated"
    ON_HOLD = "on_hold"
    DELIVERY_WAITING = "delivery_waiting"
    DELIVERY_FAILED = "delivery_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the ledger says that a recipient was last told of a gap; `unit_code` is whose matter it was."""

    day: date
    standing: Standing
    due_on: date
    policies: tuple[int, ...]
    unit_code: str
    above: bool = False


def standing(gap: Gap, day: date, calendar: Calendar) -> Standing:
    if not gap.is_open_on(day):
        return Standing.RESOLVED
    if day > gap.due_on:
        return Standing.OVERDUE
    soon = calendar.working_days_between(day, gap.due_on) <= SOON
    return Standing.DUE_SOON if soon else Standing.IN_GRACE


def reason_to_speak(
    gap: Gap, told: Told | None, matter: Matter, day: date, calendar: Calendar
) -> Reason | Quiet:
    """Say why a gap belongs into a mail of this day to whoever answers for it, or why it doesn't."""
    now = standing(gap, day, calendar)
    if now is Standing.RESOLVED:
        return _of_closed(gap, told)
    if told is not None and told.standing is Standing.RESOLVED:
        told = None  # it opened again: another matter
    return _kept_quiet(matter, day) or _of_open(gap, told, matter, now, day, calendar)


def _of_open(
    gap: Gap, told: Told | None, matter: Matter, now: Standing, day: date, calendar: Calendar
) -> Reason:
    if told is not None and _is_worse(gap, told):
        return Reason.WORSE if now.order <= told.standing.order else _FIRST[now]
    if matter.is_planned(day):
        return Reason.PLANNED
    if told is None or now.order > told.standing.order:
        return _FIRST[now]
    if matter.planned_on is not None and told.day <= matter.planned_on:
        return Reason.PLAN_PASSED
    repeat = now is Standing.OVERDUE and calendar.working_days_between(told.day, day) >= REPEAT
    return Reason.OVERDUE_REPEAT if repeat else Reason.STILL_OWED


def reason_above(gap: Gap, told: Told | None, matter: Matter, verdict: Verdict, day: date) -> Reason | Quiet:
    """Say why a gap belongs into a mail to a unit above the one that owes, or why it doesn't."""
    known = told is not None and told.above and told.unit_code == gap.unit_code
    if not gap.is_open_on(day):
        return Reason.CLOSED_BELOW if known else Quiet.NEVER_TOLD
    if not verdict.goes_up:
        return Quiet.NOT_ESCALATED
    if told is None or not known:
        return Reason.ESCALATED
    again = matter.planned_on is not None and told.day <= matter.planned_on
    return Reason.ESCALATED if again else Reason.STILL_ESCALATED


def _kept_quiet(matter: Matter, day: date) -> Quiet | None:
    if matter.halted:
        return Quiet.DRAFT_HALTED
    if matter.silence is not None:
        return Quiet.SILENCED
    return Quiet.SNOOZED if matter.is_snoozed(day) else None


def _is_worse(gap: Gap, told: Told) -> bool:
    """An earlier due day, or a policy more."""
    return told.due_on > gap.due_on or not set(gap.policies) <= set(told.policies)


def _of_closed(gap: Gap, told: Told | None) -> Reason | Quiet:
    if told is None:
        return Quiet.NEVER_TOLD
    if told.standing is Standing.RESOLVED:
        return Quiet.KNOWN_TO_BE_CLOSED
    if gap.closure in UNMAILED:
        return Quiet.NOT_THE_UNITS_DOING
    return Reason.RESOLVED_SINCE if gap.closure is GapClosure.COVERED else Reason.CLOSED_OTHERWISE


_FIRST = {
    Standing.IN_GRACE: Reason.FIRST_NOTICE,
    Standing.DUE_SOON: Reason.DUE_SOON,
    Standing.OVERDUE: Reason.OVERDUE_FIRST,
}
