"""The digest: everything that a unit owes, worst first, in one mail a recipient and working day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from services.notifier.domain.gap import Gap
from services.notifier.domain.reasons import Reason, Skip, Standing, Told, reason_to_speak, standing
from shared.contracts.vocabulary import GapClosure, Language, RecipientRole
from shared.rules.working_days import Calendar

HOUR = time(8)  # in Asia/Ho_Chi_Minh: mail is waiting when the office opens
KIND = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A mailbox of a unit; `valid_to` is its last day.

    `undeliverable_on` is the day from which its server takes no mail; `calendar`: due dates go along.
    """

    recipient_id: UUID
    unit_code: str
    role: RecipientRole
    email: str
    language: Language = Language.VI
    valid_from: date | None = None
    valid_to: date | None = None
    undeliverable_on: date | None = None
    calendar: bool = False

    def is_valid_on(self, day: date) -> bool:
        return (
            (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
            and (self.undeliverable_on is None or day < self.undeliverable_on)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One gap in a mail: where it stands, why it is spoken of; days are working days."""

    gap: Gap
    standing: Standing
    reason: Reason
    overdue_days: int
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    key: str
    recipient: Recipient
    day: date
    owed: tuple[Line, ...]
    closed: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.owed + self.closed


def mute(local: datetime, calendar: Calendar) -> Skip | None:
    """Say whether no mail goes out at all at a moment (given in Vietnam's time)."""
    if not calendar.is_working(local.date()):
        return Skip.NOT_A_WORKING_DAY
    return Skip.BEFORE_HOUR if local.time() < HOUR else None


def next_digest(local: datetime, calendar: Calendar) -> datetime:
    """Return the next moment (Vietnam's time) from which digests go out, from a moment without one."""
    day = calendar.next_working_day(local.date())
    if day == local.date() and local.time() >= HOUR:
        day = calendar.add_working_days(day, 1)
    return datetime.combine(day, HOUR, local.tzinfo)


def digest_key(recipient_id: UUID, day: date) -> str:
    return f"{day.isoformat()}.{KIND}.{recipient_id}"


def compose(
    recipient: Recipient, gaps: Iterable[Gap], told: Mapping[UUID, Told], day: date, calendar: Calendar
) -> Digest | None:
    """Make a recipient's digest, or None if there is nothing new to say.

    `gaps` are those of the recipient's unit, and those that it was told of before.
    """
    mine = (_as_seen_by(recipient.unit_code, gap, day) for gap in gaps)
    lines = [line for gap in mine if (line := _line(gap, told.get(gap.gap_id), day, calendar))]
    if not any(line.reason.is_news for line in lines):
        return None
    return Digest(
        key=digest_key(recipient.recipient_id, day),
        recipient=recipient,
        day=day,
        owed=_worst_first(line for line in lines if line.standing is not Standing.RESOLVED),
        closed=tuple(line for line in lines if line.standing is Standing.RESOLVED),
    )


def _as_seen_by(unit_code: str, gap: Gap, day: date) -> Gap:
    """A gap that went to another unit is closed for the one that had it."""
    if gap.unit_code == unit_code:
        return gap
    return replace(gap, closed_on=day, closure=GapClosure.TRANSFERRED)


def _line(gap: Gap, told: Told | None, day: date, calendar: Calendar) -> Line | None:
    reason = reason_to_speak(gap, told, day, calendar)
    if reason is None:
        return None
    return Line(
        gap=gap,
        standing=standing(gap, day, calendar),
        reason=reason,
        overdue_days=calendar.working_days_between(gap.due_on, day),
        days_left=calendar.working_days_between(day, gap.due_on),
    )


def _worst_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=_badness))


def _badness(line: Line) -> tuple[int, date, str]:
    return -line.standing.order, line.gap.due_on, line.gap.draft_code
