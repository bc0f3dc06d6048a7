"""What those above read: the weekly list of what is overdue, and the month on one page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.notifier.domain.digest import Line, Situation, line_of, worst_first
from services.notifier.domain.gaps.gap_alert import TIMELESS, Gap
from services.notifier.domain.notification.reasons import (
    GapCase,
    LastNotification,
    Purpose,
    decide_notification,
)
from services.notifier.domain.notification.timing import reporting_month_before
from services.notifier.domain.recipients.audience import Recipient, Unit
from shared.contracts.vocabulary import Dataset, GapClosure, RecipientRole

WEEKLY_LIST = "weekly_list"
MONTHLY_SUMMARY = "monthly_summary"
MONTHS = 6  # shown in the chart


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRate:
    """The rate by the plan (`rate_plan`) of a unit or area, and its lower bound: fractions 0..1 of the policies `judged`."""

    rate: float | None
    low: float | None
    judged: int
    target: float | None = None

    @property
    def begun(self) -> int:
        """The policies communicated by the plan."""
        return round((self.rate or 0) * self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyList:
    """Everything overdue in the area of the recipient's unit, worst first. `is_duty`: the unit must follow it.

    `areas` are the units that the reader follows, with what is overdue in the area of each; `policy_names` are by draft and
    number, `rates` those that metrics gave.
    """

    key: str
    recipient: Recipient
    day: date
    lines: tuple[Line, ...]
    unit_names: Mapping[str, str]
    areas: tuple[tuple[Unit, tuple[Line, ...]], ...] = ()
    is_duty: bool = False
    kind: str = WEEKLY_LIST
    policy_names: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    rates: tuple[tuple[Unit, PlanRate], ...] = ()

    @property
    def rated(self) -> tuple[tuple[Unit, ...], date]:
        """Whose rate by the plan stands in it, and of which day."""
        return tuple(unit for unit, _ in self.areas), self.day

    @property
    def datasets(self) -> frozenset[Dataset]:
        return frozenset(line.gap.dataset for line in self.lines)


@dataclass(frozen=True, slots=True)
class Month:
    """Figures of one reporting month from the history of gaps: what came, what was done, what was left."""

    first: date
    last: date
    opened: int
    communicated: int
    ended_otherwise: int
    open_at_end: int
    overdue_at_end: int


DEBTS = 3  # shown to leaders


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlySummary:
    """`months` end with the one that is summed up; `units` are those with most overdue at its end.

    `leads` are the units that the reader leads; `is_duty`: one of them must follow the others. `debts` are the gaps that
    were overdue longest at its end, with working days; `rates` are those of `leads` that metrics gave.
    """

    key: str
    recipient: Recipient
    day: date
    months: tuple[Month, ...]
    units: tuple[tuple[str, int], ...]
    area: int
    datasets: frozenset[Dataset]
    kind: str = MONTHLY_SUMMARY
    lines: tuple[Line, ...] = ()
    unit_names: Mapping[str, str] = field(default_factory=dict)
    leads: tuple[Unit, ...] = ()
    is_duty: bool = False
    debts: tuple[tuple[Gap, int], ...] = ()
    rates: tuple[tuple[Unit, PlanRate], ...] = ()

    @property
    def rated(self) -> tuple[tuple[Unit, ...], date]:
        """Whose rate by the plan stands in it, and of which day."""
        return self.leads, self.month.last

    @property
    def month(self) -> Month:
        return self.months[-1]


def weekly_list(
    recipient: Recipient,
    situation: Situation,
    period: str,
    notified: Mapping[UUID, LastNotification] | None = None,
) -> WeeklyList | None:
    """Make a supervisor's list, or None if nothing in its area is overdue (what is silenced is not listed).

    What the reader itself answers for stands in its digests, not here.
    """
    areas = {code: situation.tree.area(code) for code in supervised(recipient, situation)}
    looked_at = [
        _looked_at(recipient, gap, situation, (notified or {}).get(gap.gap_id))
        for gap in situation.open_gaps()
        if any(gap.unit_code in area for area in areas.values()) and not _is_own(recipient, gap, situation)
    ]
    lines = worst_first(line for line in looked_at if line.reason.in_mail)
    if not lines:
        return None
    within = [
        (situation.tree.unit(code), tuple(line for line in lines if line.gap.unit_code in area))
        for code, area in areas.items()
    ]
    return WeeklyList(
        key=f"{period}.{WEEKLY_LIST}.{recipient.recipient_id}",
        recipient=recipient,
        day=situation.day,
        lines=lines,
        unit_names=situation.tree.names(line.gap.unit_code for line in lines),
        areas=tuple((unit, listed) for unit, listed in within if listed),
        is_duty=any(situation.tree.oversees(unit.code) for unit, listed in within if listed),
    )


def supervised(recipient: Recipient, situation: Situation) -> list[str]:
    """Name the units that a reader follows as their supervisor, each once."""
    alike = (
        item for item in situation.address_book.alike(recipient) if item.role is RecipientRole.SUPERVISOR
    )
    return list(dict.fromkeys(item.unit_code for item in (recipient, *alike)))


def _is_own(recipient: Recipient, gap: Gap, situation: Situation) -> bool:
    entry = situation.entry_of(recipient, gap)
    return entry is not None and not entry.above and not entry.stand_in


def _looked_at(
    recipient: Recipient, gap: Gap, situation: Situation, notified: LastNotification | None
) -> Line:
    own = situation.entry_of(recipient, gap)
    entry = replace(situation.entry(gap, above=True), stand_in=situation.is_unread(gap))
    case = GapCase(
        gap=gap,
        day=situation.day,
        calendar=situation.calendar,
        purpose=Purpose.LIST,
        notified=notified if notified is not None and notified.is_of(gap.unit_code) else None,
        context=entry.context,
        climbed=own is not None and own.above,
        stand_in=own is not None and own.stand_in,
    )
    return line_of(entry, decide_notification(case), situation.day, situation.calendar)


def monthly_summary(
    recipient: Recipient, situation: Situation, history: Iterable[Gap], period: str
) -> MonthlySummary | None:
    """Make a leader's page for the reporting month that has ended, or None if there is nothing to say."""
    leads = situation.audience.led_by(situation.address_book.alike(recipient)) or (recipient.unit_code,)
    area = frozenset(leads).union(*(situation.tree.area(code) for code in leads))
    gaps = [gap for gap in history if gap.unit_code in area]
    months = tuple(month(gaps, *bounds) for bounds in _months_before(situation.day))
    last = months[-1]
    if not (last.opened or last.communicated or last.ended_otherwise or last.open_at_end):
        return None
    overdue = [gap for gap in gaps if gap.is_open_on(last.last) and gap.due_on < last.last]
    late = Counter(gap.unit_code for gap in overdue)
    longest = sorted(overdue, key=lambda gap: (gap.due_on, gap.draft_code))[:DEBTS]
    days = situation.calendar.working_days_between
    return MonthlySummary(
        key=f"{period}.{MONTHLY_SUMMARY}.{recipient.recipient_id}",
        recipient=recipient,
        day=situation.day,
        months=months,
        units=tuple(sorted(late.items(), key=lambda item: (-item[1], item[0]))[:10]),
        area=len(area),
        datasets=frozenset(gap.dataset for gap in gaps),
        unit_names=situation.tree.names(late),
        leads=tuple(situation.tree.unit(code) for code in leads),
        is_duty=any(map(situation.tree.oversees, leads)),
        debts=tuple((gap, days(gap.due_on, last.last)) for gap in longest),
    )


def month(gaps: Sequence[Gap], first: date, last: date) -> Month:
    """Count what a reporting month brought; a gap that a timeless fact took away never counts."""
    counted = [gap for gap in gaps if gap.closure not in TIMELESS]
    closed = [gap for gap in counted if gap.closed_on is not None and first <= gap.closed_on <= last]
    done = sum(gap.closure is GapClosure.COVERED for gap in closed)
    still = [gap for gap in counted if gap.is_open_on(last)]
    return Month(
        first=first,
        last=last,
        opened=sum(first <= gap.since <= last for gap in counted),
        communicated=done,
        ended_otherwise=len(closed) - done,
        open_at_end=len(still),
        overdue_at_end=sum(gap.due_on < last for gap in still),
    )


def _months_before(day: date) -> list[tuple[date, date]]:
    """Give the reporting months that have ended by a day, the last one last."""
    bounds: list[tuple[date, date]] = []
    for _ in range(MONTHS):
        bounds.insert(0, reporting_month_before(day))
        day = bounds[0][1]
    return bounds
