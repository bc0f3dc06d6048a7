"""Which communication covers which occurrence, and from which day: free of the question's own day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.rules.facts import WHOLE_DRAFT, Communication, DraftFacts
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.rulebook.working_days import last_day
from shared.rules.sequence import Course, Occurrence, Window, course


@dataclass(frozen=True, slots=True)
class Span:
    """A communication as the days `[first, last]` on one of which it was held."""

    communication_id: UUID
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Pair:
    """One policy in one occurrence: covered from the covering day on, if it ever is."""

    occurrence: Occurrence
    covered_on: date | None


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One policy: its pairs in order, and the first day of the window that a communication may have had."""

    policy_no: int
    spans: tuple[Span, ...]
    pairs: tuple[Pair, ...]
    required: tuple[Pair, ...]
    communicated_on: date | None


@dataclass(frozen=True, slots=True)
class DraftCase:
    """Everything of a draft that holds for every day at which it may be asked about."""

    course: Course
    exempt: bool
    policies: tuple[PolicyCase, ...]


def case_of(facts: DraftFacts, rulebook: Rulebook) -> DraftCase:
    way = course(facts, rulebook)
    exempt = any(not exemption.stages for exemption in facts.exemptions)
    return DraftCase(way, exempt, tuple(_policy_case(facts, way, number) for number in numbers_of(facts)))


def numbers_of(facts: DraftFacts) -> tuple[int, ...]:
    """Return the policies that are counted: the named ones, else the one implicit policy."""
    return tuple(sorted(facts.policies)) or (WHOLE_DRAFT,)


def covering_day(occurrence: Occurrence, span: Span) -> date | None:
    """Return the earliest day of the occurrence on which the communication may have been held."""
    first = max(span.first, occurrence.entered_on)
    left = occurrence.exited_on is not None and first >= occurrence.exited_on
    return None if left or span.last < occurrence.entered_on else first


def _policy_case(facts: DraftFacts, way: Course, number: int) -> PolicyCase:
    spans = tuple(_span(held) for held in facts.communications if _is_about(held, number))
    pairs = tuple(Pair(occurrence, _covered_on(occurrence, spans)) for occurrence in way.occurrences)
    required = tuple(pair for pair in pairs if pair.occurrence.required)
    return PolicyCase(number, spans, pairs, required, _communicated_on(way.window, spans))


def _is_about(held: Communication, number: int) -> bool:
    return not held.policies or number in held.policies or WHOLE_DRAFT in held.policies


def _span(held: Communication) -> Span:
    return Span(held.communication_id, held.held_on, last_day(held.held_on, held.precision))


def _covered_on(occurrence: Occurrence, spans: Sequence[Span]) -> date | None:
    days = (covering_day(occurrence, span) for span in spans)
    return min((day for day in days if day is not None), default=None)


def _communicated_on(window: Window, spans: Sequence[Span]) -> date | None:
    """Return the earliest day of the window on which some communication may have been held."""
    opened, closed = window.opened_on, window.closed_on
    if opened is None:
        return None
    days = (max(span.first, opened) for span in spans if span.last >= opened)
    inside = (day for day in days if closed is None or day < closed or day == opened)
    return min(inside, default=None)
