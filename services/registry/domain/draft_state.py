"""The state of a draft, and the same as facts for the rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, assert_never
from uuid import UUID, uuid5

from services.registry.domain import postings
from services.registry.domain.draft_commands import Entry, Paper
from services.registry.domain.postings import Postings
from shared.contracts.envelope import Recorded
from shared.contracts.event import LOA_NAMESPACE, About, exemption_id
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
from shared.contracts.vocabulary import Procedure, Stage
from shared.directory.folds import (
    ENTRIES,
    ComingStage,
    Expectations,
    amended_draft,
    corrected,
    entry_of,
)
from shared.rules.facts import DraftFacts, Exemption, StageEntry, Transfer
from shared.rules.sequence import by_day, holds_on


@dataclass(frozen=True, slots=True)
class Absent:
    """The draft is not registered."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a unit asked for, how it was settled, if it was, and the last answer and forwarding before."""

    raised: DraftRequestRaised
    settled: DraftRequestDecided | None = None
    answered: DraftRequestAnswered | None = None
    forwarded: DraftRequestForwarded | None = None

    @property
    def is_waiting(self) -> bool:
        return self.settled is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming(ComingStage):
    event: DraftStageExpected


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`registered` is how it was registered, `described` the same with all amendments, the rest how it stands."""

    registered: DraftRegistered
    described: DraftRegistered
    title: str
    scope: DraftScopeAssessed | None = None
    procedure: DraftProcedureDecided | None = None
    policies: tuple[DraftPolicyAdded, ...] = ()
    removed: frozenset[int] = frozenset()
    entries: tuple[Entry, ...] = ()
    entries_cancelled: frozenset[UUID] = frozenset()
    exemptions: tuple[DraftCommunicationExempted, ...] = ()
    exemptions_cancelled: frozenset[UUID] = frozenset()
    transfers: tuple[DraftTransferred, ...] = ()
    postings: Postings = ()
    postings_cancelled: frozenset[UUID] = frozenset()
    amendments: tuple[DraftAmended, ...] = ()
    requests: tuple[Request, ...] = ()
    expectations: Expectations[Coming] = field(default_factory=Expectations)
    opinions: tuple[DraftOpinionsSummarised, ...] = ()

    @property
    def expected(self) -> tuple[DraftStageExpected, ...]:
        return tuple(each.event for each in self.expectations.to_come)

    @property
    def came(self) -> tuple[DraftStageExpected, ...]:
        """Give the expectations of stages that were entered since."""
        return tuple(each.event for each in self.expectations.fulfilled)

    def request(self, request_id: UUID) -> Request | None:
        return next((each for each in self.requests if each.raised.request_id == request_id), None)

    def lead_on(self, day: date) -> str:
        """Give the lead unit of a day: the latest transfer by day holds, whenever it was recorded."""
        if not self.transfers:
            return self.registered.lead_unit_code  # most of the time: a command asks four times
        changes = ((transfer.on, transfer.to_unit_code) for transfer in self.transfers)
        return holds_on(by_day(self.registered.lead_unit_code, changes), day)

    @property
    def leads(self) -> set[str]:
        """Give the units that lead the draft at any time."""
        return {self.registered.lead_unit_code, *(transfer.to_unit_code for transfer in self.transfers)}

    @property
    def lead_unit_code(self) -> str:
        """The lead unit after all transfers, also those to come."""
        return self.lead_on(date.max)

    def policy(self, number: int) -> DraftPolicyAdded | None:
        return next((p for p in self.policies if p.policy_no == number), None)


State = Absent | Draft


def about(state: State, day: date) -> About | None:
    if isinstance(state, Absent):
        return None
    registered = state.registered
    return About(draft_code=registered.draft_code, unit_code=state.lead_on(day), dataset=registered.dataset)


def evolve(state: State, event: DraftEvent) -> State:
    if isinstance(event, DraftRegistered):
        return Draft(registered=event, described=event, title=event.title)
    if isinstance(state, Absent):
        return state
    return _evolve(state, event)


def _evolve(draft: Draft, event: DraftEvent) -> Draft:  # noqa: C901, PLR0911, PLR0912  one line an event
    match event:
        case DraftRegistered():
            return draft
        case DraftAmended():
            described = draft.described.model_copy(update=amended_draft(event))
            return replace(draft, described=described, amendments=(*draft.amendments, event))
        case DraftRetitled(title=title):
            return replace(draft, title=title)
        case DraftScopeAssessed():
            return replace(draft, scope=event)
        case DraftPolicyAdded():
            return replace(draft, policies=(*draft.policies, event))
        case DraftPolicyAmended():
            return replace(draft, policies=tuple(_amended(p, event) for p in draft.policies))
        case DraftPolicyRemoved(policy_no=number):
            kept = tuple(p for p in draft.policies if p.policy_no != number)
            return replace(draft, policies=kept, removed=draft.removed | {number})
        case DraftStageEntered():
            return _with_entry(
                draft, Entry(event.stage, event.entered_on, event.precision, paper=paper_of(event))
            )
        case DraftSuspended():
            return _with_entry(
                draft, Entry(Stage.SUSPENDED, event.on, event.precision, paper=paper_of(event))
            )
        case DraftResumed():
            return _with_entry(draft, Entry(event.stage, event.on, event.precision, True, paper_of(event)))
        case DraftWithdrawn():
            return _with_entry(
                draft, Entry(Stage.WITHDRAWN, event.on, event.precision, paper=paper_of(event))
            )
        case DraftMerged():
            return _with_entry(draft, Entry(Stage.MERGED, event.on, event.precision, paper=paper_of(event)))
        case DraftStageCorrected():
            return _with_correction(draft, event)
        case DraftStageCancelled():
            return _without_entry(draft, event)
        case DraftStageExpected():
            return replace(draft, expectations=_stated(draft.expectations, event))
        case DraftOpinionsSummarised():
            return replace(draft, opinions=(*_of_other_stages(draft.opinions, event.stage), event))
        case DraftProcedureDecided():
            return replace(draft, procedure=event)
        case DraftPostingOpened() | DraftPostingExtended() | DraftPostingClosed():
            return replace(draft, postings=postings.evolve(draft.postings, event))
        case DraftPostingCancelled(posting_id=posting):
            without = postings.evolve(draft.postings, event)
            return replace(draft, postings=without, postings_cancelled=draft.postings_cancelled | {posting})
        case DraftCommunicationExempted():
            return replace(draft, exemptions=(*draft.exemptions, event))
        case DraftExemptionCancelled(exemption_id=number):
            kept_exemptions = tuple(e for e in draft.exemptions if exemption_number(e) != number)
            gone = draft.exemptions_cancelled | {number}
            return replace(draft, exemptions=kept_exemptions, exemptions_cancelled=gone)
        case DraftTransferred():
            return replace(draft, transfers=(*draft.transfers, event))
        case DraftRequestRaised():
            return replace(draft, requests=(*draft.requests, Request(event)))
        case DraftRequestDecided():
            return replace(draft, requests=tuple(_settled(each, event) for each in draft.requests))
        case DraftRequestAnswered() | DraftRequestForwarded():
            return replace(draft, requests=tuple(_handled(each, event) for each in draft.requests))
        case _:
            assert_never(event)


def exemption_number(exemption: DraftCommunicationExempted) -> UUID:
    return exemption_id(exemption.stages, exemption.document, exemption.authority, exemption.decided_on)


def _settled(request: Request, event: DraftRequestDecided) -> Request:
    if request.raised.request_id != event.request_id or not request.is_waiting:
        return request
    return replace(request, settled=event)


def _handled(request: Request, event: DraftRequestAnswered | DraftRequestForwarded) -> Request:
    if request.raised.request_id != event.request_id:
        return request
    if isinstance(event, DraftRequestAnswered):
        return replace(request, answered=event)
    return replace(request, forwarded=event)


def _with_entry(draft: Draft, entry: Entry) -> Draft:
    expectations = draft.expectations
    if expectations.to_come:  # most drafts have none
        expectations = expectations.entered(fact_of(entry))
    return replace(draft, entries=(*draft.entries, entry), expectations=expectations)


def _with_correction(draft: Draft, event: DraftStageCorrected) -> Draft:
    entries, expectations = tuple(_corrected(entry, event) for entry in draft.entries), draft.expectations
    if expectations != NO_EXPECTATIONS:
        before = [fact_of(entry) for entry in draft.entries]
        for was, now in zip(before, map(fact_of, entries), strict=True):
            expectations = expectations.corrected(was, now, before) if was != now else expectations
    return replace(draft, entries=entries, expectations=expectations)


def _without_entry(draft: Draft, event: DraftStageCancelled) -> Draft:
    expectations, gone = draft.expectations, draft.entries_cancelled | {event.entry_id}
    if expectations.fulfilled:
        expectations = expectations.without(fact_of(_named(event)), map(fact_of, draft.entries))
    left = without_entry(draft.entries, event)
    return replace(draft, entries=left, entries_cancelled=gone, expectations=expectations)


NO_EXPECTATIONS: Expectations[Coming] = Expectations()


def _stated(expectations: Expectations[Coming], event: DraftStageExpected) -> Expectations[Coming]:
    coming = Coming(stage=event.stage, event=event) if event.expected_on else None
    return expectations.stated(event.stage, coming)


def _of_other_stages(
    facts: Iterable[DraftOpinionsSummarised], stage: Stage
) -> tuple[DraftOpinionsSummarised, ...]:
    return tuple(fact for fact in facts if fact.stage is not stage)


def _amended(policy: DraftPolicyAdded, change: DraftPolicyAmended) -> DraftPolicyAdded:
    if policy.policy_no != change.policy_no:
        return policy
    return policy.model_copy(update={"title": change.title, "affected_groups": change.affected_groups})


def _corrected(entry: Entry, change: DraftStageCorrected) -> Entry:
    was = Entry(change.was_stage, change.was_entered_on, change.was_precision)
    if not entry.equals_content(was):
        return entry
    paper = entry.paper.corrected(paper_of(change))
    return Entry(change.stage, change.entered_on, change.precision, entry.resumed, paper)


def without_entry(entries: Sequence[Entry], named: Any) -> tuple[Entry, ...]:
    """Leave out the entry that an event of its cancellation, or the entry itself, names by its content."""
    gone = _named(named)
    return tuple(entry for entry in entries if entry != gone)


def _named(named: Any) -> Entry:
    return Entry(named.stage, named.entered_on, named.precision, named.resumed)


@lru_cache(maxsize=4096)
def fact_of(entry: Entry) -> StageEntry:
    """Give an entry as the rules see it; within one draft it is identified by its content."""
    content = f"{entry.stage}:{entry.entered_on}:{entry.precision}:{entry.resumed}"
    return StageEntry(
        entry_id=uuid5(LOA_NAMESPACE, content),
        stage=entry.stage,
        entered_on=entry.entered_on,
        precision=entry.precision,
        resumed=entry.resumed,
    )


Entries = dict[UUID, tuple[StageEntry, Recorded]]


def entries_of(events: Iterable[Recorded]) -> Entries:
    """Return each entry after all corrections, without what was cancelled, with the event that recorded it."""
    entries: Entries = {}
    for event in events:
        if type(event.data) in ENTRIES:  # `isinstance` asks the metaclass of each: 0.5 us an event
            entries[event.event_id] = (entry_of(event), event)
        elif isinstance(event.data, DraftStageCorrected) and event.data.entry_id in entries:
            was, original = entries[event.data.entry_id]
            entries[was.entry_id] = (corrected(was, event.data), original)
        elif isinstance(event.data, DraftStageCancelled):
            entries.pop(event.data.entry_id, None)
    return entries


def entry_with_id(events: Sequence[Recorded], entry_id: UUID) -> Entry | None:
    """Return the entry with an id after all corrections."""
    if (match := entries_of(events).get(entry_id)) is None:
        return None
    entry = match[0]
    return Entry(entry.stage, entry.entered_on, entry.precision, entry.resumed, papers_of(events)[entry_id])


def expectations_of(events: Iterable[Recorded]) -> dict[UUID, DraftStageExpected]:
    """Give the expectation that each entry fulfilled, by the id of its event: the day and session planned for that stage."""
    expectations = NO_EXPECTATIONS
    entries: dict[UUID, StageEntry] = {}
    for event in events:
        data = event.data
        if isinstance(data, DraftStageExpected):
            expectations = _stated(expectations, data)
        elif isinstance(data, ENTRIES):
            entries[event.event_id] = entry_of(event)
            expectations = expectations.entered(entries[event.event_id])
        elif isinstance(data, DraftStageCorrected) and (was := entries.get(data.entry_id)):
            now = corrected(was, data)
            expectations = expectations.corrected(was, now, entries.values())
            entries[data.entry_id] = now
        elif isinstance(data, DraftStageCancelled) and (was := entries.get(data.entry_id)):
            expectations = expectations.without(was, entries.values())
            del entries[data.entry_id]
    return {each.ended_by: each.event for each in expectations.fulfilled if each.ended_by}


def paper_of(source: Any) -> Paper:
    """Give the paper that an event or a command names."""
    return Paper(source.document_no, source.document_date, source.issuer)


def papers_of(events: Iterable[Recorded]) -> dict[UUID, Paper]:
    """Give the paper of each entry after all corrections."""
    papers: dict[UUID, Paper] = {}
    for event in events:
        if isinstance(event.data, ENTRIES):
            papers[event.event_id] = paper_of(event.data)
        elif isinstance(event.data, DraftStageCorrected) and event.data.entry_id in papers:
            papers[event.data.entry_id] = papers[event.data.entry_id].corrected(paper_of(event.data))
    return papers


def procedure_of(draft: Draft) -> Procedure:
    """Give the procedure that holds: the latest decision, else that of the registration."""
    return draft.procedure.procedure if draft.procedure else draft.registered.procedure


def facts_of(draft: Draft, events: Sequence[Recorded]) -> DraftFacts:
    """Return the facts that findings follow from: all but scope, policies and communications."""
    registered = draft.registered
    return DraftFacts(
        draft_id=registered.draft_id,
        instrument=draft.described.instrument,
        regime=draft.described.regime,
        procedure=procedure_of(draft),
        lead_unit_code=registered.lead_unit_code,
        entries=tuple(entry for entry, _ in entries_of(events).values()),
        exemptions=tuple(Exemption(stages=frozenset(e.stages)) for e in draft.exemptions),
        transfers=tuple(Transfer(on=t.on, unit_code=t.to_unit_code) for t in draft.transfers),
        postings=tuple(posting.fact for posting in draft.postings),
        procedure_document=draft.procedure.document if draft.procedure else None,
    )
