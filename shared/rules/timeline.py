"""A draft's verdicts and gaps as functions of the day: constant pieces, so that any day is one look-up.

Every interval is half-open, `[from_day, to_day)`, with `date.min` and `date.max` as the open ends, and as
long as nothing in it changes. Of one policy they are disjoint and leave no day out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, pairwise, zip_longest
from typing import TypeVar
from uuid import UUID

from shared.contracts.vocabulary import Answer, GapClosure, GapState, Stage
from shared.rules.facts import Communication, DraftFacts
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import Course, Occurrence, pieces, unit_on
from shared.rules.verdicts import (
    ONE_DAY,
    Decisive,
    Ground,
    Judgement,
    OccurrenceVerdict,
    Pair,
    PolicyCase,
    PolicyVerdict,
    Span,
    date_as_of,
    decisive_days,
    earliest,
    ground_of,
    is_about,
    judge_own,
    pair_verdict,
    policy_case,
    settled,
    span_of,
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


T = TypeVar("T")
SceneOn = Callable[[date], _Scene]


def timeline(facts: DraftFacts, rulebook: Rulebook) -> Timeline:
    running = RunningTimeline(rulebook)
    running.stand_on(ground_of(facts, rulebook))
    for held in facts.communications:
        running.put(held)
    return running.timeline()


Piece = tuple[date, date, tuple[Judgement, _Scene]]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What follows for one policy from its decisive days; its intervals stand on the `pieces`, one on each."""

    days: Decisive
    case: PolicyCase
    pieces: tuple[Piece, ...]
    intervals: tuple[PolicyInterval, ...]
    pairs: tuple[OccurrenceInterval, ...]


class RunningTimeline:
    """The timeline of a draft whose facts change one after the other: after each change the one that all facts give.

    What a change can't touch isn't judged again: intervals that stay are the same objects, and so is a timeline.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._ground: Ground | None = None
        self._held: dict[UUID, tuple[Communication, Span | None]] = {}
        self._days: dict[int, Decisive] = {}  # of policies for which all that is held was looked at
        self._parts: dict[int, _Part] = {}
        self._earlier: dict[int, _Part] = {}  # of another course; what comes out alike is taken from there
        self._scenes: dict[date, _Scene] = {}  # most days turn something for every policy
        self._pieces: dict[Decisive, tuple[Piece, ...]] = {}  # policies are often decided by the same days
        self._last: tuple[list[_Part], Timeline] | None = None

    def stand_on(self, ground: Ground) -> None:
        """Take the draft's own facts, before everything else."""
        before, self._ground = self._ground, ground
        if before is None or before.course is not ground.course:
            self._shared = _turning_days(ground)
            self._held = {number: (held, self._span(held)) for number, (held, _) in self._held.items()}
            self._days.clear()
            self._earlier |= self._parts
            self._parts.clear()
            self._scenes.clear()
            self._pieces.clear()

    def put(self, held: Communication) -> None:
        """Take a communication as it stands now."""
        self.remove(held.communication_id)
        span = self._span(held)
        self._held[held.communication_id] = held, span
        if span is not None:
            own = decisive_days(self._on.course, (span,))
            for number, days in self._days.items():
                if is_about(held, number):
                    self._days[number] = earliest(days, own)

    def is_changed_by(self, held: Communication) -> bool:
        """Tell whether one more communication changes what follows; only those that are held already are compared."""
        span = self._span(held)
        if span is None:
            return False
        own = decisive_days(self._on.course, (span,))
        about = (self._days_of(number) for number in self._on.numbers if is_about(held, number))
        return any(earliest(days, own) != days for days in about)

    def span(self, communication_id: UUID) -> Span | None:
        """Give the days of a communication; None if it doesn't count for the duty."""
        return self._held[communication_id][1]

    def remove(self, communication_id: UUID) -> None:
        _, span = self._held.pop(communication_id, (None, None))
        if span is not None:
            self._days.clear()

    def timeline(self) -> Timeline:
        ground = self._on
        parts = [self._part(number) for number in ground.numbers]
        if self._last is None or self._last[1].scope is not ground.scope or parts != self._last[0]:
            self._last = parts, _joined(ground, parts)
        return self._last[1]

    def _part(self, number: int) -> _Part:
        days = self._days_of(number)
        part = self._parts.get(number)
        if part is None or part.days != days:
            before = part or self._earlier.get(number)
            case = policy_case(self._on.course, number, days)
            cut = self._cut(case, days)
            pairs = (_of_pair(number, pair, self._shared, self._scene_on) for pair in case.required)
            part = self._parts[number] = _Part(
                days,
                case,
                cut,
                tuple(_of_policy(number, cut, before)),
                the_same(before.pairs if before else (), chain.from_iterable(pairs)),
            )
        return part

    def _days_of(self, number: int) -> Decisive:
        days = self._days.get(number)
        if days is None:
            spans = (span for held, span in self._held.values() if span and is_about(held, number))
            days = self._days[number] = decisive_days(self._on.course, spans)
        return days

    def _cut(self, case: PolicyCase, days: Decisive) -> tuple[Piece, ...]:
        cut = self._pieces.get(days)
        if cut is None:
            cut = self._pieces[days] = tuple(_pieces(case, self._shared, self._scene_on))
        return cut

    def _scene_on(self, day: date) -> _Scene:
        scene = self._scenes.get(day)
        if scene is None:
            scene = self._scenes[day] = _scene(self._on, day)
        return scene

    def _span(self, held: Communication) -> Span | None:
        return span_of(held, self._on.units, self._rulebook)

    @property
    def _on(self) -> Ground:
        if self._ground is None:
            raise LookupError("own facts")
        return self._ground


def the_same(before: tuple[T, ...], made: Iterable[T]) -> tuple[T, ...]:
    """Give what was made; what is equal to the one in its place before is that very object."""
    return tuple(old if old == new else new for old, new in zip_longest(before, made) if new is not None)


def _joined(ground: Ground, parts: Sequence[_Part]) -> Timeline:
    has_gaps = ground.scope is Answer.YES and not ground.exempt
    return Timeline(
        scope=ground.scope,
        policies=tuple(interval for part in parts for interval in part.intervals),
        occurrences=tuple(pair for part in parts for pair in part.pairs),
        gaps=tuple(_gaps(ground, [part.case for part in parts])) if has_gaps else (),
    )


def gap_state(due_on: date, day: date) -> GapState:
    return GapState.OVERDUE if is_overdue(due_on, day) else GapState.IN_GRACE


def is_overdue(due_on: date, day: date) -> bool:
    return day > due_on


def _scene(ground: Ground, day: date) -> _Scene:
    window, shared = ground.course.window, settled(ground, day)
    unopened = shared is not None and shared.verdict is PolicyVerdict.CLOSED_UNOPENED
    return _Scene(
        settled=shared,
        unit_code=unit_on(ground.units, day),
        opened=date_as_of(window.opened_on, day),
        closed=date_as_of(window.closed_on, day),
        unopened=window.unopened_closed_on if unopened else None,
    )


def _pieces(policy: PolicyCase, shared: set[date], scene_on: SceneOn) -> Iterator[Piece]:
    days = shared.union(*map(_days_of, policy.required))
    days |= {
        day or date.min for day in (policy.communicated_on, policy.beyond_statutory_on, policy.verified_on)
    }

    def state(day: date) -> tuple[Judgement, _Scene]:
        scene = scene_on(day)
        return scene.settled or judge_own(policy, day, closed=scene.closed is not None), scene

    return pieces(days, date.max, state)


def _of_policy(number: int, cut: Sequence[Piece], before: _Part | None) -> Iterator[PolicyInterval]:
    """Give the intervals of a policy; one on the same piece as the one in its place before is that very object."""
    old = before.pieces if before else ()
    for place, piece in enumerate(cut):
        same = place < len(old) and old[place] == piece
        yield before.intervals[place] if same and before else _interval(number, *piece)


def _interval(number: int, from_day: date, to_day: date, of: tuple[Judgement, _Scene]) -> PolicyInterval:
    judgement, scene = of
    return PolicyInterval(
        policy_no=number,
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


def _gaps(ground: Ground, policies: Sequence[PolicyCase]) -> Iterator[GapInterval]:
    for occurrence in ground.course.occurrences:
        if occurrence.required:
            yield from _of_gap(ground, policies, occurrence)


def _of_gap(ground: Ground, policies: Sequence[PolicyCase], occurrence: Occurrence) -> Iterator[GapInterval]:
    units = ground.units
    covered = [(policy.policy_no, _covered_on(policy, occurrence)) for policy in policies]
    until = min(occurrence.exited_on or date.max, max(day or date.max for _, day in covered))
    days = {occurrence.entered_on, *(day for _, day in covered if day), *(day for day, _ in units)}
    inside = {day for day in days if occurrence.entered_on <= day < until}

    def state(day: date) -> tuple[str, tuple[int, ...]]:
        return unit_on(units, day), tuple(number for number, on in covered if on is None or on > day)

    closure = _closure(ground.course, occurrence, until)
    for from_day, to_day, (unit, open_policies) in pieces(inside, until, state):
        last = to_day == until and closure is not None
        yield GapInterval(
            gap_id=occurrence.entry_id,
            stage=occurrence.stage,
            since=occurrence.entered_on,
            due_on=occurrence.due_on,
            unit_code=unit,
            policies=open_policies,
            from_day=from_day,
            to_day=to_day,
            closure=closure if last else None,
            closed_on=until if last else None,
        )


def _covered_on(policy: PolicyCase, occurrence: Occurrence) -> date | None:
    return next(pair.covered_on for pair in policy.required if pair.occurrence is occurrence)


def _closure(way: Course, occurrence: Occurrence, until: date) -> GapClosure | None:
    """Say why the gap ended: covered, or by the very next entry, even if another follows on its day."""
    if until == date.max:
        return None
    if until != occurrence.exited_on:
        return GapClosure.COVERED
    occurrences = way.occurrences
    following = next(later.stage for earlier, later in pairwise(occurrences) if earlier is occurrence)
    return _CLOSURES.get(following, GapClosure.STAGE_LEFT)


_CLOSURES = {
    Stage.SUSPENDED: GapClosure.SUSPENDED,
    Stage.WITHDRAWN: GapClosure.WITHDRAWN,
    Stage.MERGED: GapClosure.MERGED,
}


def _turning_days(ground: Ground) -> set[date]:
    """Collect the days on which something turns for all policies, `date.min` among them."""
    window = ground.course.window
    turns = (window.opened_on, window.closed_on, window.unopened_closed_on, window.ended_on)
    return {day for day, _ in ground.units}.union(day for day in turns if day is not None)


def _days_of(pair: Pair) -> set[date]:
    occurrence = pair.occurrence
    turns = (occurrence.entered_on, occurrence.exited_on, occurrence.due_on + ONE_DAY, pair.covered_on)
    return {day for day in turns if day is not None}
