"""Facts in the order of their days: exactness of recorded days, values that hold from a day on, and the sequence of stages."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeVar
from uuid import UUID

from shared.contracts.vocabulary import ENDS, Precision, Stage
from shared.kernel.errors import Refusal
from shared.rules.facts import DraftFacts, StageEntry
from shared.rules.rulebook.procedures import ProcedureRule
from shared.rules.rulebook.rulebook import Rulebook, last_day

T = TypeVar("T")
LeadUnits = Sequence[tuple[date, str]]  # from which day which unit leads, in order


def by_day(first: T, changes: Iterable[tuple[date, T]]) -> Sequence[tuple[date, T]]:
    """Say what holds from which day, in order (compliance rules, Words: dated facts).

    `changes` stand in the order of recording: the latest by day holds, whenever it was recorded; of two on one day
    the one recorded last. Before all of them `first` holds.
    """
    return [(date.min, first), *sorted(changes, key=itemgetter(0))]


def holds_on(dated: Sequence[tuple[date, T]], day: date) -> T:
    """Give what holds on a day: what is dated later doesn't hold yet."""
    return next(value for since, value in reversed(dated) if since <= day)


def periods(dated: Sequence[tuple[date, T]]) -> Iterator[tuple[date, date, T]]:
    """Give the days [from, to) on which each value holds; the last one holds until `date.max`."""
    ends = [*(since for since, _ in dated[1:]), date.max]
    for (since, value), end in zip(dated, ends, strict=True):
        if since < end:
            yield since, end, value


def pieces(days: Iterable[date], end: date, state: Callable[[date], T]) -> Iterator[tuple[date, date, T]]:
    """Cut at the days up to `end`, and join neighbours with the same state."""
    marks = sorted(days)
    if not marks:
        return
    begun, current = marks[0], state(marks[0])
    for day in marks[1:]:
        following = state(day)
        if following != current:
            yield begun, day, current
            begun, current = day, following
    yield begun, end, current


def lead_units(facts: DraftFacts) -> LeadUnits:
    """Return the leading unit by day; of two transfers on one day the one recorded last holds."""
    return by_day(facts.lead_unit_code, ((transfer.on, transfer.unit_code) for transfer in facts.transfers))


def unit_on(units: LeadUnits, day: date) -> str:
    return holds_on(units, day)


_JANUARY = 1


class DayInFuture(Refusal):
    code = "day-in-future"
    kind = "invalid"

    def __init__(self, day: date) -> None:
        super().__init__(
            f"Ngày {day:%d/%m/%Y} ở tương lai; chỉ ghi nhận việc đã diễn ra.",
            f"The day {day} lies in the future; only what has happened is recorded.",
        )


class NotFirstDay(Refusal):
    code = "not-first-day"
    kind = "invalid"

    def __init__(self, day: date, precision: Precision) -> None:
        super().__init__(
            f"Ngày chỉ biết đến tháng hoặc năm phải ghi là ngày đầu của kỳ đó; nhận được {day:%d/%m/%Y} ({precision}).",
            f"A date known to the {precision} only is written as its first day; got {day}.",
        )


def is_first_day(day: date, precision: Precision) -> bool:
    """Tell whether a day may stand for its period; every day stands for itself."""
    if precision is Precision.DAY:
        return True
    return day.day == 1 and (precision is Precision.MONTH or day.month == _JANUARY)


def check_recorded_day(day: date, precision: Precision, today: date) -> None:
    """Refuse a day that lies in the future (a month or year: by its first day), or is no first day."""
    if day > today:
        raise DayInFuture(day)
    if not is_first_day(day, precision):
        raise NotFirstDay(day, precision)


HALTS = ENDS | {Stage.SUSPENDED}  # while a draft is in one of them, nothing is asked of it
_EXACTNESS = {Precision.DAY: 0, Precision.MONTH: 1, Precision.YEAR: 2}


class Step(NamedTuple):
    """An entry that begins an occurrence, and the rule that was in force on its day."""

    entry: StageEntry
    rule: ProcedureRule


class StagePeriod(NamedTuple):
    """The days of one stage occurrence, `[entered_on, exited_on)`; `entry_id` is that of the entry that began it."""

    entry_id: UUID
    stage: Stage
    entered_on: date
    exited_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.entered_on <= day and (self.exited_on is None or day < self.exited_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One occurrence of a stage in a draft, `[entered_on, exited_on)`; `rule` was in force on its entry day.

    `entry_id` is the id of the entry that began it, and so the id of the gap that it may be.
    """

    entry_id: UUID
    stage: Stage
    entered_on: date
    precision: Precision
    resumed: bool
    exited_on: date | None
    due_on: date
    required: bool
    rule: ProcedureRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When communication is due: `[opened_on, closed_on)`, or that one day if both are the same.

    `unopened_closed_on`: the first adoption, promulgation or publication, if nothing opened before it.
    `ended_on`: the withdrawal or merger, unless the window had closed by law before.
    """

    opened_on: date | None = None
    closed_on: date | None = None
    closed_by: Stage | None = None
    unopened_closed_on: date | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The whole way of a draft; as of a day it is the same way up to the entries of that day."""

    occurrences: tuple[Occurrence, ...]
    window: Window

    @property
    def periods(self) -> list[StagePeriod]:
        """The stage occurrences as days alone."""
        return [StagePeriod(o.entry_id, o.stage, o.entered_on, o.exited_on) for o in self.occurrences]


def occurrences(facts: DraftFacts, rulebook: Rulebook) -> tuple[Occurrence, ...]:
    return course(facts, rulebook).occurrences


def window(facts: DraftFacts, rulebook: Rulebook) -> Window:
    return course(facts, rulebook).window


def course(facts: DraftFacts, rulebook: Rulebook) -> Course:
    """Order the entries, drop what begins nothing, and find the window (compliance rules: Words, Window)."""
    steps = steps_of(facts, rulebook)
    draft_window = _window(steps)
    exempted = frozenset(stage for exemption in facts.exemptions for stage in exemption.stages)
    following: list[StageEntry | None] = [entry for entry, _ in steps[1:]]
    in_sequence = (
        _occurrence(step, exit_, draft_window, exempted, rulebook)
        for step, exit_ in zip(steps, [*following, None], strict=False)
    )
    return Course(tuple(in_sequence), draft_window)


def in_order(entries: Iterable[StageEntry]) -> list[StageEntry]:
    """Return the entries that begin an occurrence, in order.

    An entry into the stage that the draft is already in continues that occurrence. After an end nothing
    begins; on the day of an end everything else stands before it.
    """
    return [entry for entry, begins in _placed(entries) if begins]


def _placed(entries: Iterable[StageEntry]) -> Iterator[tuple[StageEntry, bool]]:
    """Give all entries in order, each with whether it begins an occurrence."""
    last: StageEntry | None = None
    for _, same_day in groupby(sorted(entries, key=attrgetter("entered_on")), key=attrgetter("entered_on")):
        for entry in _one_day(list(same_day), last):
            begins = last is None or (last.stage not in ENDS and last.stage is not entry.stage)
            last = entry if begins else last
            yield entry, begins


def _one_day(entries: list[StageEntry], current: StageEntry | None) -> list[StageEntry]:
    """Order the entries of one date by the usual order of the stages, the most precise first.

    `resumed` stands after the suspension that it ends. That is one of the same date only if the draft did
    not already stand suspended when the day began; else it takes the place of its stage.
    """
    if len(entries) == 1:
        return entries
    was_suspended = current is not None and current.stage is Stage.SUSPENDED
    waits = not was_suspended and any(entry.stage is Stage.SUSPENDED for entry in entries)

    def place(entry: StageEntry) -> tuple[int, int, int, str]:
        after = entry.resumed and waits
        order = Stage.SUSPENDED.order if after else entry.stage.order
        within = entry.stage.order + 1 if after else 0
        return order, within, _EXACTNESS[entry.precision], str(entry.entry_id)

    return sorted(entries, key=place)


def parallel_entries(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> list[StageEntry]:
    """Return the entries known on a day into stages that run parallel to the others, in the order of their days."""
    entered = (entry for entry in facts.entries if entry.entered_on <= as_of)
    parallel = (entry for entry in entered if entry.stage in _rule(facts, rulebook, entry).parallel)
    return sorted(parallel, key=attrgetter("entered_on"))


def all_in_order(facts: DraftFacts, rulebook: Rulebook) -> list[StageEntry]:
    """Return every entry in order: also what only continues an occurrence, and parallel stages on their days."""
    parallel = {e.entry_id for e in facts.entries if e.stage in _rule(facts, rulebook, e).parallel}
    ordered = [entry for entry, _ in _placed(e for e in facts.entries if e.entry_id not in parallel)]
    for entry in sorted((e for e in facts.entries if e.entry_id in parallel), key=_place):
        after = (place for place, other in enumerate(ordered) if _place(other) > _place(entry))
        ordered.insert(next(after, len(ordered)), entry)
    return ordered


def _place(entry: StageEntry) -> tuple[date, int]:
    return entry.entered_on, entry.stage.order


def stage_periods(facts: DraftFacts, rulebook: Rulebook) -> list[StagePeriod]:
    """Return the stage occurrences in order, as days alone."""
    entries = [entry for entry, _ in steps_of(facts, rulebook)]
    ends = [*(entry.entered_on for entry in entries[1:]), None]
    return [
        StagePeriod(e.entry_id, e.stage, e.entered_on, end) for e, end in zip(entries, ends, strict=False)
    ]


def stage_on(occurrences: Iterable[StagePeriod], day: date) -> StagePeriod | None:
    """Return the occurrence that a draft is in on a day; None before the first."""
    return next((period for period in occurrences if period.holds_on(day)), None)


def steps_of(facts: DraftFacts, rulebook: Rulebook) -> list[Step]:
    """Pair each entry with its rule; entries into parallel stages are no part of the sequence."""
    rules = {day: rule_on(facts, rulebook, day) for day in {entry.entered_on for entry in facts.entries}}
    entries = [entry for entry in facts.entries if entry.stage not in rules[entry.entered_on].parallel]
    return [Step(entry, rules[entry.entered_on]) for entry in in_order(entries)]


def rule_on(facts: DraftFacts, rulebook: Rulebook, day: date) -> ProcedureRule:
    """Give the rule of a draft on a day: that of its lead unit's area, else the national one."""
    lead = unit_on(lead_units(facts), day) if rulebook.local else None
    return rulebook.procedure(facts.regime, facts.instrument, facts.procedure, day, lead)


def _rule(facts: DraftFacts, rulebook: Rulebook, entry: StageEntry) -> ProcedureRule:
    return rule_on(facts, rulebook, entry.entered_on)


def _window(steps: Sequence[Step]) -> Window:
    for place, (entry, rule) in enumerate(steps):
        if entry.stage in rule.opening:
            return _opened(entry.entered_on, steps[place + 1 :])
        if entry.stage in ENDS:
            return Window(ended_on=entry.entered_on)
        if entry.stage in rule.closing:
            return Window(unopened_closed_on=entry.entered_on, ended_on=_end(steps))
    return Window()


def _opened(opened_on: date, rest: Sequence[Step]) -> Window:
    for entry, rule in rest:
        if entry.stage in ENDS or entry.stage in rule.closing:
            return Window(
                opened_on=opened_on,
                closed_on=entry.entered_on,
                closed_by=entry.stage,
                ended_on=entry.entered_on if entry.stage in ENDS else None,
            )
    return Window(opened_on=opened_on)


def _end(steps: Sequence[Step]) -> date | None:
    last, _ = steps[-1]  # an end is always the last: nothing stands after it
    return last.entered_on if last.stage in ENDS else None


def _occurrence(
    step: Step, following: StageEntry | None, window: Window, exempted: frozenset[Stage], rulebook: Rulebook
) -> Occurrence:
    entry, rule = step
    exited_on = following.entered_on if following else None
    certain = last_day(entry.entered_on, entry.precision)  # an imprecise date counts in favour of the unit
    return Occurrence(
        entry_id=entry.entry_id,
        stage=entry.stage,
        entered_on=entry.entered_on,
        precision=entry.precision,
        resumed=entry.resumed,
        exited_on=exited_on,
        due_on=rulebook.calendar.add_working_days(certain, rule.grace_working_days),
        required=_falls_in(entry, exited_on, window) and entry.stage not in rule.not_required | exempted,
        rule=rule,
    )


def _falls_in(entry: StageEntry, exited_on: date | None, window: Window) -> bool:
    if window.opened_on is None or exited_on == entry.entered_on:
        return False
    return window.opened_on <= entry.entered_on and (
        window.closed_on is None or entry.entered_on < window.closed_on
    )
