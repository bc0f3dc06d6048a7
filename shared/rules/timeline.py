"""A draft's verdicts and gaps as functions of the day: constant pieces, so that any day is one look-up.

Every interval is half-open, `[from_day, to_day)`, with `date.min` and `date.max` as the open ends, and as
long as nothing in it changes. Of one policy they are disjoint and leave no day out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import pairwise
from uuid import UUID

from shared.contracts.vocabulary import Answer, GapClosure, GapState, Stage
from shared.rules.facts import DraftFacts
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import LeadUnits, Occurrence, lead_units, pieces, unit_on
from shared.rules.verdicts import (
    ONE_DAY,
    DraftCase,
    Judgement,
    OccurrenceVerdict,
    Pair,
    PolicyCase,
    PolicyVerdict,
    case_of,
    date_as_of,
    judge_own,
    pair_verdict,
    scope_of,
    settled,
)


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
    begun: bool
    statutory_only: bool
    verified: bool
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


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all policies of a draft share on a day; `settled` is the verdict, if they share that too."""

    settled: Judgement | None
    unit_code: str
    opened: date | None
    closed: date | None
    unopened: date | None


SceneOn = Callable[[date], _Scene]


def timeline(facts: DraftFacts, rulebook: Rulebook) -> Timeline:
    case = case_of(facts, rulebook)
    units = lead_units(facts)
    shared = _turning_days(case, units)
    scene_on = cache(partial(_scene, case, units))  # most days turn something for every policy
    scope, _ = scope_of(facts, rulebook)
    return Timeline(
        scope=scope,
        policies=tuple(
            interval for policy in case.policies for interval in _of_policy(policy, shared, scene_on)
        ),
        occurrences=tuple(
            interval
            for policy in case.policies
            for pair in policy.required
            for interval in _of_pair(policy.policy_no, pair, shared, scene_on)
        ),
        gaps=tuple(_gaps(case, units)) if scope is Answer.YES and not case.exempt else (),
    )


def gap_state(due_on: date, day: date) -> GapState:
    return GapState.IN_GRACE if day <= due_on else GapState.OVERDUE


def _scene(case: DraftCase, units: LeadUnits, day: date) -> _Scene:
    window, shared = case.course.window, settled(case, day)
    unopened = shared is not None and shared.verdict is PolicyVerdict.CLOSED_UNOPENED
    return _Scene(
        settled=shared,
        unit_code=unit_on(units, day),
        opened=date_as_of(window.opened_on, day),
        closed=date_as_of(window.closed_on, day),
        unopened=window.unopened_closed_on if unopened else None,
    )


def _of_policy(policy: PolicyCase, shared: set[date], scene_on: SceneOn) -> Iterator[PolicyInterval]:
    communicated = (policy.communicated_on, policy.beyond_statutory_on, policy.verified_on)
    days = shared.union(*map(_days_of, policy.required), {day or date.min for day in communicated})

    def state(day: date) -> tuple[Judgement, _Scene]:
        scene = scene_on(day)
        return scene.settled or judge_own(policy, day, closed=scene.closed is not None), scene

    for from_day, to_day, (judgement, scene) in pieces(days, date.max, state):
        yield PolicyInterval(
            policy_no=policy.policy_no,
            from_day=from_day,
            to_day=to_day,
            verdict=judgement.verdict,
            on_time=judgement.on_time,
            any_communication=judgement.any_communication,
            from_start=judgement.from_start,
            begun=judgement.begun,
            statutory_only=judgement.statutory_only,
            verified=judgement.verified,
            provisional=judgement.provisional,
            waived=judgement.waived,
            unit_code=scene.unit_code,
            window_opened=scene.opened,
            window_closed=scene.closed,
            unopened_closed_on=scene.unopened,
        )


def _of_pair(
    policy_no: int, pair: Pair, shared: set[date], scene_on: SceneOn
) -> Iterator[OccurrenceInterval]:
    occurrence = pair.occurrence
    days = {day for day in shared | _days_of(pair) if day >= occurrence.entered_on}

    def state(day: date) -> tuple[OccurrenceVerdict, _Scene]:
        return pair_verdict(pair, day), scene_on(day)

    for from_day, to_day, (verdict, scene) in pieces(days, date.max, state):
        yield OccurrenceInterval(
            entry_id=occurrence.entry_id,
            stage=occurrence.stage,
            policy_no=policy_no,
            due_on=occurrence.due_on,
            unit_code=scene.unit_code,
            from_day=from_day,
            to_day=to_day,
            verdict=verdict,
            counts=scene.settled is None,
            window_opened=scene.opened,
            window_closed=scene.closed,
            unopened_closed_on=scene.unopened,
        )


def _gaps(case: DraftCase, units: LeadUnits) -> Iterator[GapInterval]:
    for occurrence in case.course.occurrences:
        if occurrence.required:
            yield from _of_gap(case, occurrence, units)


def _of_gap(case: DraftCase, occurrence: Occurrence, units: LeadUnits) -> Iterator[GapInterval]:
    covered = [(policy.policy_no, _covered_on(policy, occurrence)) for policy in case.policies]
    until = min(occurrence.exited_on or date.max, max(day or date.max for _, day in covered))
    days = {occurrence.entered_on, *(day for _, day in covered if day), *(day for day, _ in units)}
    inside = {day for day in days if occurrence.entered_on <= day < until}

    def state(day: date) -> tuple[str, tuple[int, ...]]:
        return unit_on(units, day), tuple(number for number, on in covered if on is None or on > day)

    closure = _closure(case, occurrence, until)
    for from_day, to_day, (unit, policies) in pieces(inside, until, state):
        last = to_day == until and closure is not None
        yield GapInterval(
            gap_id=occurrence.entry_id,
            stage=occurrence.stage,
            since=occurrence.entered_on,
            due_on=occurrence.due_on,
            unit_code=unit,
            policies=policies,
            from_day=from_day,
            to_day=to_day,
            closure=closure if last else None,
            closed_on=until if last else None,
        )


def _covered_on(policy: PolicyCase, occurrence: Occurrence) -> date | None:
    return next(pair.covered_on for pair in policy.required if pair.occurrence is occurrence)


def _closure(case: DraftCase, occurrence: Occurrence, until: date) -> GapClosure | None:
    """Say why the gap ended: covered, or by the very next entry, even if another follows on its day."""
    if until == date.max:
        return None
    if until != occurrence.exited_on:
        return GapClosure.COVERED
    occurrences = case.course.occurrences
    following = next(later.stage for earlier, later in pairwise(occurrences) if earlier is occurrence)
    return _CLOSURES.get(following, GapClosure.STAGE_LEFT)


_CLOSURES = {
    Stage.SUSPENDED: GapClosure.SUSPENDED,
    Stage.WITHDRAWN: GapClosure.WITHDRAWN,
    Stage.MERGED: GapClosure.MERGED,
}


def _turning_days(case: DraftCase, units: LeadUnits) -> set[date]:
    """Collect the days on which something turns for all policies, `date.min` among them."""
    window = case.course.window
    turns = (window.opened_on, window.closed_on, window.unopened_closed_on, window.ended_on)
    return {day for day, _ in units}.union(day for day in turns if day is not None)


def _days_of(pair: Pair) -> set[date]:
    occurrence = pair.occurrence
    turns = (occurrence.entered_on, occurrence.exited_on, occurrence.due_on + ONE_DAY, pair.covered_on)
    return {day for day in turns if day is not None}
