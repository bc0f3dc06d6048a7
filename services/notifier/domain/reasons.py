"""Why a gap is spoken of today, or why a mail is not sent: small closed lists, decided without a clock."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.notifier.domain.gap import Gap
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
    """Why a gap stands in a mail; the last two fill up a mail that goes out for another reason."""

    FIRST_NOTICE = "first_notice"
    DUE_SOON = "due_soon"
    OVERDUE_FIRST = "overdue_first"
    OVERDUE_REPEAT = "overdue_repeat"
    WORSE = "worse"
    RESOLVED_SINCE = "resolved_since"
    STILL_OWED = "still_owed"
    CLOSED_OTHERWISE = "closed_otherwise"

    @property
    def is_news(self) -> bool:
        return self not in {Reason.STILL_OWED, Reason.CLOSED_OTHERWISE}


class Skip(StrEnum):
    """Why no mail goes out; low-cardinality, so it is also a metric label."""

    NOT_A_WORKING_DAY = "not_a_working_day"
    BEFORE_HOUR = "before_hour"
    NOTHING_NEW = "nothing_new"
    NO_RECIPIENT = "no_recipient"
    ALREADY_SENT = "already_sent"
    LATER_DIGEST = "later_digest"
    SIMULATED = "simulated"
    ON_HOLD = "on_hold"
    DELIVERY_WAITING = "delivery_waiting"
    DELIVERY_FAILED = "delivery_failed"


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger says that a recipient was last told of a gap."""

    day: date
    standing: Standing
    due_on: date
    policies: tuple[int, ...]


def standing(gap: Gap, day: date, calendar: Calendar) -> Standing:
    if not gap.is_open_on(day):
        return Standing.RESOLVED
    if day > gap.due_on:
        return Standing.OVERDUE
    soon = calendar.working_days_between(day, gap.due_on) <= SOON
    return Standing.DUE_SOON if soon else Standing.IN_GRACE


def reason_to_speak(gap: Gap, told: Told | None, day: date, calendar: Calendar) -> Reason | None:
    """Say why a gap belongs into a mail of this day, or None if it doesn't."""
    now = standing(gap, day, calendar)
    if now is Standing.RESOLVED:
        return _of_closed(gap, told)
    if told is None or told.standing is Standing.RESOLVED or now.order > told.standing.order:
        return _FIRST[now]
    if told.due_on > gap.due_on or not set(gap.policies) <= set(told.policies):
        return Reason.WORSE
    if now is Standing.OVERDUE and calendar.working_days_between(told.day, day) >= REPEAT:
        return Reason.OVERDUE_REPEAT
    return Reason.STILL_OWED


def _of_closed(gap: Gap, told: Told | None) -> Reason | None:
    if told is None or told.standing is Standing.RESOLVED or gap.closure in UNMAILED:
        return None
    return Reason.RESOLVED_SINCE if gap.closure is GapClosure.COVERED else Reason.CLOSED_OTHERWISE


_FIRST = {
    Standing.IN_GRACE: Reason.FIRST_NOTICE,
    Standing.DUE_SOON: Reason.DUE_SOON,
    Standing.OVERDUE: Reason.OVERDUE_FIRST,
}
