"""What other rules would do to one draft, and what differs between two rulebooks: evaluated by both."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from services.metrics.domain.record import DraftRecord
from shared.contracts.vocabulary import Answer, GapState, Stage
from shared.rules.figures import Counts, Period, count, effective_day
from shared.rules.rulebook.procedures import Key, ProcedureRule
from shared.rules.rulebook.rulebook import Rulebook, in_force
from shared.rules.timeline import GapInterval, Timeline, gap_state, timeline
from shared.rules.verdicts import PolicyVerdict

_AS_DATA: TypeAdapter[ProcedureRule] = TypeAdapter(ProcedureRule)
DAYS = ("valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class VerdictChange:
    policy_no: int
    was: PolicyVerdict
    becomes: PolicyVerdict


@dataclass(frozen=True, slots=True)
class GapChange:
    """A gap that would be there or not, or fall due on another day; None where there is none."""

    stage: Stage
    unit_code: str
    since: date
    due_was: date | None
    due: date | None
    state_was: GapState | None
    state: GapState | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures under one rulebook."""

    counts: Counts
    gaps: int
    overdue: int


@dataclass(frozen=True, slots=True)
class DraftEffect:
    before: Standing
    after: Standing
    verdicts: tuple[VerdictChange, ...]
    gaps: tuple[GapChange, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a procedure that would have another value on the days of `valid_from` to `valid_to`."""

    key: Key
    valid_from: date
    valid_to: date | None
    field: str
    was: Any
    becomes: Any


def effect_on(
    record: DraftRecord, was: Rulebook, becomes: Rulebook, as_of: date, period: Period | None
) -> DraftEffect:
    facts = record.facts
    before, after = timeline(facts, was), timeline(facts, becomes)
    return DraftEffect(
        before=_standing(before, as_of, period),
        after=_standing(after, as_of, period),
        verdicts=tuple(_verdict_changes(before, after, effective_day(period, as_of))),
        gaps=tuple(_gap_changes(before, after, as_of)),
    )


def _standing(line: Timeline, as_of: date, period: Period | None) -> Standing:
    open_ = _open(line, as_of).values()
    overdue = sum(gap_state(gap.due_on, as_of) is GapState.OVERDUE for gap in open_)
    return Standing(count([line], period, as_of), len(open_), overdue)


def _open(line: Timeline, day: date) -> dict[Any, GapInterval]:
    return {gap.gap_id: gap for gap in line.gaps if gap.from_day <= day < gap.to_day}


def _verdict_changes(before: Timeline, after: Timeline, day: date) -> Iterator[VerdictChange]:
    """Compare what is counted: a draft out of scope has no figures to change."""
    if before.scope is not Answer.YES:
        return
    now = _verdicts(after, day)
    for number, was in _verdicts(before, day).items():
        if was is not now[number]:
            yield VerdictChange(number, was, now[number])


def _verdicts(line: Timeline, day: date) -> dict[int, PolicyVerdict]:
    return {row.policy_no: row.verdict for row in line.policies if row.from_day <= day < row.to_day}


def _gap_changes(before: Timeline, after: Timeline, as_of: date) -> Iterator[GapChange]:
    was, now = _open(before, as_of), _open(after, as_of)
    for number in {**was, **now}:
        old, new = was.get(number), now.get(number)
        due_was, due = (old.due_on if old else None), (new.due_on if new else None)
        if (either := old or new) is not None and due_was != due:
            states = [gap_state(day, as_of) if day else None for day in (due_was, due)]
            yield GapChange(either.stage, either.unit_code, either.since, due_was, due, *states)


def changed_days(was: Rulebook, becomes: Rulebook) -> list[tuple[date, str]]:
    """List the days that would be worked or off instead."""
    touched = {*was.calendar.off, *was.calendar.worked} ^ {*becomes.calendar.off, *becomes.calendar.worked}
    days = [date.fromordinal(ordinal) for ordinal in sorted(touched)]
    return [(day, "work" if becomes.calendar.is_working(day) else "off") for day in days]


def changed_procedures(was: Rulebook, becomes: Rulebook) -> list[FieldChange]:
    """List the fields that would change; a rule that only ends earlier changes no other field.

    A local rule is compared with the national one that it stands before.
    """
    new = (
        (key, own.rule)
        for key, rules in becomes.local.items()
        for own in rules
        if own not in was.local.get(key, ())
    )
    local = [
        change
        for key, rule in new
        for change in _field_changes(key, in_force(was.procedures[key], rule.valid_from), rule)
    ]
    return local + [
        change
        for key, rules in becomes.procedures.items()
        if rules != was.procedures[key]
        for rule in rules
        for change in _field_changes(key, in_force(was.procedures[key], rule.valid_from), rule)
    ]


def _field_changes(key: Key, old: ProcedureRule, new: ProcedureRule) -> Iterable[FieldChange]:
    before, after = _AS_DATA.dump_python(old, mode="json"), _AS_DATA.dump_python(new, mode="json")
    for field, becomes in after.items():
        if field not in DAYS and getattr(old, field) != getattr(new, field):
            yield FieldChange(key, new.valid_from, new.valid_to, field, before[field], becomes)
