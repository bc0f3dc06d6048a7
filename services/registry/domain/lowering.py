"""Which facts about a draft lower a duty: one list. Recorded by who owes the duty, such a fact is a request first.

Decision 407/QĐ-TTg obliges the drafting body; it does not judge itself. Facts that no verdict depends on (titles,
postings, final number, source) lower nothing. Communications are claims of the drafting body and stay what counts;
whether one was verified is shown with them (compliance rules, "Which communications count for the duty").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.registry.domain.draft_commands import Entry
from services.registry.domain.draft_state import Draft, fact_of, procedure_of
from shared.contracts.registry import (
    DraftAmended,
    DraftCommunicationExempted,
    DraftEvent,
    DraftExemptionCancelled,
    DraftMerged,
    DraftOpinionsSummarised,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftPostingCancelled,
    DraftPostingClosed,
    DraftPostingExtended,
    DraftPostingOpened,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRequestAnswered,
    DraftRequestDecided,
    DraftRequestForwarded,
    DraftRequestRaised,
    DraftResumed,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageEntered,
    DraftStageExpected,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Answer, Instrument, Regime, RequestKind, Stage
from shared.rules.facts import DraftFacts, Exemption, Scope
from shared.rules.rulebook.procedures import ProcedureRule
from shared.rules.rulebook.rulebook import Rulebook, last_day
from shared.rules.sequence import HALTS, Course, Occurrence, course
from shared.rules.verdicts import ONE_DAY, in_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A draft before and after an event that is to be recorded on `today`; without rules every change counts."""

    before: Draft
    after: Draft
    event: DraftEvent
    today: date
    rulebook: Rulebook | None


Lowers = Callable[[FactChange], bool]


def kind_of(change: FactChange) -> RequestKind | None:
    """Give what an event would have to be asked for as; None if it lowers nothing."""
    kind, lowers = LOWERING[type(change.event)]
    return kind if kind is not None and lowers(change) else None


def always(_change: FactChange) -> bool:
    return True


def never(_change: FactChange) -> bool:
    return False


def scope_falls(change: FactChange) -> bool:
    """From yes to unknown or no, from unknown to no: by what follows from all answers together."""
    before, after = (_RANK[scope_of(draft, change.rulebook)] for draft in (change.before, change.after))
    return after < before


_RANK: Mapping[Answer, int] = MappingProxyType({Answer.YES: 2, Answer.UNKNOWN: 1, Answer.NO: 0})


def scope_of(draft: Draft, rulebook: Rulebook | None) -> Answer:
    """Give the scope by all answers and by the criteria that the draft's form is asked; without rules by all four."""
    described = draft.described
    return answer_of(
        draft.scope, asks_proposal=asks_proposal(described.regime, described.instrument, rulebook)
    )


def asks_proposal(regime: Regime, instrument: Instrument, rulebook: Rulebook | None) -> bool:
    return rulebook is None or rulebook.counting.asks_proposal(regime, instrument)


def answer_of(given: DraftScopeAssessed | None, *, asks_proposal: bool = True) -> Answer:
    """Give what follows from all answers about the scope."""
    return in_scope(scope_facts(given), asks_proposal=asks_proposal)


def scope_facts(given: DraftScopeAssessed | None) -> Scope:
    """Give the answers about the scope as the rules take them."""
    if given is None:
        return Scope()
    criteria = given.model_dump(include=_CRITERIA)
    secret = given.state_secret or Answer.UNKNOWN
    return Scope(**criteria, explicit=given.in_scope, basis=given.scope_basis, state_secret=secret)


_CRITERIA = {"requires_proposal", "affects_rights", "contested", "wide_impact"}


def moves_later(change: FactChange) -> bool:
    """A corrected entry that stands later, or is less exact: what it begins falls due later, what it ends goes on."""
    event = change.event
    if not isinstance(event, DraftStageCorrected) or not _is_owed(change):
        return False
    was = last_day(event.was_entered_on, event.was_precision)
    return last_day(event.entered_on, event.precision) > was


def becomes_halt(change: FactChange) -> bool:
    """A corrected entry that now suspends or ends the draft: recorded as such it would have to be asked for."""
    event = change.event
    return isinstance(event, DraftStageCorrected) and event.stage in HALTS and event.was_stage not in HALTS


def is_corrected_milder(change: FactChange) -> bool:
    return becomes_halt(change) or moves_later(change) or asks_less(change)


def is_cancelled_milder(change: FactChange) -> bool:
    """Without an entry what it began is not asked for, and what it ended goes on; without a suspension more is asked for."""
    event = change.event
    if isinstance(event, DraftStageCancelled) and event.stage is not Stage.SUSPENDED:
        return _is_owed(change)
    return asks_less(change)


def asks_less(change: FactChange) -> bool:
    """By the rules: a window or a required occurrence is lost, falls due later, or was overdue and is no longer."""
    if not _is_owed(change):
        return False
    if change.rulebook is None:
        return True
    before, after = (course(_facts(draft), change.rulebook) for draft in (change.before, change.after))
    return _window_asks_less(before, after) or any(
        _occurrence_asks_less(owed, after, change) for owed in _required(before, change.today)
    )


def enters_less(change: FactChange) -> bool:
    """A further entry ends an occurrence, which is its right; not so early that what is overdue was never due."""
    if not _is_owed(change) or change.rulebook is None:
        return False
    before, after = (course(_facts(draft), change.rulebook) for draft in (change.before, change.after))
    return _window_asks_less(before, after) or any(
        not _remains_overdue(owed, after, change)
        for owed in _required(before, change.today)
        if _is_overdue(owed, change.today)
    )


def is_ruled_milder(change: FactChange) -> bool:
    """Another legal form, law or procedure that asks less of the entries so far, or of those to come."""
    if asks_less(change):
        return True
    if change.rulebook is None or not _is_owed(change):
        return False
    before, after = (_rule(draft, change.rulebook, change.today) for draft in (change.before, change.after))
    return _rule_asks_less(before, after)


def is_amended_milder(change: FactChange) -> bool:
    """Of an amendment the legal form and the law matter, also for the scope; final number, outcome and source do not."""
    before, after = change.before.described, change.after.described
    same = (before.instrument, before.regime) == (after.instrument, after.regime)
    return not same and (scope_falls(change) or is_ruled_milder(change))


def _is_owed(change: FactChange) -> bool:
    """Whether there may be a duty to lower: unknown scope may become yes, an exempted draft owes nothing."""
    exempt = any(not exemption.stages for exemption in change.before.exemptions)
    return not exempt and scope_of(change.before, change.rulebook) is not Answer.NO


def _facts(draft: Draft) -> DraftFacts:
    registered = draft.registered
    return DraftFacts(
        draft_id=registered.draft_id,
        instrument=draft.described.instrument,
        regime=draft.described.regime,
        procedure=procedure_of(draft),
        lead_unit_code=registered.lead_unit_code,
        entries=tuple(fact_of(entry) for entry in draft.entries),
        exemptions=tuple(Exemption(stages=frozenset(e.stages)) for e in draft.exemptions),
    )


def _window_asks_less(before: Course, after: Course) -> bool:
    """It opens later or not at all, or closes later, so that what comes afterwards still counts."""
    was, now = before.window, after.window
    if was.opened_on is None:
        return False
    if now.opened_on is None or now.opened_on > was.opened_on:
        return True
    return was.closed_on is not None and (now.closed_on is None or now.closed_on > was.closed_on)


def _required(of: Course, today: date) -> Iterator[Occurrence]:
    return (each for each in of.occurrences if each.required and each.entered_on <= today)


def _occurrence_asks_less(owed: Occurrence, after: Course, change: FactChange) -> bool:
    now = _counterpart(owed, after, change)
    if now is None or now.due_on > owed.due_on:
        return True
    return _is_overdue(owed, change.today) and not _is_overdue(now, change.today)


def _remains_overdue(owed: Occurrence, after: Course, change: FactChange) -> bool:
    now = _counterpart(owed, after, change)
    return now is not None and _is_overdue(now, change.today)


def _is_overdue(occurrence: Occurrence, today: date) -> bool:
    """Whether the draft was still in the stage on a day after the due day (compliance rules, "Verdict", 2)."""
    left = occurrence.exited_on
    last = today if left is None or left > today else left - ONE_DAY
    return last > occurrence.due_on


def _counterpart(owed: Occurrence, after: Course, change: FactChange) -> Occurrence | None:
    """Find the required occurrence that it is after the change: by its entry, or begun earlier in the same stage."""
    wanted = _entry_after(owed.entry_id, change.event)
    required = [each for each in after.occurrences if each.required]
    same = (each for each in required if each.entry_id == wanted)
    earlier = (each for each in required if each.stage is owed.stage and _holds(each, owed.entered_on))
    return next(chain(same, earlier), None)


def _holds(occurrence: Occurrence, day: date) -> bool:
    left = occurrence.exited_on
    return occurrence.entered_on <= day and (left is None or day < left)


def _entry_after(entry_id: UUID, event: DraftEvent) -> UUID:
    if not isinstance(event, DraftStageCorrected):
        return entry_id
    for resumed in (False, True):
        was = Entry(event.was_stage, event.was_entered_on, event.was_precision, resumed=resumed)
        if fact_of(was).entry_id == entry_id:
            now = replace(was, stage=event.stage, entered_on=event.entered_on, precision=event.precision)
            return fact_of(now).entry_id
    return entry_id


def _rule(draft: Draft, rulebook: Rulebook, day: date) -> ProcedureRule:
    described = draft.described
    return rulebook.procedure(
        described.regime, described.instrument, procedure_of(draft), day, draft.lead_on(day)
    )


def _rule_asks_less(before: ProcedureRule, after: ProcedureRule) -> bool:
    return (
        after.grace_working_days > before.grace_working_days
        or not before.opening <= after.opening
        or not after.not_required | after.parallel <= before.not_required | before.parallel
    )


LOWERING: Mapping[type[DraftEvent], tuple[RequestKind | None, Lowers]] = MappingProxyType(
    {
        DraftCommunicationExempted: (RequestKind.EXEMPTION, always),
        DraftScopeAssessed: (RequestKind.SCOPE, scope_falls),
        DraftPolicyRemoved: (RequestKind.POLICY_REMOVAL, always),
        DraftStageCorrected: (RequestKind.STAGE_CORRECTION, is_corrected_milder),
        DraftStageCancelled: (RequestKind.STAGE_CORRECTION, is_cancelled_milder),
        DraftStageEntered: (RequestKind.STAGE_ENTRY, enters_less),
        DraftResumed: (RequestKind.STAGE_ENTRY, enters_less),
        DraftAmended: (RequestKind.AMENDMENT, is_amended_milder),
        DraftProcedureDecided: (RequestKind.PROCEDURE, is_ruled_milder),
        DraftTransferred: (RequestKind.TRANSFER, always),
        DraftSuspended: (RequestKind.SUSPENSION, always),
        DraftWithdrawn: (RequestKind.WITHDRAWAL, always),
        DraftMerged: (RequestKind.MERGER, always),
        DraftRegistered: (None, never),
        DraftExemptionCancelled: (None, never),
        DraftRetitled: (None, never),
        DraftPolicyAdded: (None, never),
        DraftPolicyAmended: (None, never),
        DraftStageExpected: (None, never),
        DraftOpinionsSummarised: (None, never),
        DraftPostingOpened: (None, never),
        DraftPostingExtended: (None, never),
        DraftPostingClosed: (None, never),
        DraftPostingCancelled: (None, never),
        DraftRequestRaised: (None, never),
        DraftRequestDecided: (None, never),
        DraftRequestAnswered: (None, never),
        DraftRequestForwarded: (None, never),
    }
)
"""Every event of a draft has its row; a further one without a row fails the tests."""


def lowered_by(
    before: Draft, events: Sequence[DraftEvent], today: date, rulebook: Rulebook | None,
    evolve: Callable[[Draft, DraftEvent], Draft],
) -> RequestKind | None:  # fmt: skip
    """Give the kind of the first of some events that lowers a duty; None if none does."""
    for event in events:
        after = evolve(before, event)
        change = FactChange(before=before, after=after, event=event, today=today, rulebook=rulebook)
        if (kind := kind_of(change)) is not None:
            return kind
        before = after
    return None


FACTS = frozenset(of for of, (kind, _) in LOWERING.items() if kind) - {
    DraftStageEntered,
    DraftResumed,
    DraftProcedureDecided,
}
"""The events that may lower a duty by what they hold alone."""


def kind_of_fact(event: Any) -> RequestKind | None:
    """Say as what an event of `FACTS` lowers a duty, for the list of facts recorded without a request."""
    match event:
        case DraftScopeAssessed():
            return RequestKind.SCOPE if answer_of(event) is Answer.NO else None
        case DraftStageCorrected():
            was, now = (event.was_entered_on, event.was_precision), (event.entered_on, event.precision)
            milder = last_day(*now) > last_day(*was) or event.stage is not event.was_stage
            return RequestKind.STAGE_CORRECTION if milder else None
        case DraftStageCancelled():
            return None if event.stage is Stage.SUSPENDED else RequestKind.STAGE_CORRECTION
        case DraftAmended():
            return RequestKind.AMENDMENT if event.instrument or event.regime else None
        case _:
            return LOWERING[type(event)][0]
