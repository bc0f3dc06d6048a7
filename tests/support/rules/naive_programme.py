"""A second reading of where entries of a programme stand, straight from the page of rules: one entry, one day at a time."""

from collections.abc import Sequence
from datetime import date, timedelta

from shared.contracts.vocabulary import ProgrammeKind as Kind
from shared.rules.programme.states import EntryFact

Place = tuple[date, int]  # a day, and a position in the log


def day_of(entry: EntryFact, log: Sequence[EntryFact]) -> date:
    """The day that it names; else that of the newest thing written down before it about the same entry."""
    if entry.happened_on:
        return entry.happened_on
    if entry.of_entry is None:
        return date.min
    earlier = [
        other
        for other in log
        if other.position < entry.position and entry.of_entry in (other.entry_id, other.of_entry)
    ]
    return max((day_of(other, log) for other in earlier), default=date.min)


def fell(entry: EntryFact, log: Sequence[EntryFact], day: date) -> bool:
    """Whether it was cancelled by a day, or what it is about was."""
    if entry.cancelled_from and entry.cancelled_from <= day:
        return True
    whole = next((other for other in log if other.entry_id == entry.of_entry), None)
    return whole is not None and fell(whole, log, day)


def about(entry: EntryFact, log: Sequence[EntryFact], day: date) -> list[EntryFact]:
    """What was done about an entry by a day, in order, and still holds then."""
    done = [
        other
        for other in log
        if other.of_entry == entry.entry_id and day_of(other, log) <= day and not fell(other, log, day)
    ]
    return sorted(done, key=lambda other: (day_of(other, log), other.position))


def newest(log: Sequence[EntryFact]) -> int:
    return max(entry.position for entry in log)


def place_of(entry: EntryFact, log: Sequence[EntryFact]) -> Place:
    return day_of(entry, log), entry.position


def is_done(entry: EntryFact, log: Sequence[EntryFact], asked: date, upto: Place) -> bool:
    """Tell whether an entry is done by what happened until `upto`, of what holds on the day asked about."""
    steps = [step for step in about(entry, log, asked) if place_of(step, log) <= upto]
    names = [step.kind for step in steps]
    match entry.kind:
        case Kind.TASK_ASSIGNED:
            own = not entry.needs_acceptance
            end = Kind.TASK_REPORTED if own else Kind.TASK_ACCEPTED
            decisive = [name for name in names if name in (end, Kind.TASK_RETURNED)]
            return bool(decisive) and decisive[-1] is end
        case Kind.OBSTACLE_RAISED:
            return Kind.OBSTACLE_DECIDED in names or Kind.OBSTACLE_ANSWERED in names
        case Kind.REPORT_SUBMITTED:
            return True
        case Kind.EXTENSION_REQUESTED:
            return answered(entry, log, asked, upto)
        case Kind.FINDING_RECORDED | Kind.INSPECTION_CONDUCTED:
            return left(entry, log, asked, upto) == 0
        case _:
            raise AssertionError(entry.kind)


def answered(request: EntryFact, log: Sequence[EntryFact], asked: date, upto: Place) -> bool:
    """Whether more time was given or refused since it was asked for, or it is not needed any more."""
    whole = next(other for other in log if other.entry_id == request.of_entry)
    later = [
        step for step in about(whole, log, asked) if place_of(request, log) < place_of(step, log) <= upto
    ]
    answers = {Kind.TASK_EXTENDED, Kind.EXTENSION_REFUSED}
    for step in later:
        if step.kind is Kind.TASK_REPORTED:
            return True
        about_same = step.period_from is None or step.lead_unit_code == request.lead_unit_code
        if step.kind in answers and step.period_from == request.period_from and about_same:
            return True
    is_there = whole.kind in OWING and day_of(whole, log) <= asked
    return is_there and is_done(whole, log, asked, upto)


def total(entry: EntryFact, log: Sequence[EntryFact], asked: date) -> int:
    if entry.quantity is not None:
        return entry.quantity
    if entry.kind is Kind.FINDING_RECORDED:
        return 1
    recorded = [step for step in about(entry, log, asked) if step.kind is Kind.FINDING_RECORDED]
    return sum(total(step, log, asked) for step in recorded)


def left(entry: EntryFact, log: Sequence[EntryFact], asked: date, upto: Place) -> int:
    number = total(entry, log, asked)
    for step in about(entry, log, asked):
        if step.kind is Kind.FINDING_FOLLOWED_UP and place_of(step, log) <= upto:
            number -= number if step.quantity is None else step.quantity
        elif step.kind is Kind.FINDING_RECORDED:
            number -= total(step, log, asked) - left(step, log, asked, upto)
        number = max(number, 0)
    return number


def due_of(entry: EntryFact, log: Sequence[EntryFact], asked: date) -> date | None:
    if entry.kind is Kind.EXTENSION_REQUESTED:
        return None
    moved = [step.due_on for step in about(entry, log, asked) if step.kind is Kind.TASK_EXTENDED]
    return moved[-1] if moved else entry.due_on


def status(entry: EntryFact, log: Sequence[EntryFact], asked: date) -> str | None:
    """Name the state on a day; `absent` before the entry exists, None of what owes nothing."""
    if day_of(entry, log) > asked:
        return "absent"
    if fell(entry, log, asked):
        return "cancelled"
    if entry.kind not in OWING:
        return None
    due = due_of(entry, log, asked)
    if is_done(entry, log, asked, (asked, newest(log))):
        return "done" if due is None or done_in_time(entry, log, asked, due) else "done_late"
    return "late" if due is not None and asked > due else "open"


def owes(entry: EntryFact, log: Sequence[EntryFact], asked: date) -> tuple[str, date | None] | None:
    """Name the unit that is to act next, and until when; None where nothing is to be done."""
    if status(entry, log, asked) not in {"open", "late"}:
        return None
    steps = about(entry, log, asked)
    if entry.kind is Kind.INSPECTION_CONDUCTED:
        apart = [step for step in steps if step.kind is Kind.FINDING_RECORDED and due_of(step, log, asked)]
        now = (asked, newest(log))
        if left(entry, log, asked, now) <= sum(left(step, log, asked, now) for step in apart):
            return None
    if entry.kind is Kind.EXTENSION_REQUESTED:
        return entry.unit_code, None
    unit, due = entry.lead_unit_code or entry.unit_code, due_of(entry, log, asked)
    for step in steps:
        if entry.kind is Kind.TASK_ASSIGNED and step.kind is Kind.TASK_REPORTED:
            unit, due = entry.unit_code, None
        elif step.kind is Kind.TASK_RETURNED:
            unit, due = entry.lead_unit_code or entry.unit_code, due_of(entry, log, asked)
        elif step.kind is Kind.OBSTACLE_FORWARDED:
            unit = step.lead_unit_code or step.unit_code
    return unit, due


def reported_on(entry: EntryFact, log: Sequence[EntryFact], asked: date) -> date | None:
    """The day of the last report of a task, if nothing was sent back after it."""
    ways = {Kind.TASK_REPORTED, Kind.TASK_RETURNED}
    steps = [step for step in about(entry, log, asked) if step.kind in ways]
    is_task = entry.kind is Kind.TASK_ASSIGNED
    return day_of(steps[-1], log) if is_task and steps and steps[-1].kind is Kind.TASK_REPORTED else None


OWING = {
    Kind.TASK_ASSIGNED,
    Kind.OBSTACLE_RAISED,
    Kind.REPORT_SUBMITTED,
    Kind.FINDING_RECORDED,
    Kind.INSPECTION_CONDUCTED,
    Kind.EXTENSION_REQUESTED,
}


def done_in_time(entry: EntryFact, log: Sequence[EntryFact], asked: date, due: date) -> bool:
    """Tell whether the day on which it became done, and has been since, is not after the due day."""
    findings = entry.kind in (Kind.INSPECTION_CONDUCTED, Kind.FINDING_RECORDED)
    if entry.kind is Kind.REPORT_SUBMITTED or (findings and total(entry, log, asked) == 0):
        return day_of(entry, log) <= due
    done_since = asked
    for place in sorted((place_of(step, log) for step in log), reverse=True):
        if place[0] <= asked and not is_done(entry, log, asked, place):
            break
        done_since = min(place[0], done_since)
    return done_since <= due


LAST_MONTHS = {"month": range(1, 13), "quarter": (3, 6, 9, 12), "half_year": (6, 12), "year": (12,)}
LENGTH = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def periods(duty: EntryFact, year: int) -> list[tuple[date, date]]:
    """The days of each period: it ends on the 14th of its last month, and begins the day after the one before ended."""
    if duty.report_period == "own":
        assert duty.period_from
        assert duty.period_to
        return [(duty.period_from, duty.period_to)]
    all_periods = []
    for last in LAST_MONTHS[str(duty.report_period)]:
        before = last - LENGTH[str(duty.report_period)]
        begin = date(year, before, 15) if before else date(year - 1, 12, 15)
        all_periods.append((begin, date(year, last, 14)))
    return all_periods


def reports(
    log: Sequence[EntryFact], year: int, asked: date
) -> dict[tuple[int, str, date], tuple[str, date]]:
    """The state and due day of every report that is required of somebody, by requirement, unit and first day of its period."""
    read = {}
    for duty in log:
        if duty.kind is not Kind.REPORT_REQUIRED or day_of(duty, log) > asked:
            continue
        for first, last in periods(duty, year):
            entered_after = duty.report_period != "own" and day_of(duty, log) > last
            ended = duty.cancelled_from is not None and duty.cancelled_from <= min(asked, last)
            if entered_after or ended:
                continue
            for unit in duty.coordinating_unit_codes or [duty.lead_unit_code]:
                due = duty.due_on or last + timedelta(days=duty.due_days or 0)
                read[duty.position, str(unit), first] = (
                    report_state(duty, str(unit), (first, last), due, log, asked),
                    due,
                )
    return read


def report_state(
    duty: EntryFact, unit: str, days: tuple[date, date], due: date, log: Sequence[EntryFact], asked: date
) -> str:
    sent = [
        entry
        for entry in log
        if entry.kind is Kind.REPORT_SUBMITTED
        and entry.unit_code == unit
        and status(entry, log, asked) not in {"absent", "cancelled"}
        and (
            (entry.duty_id, entry.period_from) == (duty.entry_id, days[0])
            or (
                entry.duty_id is None
                and entry.lead_unit_code == duty.unit_code
                and (entry.period_from, entry.period_to) == days
            )
        )
    ]
    if not sent:
        return "late" if asked > due else "open"
    first = min(sent, key=lambda entry: (day_of(entry, log), entry.position))
    received = any(step.kind is Kind.REPORT_RECEIVED for step in about(first, log, asked))
    return ("received" if received else "submitted") + ("_late" if day_of(first, log) > due else "")
