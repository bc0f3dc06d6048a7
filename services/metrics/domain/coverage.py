"""The whole reasoning for one draft on one day: window, stages, verdicts, and what covered them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.metrics.domain.record import (
    CommunicationFact,
    ConsultationOpinions,
    DraftRecord,
    ExpectedStage,
    Performed,
    performed,
)
from services.metrics.domain.waiting import ShownRequest
from shared.contracts.vocabulary import Dataset, Stage
from shared.rules.clocks import clocks_of, reply_clocks
from shared.rules.facts import WHOLE_DRAFT, Exemption, StageEntry, Transfer
from shared.rules.findings import findings
from shared.rules.rulebook.rulebook import Rulebook
from shared.rules.sequence import Occurrence, lead_units, occurrences, parallel_entries, unit_on
from shared.rules.verdicts import (
    ONE_DAY,
    DraftAssessment,
    PairAssessment,
    PolicyAssessment,
    Search,
    assess,
    numbers_of,
)
from shared.rules.words.wording import STAGES, WHOLE_DRAFT_TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`body` is the answer as data; every date in it is ISO."""

    position: int
    dataset: Dataset
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Covering:
    """How many communications there are, and the first ones by their day."""

    total: int
    first: tuple[CommunicationFact, ...] = ()


InStage = tuple[UUID, int]  # an occurrence and a policy in it
MOST_SHOWN = 10  # communications of an occurrence and policy; the others are a list of their own


def days_in_stages(record: DraftRecord, rulebook: Rulebook, as_of: date) -> dict[InStage, Search]:
    """Return the days of each occurrence up to `as_of`, for each policy: what was held then covers the policy in it."""
    return {
        (occurrence.entry_id, number): Search(occurrence.entered_on, _last_day(occurrence, as_of))
        for occurrence in occurrences(record.facts, rulebook)
        if occurrence.entered_on <= as_of
        for number in numbers_of(record.facts)
    }


def _last_day(occurrence: Occurrence, as_of: date) -> date:
    return min(as_of, occurrence.exited_on - ONE_DAY) if occurrence.exited_on else as_of


@dataclass(frozen=True, slots=True)
class Shown:
    """The communications of a draft that an answer names; `support` are those that don't count for its lead unit's duty."""

    covering: Mapping[InStage, Covering]
    support: Covering

    @classmethod
    def of_whole(cls, record: DraftRecord, rulebook: Rulebook, as_of: date) -> "Shown":
        """Choose them from a record that has all communications."""
        items = list(performed(record, rulebook))
        in_stages = days_in_stages(record, rulebook, as_of)
        others = [item.fact for item in items if not item.span and item.fact.held_on <= as_of]
        return cls(
            {pair: _first(_covering(items, pair[1], days), days.first) for pair, days in in_stages.items()},
            _first(others, date.min),
        )


def _covering(items: Iterable[Performed], number: int, days: Search) -> list[CommunicationFact]:
    return [
        item.fact
        for item in items
        if item.span and item.span.first <= days.last and item.span.last >= days.first
        if not {WHOLE_DRAFT, number}.isdisjoint(item.fact.policies or (WHOLE_DRAFT,))
    ]


def _first(facts: list[CommunicationFact], begin: date) -> Covering:
    ordered = sorted(facts, key=lambda fact: (max(fact.held_on, begin), fact.communication_id))
    return Covering(len(facts), tuple(ordered[:MOST_SHOWN]))


def coverage_of(
    record: DraftRecord,
    rulebook: Rulebook,
    as_of: date,
    position: int,
    name_of: Callable[[str], str],
    shown: Shown,
    requests: Iterable[ShownRequest] = (),
) -> Coverage:
    """Explain a draft; `record` has the communications that decide (`shared.rules.verdicts.searches_of`)."""
    assessment = assess(record.facts, rulebook, as_of)
    clocks = reply_clocks(record.facts, rulebook, as_of)
    due = [occurrence.due_on for occurrence in assessment.occurrences if occurrence.required]
    unit_code = unit_on(lead_units(record.facts), as_of)
    body = {
        "draft_code": record.draft_code,
        "title": record.title,
        "unit_code": unit_code,
        "unit_name": name_of(unit_code),
        "instrument": record.instrument,
        "regime": record.regime,
        "procedure": record.procedure,
        "procedure_document": record.procedure_document,
        "in_scope": assessment.scope,
        "scope_basis": assessment.scope_basis,
        "window": _window(assessment),
        "occurrences": [_occurrence(occurrence, _exempted(record)) for occurrence in assessment.occurrences],
        "parallel": [_parallel(entry) for entry in parallel_entries(record.facts, rulebook, as_of)],
        "exemptions": [_exemption(exemption) for exemption in record.exemptions],
        "transfers": [_transfer(transfer, name_of) for transfer in record.transfers if transfer.on <= as_of],
        "postings": [clock.as_dict() for clock in clocks_of(record.facts, rulebook, as_of)],
        "reply_clocks": [clock.as_dict() for clock in clocks],
        "provisional_years": rulebook.provisional([*due, *(clock.by for clock in clocks if clock.by)]),
        "findings": [finding.as_dict() for finding in findings(record.facts, rulebook, as_of)],
        "policies": [_policy(record, policy, shown.covering) for policy in assessment.policies],
        "requests": [request.as_dict() for request in requests],
        "expected": [_dated(each) for each in record.expected],
        "opinions": [_dated(each) for each in record.opinions if each.summarised_on <= as_of],
        "support": [_support(fact, name_of) for fact in shown.support.first],
        "support_total": shown.support.total,
    }
    return Coverage(position=position, dataset=record.dataset, body=body)


def _support(fact: CommunicationFact, name_of: Callable[[str], str]) -> dict[str, Any]:
    return {
        **_communication(fact),
        "unit_code": fact.unit_code,
        "unit_name": name_of(fact.unit_code) if fact.unit_code else None,
        "items": fact.items,
        "attendance": fact.attendance,
    }


def _window(assessment: DraftAssessment) -> dict[str, Any]:
    window = assessment.window
    return {
        "opened_on": _iso(window.opened_on),
        "closed_on": _iso(window.closed_on),
        "closed_by": window.closed_by,
        "unopened_closed_on": _iso(window.unopened_closed_on),
        "ended_on": _iso(window.ended_on),
    }


def _exempted(record: DraftRecord) -> frozenset[Stage]:
    return frozenset(stage for exemption in record.exemptions for stage in exemption.stages)


def _occurrence(occurrence: Occurrence, exempted: frozenset[Stage]) -> dict[str, Any]:
    return {
        "entry_id": str(occurrence.entry_id),
        "stage": occurrence.stage,
        "stage_name": STAGES[occurrence.stage].vi,
        "entered_on": occurrence.entered_on.isoformat(),
        "precision": occurrence.precision,
        "exited_on": _iso(occurrence.exited_on),
        "required": occurrence.required,
        "exempted": occurrence.stage in exempted,
        "due_on": occurrence.due_on.isoformat(),
        "grace_working_days": occurrence.rule.grace_working_days,
        "legal_basis": occurrence.rule.grounds.vi,
        "certainty": occurrence.rule.certainty,
    }


def _parallel(entry: StageEntry) -> dict[str, Any]:
    return {
        "entry_id": str(entry.entry_id),
        "stage": entry.stage,
        "stage_name": STAGES[entry.stage].vi,
        "entered_on": entry.entered_on.isoformat(),
        "precision": entry.precision,
    }


def _exemption(exemption: Exemption) -> dict[str, Any]:
    return {
        "stages": sorted(exemption.stages, key=lambda stage: stage.order),
        "document": exemption.document,
        "authority": exemption.authority,
        "decided_on": _iso(exemption.decided_on),
    }


def _transfer(transfer: Transfer, name_of: Callable[[str], str]) -> dict[str, Any]:
    return {
        "on": transfer.on.isoformat(),
        "unit_code": transfer.unit_code,
        "unit_name": name_of(transfer.unit_code),
        "document": transfer.document,
    }


def _policy(
    record: DraftRecord, policy: PolicyAssessment, covering: Mapping[InStage, Covering]
) -> dict[str, Any]:
    judgement = policy.judgement
    return {
        "policy_no": policy.policy_no,
        "title": _title(record, policy.policy_no),
        "verdict": judgement.verdict,
        "because": judgement.because,
        "on_time": judgement.on_time,
        "any_communication": judgement.any_communication,
        "from_start": judgement.from_start,
        "begun": judgement.begun,
        "statutory_only": judgement.statutory_only,
        "verified": judgement.verified,
        "provisional": judgement.provisional,
        "occurrences": [_pair(pair, covering[pair.entry_id, policy.policy_no]) for pair in policy.pairs],
    }


def _title(record: DraftRecord, number: int) -> str:
    return dict(record.policies).get(number, WHOLE_DRAFT_TITLE.vi if number == WHOLE_DRAFT else "")


def _pair(pair: PairAssessment, covering: Covering) -> dict[str, Any]:
    return {
        "entry_id": str(pair.entry_id),
        "required": pair.required,
        "verdict": pair.verdict,
        "covered_on": _iso(pair.covered_on),
        "communications": [_communication(fact) for fact in covering.first],
        "communications_total": covering.total,
    }


def _communication(fact: CommunicationFact) -> dict[str, Any]:
    return {
        "communication_id": str(fact.communication_id),
        "held_on": fact.held_on.isoformat(),
        "precision": fact.precision,
        "channel": fact.channel,
        "title": fact.title,
        "policies": list(fact.policies),
        "url": fact.url,
        "verified": fact.verified,
        "verification_refused": fact.verification_refused,
    }


def _dated(fact: ExpectedStage | ConsultationOpinions) -> dict[str, Any]:
    return {name: _iso(value) if isinstance(value, date) else value for name, value in asdict(fact).items()}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
