"""What cannot be in a programme: counts, days and units of its entries that contradict each other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.campaigns.domain import programme_errors as refused
from services.campaigns.domain.entry_state import Entered, Entries
from services.campaigns.domain.errors import DueBeforeBegin, FollowsBefore
from shared.contracts.programme import ProgrammeEntry, ProgrammeEvent
from shared.contracts.vocabulary import DuePrecision, ProgrammeKind, ReportPeriod
from shared.rules.figures import CUT_DAY
from shared.rules.programme import states
from shared.rules.programme.due import first_due_day, last_due_day
from shared.rules.programme.facts import entry_fact
from shared.rules.programme.figures import MOST_FIGURE, OWN_FIGURES
from shared.rules.programme.kinds import ABOUT_TIME, CHANGES, KINDS, EntryKind, Years
from shared.rules.programme.states import EntryFact, Standing
from shared.rules.rulebook.rulebook import last_day
from shared.rules.sequence import check_recorded_day

Kind = ProgrammeKind
DECEMBER = 12
_OF_PERIODS = frozenset({Kind.REPORT_REQUIRED, Kind.REPORT_SUBMITTED, Kind.ENTRY_CORRECTED})
ONLY_OF = {  # fields that other kinds don't have
    "percent": frozenset({Kind.TASK_PROGRESSED}),
    "needs_acceptance": frozenset({Kind.TASK_ASSIGNED, Kind.ENTRY_CORRECTED}),
    "report_period": frozenset({Kind.REPORT_REQUIRED, Kind.ENTRY_CORRECTED}),
    "due_days": frozenset({Kind.REPORT_REQUIRED, Kind.ENTRY_CORRECTED}),
    "period_to": _OF_PERIODS,
    "period_from": _OF_PERIODS.union(ABOUT_TIME),
    **dict.fromkeys(("figures", "report_id"), frozenset({Kind.REPORT_SUBMITTED, Kind.ENTRY_CORRECTED})),
    "duty_id": frozenset({Kind.REPORT_SUBMITTED, Kind.OBSTACLE_RAISED, Kind.ENTRY_CORRECTED}),
    "reason": frozenset(kind for kind, spec in KINDS.items() if "reason" in spec.requires),
}
_LATE_ONLY = frozenset({Kind.REPORT_SUBMITTED})  # what happens when it is due, so perhaps later


def check_fields(command: Any) -> None:
    """Refuse a command without the fields that its kind needs, or with those of others."""
    spec: EntryKind = command.spec
    for name in spec.requires:
        if getattr(command, name) is None:
            raise refused.EntryFieldMissing(name, spec.words)
    for name, kinds in ONLY_OF.items():
        if getattr(command, name) is not None and command.kind not in kinds:
            raise refused.EntryFieldMisplaced(name, spec.words)
    if command.due_on is not None:
        _check_due_day(command.due_on, command.due_precision or DuePrecision.DAY)


def _check_due_day(due_on: date, precision: DuePrecision) -> None:
    if due_on not in (first_due_day(due_on, precision), last_due_day(due_on, precision)):
        raise refused.DueNotLastDay(due_on)


def check_entry(event: ProgrammeEvent, followed: Entered | None, today: date, higher: frozenset[str]) -> None:
    """Refuse what cannot be for itself; a correction is checked as the entry that it corrects."""
    spec = KINDS[Kind(event.name)]
    if spec.kind is Kind.ENTRY_CORRECTED and followed is not None:
        spec = KINDS[Kind(followed.event.name)]
    if event.happened_on is not None:
        check_recorded_day(event.happened_on, event.precision, today)
        _check_year(event, spec.years)
    if spec.kind is Kind.INSPECTION_CONDUCTED and event.lead_unit_code in higher:
        raise refused.InspectsAbove(event.unit_code, str(event.lead_unit_code))
    if spec.kind is Kind.REPORT_REQUIRED:
        _check_required(event, spec)
    elif not spec.follows or spec.kind is Kind.FINDING_RECORDED:
        _check_due(event, spec)
    if event.period_from and event.period_to and event.period_to < event.period_from:
        raise DueBeforeBegin(event.period_from, event.period_to)
    if event.figures is not None:
        _check_figures(event.figures)


def check_obliged(event: ProgrammeEvent, followed: Entered | None, strangers: frozenset[str]) -> None:
    """Refuse an entry that obliges a unit which the unit of the programme neither stands above nor follows.

    Whom a corrected entry obliges already stays.
    """
    corrected = followed.content if followed is not None and event.name == Kind.ENTRY_CORRECTED else None
    kind = Kind((corrected or event).name)
    before = _obliged(corrected, kind) if corrected else frozenset()
    if others := sorted((_obliged(event, kind) - before) & strangers):
        raise refused.ObligesElsewhere(event.unit_code, others)


def _obliged(entry: ProgrammeEntry, kind: Kind) -> frozenset[str]:
    """Give the units that an entry of a kind asks to do something, and that are reminded of it."""
    if kind not in OBLIGING:
        return frozenset()
    others = entry.coordinating_unit_codes if kind is Kind.REPORT_REQUIRED else ()
    return frozenset(filter(None, (entry.lead_unit_code, *others)))


OBLIGING = frozenset(
    {Kind.TASK_ASSIGNED, Kind.REPORT_REQUIRED, Kind.INSPECTION_CONDUCTED, Kind.FINDING_RECORDED}
)


def _check_required(event: ProgrammeEntry, spec: EntryKind) -> None:
    """Refuse a required report without its periods, its due days, or the units that are to report."""
    is_own = event.report_period is ReportPeriod.OWN
    needed = ("period_from", "period_to", "due_on") if is_own else ("report_period", "due_days")
    for name in needed:
        if getattr(event, name) is None:
            raise refused.EntryFieldMissing(name, spec.words)
    for name in () if is_own else ("period_from", "period_to", "due_on"):
        if getattr(event, name) is not None:
            raise refused.EntryFieldMisplaced(name, spec.words)
    if not (event.coordinating_unit_codes or event.lead_unit_code):
        raise refused.EntryFieldMissing("coordinating_unit_codes", spec.words)
    if event.period_to and event.due_on and event.due_on < event.period_to:
        raise DueBeforeBegin(event.period_to, event.due_on)


def _check_figures(figures: Mapping[str, int]) -> None:
    for name, value in figures.items():
        if name not in OWN_FIGURES:
            raise refused.FigureUnknown(name)
        if not 0 <= value <= MOST_FIGURE:
            raise refused.FigureTooLarge(name, value)


def _check_due(event: ProgrammeEntry, spec: EntryKind) -> None:
    if spec.kind in _LATE_ONLY or event.happened_on is None or event.due_on is None:
        return
    if event.due_on < event.happened_on:
        raise DueBeforeBegin(event.happened_on, event.due_on)


def _check_year(event: ProgrammeEntry, years: Years | None) -> None:
    if years is None or event.happened_on is None or event.year_reason:
        return
    first, last = days_of(event.year, years)
    if last_day(event.happened_on, event.precision) < first or event.happened_on > last:
        raise refused.OutsideYear(event.happened_on, event.year)


def days_of(year: int, years: Years) -> tuple[date, date]:
    """Give the days of a programme's year: of the calendar year and of the reporting year, which begins before it."""
    return date(year - 1 - years.before, DECEMBER, CUT_DAY), date(year + years.after, DECEMBER, 31)


def check_around(entries: Entries, entry_id: UUID) -> None:
    """Refuse a state in which an entry contradicts what it follows or what follows it."""
    entry = entries[entry_id]
    of_entry = getattr(entry.event, "of_entry", None)
    followed = entries.get(of_entry) if of_entry else None
    if followed is not None and not entry.cancelled:
        _check_follows(entries, entry, followed)
        _check_steps(entries, entry, followed)
    for step in _steps(entries, entry_id):
        _check_follows(entries, step, entry)
    for inspection in _inspections(entries, entry, followed):
        _check_findings(entries, inspection)


def _check_follows(entries: Entries, entry: Entered, followed: Entered) -> None:
    """Refuse an answer that is certainly older than what it answers, and more time that ends before that begins."""
    first = _first_day(entries, followed)
    happened_on, due_on = entry.content.happened_on, entry.content.due_on
    moves = entry.event.name in {Kind.TASK_EXTENDED, Kind.EXTENSION_REQUESTED}
    if moves and first is not None and due_on is not None and due_on < first:
        raise DueBeforeBegin(first, due_on)
    if happened_on is None or first is None or entry.event.name in CHANGES:
        return
    if last_day(happened_on, entry.content.precision) < first:
        raise FollowsBefore(followed.content.title, first, happened_on)


def _first_day(entries: Entries, entry: Entered) -> date | None:
    """Give the first day on which an entry may have happened: one without a day not before what it follows."""
    content = entry.content
    followed = entries.get(getattr(entry.event, "of_entry", UUID(int=0)))
    if content.happened_on is None and followed is not None:
        return _first_day(entries, followed)
    years = KINDS[Kind(content.name)].years
    if content.happened_on is not None or years is None or content.year_reason:
        return content.happened_on
    return days_of(content.year, years)[0]


def _check_steps(entries: Entries, entry: Entered, followed: Entered) -> None:
    """Refuse a step before the one that it needs, or once more where there is one only."""
    kind = Kind(entry.event.name)
    before = [step for step in _steps(entries, followed.event.entry_id) if step.event is not entry.event]
    if KINDS[kind].once and any(step.event.name == kind for step in before):
        raise refused.AlreadyEntered(KINDS[kind].words, followed.content.title)
    needed = _AFTER.get(kind)
    if needed is None:
        return
    earlier = [step for step in before if step.event.name == needed and step.place < entry.place]
    if not earlier and kind is not Kind.OBSTACLE_ANSWERED:
        raise refused.NothingReported(followed.content.title)
    if earlier:
        _check_follows(entries, entry, earlier[-1])


_AFTER = {
    Kind.TASK_ACCEPTED: Kind.TASK_REPORTED,
    Kind.TASK_RETURNED: Kind.TASK_REPORTED,
    Kind.OBSTACLE_ANSWERED: Kind.OBSTACLE_DECIDED,
}


def _inspections(entries: Entries, *around: Entered | None) -> Iterator[Entered]:
    """Give the inspections that an entry and what it follows belong to."""
    for entry in around:
        while entry is not None and entry.event.name != Kind.INSPECTION_CONDUCTED:
            entry = entries.get(getattr(entry.event, "of_entry", UUID(int=0)))  # noqa: PLW2901  upwards
        if entry is not None and not entry.cancelled:
            yield entry


def _check_findings(entries: Entries, inspection: Entered) -> None:
    facts, steps = facts_of(entries.values()), _steps_of(entries)
    whole, title = facts[inspection.event.entry_id], inspection.content.title
    recorded = [facts[step.entry_id] for step in steps[whole.entry_id] if step.kind is Kind.FINDING_RECORDED]
    of_findings = sum(states.findings_of(finding, steps) for finding in recorded)
    if whole.quantity is not None and of_findings > whole.quantity:
        raise refused.MoreFindings(title, of_findings, whole.quantity)
    for finding in recorded:
        _check_mended(finding, steps, entries[finding.entry_id].content.title)
    mended = sum(_mended(item, steps) for item in (whole, *recorded))
    if mended > (number := states.findings_of(whole, steps)):
        raise refused.MoreMended(title, mended, number)


def _check_mended(finding: EntryFact, steps: states.Steps, title: str) -> None:
    if (mended := _mended(finding, steps)) > (number := states.findings_of(finding, steps)):
        raise refused.MoreMended(title, mended, number)


def _mended(fact: EntryFact, steps: states.Steps) -> int:
    """Sum what the follow-ups of an inspection or finding say; one that says nothing mends what is left."""
    follow_ups = [step for step in steps.get(fact.entry_id, ()) if step.kind is Kind.FINDING_FOLLOWED_UP]
    stated = sum(step.quantity or 0 for step in follow_ups)
    left = states.findings_of(fact, steps) if fact.kind is Kind.FINDING_RECORDED else 0
    return max(stated, left) if any(step.quantity is None for step in follow_ups) else stated


def _steps(entries: Entries, entry_id: UUID) -> list[Entered]:
    """Give the follow-ups of an entry that hold."""
    return [
        entry
        for entry in entries.values()
        if getattr(entry.event, "of_entry", None) == entry_id and not entry.cancelled
    ]


def facts_of(entries: Iterable[Entered]) -> dict[UUID, EntryFact]:
    """Read the entries that hold, apart from their days: in the order in which they were entered."""
    facts = (entry_fact(entry.content, entry.place) for entry in entries if not entry.cancelled)
    return {fact.entry_id: fact for fact in facts}


def _steps_of(entries: Entries) -> Mapping[UUID, list[EntryFact]]:
    steps: dict[UUID, list[EntryFact]] = defaultdict(list)
    for fact in facts_of(entries.values()).values():
        if fact.of_entry is not None:
            steps[fact.of_entry].append(fact)
    return steps


def standing_of(entries: Entries, entry_id: UUID) -> Standing:
    """Give where an entry stands after all that is recorded."""
    return states.standings(facts_of(entries.values()).values(), date.max)[entry_id]


def sent_to(entries: Entries, obstacle: Entered) -> list[str]:
    """Give the units that an obstacle was sent to: the one asked, then those that it was forwarded to."""
    forwarded = [
        step.content.lead_unit_code
        for step in _steps(entries, obstacle.event.entry_id)
        if step.event.name == Kind.OBSTACLE_FORWARDED
    ]
    return [code for code in (obstacle.content.lead_unit_code, *forwarded) if code is not None]


def is_reported(entries: Entries, task: Entered) -> bool:
    """Tell whether a task has a report that was not sent back."""
    last = [
        step.event.name
        for step in _steps(entries, task.event.entry_id)
        if step.event.name in {Kind.TASK_REPORTED, Kind.TASK_RETURNED}
    ]
    return bool(last) and last[-1] == Kind.TASK_REPORTED
