"""Where an entry of a programme stands on a day: cancelled, done, done late, late or open (compliance rules: programme)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from shared.contracts.vocabulary import ProgrammeKind, ReportPeriod
from shared.rules.programme.kinds import CHANGES, KINDS

Kind = ProgrammeKind


class EntryStatus(StrEnum):
    CANCELLED = "cancelled"
    DONE = "done"
    DONE_LATE = "done_late"
    LATE = "late"
    OPEN = "open"


SuccessorOn = Callable[[str, date], str]
"""Gives the unit that carries on for one by a day; the unit itself where it goes on, or where several do."""


def itself(unit_code: str, day: date) -> str:
    """Let every unit carry on what it owes: within one programme nobody asks who follows a unit."""
    del day
    return unit_code


ENDED = frozenset({EntryStatus.CANCELLED, EntryStatus.DONE, EntryStatus.DONE_LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFact:
    """An entry as it stands after corrections.

    `happened_on` is the first day on which it may have happened, `due_on` the last day of what it is due in. Of two on
    one day `position` (in the log) says which came first. From `cancelled_from` on it does not hold; in a `Standing` that is
    also the day from which what it follows does not. `day` is that by which entries are ordered (`dated`).
    """

    entry_id: UUID
    kind: Kind
    position: int
    happened_on: date | None = None
    unit_code: str
    of_entry: UUID | None = None
    lead_unit_code: str | None = None
    due_on: date | None = None
    quantity: int | None = None
    percent: int | None = None
    document: str | None = None
    needs_acceptance: bool | None = None
    cancelled_from: date | None = None
    coordinating_unit_codes: tuple[str, ...] = ()
    report_period: ReportPeriod | None = None
    period_from: date | None = None
    period_to: date | None = None
    due_days: int | None = None
    duty_id: UUID | None = None
    day: date = date.min

    def holds_on(self, as_of: date) -> bool:
        return self.cancelled_from is None or self.cancelled_from > as_of

    @property
    def performer(self) -> str:
        """The unit that is to act: who leads it, else the unit of the programme."""
        return self.lead_unit_code or self.unit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An entry on a day. `status` is None where nothing is owed; `owed_by` is the unit that is to act next.

    `left_by` is the unit that was to act, where another one carries on for it: then `owed_by` is that one.

    `done_on` is also None where no day was given.
    `steps` are the follow-ups until then, in order; `due_on` is that of the last extension. `findings` and how many of
    them are `mended` are those of an inspection or of one recorded finding. `requests` are the requests for more time that
    wait for an answer; such a request is done when it is answered, or when what it is about is not owed any more.
    """

    fact: EntryFact
    status: EntryStatus | None
    due_on: date | None = None
    done_on: date | None = None
    owed_by: str | None = None
    left_by: str | None = None
    percent: int | None = None
    findings: int | None = None
    mended: int | None = None
    steps: Sequence[EntryFact] = ()
    requests: Sequence[EntryFact] = ()


ANSWERS = frozenset({Kind.TASK_EXTENDED, Kind.EXTENSION_REFUSED})
"""What answers a request for more time."""
_WITH_FINDINGS = frozenset({Kind.INSPECTION_CONDUCTED, Kind.FINDING_RECORDED})
Steps = Mapping[UUID, Sequence[EntryFact]]


def standings(
    facts: Iterable[EntryFact], as_of: date, successor_on: SuccessorOn = itself
) -> dict[UUID, Standing]:
    """Give each entry that exists on a day, with its state; the facts are those of whole programmes.

    What a unit owes is owed by the one that carries on for it, from the day of the succession on.
    """
    present = sorted((fact for fact in dated(_held(facts)) if fact.day <= as_of), key=_place)
    steps: dict[UUID, list[EntryFact]] = defaultdict(list)
    for fact in present:
        if fact.of_entry is not None and fact.holds_on(as_of):
            steps[fact.of_entry].append(fact)
    stand = {
        fact.entry_id: _carried_on(_standing(fact, steps, as_of), as_of, successor_on) for fact in present
    }
    return stand | dict(_with_requests(stand))


def _with_requests(stand: Mapping[UUID, Standing]) -> Iterator[tuple[UUID, Standing]]:
    """Give what has requests for more time, with those that wait; and those that do not matter any more, as done."""
    requests: dict[UUID, list[EntryFact]] = defaultdict(list)
    sent: dict[tuple[UUID | None, str | None, date | None], date] = {
        (each.fact.duty_id, each.fact.unit_code, each.fact.period_from): each.fact.day
        for each in stand.values()
        if each.fact.kind is Kind.REPORT_SUBMITTED and each.status is not EntryStatus.CANCELLED
    }
    for standing in stand.values():
        fact = standing.fact
        if fact.kind is not Kind.EXTENSION_REQUESTED or standing.owed_by is None or fact.of_entry is None:
            continue
        followed = stand.get(fact.of_entry)
        if followed is None:
            continue  # its day is to come yet
        if followed.status in ENDED:
            day = followed.done_on
        elif (day := sent.get((fact.of_entry, fact.lead_unit_code, fact.period_from))) is None:
            requests[fact.of_entry].append(fact)
            continue
        yield (
            fact.entry_id,
            replace(standing, status=EntryStatus.DONE, done_on=day, owed_by=None, left_by=None),
        )
    for entry_id, waiting in requests.items():
        yield entry_id, replace(stand[entry_id], requests=waiting)


def _carried_on(standing: Standing, as_of: date, successor_on: SuccessorOn) -> Standing:
    if standing.owed_by is None or (heir := successor_on(standing.owed_by, as_of)) == standing.owed_by:
        return standing
    return replace(standing, owed_by=heir, left_by=standing.owed_by)


def _held(facts: Iterable[EntryFact]) -> Iterator[EntryFact]:
    """Give each entry the day from which it does not hold: what follows a cancelled entry is cancelled with it.

    A correction or cancellation is about the entry, not part of it: it stays as it was recorded.
    """
    ordered = sorted(facts, key=lambda fact: fact.position)
    by_id = {fact.entry_id: fact for fact in ordered}
    for fact in ordered:
        if fact.kind not in CHANGES:
            ends = [each.cancelled_from for each in _upwards(fact, by_id) if each.cancelled_from is not None]
            yield replace(fact, cancelled_from=min(ends)) if ends else fact
        else:
            yield fact


def _upwards(fact: EntryFact, by_id: Mapping[UUID, EntryFact]) -> Iterator[EntryFact]:
    """Give an entry, what it follows, and so on."""
    followed: EntryFact | None = fact
    while followed is not None:
        yield followed
        followed = by_id.get(followed.of_entry) if followed.of_entry else None


def dated(facts: Iterable[EntryFact]) -> Iterator[EntryFact]:
    """Give each entry the first day on which it may have happened.

    Of one that names no day that is the day of what it follows, or of an earlier recorded follow-up of the same entry; what
    follows nothing has always been there: nobody is late because a day was not written down.
    """
    latest: dict[UUID, date] = {}
    for fact in sorted(facts, key=lambda fact: fact.position):
        day = fact.happened_on or (latest.get(fact.of_entry) if fact.of_entry else None) or date.min
        latest[fact.entry_id] = max(day, latest.get(fact.entry_id, day))
        if fact.of_entry is not None:
            latest[fact.of_entry] = max(day, latest.get(fact.of_entry, day))
        yield replace(fact, day=day)


def mended(fact: EntryFact, steps: Steps) -> int:
    """Count the findings of an inspection, or of one recorded finding, that were mended; at most those that were found."""
    return sum(count for _, count in _mended_by_day(fact, steps))


def findings_of(fact: EntryFact, steps: Steps) -> int:
    """Count the findings of an inspection: what it says, else those recorded; a recorded finding is one if it says nothing."""
    if fact.kind is Kind.FINDING_RECORDED:
        return 1 if fact.quantity is None else fact.quantity
    if fact.quantity is not None:
        return fact.quantity
    return sum(findings_of(finding, steps) for finding in _of_kind(fact, steps, Kind.FINDING_RECORDED))


def _place(fact: EntryFact) -> tuple[date, int]:
    return fact.day, fact.position


def _standing(fact: EntryFact, steps: Steps, as_of: date) -> Standing:
    own = tuple(steps.get(fact.entry_id, ()))
    if not fact.holds_on(as_of):
        return Standing(fact=fact, status=EntryStatus.CANCELLED, steps=own)
    if not KINDS[fact.kind].has_state:
        return Standing(fact=fact, status=None, steps=own)
    due_on, done_on = _due(fact, steps), _DONE[fact.kind](fact, steps)
    return Standing(
        fact=fact,
        status=_status(due_on, done_on, as_of),
        due_on=due_on,
        done_on=None if done_on == date.min else done_on,
        owed_by=None if done_on else _owed_by(fact, steps),
        percent=_percent(fact, steps),
        findings=findings_of(fact, steps) if fact.kind in _WITH_FINDINGS else None,
        mended=mended(fact, steps) if fact.kind in _WITH_FINDINGS else None,
        steps=own,
    )


def _status(due_on: date | None, done_on: date | None, as_of: date) -> EntryStatus:
    if done_on is not None:
        return EntryStatus.DONE_LATE if due_on is not None and done_on > due_on else EntryStatus.DONE
    return EntryStatus.LATE if due_on is not None and due_on < as_of else EntryStatus.OPEN


def _of_kind(fact: EntryFact, steps: Steps, *kinds: Kind) -> Iterator[EntryFact]:
    return (step for step in steps.get(fact.entry_id, ()) if step.kind in kinds)


def _due(fact: EntryFact, steps: Steps) -> date | None:
    if fact.kind is Kind.EXTENSION_REQUESTED:
        return None  # its `due_on` is the day that is asked for
    due_on = fact.due_on
    for step in _of_kind(fact, steps, Kind.TASK_EXTENDED):
        due_on = step.due_on
    return due_on


def _percent(fact: EntryFact, steps: Steps) -> int | None:
    percent = None
    for step in _of_kind(fact, steps, Kind.TASK_PROGRESSED):
        percent = step.percent
    return percent


def _reported_on(fact: EntryFact, steps: Steps) -> date | None:
    """Give the day of the first report that was not sent back."""
    reported: date | None = None
    for step in _of_kind(fact, steps, Kind.TASK_REPORTED, Kind.TASK_RETURNED):
        if step.kind is Kind.TASK_RETURNED:
            reported = None
        elif reported is None:
            reported = step.day
    return reported


def _task_done(fact: EntryFact, steps: Steps) -> date | None:
    """Give the day of the first acceptance that was not followed by a return; where nobody has to accept, of the report."""
    if not fact.needs_acceptance:
        return _reported_on(fact, steps)
    accepted: date | None = None
    for step in _of_kind(fact, steps, Kind.TASK_ACCEPTED, Kind.TASK_RETURNED):
        if step.kind is Kind.TASK_RETURNED:
            accepted = None
        elif accepted is None:
            accepted = step.day
    return accepted


def _mended_by_day(fact: EntryFact, steps: Steps) -> Iterator[tuple[date, int]]:
    """Give the day and number of what was mended, in order, until nothing is left."""
    left = findings_of(fact, steps)
    followed: list[tuple[date, int | None]] = [
        (step.day, step.quantity) for step in _of_kind(fact, steps, Kind.FINDING_FOLLOWED_UP)
    ]
    for finding in _of_kind(fact, steps, Kind.FINDING_RECORDED):
        followed += _mended_by_day(finding, steps)
    for day, count in sorted(followed, key=lambda item: item[0]):
        number = left if count is None else min(count, left)
        left -= number
        if number:
            yield day, number


def _mended_on(fact: EntryFact, steps: Steps) -> date | None:
    """Give the day on which all was mended; where nothing was found, that of the inspection."""
    left, day = findings_of(fact, steps), fact.day
    for mended_on, count in _mended_by_day(fact, steps):
        left, day = left - count, mended_on
    return None if left else day


def _decided_on(fact: EntryFact, steps: Steps) -> date | None:
    settling = _of_kind(fact, steps, Kind.OBSTACLE_DECIDED, Kind.OBSTACLE_ANSWERED)
    return next((step.day for step in settling), None)


def _answered_on(fact: EntryFact, steps: Steps) -> date | None:
    """Give the day on which a request for more time was answered, or what it is about was reported."""
    own = fact.day, fact.position
    for step in steps.get(fact.of_entry, ()) if fact.of_entry else ():
        answers = step.kind in ANSWERS and is_same_case(step, fact)
        if (answers or step.kind is Kind.TASK_REPORTED) and (step.day, step.position) > own:
            return step.day
    return None


def is_same_case(step: EntryFact, request: EntryFact) -> bool:
    """Tell whether two steps are about one due day: of a required report, that of one unit and period."""
    if step.period_from != request.period_from:
        return False
    return request.period_from is None or step.lead_unit_code == request.lead_unit_code


def _owed_by(fact: EntryFact, steps: Steps) -> str:
    reported = fact.kind is Kind.TASK_ASSIGNED and _reported_on(fact, steps) is not None
    if reported or fact.kind is Kind.EXTENSION_REQUESTED:
        return fact.unit_code
    owed_by = fact.performer
    for step in _of_kind(fact, steps, Kind.OBSTACLE_FORWARDED):
        owed_by = step.performer
    return owed_by


_DONE: Mapping[Kind, Callable[[EntryFact, Steps], date | None]] = MappingProxyType(
    {
        Kind.TASK_ASSIGNED: _task_done,
        Kind.INSPECTION_CONDUCTED: _mended_on,
        Kind.FINDING_RECORDED: _mended_on,
        Kind.OBSTACLE_RAISED: _decided_on,
        Kind.REPORT_SUBMITTED: lambda fact, _: fact.day,
        Kind.EXTENSION_REQUESTED: _answered_on,
    }
)
