"""Counts and rates over sets of policies, and the periods of reporting (Decree 09/2019/NĐ-CP)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from operator import add, attrgetter
from typing import Protocol

from shared.contracts.vocabulary import Answer
from shared.kernel.errors import Text
from shared.rules.timeline import OccurrenceInterval, PolicyInterval, Timeline
from shared.rules.verdicts import COVERED, JUDGED, OccurrenceVerdict

FIRST_YEAR, LAST_YEAR = 2022, 2027  # of the scheme (Decision 407/QĐ-TTg, article 1)
CUT_DAY = 15  # a reporting month begins on the 15th of the month before
ONE_DAY = timedelta(days=1)
DECIDED = COVERED | {OccurrenceVerdict.MISSED}

DEFINITION = Text(
    vi=(
        "Tỷ lệ truyền thông theo Kế hoạch (Quyết định 407/QĐ-TTg) = số chính sách được truyền thông ngay từ khi lấy ý kiến / "
        "số chính sách được đánh giá (đạt và chưa đạt mức độ đầy đủ): ở giai đoạn bắt buộc đầu tiên còn "
        "xét được, chính sách đã được truyền thông, dù đúng hạn hay chậm; không có giai đoạn như vậy thì có ít nhất một hoạt động truyền thông từ khi lấy ý kiến đến khi thông "
        "qua. Mức thấp nhất của tỷ lệ này cộng vào mẫu số các chính sách đã thông qua, chưa ghi nhận việc lấy ý kiến. "
        "Mức độ đầy đủ = số chính sách đạt / số chính sách được đánh giá: có truyền thông tại mọi giai đoạn bắt buộc, từ khi "
        "bắt đầu lấy ý kiến cho đến khi thông qua, ban hành; mức độ này phục vụ quản lý, cao hơn yêu cầu của Quyết định "
        "407/QĐ-TTg. Đơn vị tính là chính sách trong dự thảo thuộc phạm vi; chỉ tính hoạt động do cơ quan chủ trì soạn thảo "
        "thực hiện hoặc phối hợp thực hiện, hoạt động hỗ trợ của đơn vị khác được nêu bên cạnh. Chưa đạt mức độ đầy đủ: dự thảo vẫn ở một "
        "giai đoạn bắt buộc sau thời hạn theo dõi (5 ngày làm việc, trình tự rút gọn 2 ngày làm việc) mà chưa ghi nhận "
        "truyền thông, hoặc đã thông qua mà chưa ghi nhận hoạt động nào. Không tính vào mẫu số: chính sách đang chờ đánh "
        "giá, chưa lấy ý kiến, đã thông qua nhưng chưa ghi nhận việc lấy ý kiến, được miễn, đã rút hoặc nhập vào dự thảo "
        "khác. Chính sách của dự thảo chưa xác định phạm vi được nêu riêng bên cạnh."
    ),
    en=(
        "Rate by the plan (Decision 407/QĐ-TTg) = policies communicated from the start of consultation / policies judged (met + missed): in the "
        "first required stage that can be judged the policy was communicated, in time or late; without such a stage, there "
        "was at least one communication from the start of consultation until adoption. Its lower bound adds the policies "
        "adopted without a recorded consultation to the denominator. Completeness = policies met / policies judged: "
        "communicated in every required stage, from the start of consultation until adoption or promulgation; it serves "
        "management and goes beyond what Decision 407/QĐ-TTg asks. The unit counted is a policy of a draft in scope; only "
        "what the lead drafting body did, or another unit with or for it, counts; support work of other units is shown "
        "beside. Missed: the draft was still in a required stage after the due day (5 working days, 2 under the simplified "
        "procedure) without a recorded communication, or was adopted without any. Not in the denominator: policies pending, "
        "not yet in consultation, adopted without a recorded consultation, exempted, withdrawn or merged. Policies of drafts "
        "whose scope is undetermined are given beside it."
    ),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `from_day` to `to_day`, both included; empty if they are the wrong way round."""

    from_day: date
    to_day: date


def reporting_year(day: date) -> int:
    """Return the year whose report a day belongs to: 15 December begins the next one."""
    return day.year + ((day.month, day.day) >= (12, CUT_DAY))


def year_period(year: int) -> Period:
    return _months(year, 1, 12)


def half_period(year: int, half: int) -> Period:
    return _months(year, 6 * half - 5, 6 * half)


def nine_months_period(year: int) -> Period:
    return _months(year, 1, 9)


def scheme_period() -> Period:
    """Return the reporting years of the scheme of Decision 407/QĐ-TTg, which its final review covers."""
    return Period(year_period(FIRST_YEAR).from_day, year_period(LAST_YEAR).to_day)


def quarter_period(year: int, quarter: int) -> Period:
    return _months(year, 3 * quarter - 2, 3 * quarter)


def month_period(year: int, month: int) -> Period:
    return _months(year, month, month)


def national_floor(year: int) -> float | None:
    """Return the target of Decision 407/QĐ-TTg for a reporting year; it speaks of 2022 to 2027 only."""
    if year == FIRST_YEAR:
        return 0.7
    return 1.0 if FIRST_YEAR < year <= LAST_YEAR else None


class Windowed(Protocol):
    """What the period filter looks at, of a policy's or a pair's interval."""

    @property
    def window_opened(self) -> date | None: ...
    @property
    def window_closed(self) -> date | None: ...
    @property
    def unopened_closed_on(self) -> date | None: ...


def effective_day(period: Period | None, as_of: date) -> date:
    """Return T', the day at which everything is taken: `min(T, to)`."""
    return min(as_of, period.to_day) if period else as_of


def belongs(interval: Windowed, period: Period | None, as_of: date) -> bool:
    """Say if the policy belongs to the period; `interval` is the one that holds on the effective day.

    Some day of its window lies in `[from, T']`; a policy that was closed without opening belongs by that
    closing; without a period every policy belongs.
    """
    if period is None:
        return True
    first, last = period.from_day, effective_day(period, as_of)
    if interval.window_opened is None:
        closed = interval.unopened_closed_on
        return closed is not None and first <= closed <= last
    return interval.window_opened <= last and max(first, interval.window_opened) <= _window_end(
        interval, last
    )


def opening_year(interval: Windowed) -> int | None:
    """Return the key of `group_by=year`; None for what never had a window."""
    day = interval.window_opened or interval.unopened_closed_on
    return reporting_year(day) if day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted over a set of policies; counts of disjoint sets add up."""

    met: int = 0
    missed: int = 0
    pending: int = 0
    not_opened: int = 0
    closed_unopened: int = 0
    exempt: int = 0
    ended: int = 0
    undetermined: int = 0
    provisional: int = 0
    waived_occurrences: int = 0
    any_statutory_only: int = 0
    any_verified: int = 0
    drafts: int = 0
    drafts_judged: int = 0
    drafts_plan: int = 0
    begun: int = 0
    on_time: int = 0
    any_communication: int = 0
    from_start: int = 0
    occurrences_judged: int = 0
    occurrences_covered: int = 0

    @property
    def judged(self) -> int:
        return self.met + self.missed

    @property
    def policies(self) -> int:
        unjudged = self.pending + self.not_opened + self.closed_unopened + self.exempt + self.ended
        return self.judged + unjudged

    def __add__(self, other: "Counts") -> "Counts":
        return counts_of(map(add, numbers(self), numbers(other)))


NOTHING = Counts()
_NAMES = tuple(field.name for field in fields(Counts))
numbers: Callable[[Counts], tuple[int, ...]] = attrgetter(*_NAMES)
"""The counts in the order of their names, `counts_of` the other way round."""


def counts_of(these: Iterable[int]) -> Counts:
    return Counts(**dict(zip(_NAMES, these, strict=True)))


def total(parts: Iterable[Counts]) -> Counts:
    """Sum counts of disjoint sets, of thousands at once."""
    return counts_of(map(sum, zip(*map(numbers, (NOTHING, *parts)), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The rates as fractions 0..1; None where there is nothing to divide by ("không áp dụng").

    `rate_plan` is the headline, `rate_plan_low` its lower bound: adopted drafts without a recorded consultation counted as
    not communicated. `rate_full` is how complete the communication was; `rate_plan_drafts` is `rate_plan` in drafts.
    """

    rate_plan: float | None
    rate_plan_low: float | None
    rate_plan_drafts: float | None
    rate_full: float | None
    rate_on_time: float | None
    rate_any: float | None
    rate_from_start: float | None
    rate_occurrences: float | None


def rates(counts: Counts) -> Figures:
    return Figures(
        rate_plan=_share(counts.begun, counts.judged),
        rate_plan_low=_share(counts.begun, counts.judged + counts.closed_unopened),
        rate_plan_drafts=_share(counts.drafts_plan, counts.drafts_judged),
        rate_full=_share(counts.met, counts.judged),
        rate_on_time=_share(counts.on_time, counts.judged),
        rate_any=_share(counts.any_communication, counts.judged),
        rate_from_start=_share(counts.from_start, counts.judged),
        rate_occurrences=_share(counts.occurrences_covered, counts.occurrences_judged),
    )


def count(timelines: Iterable[Timeline], period: Period | None, as_of: date) -> Counts:
    """Count whole drafts: the reference for every other way of counting (in SQL, by group)."""
    return total(part for line in timelines for part in _parts(line, period, as_of))


def policy_counts(interval: PolicyInterval, scope: Answer) -> Counts:
    """Count one policy by the interval that holds on the effective day; a scope of no counts nothing."""
    if scope is not Answer.YES:
        return Counts(undetermined=int(scope is Answer.UNKNOWN))
    return Counts(
        **{interval.verdict.value: 1},
        provisional=int(interval.provisional),
        waived_occurrences=interval.waived,
        on_time=int(interval.on_time),
        any_communication=int(interval.any_communication and interval.verdict in JUDGED),
        from_start=int(interval.from_start),
        begun=int(interval.begun),
        any_statutory_only=int(interval.statutory_only),
        any_verified=int(interval.verified),
    )


def draft_counts(policies: Iterable[PolicyInterval], scope: Answer) -> Counts:
    """Count one draft by the intervals of those of its policies that belong: they share window, unit and group."""
    counted = list(policies)
    if scope is not Answer.YES or not counted:
        return NOTHING
    judged = [policy for policy in counted if policy.verdict in JUDGED]
    return Counts(
        drafts=1,
        drafts_judged=int(bool(judged)),
        drafts_plan=int(bool(judged) and all(policy.begun for policy in judged)),
    )


def pair_counts(interval: OccurrenceInterval, period: Period | None) -> Counts:
    """Count one pair of a policy that belongs to the period and is in scope."""
    due = period is None or period.from_day <= interval.due_on <= period.to_day
    judged = interval.counts and due and interval.verdict in DECIDED
    return Counts(
        occurrences_judged=int(judged), occurrences_covered=int(judged and interval.verdict in COVERED)
    )


def _parts(line: Timeline, period: Period | None, as_of: date) -> Iterator[Counts]:
    if period and period.from_day > as_of:
        return
    day = effective_day(period, as_of)
    held = [policy for policy in line.policies if policy.from_day <= day < policy.to_day]
    belonging = [policy for policy in held if belongs(policy, period, as_of)]
    yield from (policy_counts(policy, line.scope) for policy in belonging)
    yield draft_counts(belonging, line.scope)
    if line.scope is not Answer.YES:
        return
    for pair in line.occurrences:
        if pair.from_day <= day < pair.to_day and belongs(pair, period, as_of):
            yield pair_counts(pair, period)


def _window_end(interval: Windowed, last: date) -> date:
    """Return the last day of an opened window: one that opened and closed on one day is that day."""
    if interval.window_closed is None:
        return last
    return min(last, max(interval.window_closed - ONE_DAY, interval.window_opened or date.min))


def _months(year: int, first: int, last: int) -> Period:
    before = (year - 1, 12) if first == 1 else (year, first - 1)
    return Period(date(*before, CUT_DAY), date(year, last, CUT_DAY - 1))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
