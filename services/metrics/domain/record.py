"""The record of a draft, folded from its events, and the gaps of its timeline that are to be announced."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from shared.contracts.campaigns import (
    CommunicationCorrected,
    CommunicationEvidenceAttached,
    CommunicationEvidenceErased,
    CommunicationFeedbackSummarised,
    CommunicationRecorded,
    CommunicationRetracted,
    CommunicationRoleConfirmed,
    CommunicationVerificationRefused,
    CommunicationVerified,
)
from shared.contracts.envelope import Recorded
from shared.contracts.event import About, exemption_id
from shared.contracts.metrics import (
    ComplianceEvent,
    ComplianceGapChanged,
    ComplianceGapClosed,
    ComplianceGapOpened,
)
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftExemptionCancelled,
    DraftOpinionsSummarised,
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
    DraftScopeAssessed,
    DraftStageCancelled,
    DraftStageCorrected,
    DraftStageExpected,
)
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    GapClosure,
    Precision,
    RequestKind,
    Stage,
)
from shared.directory import folds
from shared.directory.folds import DraftCard
from shared.kernel.local_day import day_in_vietnam
from shared.rules.answer_periods import Forwarding
from shared.rules.facts import WHOLE_DRAFT, Communication, DraftFacts, Exemption, Posting, Scope
from shared.rules.roles import performing_unit, role_of
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import LeadUnits, lead_units, unit_on
from shared.rules.timeline import GapInterval
from shared.rules.verdicts import Ground, Search, Span, ground_of, searches_in, span_of

UNASSESSED = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionSummary:
    """What became of the comments on a communication, as one summary has it; `position` is its place in the log."""

    position: int
    explained_on: date | None
    received: int
    accepted: int
    explained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationFact:
    """A carried-out communication as it stands, with the fields that coverage and counts show.

    `position` is that of its first record; `role` and `unit_code` are as recorded (None: of the lead unit). It is
    `verified` (or `verification_refused`) if nobody corrected it since.
    """

    communication_id: UUID
    held_on: date
    precision: Precision
    policies: tuple[int, ...]
    channel: Channel
    title: str
    url: str | None = None
    position: int = 0
    role: CommunicationRole | None = None
    unit_code: str | None = None
    audience: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    items: int | None = None
    attendance: int | None = None
    reach_count: int | None = None
    cost_state: int | None = None
    cost_social: int | None = None
    activity_code: str | None = None
    verified: bool = False
    verification_refused: bool = False
    opinions: tuple[OpinionSummary, ...] = ()
    content: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """What a unit asked for and nobody decided: the gap stays open until then."""

    request_id: UUID
    kind: RequestKind
    unit_code: str
    raised_on: date
    decider_code: str | None = None
    document: str | None = None
    forwarded_to: str | None = None
    forwarded_on: date | None = None
    answered_on: date | None = None

    @property
    def forwarded(self) -> Forwarding | None:
        """Who got it from whom it was raised to first, and when."""
        if self.forwarded_to is None or self.forwarded_on is None:
            return None
        return Forwarding(self.forwarded_to, self.forwarded_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedStage(folds.ComingStage):
    """A stage that the draft is to enter, or entered since."""

    expected_on: date
    precision: Precision
    session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationOpinions:
    """What the consultation of a stage brought, by its last summary; never added to opinions of communications."""

    stage: Stage
    summarised_on: date
    received: int
    accepted: int | None = None
    explained: int | None = None
    agree: int | None = None
    disagree: int | None = None
    groups: Mapping[str, int] | None = None
    published_at: str | None = None
    document: str | None = None
    counting_rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The newest event about a draft: what gap events name as their facts and their cause."""

    position: int
    event_id: UUID
    correlation_id: str
    recorded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRecord(DraftCard):
    """What is recorded of a draft. `communications` are all of them, or as many as decide what is asked.

    `expected` stages are to come; those that the draft has entered since are `fulfilled`.
    """

    source: Source
    scope: Scope = UNASSESSED
    communications: tuple[CommunicationFact, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    postings: tuple[Posting, ...] = ()
    procedure_document: str | None = None
    requests: tuple[WaitingRequest, ...] = ()
    expected: tuple[ExpectedStage, ...] = ()
    fulfilled: tuple[ExpectedStage, ...] = ()
    opinions: tuple[ConsultationOpinions, ...] = ()

    @property
    def facts(self) -> DraftFacts:
        return replace(self.own_facts, communications=tuple(map(communication_in, self.communications)))

    @property
    def own_facts(self) -> DraftFacts:
        """What the rules look at, but for communications."""
        return DraftFacts(
            draft_id=self.draft_id,
            instrument=self.instrument,
            regime=self.regime,
            procedure=self.procedure,
            lead_unit_code=self.lead_unit_code,
            scope=self.scope,
            policies=frozenset(number for number, _ in self.policies),
            entries=self.entries,
            exemptions=self.exemptions,
            transfers=self.transfers,
            postings=self.postings,
            procedure_document=self.procedure_document,
        )

    def about(self, day: date) -> About:
        """Give what the envelope of an event that is recorded on a day names of the draft."""
        return About(draft_code=self.draft_code, unit_code=self.lead_on(day), dataset=self.dataset)


@dataclass(frozen=True, slots=True)
class Performed:
    """A communication with what follows from its draft; `span` is None if it does not count for the lead unit's duty."""

    fact: CommunicationFact
    role: CommunicationRole
    unit_code: str
    span: Span | None


def performed(record: DraftRecord, rulebook: Rulebook) -> Iterator[Performed]:
    """Say of each communication of a record who performed it, as what, and whether it counts."""
    leads = lead_units(record.own_facts)
    for fact in record.communications:
        yield performed_under(leads, fact, span_of(communication_in(fact), leads, rulebook))


def performed_under(leads: LeadUnits, fact: CommunicationFact, span: Span | None) -> Performed:
    lead = unit_on(leads, fact.held_on)
    role = role_of(fact.role, fact.unit_code, lead)
    return Performed(fact, role, performing_unit(fact.unit_code, lead), span)


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which days the earliest communication about each policy of a draft is wanted."""

    draft_id: UUID
    policies: Collection[int]
    searches: Sequence[Search]


def asked_of(record: DraftRecord, rulebook: Rulebook) -> Asked:
    """Ask for the communications that decide the verdicts of a draft."""
    return asked_on(ground_of(record.own_facts, rulebook))


def asked_on(ground: Ground) -> Asked:
    return Asked(ground.facts.draft_id, ground.numbers, searches_in(ground.course))


def draft_of(event: Recorded) -> UUID | None:
    """Return the id of the draft that an event is about."""
    if event.ref.context == "draft":
        return event.ref.id
    draft_id: UUID | None = getattr(event.data, "draft_id", None)
    return draft_id


def communication_of(event: Recorded) -> UUID | None:
    """Return the id of the communication that an event is about."""
    if event.ref.context != "communication":
        return None
    number: UUID | None = getattr(event.data, "communication_id", None)
    return number


def evolve(record: DraftRecord | None, event: Recorded) -> DraftRecord | None:
    """Fold one event into the draft's own facts; events before its registration are ignored.

    An event about a communication moves the source alone: `evolve_communication` folds the rest.
    """
    data = event.data
    if isinstance(data, DraftRegistered):
        return DraftRecord(**folds.registered_draft(data), source=_source(event))
    if record is None:
        return None
    fold, own = folds.FOLDS.get(type(data)), _FOLDS.get(type(data))
    changes = {**(fold(record, event, data) if fold else {}), **(own(record, data) if own else {})}
    if type(data) in _OF_ENTRIES and (record.expected or record.fulfilled):  # most drafts have neither
        changes |= _entries(record, event)
    return replace(record, **changes, source=_source(event))


def evolve_communication(fact: CommunicationFact | None, event: Recorded) -> CommunicationFact | None:
    """Fold one event about a communication; None: there is none, or none any more."""
    return _COMMUNICATION_FOLDS[type(event.data)](fact, event, event.data)


def _source(event: Recorded) -> Source:
    return Source(
        position=event.position,
        event_id=event.event_id,
        correlation_id=event.metadata.correlation_id,
        recorded_on=day_in_vietnam(event.metadata.time),
    )


def communication_in(fact: CommunicationFact) -> Communication:
    """Give what the rules look at."""
    return Communication(
        communication_id=fact.communication_id,
        held_on=fact.held_on,
        precision=fact.precision,
        policies=frozenset(fact.policies),
        role=fact.role,
        unit_code=fact.unit_code,
        channel=fact.channel,
        verified=fact.verified,
    )


Changes = Mapping[str, Any]


def _scope(_record: DraftRecord, data: DraftScopeAssessed) -> Changes:
    scope = Scope(
        requires_proposal=data.requires_proposal,
        affects_rights=data.affects_rights,
        contested=data.contested,
        wide_impact=data.wide_impact,
        explicit=data.in_scope,
        state_secret=data.state_secret or Answer.UNKNOWN,
        basis=data.scope_basis,
    )
    return {"scope": scope}


def _exempted(record: DraftRecord, data: DraftCommunicationExempted) -> Changes:
    exemption = Exemption(
        stages=frozenset(data.stages),
        document=data.document,
        authority=data.authority,
        decided_on=data.decided_on,
    )
    return {"exemptions": (*record.exemptions, exemption)}


def _exemption_cancelled(record: DraftRecord, data: DraftExemptionCancelled) -> Changes:
    return {"exemptions": tuple(e for e in record.exemptions if _number(e) != data.exemption_id)}


def _number(exemption: Exemption) -> UUID:
    return exemption_id(exemption.stages, exemption.document, exemption.authority, exemption.decided_on)


def _posted(record: DraftRecord, data: DraftPostingOpened) -> Changes:
    posting = Posting(
        posting_id=data.posting_id, stage=data.stage, opened_on=data.opened_on, closes_on=data.closes_on
    )
    return {"postings": (*record.postings, posting)}


def _extended(record: DraftRecord, data: DraftPostingExtended) -> Changes:
    return _posting(
        record, data.posting_id, lambda posting: {"extended_to": (*posting.extended_to, data.closes_on)}
    )


def _unposted(record: DraftRecord, data: DraftPostingClosed) -> Changes:
    return _posting(record, data.posting_id, lambda _: {"closed_on": data.closed_on})


def _never_posted(record: DraftRecord, data: DraftPostingCancelled) -> Changes:
    return {"postings": tuple(each for each in record.postings if each.posting_id != data.posting_id)}


def _posting(record: DraftRecord, number: UUID, change: Callable[[Posting], dict[str, Any]]) -> Changes:
    postings = (
        replace(posting, **change(posting)) if posting.posting_id == number else posting
        for posting in record.postings
    )
    return {"postings": tuple(postings)}


def _decided(_record: DraftRecord, data: DraftProcedureDecided) -> Changes:
    return {"procedure_document": data.document}


def _asked(record: DraftRecord, data: DraftRequestRaised) -> Changes:
    request = WaitingRequest(
        request_id=data.request_id,
        kind=data.kind,
        unit_code=data.unit_code,
        raised_on=data.raised_on,
        decider_code=data.decider_code,
        document=data.document,
    )
    return {"requests": (*record.requests, request)}


def _settled(record: DraftRecord, data: DraftRequestDecided) -> Changes:
    waiting = (request for request in record.requests if request.request_id != data.request_id)
    return {"requests": tuple(waiting)}


def _request_step(record: DraftRecord, data: DraftRequestAnswered | DraftRequestForwarded) -> Changes:
    changed: dict[str, Any] = (
        {"answered_on": data.on}
        if isinstance(data, DraftRequestAnswered)
        else {"forwarded_to": data.to_unit_code, "forwarded_on": data.on}
    )
    requests = (
        replace(request, **changed) if request.request_id == data.request_id else request
        for request in record.requests
    )
    return {"requests": tuple(requests)}


def _expected(record: DraftRecord, data: DraftStageExpected) -> Changes:
    coming = None
    if data.expected_on is not None:
        coming = ExpectedStage(
            stage=data.stage, expected_on=data.expected_on, precision=data.precision, session=data.session
        )
    return _expecting(_expectations(record).stated(data.stage, coming))


def _expectations(record: DraftRecord) -> folds.Expectations[ExpectedStage]:
    return folds.Expectations(record.expected, record.fulfilled)


def _expecting(expectations: folds.Expectations[ExpectedStage]) -> Changes:
    return {"expected": expectations.to_come, "fulfilled": expectations.fulfilled}


def _entries(record: DraftRecord, event: Recorded) -> Changes:
    """Follow what is recorded of an entry: what it fulfilled, or no longer does."""
    data: Any = event.data
    expectations = _expectations(record)
    if isinstance(data, folds.ENTRIES):
        return _expecting(expectations.entered(folds.entry_of(event)))
    was = next((each for each in record.entries if each.entry_id == data.entry_id), None)
    if was is None:
        return {}
    if isinstance(data, DraftStageCorrected):
        now = folds.corrected(was, data)
        return _expecting(expectations.corrected(was, now, record.entries))
    return _expecting(expectations.without(was, record.entries))


def _consulted(record: DraftRecord, data: DraftOpinionsSummarised) -> Changes:
    others = (each for each in record.opinions if each.stage is not data.stage)
    names = ConsultationOpinions.__dataclass_fields__
    opinions = ConsultationOpinions(**{name: getattr(data, name) for name in names})
    return {"opinions": (*others, opinions)}


Fact = CommunicationFact | None


def _communicated(
    before: Fact, event: Recorded, data: CommunicationRecorded | CommunicationCorrected
) -> CommunicationFact:
    return CommunicationFact(
        communication_id=data.communication_id,
        held_on=data.held_on,
        precision=data.precision,
        policies=tuple(sorted(data.policies)),
        channel=data.channel,
        title=data.title,
        url=data.url,
        position=before.position if before else event.position,
        role=data.role,
        unit_code=data.unit_code,
        audience=data.audience or (),
        area=data.area or (),
        items=data.items,
        attendance=data.attendance,
        reach_count=data.reach_count,
        cost_state=data.cost_state,
        cost_social=data.cost_social,
        activity_code=data.activity_code,
        opinions=before.opinions if before else (),
        content=data.content,
    )


def _retracted(_before: Fact, _event: Recorded, _data: CommunicationRetracted) -> None:
    return None


def _verified(before: Fact, _event: Recorded, _data: CommunicationVerified) -> Fact:
    return replace(before, verified=True, verification_refused=False) if before else None


def _not_verified(before: Fact, _event: Recorded, _data: CommunicationVerificationRefused) -> Fact:
    return replace(before, verification_refused=True) if before else None


def _confirmed(before: Fact, _event: Recorded, data: CommunicationRoleConfirmed) -> Fact:
    return replace(before, role=data.role) if before else None


def _as_before(before: Fact, _event: Recorded, _data: Any) -> Fact:
    return before


def _summarised(before: Fact, event: Recorded, data: CommunicationFeedbackSummarised) -> Fact:
    summary = OpinionSummary(
        position=event.position,
        explained_on=data.explained_on,
        received=data.received,
        accepted=data.accepted,
        explained=data.explained,
    )
    return replace(before, opinions=(*before.opinions, summary)) if before else None


_OF_ENTRIES = frozenset({*folds.ENTRIES, DraftStageCorrected, DraftStageCancelled})
# In addition to what the directory folds.
_FOLDS: Mapping[type, Callable[[DraftRecord, Any], Changes]] = {
    DraftScopeAssessed: _scope,
    DraftCommunicationExempted: _exempted,
    DraftExemptionCancelled: _exemption_cancelled,
    DraftProcedureDecided: _decided,
    DraftStageExpected: _expected,
    DraftOpinionsSummarised: _consulted,
    DraftPostingOpened: _posted,
    DraftPostingExtended: _extended,
    DraftPostingClosed: _unposted,
    DraftPostingCancelled: _never_posted,
    DraftRequestRaised: _asked,
    DraftRequestDecided: _settled,
    DraftRequestAnswered: _request_step,
    DraftRequestForwarded: _request_step,
}

_COMMUNICATION_FOLDS: Mapping[type, Callable[[Fact, Recorded, Any], Fact]] = {
    CommunicationRecorded: _communicated,
    CommunicationCorrected: _communicated,
    CommunicationRetracted: _retracted,
    # Unverified communications count too: a verdict asks whether and when, not how strong the evidence is.
    CommunicationVerified: _verified,
    CommunicationVerificationRefused: _not_verified,
    CommunicationRoleConfirmed: _confirmed,
    CommunicationEvidenceAttached: _as_before,
    CommunicationEvidenceErased: _as_before,
    CommunicationFeedbackSummarised: _summarised,
}

# The fields whose change is announced; the versions of rules and facts are not among them.
_ESSENCE = (
    "unit_code",
    "stage",
    "since",
    "due_on",
    "policies",
    "title",
    "instrument",
    "procedure",
    "draft_code",
)


@dataclass(frozen=True, slots=True)
class Announced:
    """The last event of a gap in the log; `version` and `position` are what the next append expects."""

    event: ComplianceEvent
    version: int
    position: int

    @property
    def is_open(self) -> bool:
        return not isinstance(self.event, ComplianceGapClosed)


@dataclass(frozen=True, slots=True)
class DraftGaps:
    """A draft with its gaps as intervals of its timeline: what announcements are compared with."""

    record: DraftRecord
    scope: Answer
    gaps: Sequence[GapInterval]


def to_announce(
    draft: DraftGaps,
    announced: Mapping[UUID, Announced],
    *,
    today: date,
    rules_version: str,
) -> Iterator[ComplianceEvent]:
    """Give the events to append for one draft; `announced` are the last events of its gaps.

    Gaps that opened and closed before they could be announced are not announced: nothing is mailed for a past day.
    """
    record = draft.record
    wanted = {gap.gap_id: gap for gap in draft.gaps if gap.from_day <= today < gap.to_day}
    for gap_id, gap in wanted.items():
        fields = _fields(record, gap, rules_version)
        last = announced.get(gap_id)
        if last is None or not last.is_open:
            yield ComplianceGapOpened(**fields)
        elif _essence(fields) != _essence(last.event.model_dump()):
            yield ComplianceGapChanged(**fields)
    for gap_id, last in announced.items():
        if last.is_open and gap_id not in wanted:
            yield _closed(draft, last.event, rules_version)


def _fields(record: DraftRecord, gap: GapInterval, rules_version: str) -> dict[str, Any]:
    return {
        "gap_id": gap.gap_id,
        "draft_id": record.draft_id,
        "draft_code": record.draft_code,
        "title": record.title,
        "instrument": record.instrument,
        "procedure": record.procedure,
        "unit_code": gap.unit_code,
        "stage": gap.stage,
        "since": gap.since,
        "due_on": gap.due_on,
        "policies": gap.policies,
        "dataset": record.dataset,
        "rules_version": rules_version,
        "facts_position": record.source.position,
    }


def _essence(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(fields[name] for name in _ESSENCE)


def _closed(draft: DraftGaps, last: ComplianceEvent, rules_version: str) -> ComplianceGapClosed:
    closed_on, reason = _closure(draft, last, rules_version)
    fields = last.model_dump() | {
        "rules_version": rules_version,
        "facts_position": draft.record.source.position,
        "closed_on": closed_on,
        "reason": reason,
    }
    return ComplianceGapClosed(**fields)


def _closure(draft: DraftGaps, last: ComplianceEvent, rules_version: str) -> tuple[date, GapClosure]:
    """Return the dated fact that closed a gap; a fact without a day closes it on the day of its recording."""
    record = draft.record
    for gap in draft.gaps:
        if gap.gap_id == last.gap_id and gap.closure is not None and gap.closed_on is not None:
            if gap.closure is GapClosure.COVERED and _are_removed(record, last):
                break  # the others had been covered before; it is the removal that closed it
            return gap.closed_on, gap.closure
    return record.source.recorded_on, _timeless(draft, last, rules_version)


def _timeless(draft: DraftGaps, last: ComplianceEvent, rules_version: str) -> GapClosure:
    record = draft.record
    if draft.scope is not Answer.YES:
        return GapClosure.OUT_OF_SCOPE
    if any(not exemption.stages or last.stage in exemption.stages for exemption in record.exemptions):
        return GapClosure.EXEMPTED
    if _are_removed(record, last):
        return GapClosure.POLICY_REMOVED
    if last.rules_version != rules_version and _stands(record, last):
        return GapClosure.RULES_CHANGED
    return GapClosure.CORRECTED


def _are_removed(record: DraftRecord, last: ComplianceEvent) -> bool:
    """Return whether none of the policies that were still open exists any more."""
    kept = {WHOLE_DRAFT, *(number for number, _ in record.policies)}
    return kept.isdisjoint(last.policies)


def _stands(record: DraftRecord, last: ComplianceEvent) -> bool:
    """Return whether the entry that began the gap is unchanged."""
    began = (last.gap_id, last.stage, last.since)
    return any((entry.entry_id, entry.stage, entry.entered_on) == began for entry in record.entries)
