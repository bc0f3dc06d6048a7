"""A draft's verdicts and gaps as functions of the day: constant pieces, so that any day is one look-up.

Every interval is half-open, `[from_day, to_day)`, with `date.min` and `date.max` as the open ends, and as
long as nothing in it changes. Of one policy they are disjoint and leave no day out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, pairwise
from typing import TypeVar
from uuid import UUID

from shared.contracts.vocabulary import Answer, GapClosure, Stage
from shared.rules.coverage import DraftCase, Pair, PolicyCase, case_of
from shared.rules.facts import DraftFacts
from shared.rules.rulebook import Rulebook
from shared.rules.sequence import Occurrence
from shared.rules.verdicts import (
    ONE_DAY,
    Judgement,
    OccurrenceVerdict,
    PolicyVerdict,
    in_scope,
    judge,
    known,
    pair_verdict,
    settled,
)

T = TypeVar("T")

LeadUnits = Sequence[tuple[date, str]]  # from which day which unit leads, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInterval:
    """What is true of one policy on each day of `[from_day, to_day)`, as known on that day."""

    policy_no: int
    from_day: date
    to_day: date
    verdict: PolicyVerdict
    on_time: bool
    any_communication: bool
    from_start: bool
    provisional: bool
    waived: int
    unit_code: str
    window_opened: date | None
    window_closed: date | None
    unopened_closed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceInterval:
    """One (policy, required occurrence) pair; `counts` while the policy is met, missed or pending."""

    entry_id: UUID
    stage: Stage
    policy_no: int
    due_on: date
    unit_code: str
    from_day: date
    to_day: date
    verdict: OccurrenceVerdict
    counts: bool
    window_opened: date | None
    window_closed: date | None
    unopened_closed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapInterval:
    """A gap with the same unit and open policies on each day; `closure` stands on its last interval."""

    gap_id: UUID
    stage: Stage
    since: date
    due_on: date
    unit_code: str
    policies: tuple[int, ...]
    from_day: date
    to_day: date
    closure: GapClosure | None
    closed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Made for every draft whatever its scope; gaps only where the scope is yes."""

    scope: Answer
    policies: tuple[PolicyInterval, ...]
    occurrences: tuple[OccurrenceInterval, ...]
    gaps: tuple[GapInterval, ...]


def timeline(facts: DraftFacts, rulebook: Rulebook) -> Timeline:
    case = case_of(facts, rulebook)
    units = lead_units(facts)
    scope = in_scope(facts.scope)
    stays = [stay for stay in case.course.occurrences if stay.required]
    watched = scope is Answer.YES and not case.exempt
    return Timeline(
        scope=scope,
        policies=tuple(chain.from_iterable(_of_policy(case, policy, units) for policy in case.policies)),
        occurrences=tuple(
            chain.from_iterable(
                _of_pair(case, policy, pair, units) for policy in case.policies for pair in policy.required
            )
        ),
        gaps=tuple(chain.from_iterable(_of_gap(case, stay, units) for stay in stays)) if watched else (),
    )


def lead_units(facts: DraftFacts) -> LeadUnits:
    """Return the leading unit by day; of two transfers on one day the one recorded last holds."""
    following = sorted(facts.transfers, key=lambda transfer: transfer.on)
    return [(date.min, facts.lead_unit_code), *((transfer.on, transfer.unit_code) for transfer in following)]


def unit_on(units: LeadUnits, day: date) -> str:
    return next(code for since, code in reversed(units) if since <= day)


def _of_policy(case: DraftCase, policy: PolicyCase, units: LeadUnits) -> Iterator[PolicyInterval]:
    days = _turning_days(case, units, policy.required)
    days.update((date.min, policy.heard_on or date.min))

    def state(day: date) -> tuple[Judgement, str, date | None, date | None, date | None]:
        return (judge(case, policy, day), unit_on(units, day), *_window_columns(case, day))

    for from_day, to_day, (judgement, unit, opened, closed, unopened) in _pieces(days, date.max, state):
        yield PolicyInterval(
            policy_no=policy.policy_no,
            from_day=from_day,
            to_day=to_day,
            verdict=judgement.verdict,
            on_time=judgement.on_time,
            any_communication=judgement.any_communication,
            from_start=judgement.from_start,
            provisional=judgement.provisional,
            waived=judgement.waived,
            unit_code=unit,
            window_opened=opened,
            window_closed=closed,
            unopened_closed_on=unopened,
        )


def _of_pair(
    case: DraftCase, policy: PolicyCase, pair: Pair, units: LeadUnits
) -> Iterator[OccurrenceInterval]:
    stay = pair.occurrence
    days = {day for day in _turning_days(case, units, (pair,)) if day >= stay.entered_on}

    def state(day: date) -> tuple[OccurrenceVerdict, bool, str, date | None, date | None, date | None]:
        counts = settled(case, day) is None
        return (pair_verdict(pair, day), counts, unit_on(units, day), *_window_columns(case, day))

    for from_day, to_day, (verdict, counts, unit, opened, closed, unopened) in _pieces(days, date.max, state):
        yield OccurrenceInterval(
            entry_id=stay.entry_id,
            stage=stay.stage,
            policy_no=policy.policy_no,
            due_on=stay.due_on,
            unit_code=unit,
            from_day=from_day,
            to_day=to_day,
            verdict=verdict,
            counts=counts,
            window_opened=opened,
            window_closed=closed,
            unopened_closed_on=unopened,
        )


def _of_gap(case: DraftCase, stay: Occurrence, units: LeadUnits) -> Iterator[GapInterval]:
    covered = [(policy.policy_no, _covered_on(policy, stay)) for policy in case.policies]
    until = min(stay.exited_on or date.max, max(day or date.max for _, day in covered))
    days = {stay.entered_on, *(day for _, day in covered if day), *(day for day, _ in units)}
    inside = {day for day in days if stay.entered_on <= day < until}

    def state(day: date) -> tuple[str, tuple[int, ...]]:
        return unit_on(units, day), tuple(number for number, on in covered if on is None or on > day)

    closure = _closure(case, stay, until)
    for from_day, to_day, (unit, policies) in _pieces(inside, until, state):
        last = to_day == until and closure is not None
        yield GapInterval(
            gap_id=stay.entry_id,
            stage=stay.stage,
            since=stay.entered_on,
            due_on=stay.due_on,
            unit_code=unit,
            policies=policies,
            from_day=from_day,
            to_day=to_day,
            closure=closure if last else None,
            closed_on=until if last else None,
        )


def _covered_on(policy: PolicyCase, stay: Occurrence) -> date | None:
    return next(pair.covered_on for pair in policy.required if pair.occurrence is stay)


def _closure(case: DraftCase, stay: Occurrence, until: date) -> GapClosure | None:
    """Say why the gap ended: covered, or by the very next entry, even if another follows on its day."""
    if until == date.max:
        return None
    if until != stay.exited_on:
        return GapClosure.COVERED
    stays = case.course.occurrences
    following = next(later.stage for earlier, later in pairwise(stays) if earlier is stay)
    return _CLOSURES.get(following, GapClosure.STAGE_LEFT)


_CLOSURES = {
    Stage.SUSPENDED: GapClosure.SUSPENDED,
    Stage.WITHDRAWN: GapClosure.WITHDRAWN,
    Stage.MERGED: GapClosure.MERGED,
}


def _window_columns(case: DraftCase, day: date) -> tuple[date | None, date | None, date | None]:
    """Return opened, closed, and the closing that had no opening, which only that verdict shows."""
    found = case.course.window
    shared = settled(case, day)
    unopened = shared is not None and shared.verdict is PolicyVerdict.CLOSED_UNOPENED
    return (
        known(found.opened_on, day),
        known(found.closed_on, day),
        found.unopened_closed_on if unopened else None,
    )


def _turning_days(case: DraftCase, units: LeadUnits, pairs: Iterable[Pair]) -> set[date]:
    """Collect every day on which the answer may become another one, date.min among them."""
    found = case.course.window
    days: set[date | None] = {day for day, _ in units}
    days.update((found.opened_on, found.closed_on, found.unopened_closed_on, found.ended_on))
    for pair in pairs:
        stay = pair.occurrence
        days.update((stay.entered_on, stay.exited_on, stay.due_on + ONE_DAY, pair.covered_on))
    return {day for day in days if day is not None}


def _pieces(days: Iterable[date], end: date, state: Callable[[date], T]) -> Iterator[tuple[date, date, T]]:
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
