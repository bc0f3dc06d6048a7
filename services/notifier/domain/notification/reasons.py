"""The reason to notify a recipient of a gap, or not: one enumeration and one function, tested as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import ClassVar, Protocol, Self, assert_never

from services.notifier.domain.delivery.retries import WAITING, DigestState
from services.notifier.domain.gaps.gap_alert import UNTOUCHED, AlertContext, Gap
from services.notifier.domain.notification.timing import CLOSING, HOUR, Verdict, urgency_at
from shared.contracts.vocabulary import GapClosure, OptionalMail
from shared.rules.rulebook.rulebook import Calendar

SOON = 2  # working days before the due day


class Standing(StrEnum):
    """Where a gap stands on a day, in the order of how much it presses."""

    IN_GRACE = "in_grace"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    RESOLVED = "resolved"

    @property
    def order(self) -> int:
        return list(Standing).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastNotification:
    """A recipient's last notification of a gap, from the ledger; `unit_code` is the unit that had the gap."""

    day: date
    standing: Standing
    due_on: date
    policies: tuple[int, ...]
    unit_code: str
    above: bool = False

    def is_of(self, unit_code: str) -> bool:
        """Say whether it was about a unit's gap as a duty: not as another unit's, and not as a report to those above."""
        return not self.above and self.unit_code == unit_code

    @property
    def weight(self) -> tuple[bool, date]:
        """Order two notifications of one gap to one person: that of its own duty counts, then the later one."""
        return not self.above, self.day

    @property
    def is_over(self) -> bool:
        """Whether it said that the gap is closed: if it opens again, that is news."""
        return self.standing is Standing.RESOLVED


def standing(gap: Gap, day: date, calendar: Calendar) -> Standing:
    return open_standing(gap.due_on, day, calendar, SOON) if gap.is_open_on(day) else Standing.RESOLVED


def open_standing(due_on: date, day: date, calendar: Calendar, soon: int) -> Standing:
    """Say where something open stands: overdue after its due day, and due soon from `soon` working days before it."""
    if day > due_on:
        return Standing.OVERDUE
    is_soon = calendar.working_days_between(day, due_on) <= soon
    return Standing.DUE_SOON if is_soon else Standing.IN_GRACE


@dataclass(frozen=True, slots=True)
class MomentCase:
    """Whether mail goes out at all at a moment (Vietnam's time)."""

    local: datetime
    calendar: Calendar


class Purpose(Enum):
    """For what mail a gap is looked at."""

    DUTY = "duty"  # a digest, to who answers for it
    ABOVE = "above"  # a digest, to a unit above
    AT_ONCE = "at_once"  # a mail of its own, if it can't wait for a digest
    LIST = "list"  # a list of what is overdue
    RENEWED = "renewed"  # asked for by its reader


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCase:
    """Whether a gap stands in a mail to a recipient. `pending`: its alert is not in the gap's state yet.

    `notified` is the recipient's last notification of it, `climbed`: it has gone up to this recipient, `stand_in`: the
    recipient reads for its unit, which lists nobody; `local` is the moment (Vietnam's time), where not only the day counts.
    """

    gap: Gap
    day: date
    calendar: Calendar
    purpose: Purpose = Purpose.DUTY
    notified: LastNotification | None = None
    context: AlertContext = UNTOUCHED
    verdict: Verdict = Verdict.NOT_OVERDUE
    climbed: bool = False
    stand_in: bool = False
    pending: bool = False
    local: datetime | None = None


class MailLine(Protocol):
    """A gap in a mail."""

    @property
    def gap(self) -> Gap: ...
    @property
    def reason(self) -> "Reason": ...
    @property
    def standing(self) -> Standing: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether today is the day of the week that a mailbox chose, and the next working day that is."""

    today: bool
    following: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCase:
    """Whether a mail goes out to a mailbox. `lines` is None for a mail that is due whatever stands in it.

    `sent_today` and `sent_later`: the ledger has one of its kind of this day, or of a later one. `ends` is what its
    reader may have ended (`unwanted`); `turn` that of the chosen day of the week, if any.
    """

    has_reader: bool = True
    sent_today: bool = False
    sent_later: bool = False
    run_made: bool = False
    lines: Sequence[MailLine] | None = None
    ends: OptionalMail | None = None
    unwanted: frozenset[OptionalMail] = frozenset()
    turn: Turn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCase:
    """What became of a mail that was to go out; no `state`: another tick had queued it."""

    simulated: bool = False
    held: bool = False
    state: DigestState | None = None


Case = MomentCase | GapCase | MailCase | DeliveryCase
REPEAT = 5  # working days between two reminders of the same overdue gap
UNMAILED = frozenset(
    {GapClosure.RULES_CHANGED, GapClosure.CORRECTED}
)  # nothing that the unit did or must know


class Effect(Enum):
    """What a reason brings about: a mail; a line of one that goes out anyway; no line; no mail."""

    MAIL = 1
    LINE = 2
    NO_LINE = 3
    NO_MAIL = 4


class Reason(StrEnum):
    """Low-cardinality words: they stand in the ledger, in answers, and as metric labels."""

    effect: Effect

    def __new__(cls, value: str, effect: Effect = Effect.MAIL) -> Self:
        made = str.__new__(cls, value)
        made._value_, made.effect = value, effect
        return made

    FIRST_NOTICE = "first_notice"
    DUE_SOON = "due_soon"
    OVERDUE_FIRST = "overdue_first"
    OVERDUE_REPEAT = "overdue_repeat"
    WORSE = "worse"
    PLAN_PASSED = "plan_passed"
    NO_TIME = "no_time"
    LINKS_RENEWED = "links_renewed"
    RESOLVED_SINCE = "resolved_since"
    ESCALATED = "escalated"
    LISTED = "listed"
    DUE = "due"  # a mail without lines whose day has come; a moment at which mail goes out

    STILL_OWED = "still_owed", Effect.LINE
    PLANNED = "planned", Effect.LINE
    CLOSED_OTHERWISE = "closed_otherwise", Effect.LINE
    STILL_ESCALATED = "still_escalated", Effect.LINE
    CLOSED_BELOW = "closed_below", Effect.LINE

    NEVER_NOTIFIED = "never_told", Effect.NO_LINE
    ALREADY_CLOSED = "known_to_be_closed", Effect.NO_LINE
    NOT_THE_UNITS_DOING = "not_the_units_doing", Effect.NO_LINE
    DRAFT_HALTED = "draft_halted", Effect.NO_LINE
    SILENCED = "silenced", Effect.NO_LINE
    SNOOZED = "snoozed", Effect.NO_LINE
    NOT_ESCALATED = "not_escalated", Effect.NO_LINE
    NOT_OVERDUE = "not_overdue", Effect.NO_LINE
    CAN_WAIT = "can_wait", Effect.NO_LINE
    ALERT_PENDING = "alert_pending", Effect.NO_LINE

    NOT_A_WORKING_DAY = "not_a_working_day", Effect.NO_MAIL
    BEFORE_HOUR = "before_hour", Effect.NO_MAIL
    NO_RECIPIENT = "no_recipient", Effect.NO_MAIL
    ALREADY_SENT = "already_sent", Effect.NO_MAIL
    LATER_DIGEST = "later_digest", Effect.NO_MAIL
    ROUND_DONE = "round_done", Effect.NO_MAIL
    NOTHING_NEW = "nothing_new", Effect.NO_MAIL
    UNSUBSCRIBED = "unsubscribed", Effect.NO_MAIL
    NOT_THIS_DAY = "not_this_day", Effect.NO_MAIL
    SIMULATED = "simulated", Effect.NO_MAIL
    ON_HOLD = "on_hold", Effect.NO_MAIL
    DELIVERY_WAITING = "delivery_waiting", Effect.NO_MAIL
    DELIVERY_FAILED = "delivery_failed", Effect.NO_MAIL

    @property
    def is_news(self) -> bool:
        return self.effect is Effect.MAIL

    @property
    def in_mail(self) -> bool:
        return self.effect in {Effect.MAIL, Effect.LINE}

    @property
    def is_above(self) -> bool:
        """Whether it is for the units above the one that owes."""
        return self in _ABOVE


@dataclass(frozen=True, slots=True)
class _Classified:
    """A reason of certain effects; raises `ValueError` for any other."""

    effects: ClassVar[frozenset[Effect]]
    reason: Reason

    def __post_init__(self) -> None:
        if self.reason.effect not in self.effects:
            raise ValueError(f"{self.reason.value} is no {type(self).__name__}")


class SendReason(_Classified):
    """Why a mail goes out."""

    effects = frozenset({Effect.MAIL})


class LineReason(_Classified):
    """Why a gap is named in a mail that goes out for another reason."""

    effects = frozenset({Effect.LINE})


class SkipReason(_Classified):
    """Why a gap is not named, or a mail does not go out."""

    effects = frozenset({Effect.NO_LINE, Effect.NO_MAIL})


def classified(reason: Reason) -> SendReason | LineReason | SkipReason:
    """Give a reason by what it brings about: no text of a mail takes a `SkipReason`."""
    match reason.effect:
        case Effect.MAIL:
            return SendReason(reason)
        case Effect.LINE:
            return LineReason(reason)
        case Effect.NO_LINE | Effect.NO_MAIL:
            return SkipReason(reason)
        case _:
            assert_never(reason.effect)


# A mere place in a supervisor's list is no notification: a digest still names the gap.
NOT_NOTIFIED = frozenset({Reason.LISTED})
_ABOVE = {Reason.ESCALATED, Reason.STILL_ESCALATED, Reason.CLOSED_BELOW, Reason.LISTED}


def decide_notification(case: Case) -> Reason:
    """Give the one reason that decides: why it is notified, or the first that keeps it back."""
    match case:
        case MomentCase():
            return _of_moment(case)
        case GapCase():
            return _of_gap(case)
        case MailCase():
            return _of_mail(case)
        case DeliveryCase():
            return _of_delivery(case)
        case _:
            assert_never(case)


def _of_moment(case: MomentCase) -> Reason:
    if not case.calendar.is_working(case.local.date()):
        return Reason.NOT_A_WORKING_DAY
    return Reason.BEFORE_HOUR if case.local.time() < HOUR else Reason.DUE


def _of_gap(case: GapCase) -> Reason:
    if case.pending:
        return Reason.ALERT_PENDING
    match case.purpose:
        case Purpose.DUTY:
            return _of_duty(case)
        case Purpose.ABOVE:
            return _above(case)
        case Purpose.AT_ONCE:
            return _at_once(case)
        case Purpose.LIST:
            return _listed(case)
        case Purpose.RENEWED:
            return Reason.LINKS_RENEWED
        case _:
            assert_never(case.purpose)


def _of_duty(case: GapCase) -> Reason:
    now, notified = standing(case.gap, case.day, case.calendar), case.notified
    if now is Standing.RESOLVED:
        return _of_closed(case.gap.closure, notified)
    if notified is not None and notified.standing is Standing.RESOLVED:
        notified = None  # it opened again: not notified since
    return _kept_quiet(case.context, case.day) or _of_open(case, notified, now)


def _of_closed(closure: GapClosure | None, notified: LastNotification | None) -> Reason:
    if notified is None:
        return Reason.NEVER_NOTIFIED
    if notified.standing is Standing.RESOLVED:
        return Reason.ALREADY_CLOSED
    if closure in UNMAILED:
        return Reason.NOT_THE_UNITS_DOING
    return Reason.RESOLVED_SINCE if closure is GapClosure.COVERED else Reason.CLOSED_OTHERWISE


def _kept_quiet(context: AlertContext, day: date) -> Reason | None:
    if context.halted:
        return Reason.DRAFT_HALTED
    if context.silence is not None:
        return Reason.SILENCED
    return Reason.SNOOZED if context.is_snoozed(day) else None


def _of_open(case: GapCase, notified: LastNotification | None, now: Standing) -> Reason:
    context, day = case.context, case.day
    if notified is not None and _is_worse(case, notified):
        return Reason.WORSE if now.order <= notified.standing.order else _FIRST[now]
    if context.is_planned(day):
        return Reason.PLANNED
    if notified is None or now.order > notified.standing.order:
        return _FIRST[now]
    if context.passed_since(notified.day):
        return Reason.PLAN_PASSED
    repeat = now is Standing.OVERDUE and case.calendar.working_days_between(notified.day, day) >= REPEAT
    return Reason.OVERDUE_REPEAT if repeat else Reason.STILL_OWED


def _is_worse(case: GapCase, notified: LastNotification) -> bool:
    """An earlier due day, or a policy more."""
    return notified.due_on > case.gap.due_on or not set(case.gap.policies) <= set(notified.policies)


_FIRST = {
    Standing.IN_GRACE: Reason.FIRST_NOTICE,
    Standing.DUE_SOON: Reason.DUE_SOON,
    Standing.OVERDUE: Reason.OVERDUE_FIRST,
}


def _above(case: GapCase) -> Reason:
    notified = case.notified
    was_notified = notified is not None and notified.above and notified.unit_code == case.gap.unit_code
    if not case.gap.is_open_on(case.day):
        return Reason.CLOSED_BELOW if was_notified else Reason.NEVER_NOTIFIED
    if not case.verdict.goes_up:
        return Reason.NOT_ESCALATED
    if notified is None or not was_notified:
        return Reason.ESCALATED
    return Reason.ESCALATED if case.context.passed_since(notified.day) else Reason.STILL_ESCALATED


def _at_once(case: GapCase) -> Reason:
    """A simplified procedure whose next digest comes on the due day or later; outside office hours no mail goes out."""
    local = case.local
    if local is None or not urgency_at(local, case.calendar).covers(case.gap):
        return Reason.CAN_WAIT
    in_hours = _of_moment(MomentCase(local, case.calendar)) is Reason.DUE and local.time() < CLOSING
    if not in_hours:
        return Reason.CAN_WAIT
    reason = _of_duty(case)
    return Reason.NO_TIME if reason.is_news else reason


def _listed(case: GapCase) -> Reason:
    """What is escalated, or read for a unit without recipients, counts as notified; what is only listed does not."""
    if standing(case.gap, case.day, case.calendar) is not Standing.OVERDUE:
        return Reason.NOT_OVERDUE
    quiet = _kept_quiet(case.context, case.day)
    if quiet in {Reason.DRAFT_HALTED, Reason.SILENCED}:
        return quiet
    if case.stand_in and (reason := _of_duty(case)).in_mail:
        return reason
    return Reason.ESCALATED if case.climbed else Reason.LISTED


def _of_mail(case: MailCase) -> Reason:  # noqa: PLR0911  one line a reason
    if not case.has_reader:
        return Reason.NO_RECIPIENT
    if case.sent_today:
        return Reason.ALREADY_SENT
    if case.sent_later:
        return Reason.LATER_DIGEST
    if case.run_made:
        return Reason.ROUND_DONE
    if case.lines is None:
        return Reason.UNSUBSCRIBED if case.ends in case.unwanted else Reason.DUE
    news = [line for line in case.lines if line.reason.is_news]
    if not news:
        return Reason.NOTHING_NEW
    if case.ends in case.unwanted or (is_thanks(news) and OptionalMail.THANKS in case.unwanted):
        return Reason.UNSUBSCRIBED
    waits = case.turn is not None and not case.turn.today
    if case.turn and waits and all(_can_wait(line, case.turn.following) for line in news):
        return Reason.NOT_THIS_DAY
    return news[0].reason


def is_thanks(lines: Iterable[MailLine]) -> bool:
    """Say whether a mail only goes out to say what was done: nobody has to do anything for it."""
    return {line.reason for line in lines if line.reason.is_news} == {Reason.RESOLVED_SINCE}


def _can_wait(line: MailLine, following: date) -> bool:
    """What is overdue or due by the next chosen day doesn't: a first notice on the due day would be too late."""
    if line.standing is Standing.RESOLVED:
        return True
    return line.standing is not Standing.OVERDUE and line.gap.due_on > following


def _of_delivery(case: DeliveryCase) -> Reason:
    if case.simulated:
        return Reason.SIMULATED
    if case.held:
        return Reason.ON_HOLD
    if case.state is None:
        return Reason.ALREADY_SENT
    if case.state in WAITING:
        return Reason.DELIVERY_WAITING
    return Reason.DUE if case.state is DigestState.SENT else Reason.DELIVERY_FAILED
