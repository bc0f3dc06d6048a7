"""The digest: everything that a unit owes, worst first, in one mail a recipient and working day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.notifier.domain.gaps.alert_context import UNTOUCHED, AlertContext
from services.notifier.domain.gaps.gap import Gap
from services.notifier.domain.notification.escalation import Verdict
from services.notifier.domain.notification.notification_case import GapCase, Purpose
from services.notifier.domain.notification.reasons import Reason, decide_notification
from services.notifier.domain.notification.schedule import DIGEST
from services.notifier.domain.notification.standing import LastNotification, Standing, standing
from services.notifier.domain.recipients.recipient import Recipient
from shared.contracts.vocabulary import GapClosure
from shared.rules.rulebook.working_days import Calendar

KIND = DIGEST
IMMEDIATE = "immediate"
RENEWED = "renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A gap that a recipient reads: its context, and whether it is another unit's (`above`).

    `left`: the recipient was notified of it and answers for it no longer; `stand_in`: it reads for a unit below
    without a recipient. `reader` is in which unit and role it reads of it, if its address is listed more than once.
    """

    gap: Gap
    context: AlertContext = UNTOUCHED
    verdict: Verdict = Verdict.NOT_OVERDUE
    above: bool = False
    left: bool = False
    stand_in: bool = False
    reader: Recipient | None = None

    @property
    def order(self) -> int:
        """Tell which of two entries of a gap counts: one's own duty before a stand-in's, and that before a report."""
        return 2 if self.above else int(self.stand_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One gap in a mail: where it stands, why it is spoken of; days are working days.

    `unit_code` is whose alert it is: of a draft that was handed over, the unit that had it.
    """

    gap: Gap
    standing: Standing
    reason: Reason
    overdue_days: int
    days_left: int
    unit_code: str
    context: AlertContext = UNTOUCHED
    stand_in: bool = False
    reader: Recipient | None = None

    @property
    def is_below(self) -> bool:
        """Whether a unit below owes it: then the reader is asked to see to it, not to do it."""
        return self.stand_in or self.reason.is_above


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """`owed` is the recipient's own duty, `above` what it is to see to with units below it."""

    key: str
    recipient: Recipient
    day: date
    owed: tuple[Line, ...]
    above: tuple[Line, ...] = ()
    closed: tuple[Line, ...]
    kind: str = KIND
    unit_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.owed + self.above + self.closed


def digest_key(recipient_id: UUID, day: date) -> str:
    return f"{day.isoformat()}.{KIND}.{recipient_id}"


def compose(
    recipient: Recipient,
    entries: Iterable[Entry],
    notified: Mapping[UUID, LastNotification],
    day: date,
    calendar: Calendar,
) -> Digest | None:
    """Make a recipient's digest, or None if there is nothing new to say.

    `entries` are the gaps that the recipient answers for or reads of, and those that it was notified of before.
    What units below owe and a list of the same day has named is left out.
    """
    candidates = (_line(entry, notified.get(entry.gap.gap_id), day, calendar) for entry in entries)
    lines = [
        line
        for line in candidates
        if line.reason.in_mail and not _is_named_today(line, notified.get(line.gap.gap_id), day)
    ]
    if not any(line.reason.is_news for line in lines):
        return None
    open_lines = [line for line in lines if line.standing is not Standing.RESOLVED]
    return Digest(
        key=digest_key(recipient.recipient_id, day),
        recipient=recipient,
        day=day,
        owed=worst_first(line for line in open_lines if not line.is_below),
        above=worst_first(line for line in open_lines if line.is_below),
        closed=tuple(line for line in lines if line.standing is Standing.RESOLVED),
    )


def _is_named_today(line: Line, last: LastNotification | None, day: date) -> bool:
    return line.is_below and line.standing is not Standing.RESOLVED and last is not None and last.day == day


def compose_immediate(
    recipient: Recipient, entry: Entry, day: date, calendar: Calendar, more: Iterable[Entry] = ()
) -> Digest:
    """Make the mail about a gap that can't wait, and `more` of that moment; a recipient gets one of each gap, ever."""
    lines = worst_first(line_of(entry, Reason.NO_TIME, day, calendar) for entry in (entry, *more))
    return Digest(
        key=f"{IMMEDIATE}.{lines[0].gap.gap_id}.{recipient.recipient_id}",
        recipient=recipient,
        day=day,
        owed=tuple(line for line in lines if not line.stand_in),
        above=tuple(line for line in lines if line.stand_in),
        closed=(),
        kind=IMMEDIATE,
    )


def compose_renewed(recipient: Recipient, entry: Entry, day: date, calendar: Calendar) -> Digest:
    """Speak of one gap again because the recipient asked for new links: at most once a day."""
    return Digest(
        key=f"{day.isoformat()}.{RENEWED}.{entry.gap.gap_id}.{recipient.recipient_id}",
        recipient=recipient,
        day=day,
        owed=(line_of(entry, Reason.LINKS_RENEWED, day, calendar),),
        closed=(),
        kind=RENEWED,
    )


def _line(entry: Entry, notified: LastNotification | None, day: date, calendar: Calendar) -> Line:
    """Look at a gap for a digest; whether it stands there is in the line's reason."""
    if entry.above:
        return line_of(entry, reason_of(entry, Purpose.ABOVE, notified, day, calendar), day, calendar)
    if notified is not None and notified.unit_code != entry.gap.unit_code and entry.left:
        entry = replace(entry, gap=_handed_over(entry.gap, day))
    elif notified is not None and not entry.left and not notified.is_of(entry.gap.unit_code):
        notified = None  # it was notified of another unit's gap; this one is its own
    line = line_of(entry, reason_of(entry, Purpose.DUTY, notified, day, calendar), day, calendar)
    return line if notified is None else replace(line, unit_code=notified.unit_code)


def reason_of(
    entry: Entry, purpose: Purpose, notified: LastNotification | None, day: date, calendar: Calendar
) -> Reason:
    return decide_notification(
        GapCase(
            gap=entry.gap,
            day=day,
            calendar=calendar,
            purpose=purpose,
            notified=notified,
            context=entry.context,
            verdict=entry.verdict,
        )
    )


def _handed_over(gap: Gap, day: date) -> Gap:
    """A gap that went to another unit is closed for the one that had it."""
    return replace(gap, closed_on=day, closure=GapClosure.TRANSFERRED)


def line_of(entry: Entry, reason: Reason, day: date, calendar: Calendar) -> Line:
    gap = entry.gap
    return Line(
        gap=gap,
        standing=standing(gap, day, calendar),
        reason=reason,
        overdue_days=calendar.working_days_between(gap.due_on, day),
        days_left=calendar.working_days_between(day, gap.due_on),
        unit_code=gap.unit_code,
        context=entry.context,
        stand_in=entry.stand_in,
        reader=entry.reader,
    )


def worst_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=_badness))


def _badness(line: Line) -> tuple[int, date, str]:
    return -line.standing.order, line.gap.due_on, line.gap.draft_code
