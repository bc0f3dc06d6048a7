"""Which policies a communication covers, and the verdict on each policy and draft."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from shared.contracts.vocabulary import Answer, ScopeBasis
from shared.rules.facts import WHOLE_DRAFT, Communication, DraftFacts, Scope
from shared.rules.roles import role_of
from shared.rules.rulebook.rulebook import Rulebook, last_day
from shared.rules.sequence import Course, LeadUnits, Occurrence, Window, course, lead_units, unit_on

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A communication as the days `[first, last]` on one of which it was held."""

    communication_id: UUID
    first: date
    last: date
    statutory: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One policy in one occurrence: covered from the covering day on, if it ever is."""

    occurrence: Occurrence
    covered_on: date | None


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One policy: its pairs in order, and the first day of the window that a communication may have had.

    `beyond_statutory_on` and `verified_on`: the same of those by another channel than the law asks for anyway, and of
    verified ones.
    """

    policy_no: int
    pairs: tuple[Pair, ...]
    required: tuple[Pair, ...]
    communicated_on: date | None
    beyond_statutory_on: date | None
    verified_on: date | None


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What a draft's own facts say, whatever its communications: it holds for every day that may be asked about."""

    facts: DraftFacts
    scope: Answer
    numbers: tuple[int, ...]
    course: Course
    units: LeadUnits
    exempt: bool


def ground_of(facts: DraftFacts, rulebook: Rulebook, before: Ground | None = None) -> Ground:
    """Judge a draft's own facts; what they leave as it was `before` them is taken from there."""
    same = before is not None and _of_course(before.facts) == _of_course(facts)
    return Ground(
        facts=facts,
        scope=scope_of(facts, rulebook)[0],
        numbers=numbers_of(facts),
        course=before.course if same and before else course(facts, rulebook),
        units=before.units if same and before else lead_units(facts),
        exempt=any(not exemption.stages for exemption in facts.exemptions),
    )


def _of_course(facts: DraftFacts) -> tuple[object, ...]:
    """Give the facts by which a course goes: leading units too, for an area may have a rule of its own."""
    return (
        facts.entries,
        facts.transfers,
        facts.exemptions,
        facts.regime,
        facts.instrument,
        facts.procedure,
        facts.lead_unit_code,
    )


Counting = tuple[Communication, Span]


@dataclass(frozen=True, slots=True)
class Search:
    """Days `[first, last]`: verdicts look at the earliest communication that may have been held on one of them.

    Of the window they also look at the earliest by another than a statutory channel, and the earliest verified one.
    """

    first: date
    last: date
    is_window: bool = False


def searches_of(facts: DraftFacts, rulebook: Rulebook) -> tuple[Search, ...]:
    """Return the days that decide: with what is searched for by policy, all other communications change no verdict.

    `facts` need no communications. So a draft is judged in the same time whatever the number of its communications.
    """
    return searches_in(course(facts, rulebook))


def searches_in(way: Course) -> tuple[Search, ...]:
    """Do the same for a draft whose course is at hand."""
    in_stages = (
        Search(occurrence.entered_on, occurrence.exited_on - ONE_DAY if occurrence.exited_on else date.max)
        for occurrence in way.occurrences
    )
    window, opened = way.window, way.window.opened_on
    wanted = [search for search in in_stages if search.first <= search.last]
    if opened is not None:
        last = max(window.closed_on - ONE_DAY, opened) if window.closed_on else date.max
        wanted.append(Search(opened, last, is_window=True))
    return tuple(wanted)


def counting_spans(facts: DraftFacts, rulebook: Rulebook) -> dict[UUID, Span]:
    """Return the communications that count for the duty of the lead unit, by their ids."""
    return {span.communication_id: span for _, span in _counting(facts, rulebook)}


def _counting(facts: DraftFacts, rulebook: Rulebook) -> Iterator[Counting]:
    """Give the communications that count for the duty: those of the drafting body, and with or for it."""
    units = lead_units(facts)
    for held in facts.communications:
        span = span_of(held, units, rulebook)
        if span is not None:
            yield held, span


def span_of(held: Communication, units: LeadUnits, rulebook: Rulebook) -> Span | None:
    """Give the days on which a communication may have been held; None if it does not count for the duty."""
    rule = rulebook.counting.communication(held.held_on)
    role = role_of(held.role, held.unit_code, unit_on(units, held.held_on))
    if not rule.counts(role, held.channel):
        return None
    last = last_day(held.held_on, held.precision)
    statutory = held.channel in rule.statutory
    return Span(held.communication_id, held.held_on, last, statutory, held.verified)


def numbers_of(facts: DraftFacts) -> tuple[int, ...]:
    """Return the policies that are counted: the named ones, else the one implicit policy."""
    return tuple(sorted(facts.policies)) or (WHOLE_DRAFT,)


def covering_day(occurrence: Occurrence, span: Span) -> date | None:
    """Return the earliest day of the occurrence on which the communication may have been held."""
    first = max(span.first, occurrence.entered_on)
    left = occurrence.exited_on is not None and first >= occurrence.exited_on
    return None if left or span.last < occurrence.entered_on else first


Decisive = tuple[date | None, ...]
"""The covering day of each occurrence of a course, then the days of the window: of any, beyond the statutory, verified."""


def decisive_days(way: Course, spans: Iterable[Span]) -> Decisive:
    """Give the days by which communications about a policy decide its verdicts; the earliest of each counts."""
    days: Decisive = (None,) * (len(way.occurrences) + 3)
    for span in spans:
        days = earliest(days, _decisive_days(way, span))
    return days


def earliest(days: Decisive, others: Decisive) -> Decisive:
    return tuple(_earlier(day, other) for day, other in zip(days, others, strict=True))


def _earlier(day: date | None, other: date | None) -> date | None:
    if day is None or other is None:
        return other if day is None else day
    return min(day, other)


def _decisive_days(way: Course, span: Span) -> Decisive:
    of_window = _day_of_window(way.window, span)
    return (
        *(covering_day(occurrence, span) for occurrence in way.occurrences),
        of_window,
        None if span.statutory else of_window,
        of_window if span.verified else None,
    )


def policy_case(way: Course, number: int, days: Decisive) -> PolicyCase:
    *covered, communicated_on, beyond_statutory_on, verified_on = days
    pairs = tuple(map(Pair, way.occurrences, covered))
    required = tuple(pair for pair in pairs if pair.occurrence.required)
    return PolicyCase(number, pairs, required, communicated_on, beyond_statutory_on, verified_on)


def is_about(held: Communication, number: int) -> bool:
    return not held.policies or number in held.policies or WHOLE_DRAFT in held.policies


def _day_of_window(window: Window, span: Span) -> date | None:
    """Return the earliest day of the window on which a communication may have been held."""
    opened, closed = window.opened_on, window.closed_on
    if opened is None or span.last < opened:
        return None
    day = max(span.first, opened)
    return day if closed is None or day < closed or day == opened else None


class OccurrenceVerdict(StrEnum):
    COVERED = "covered"
    COVERED_LATE = "covered_late"
    MISSED = "missed"
    WAIVED = "waived"
    PENDING = "pending"


class PolicyVerdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    PENDING = "pending"
    NOT_OPENED = "not_opened"
    CLOSED_UNOPENED = "closed_unopened"
    EXEMPT = "exempt"
    ENDED = "ended"


class Because(StrEnum):
    """Which rule gave the policy's verdict."""

    WITHDRAWN_OR_MERGED = "withdrawn_or_merged"
    WHOLE_DRAFT_EXEMPTED = "whole_draft_exempted"
    CLOSED_WITHOUT_OPENING = "closed_without_opening"
    WINDOW_NOT_OPENED = "window_not_opened"
    REQUIRED_STAGE_MISSED = "required_stage_missed"
    NOTHING_IN_WINDOW = "nothing_in_window"
    REQUIRED_STAGE_COVERED = "required_stage_covered"
    WINDOW_CLOSED_NOTHING_MISSED = "window_closed_nothing_missed"
    NOTHING_TO_JUDGE_YET = "nothing_to_judge_yet"


JUDGED = frozenset({PolicyVerdict.MET, PolicyVerdict.MISSED})
COUNTING = JUDGED | {PolicyVerdict.PENDING}  # the policies whose (policy, occurrence) pairs count
COVERED = frozenset({OccurrenceVerdict.COVERED, OccurrenceVerdict.COVERED_LATE})


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one policy on one day.

    The flags are those of a judged policy, else all false; `begun`: communicated at the start of the consultation, late
    or not (`rate_plan`). `waived` counts the pairs of a policy that is
    met, missed or pending, else 0.
    """

    verdict: PolicyVerdict
    because: Because
    on_time: bool = False
    any_communication: bool = False
    from_start: bool = False
    begun: bool = False
    statutory_only: bool = False
    verified: bool = False
    provisional: bool = False
    waived: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAssessment:
    """One policy in one occurrence, required or not; `covering_ids` in the order of their covering days."""

    entry_id: UUID
    required: bool
    verdict: OccurrenceVerdict
    covered_on: date | None
    covering_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAssessment:
    policy_no: int
    judgement: Judgement
    pairs: tuple[PairAssessment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAssessment:
    """Occurrences and window as known on `as_of`: what is dated later does not exist."""

    draft_id: UUID
    as_of: date
    scope: Answer
    scope_basis: ScopeBasis | None
    window: Window
    occurrences: tuple[Occurrence, ...]
    policies: tuple[PolicyAssessment, ...]


_ENDED = Judgement(PolicyVerdict.ENDED, Because.WITHDRAWN_OR_MERGED)
_EXEMPT = Judgement(PolicyVerdict.EXEMPT, Because.WHOLE_DRAFT_EXEMPTED)
_CLOSED_UNOPENED = Judgement(PolicyVerdict.CLOSED_UNOPENED, Because.CLOSED_WITHOUT_OPENING)
_NOT_OPENED = Judgement(PolicyVerdict.NOT_OPENED, Because.WINDOW_NOT_OPENED)


def scope_of(facts: DraftFacts, rulebook: Rulebook) -> tuple[Answer, ScopeBasis | None]:
    """Decide the scope of a draft, and give the basis of a yes or no."""
    scope, rule = facts.scope, rulebook.counting.scope_of(facts.regime, facts.instrument)
    answer = in_scope(scope, asks_proposal=rulebook.counting.asks_proposal(facts.regime, facts.instrument))
    if answer is Answer.UNKNOWN or scope.explicit is not Answer.UNKNOWN:
        return answer, scope.basis
    return answer, rule.basis if rule else ScopeBasis.NATIONAL_407


def in_scope(scope: Scope, *, asks_proposal: bool = True) -> Answer:
    """Decide by the explicit answer of a person, else by the four criteria of Decision 407/QĐ-TTg.

    A state secret is out of scope. Where the law has no proposal step the other three criteria decide.
    """
    if scope.explicit is not Answer.UNKNOWN:
        return scope.explicit
    if scope.state_secret is Answer.YES:
        return Answer.NO
    criteria = [scope.affects_rights, scope.contested, scope.wide_impact]
    criteria += [scope.requires_proposal] if asks_proposal else []
    if Answer.NO in criteria:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in criteria else Answer.YES


def pair_verdict(pair: Pair, day: date) -> OccurrenceVerdict:
    """Judge one policy in one occurrence on a day from its entry on."""
    occurrence = pair.occurrence
    if pair.covered_on is not None and pair.covered_on <= day:
        in_time = pair.covered_on <= occurrence.due_on
        return OccurrenceVerdict.COVERED if in_time else OccurrenceVerdict.COVERED_LATE
    left = occurrence.exited_on is not None and occurrence.exited_on <= day
    last = occurrence.exited_on - ONE_DAY if left and occurrence.exited_on is not None else day
    if last > occurrence.due_on:
        return OccurrenceVerdict.MISSED
    return OccurrenceVerdict.WAIVED if left else OccurrenceVerdict.PENDING


def settled(draft: Ground, day: date) -> Judgement | None:
    """Return the verdict that all policies share on a day, or None if each is judged by itself."""
    window = draft.course.window
    if _by(window.ended_on, day):
        return _ENDED
    if draft.exempt:
        return _EXEMPT
    if _by(window.unopened_closed_on, day):
        return _CLOSED_UNOPENED
    return None if _by(window.opened_on, day) else _NOT_OPENED


def judge(draft: Ground, policy: PolicyCase, day: date) -> Judgement:
    """Judge one policy on a day: the first rule that applies."""
    shared = settled(draft, day)
    return shared or judge_own(policy, day, closed=_by(draft.course.window.closed_on, day))


def judge_own(policy: PolicyCase, day: date, *, closed: bool) -> Judgement:
    """Judge a policy by its own communications, on a day on which nothing settles it for the draft."""
    return _judged(
        tuple(pair_verdict(pair, day) for pair in policy.required if pair.occurrence.entered_on <= day),
        closed,
        _by(policy.communicated_on, day),
        _by(policy.beyond_statutory_on, day),
        _by(policy.verified_on, day),
    )


@lru_cache
def _judged(
    seen: Sequence[OccurrenceVerdict], closed: bool, communicated: bool, beyond: bool, is_verified: bool
) -> Judgement:
    verdict, because = _own(seen, closed=closed, communicated=communicated)
    judged = verdict in JUDGED
    return Judgement(
        verdict,
        because,
        on_time=verdict is PolicyVerdict.MET and OccurrenceVerdict.COVERED_LATE not in seen,
        any_communication=judged and communicated,
        from_start=judged and seen[:1] == (OccurrenceVerdict.COVERED,),
        begun=judged and _begun(seen, communicated=communicated),
        statutory_only=judged and communicated and not beyond,
        verified=judged and is_verified,
        provisional=judged and not closed,
        waived=seen.count(OccurrenceVerdict.WAIVED),
    )


def _begun(seen: Sequence[OccurrenceVerdict], *, communicated: bool) -> bool:
    """Tell whether the first required occurrence that isn't waived is covered; without one, whether it was communicated."""
    first = next((verdict for verdict in seen if verdict is not OccurrenceVerdict.WAIVED), None)
    return first in COVERED if first else communicated


def _own(
    seen: Sequence[OccurrenceVerdict], *, closed: bool, communicated: bool
) -> tuple[PolicyVerdict, Because]:
    if OccurrenceVerdict.MISSED in seen:
        return PolicyVerdict.MISSED, Because.REQUIRED_STAGE_MISSED
    if closed and not communicated:
        return PolicyVerdict.MISSED, Because.NOTHING_IN_WINDOW
    if not COVERED.isdisjoint(seen):
        return PolicyVerdict.MET, Because.REQUIRED_STAGE_COVERED
    if closed:
        return PolicyVerdict.MET, Because.WINDOW_CLOSED_NOTHING_MISSED
    return PolicyVerdict.PENDING, Because.NOTHING_TO_JUDGE_YET


def assess(facts: DraftFacts, rulebook: Rulebook, as_of: date) -> DraftAssessment:
    ground = ground_of(facts, rulebook)
    scope, basis = scope_of(facts, rulebook)
    occurrences = (occurrence for occurrence in ground.course.occurrences if occurrence.entered_on <= as_of)
    counting = list(_counting(facts, rulebook))
    return DraftAssessment(
        draft_id=facts.draft_id,
        as_of=as_of,
        scope=scope,
        scope_basis=basis,
        window=window_as_of(ground.course.window, as_of),
        occurrences=tuple(
            replace(occurrence, exited_on=date_as_of(occurrence.exited_on, as_of))
            for occurrence in occurrences
        ),
        policies=tuple(_policy(ground, number, counting, as_of) for number in ground.numbers),
    )


def window_as_of(window: Window, as_of: date) -> Window:
    closed_on = date_as_of(window.closed_on, as_of)
    return Window(
        opened_on=date_as_of(window.opened_on, as_of),
        closed_on=closed_on,
        closed_by=window.closed_by if closed_on else None,
        unopened_closed_on=date_as_of(window.unopened_closed_on, as_of),
        ended_on=date_as_of(window.ended_on, as_of),
    )


def date_as_of(happened: date | None, as_of: date) -> date | None:
    return happened if happened is not None and happened <= as_of else None


def _policy(draft: Ground, number: int, counting: Sequence[Counting], as_of: date) -> PolicyAssessment:
    spans = tuple(span for held, span in counting if is_about(held, number))
    policy = policy_case(draft.course, number, decisive_days(draft.course, spans))
    pairs = (pair for pair in policy.pairs if pair.occurrence.entered_on <= as_of)
    return PolicyAssessment(
        policy_no=number,
        judgement=judge(draft, policy, as_of),
        pairs=tuple(_pair(pair, spans, as_of) for pair in pairs),
    )


def _pair(pair: Pair, spans: tuple[Span, ...], as_of: date) -> PairAssessment:
    return PairAssessment(
        entry_id=pair.occurrence.entry_id,
        required=pair.occurrence.required,
        verdict=pair_verdict(pair, as_of),
        covered_on=date_as_of(pair.covered_on, as_of),
        covering_ids=_covering_ids(pair.occurrence, spans, as_of),
    )


def _covering_ids(occurrence: Occurrence, spans: tuple[Span, ...], as_of: date) -> tuple[UUID, ...]:
    days = ((covering_day(occurrence, span), span.communication_id) for span in spans)
    covering = [(day, str(number), number) for day, number in days if day is not None and day <= as_of]
    return tuple(number for _, _, number in sorted(covering))


def _by(happened: date | None, day: date) -> bool:
    return happened is not None and happened <= day
