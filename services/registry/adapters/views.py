"""How the registry shows a draft, its history and the procedures."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.registry.domain.draft import Draft
from services.registry.domain.postings import Posting
from services.registry.domain.reading import entries_of, procedure_of
from services.registry.domain.refusals import EntryNotRecorded
from services.registry.domain.stages import Entry
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftPolicyAdded,
    DraftProcedureDecided,
    DraftRegistered,
    DraftScopeAssessed,
    DraftTransferred,
    Notes,
)
from shared.contracts.vocabulary import (
    Dataset,
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
    UnitKind,
    UnitLevel,
)
from shared.envelope import Recorded
from shared.eventstore.port import History
from shared.rules.postings import PostingClock
from shared.rules.procedures import Certainty
from shared.rules.remarks import Remark, RemarkKind
from shared.rules.rulebook import Rulebook
from shared.web import Accepted

UNUSUAL = (RemarkKind.ORDER_UNKNOWN, RemarkKind.STAGE_NOT_OF_PROCEDURE)


class UnitItem(BaseModel):
    unit_code: str
    unit_name: str
    level: UnitLevel
    kind: UnitKind
    parent_code: str | None
    province_code: str | None
    valid_from: date | None
    valid_to: date | None
    note: str | None
    source: str | None
    dataset: Dataset


class _DraftHead(BaseModel):
    draft_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    lead_unit_code: str
    regime: Regime
    procedure: Procedure
    final_number: str | None
    outcome: str | None
    source: str | None
    dataset: Dataset
    version: int


class DraftItem(_DraftHead):
    """A draft in a list: `stage` is the latest one by day, null before the first."""

    scope: dict[str, Any]
    stage: Stage | None
    entered_on: date | None


class StageView(BaseModel):
    """One entry into a stage, after all corrections; `late`: it was recorded after later ones.

    `unusual`: the procedure knows no such step; `returned`: the dossier came back, which is no mistake.
    """

    entry_id: UUID
    stage: Stage
    entered_on: date
    precision: Precision
    resumed: bool
    what: str | None
    late: bool
    unusual: bool
    returned: bool


class PostingRuleView(BaseModel):
    """The least number of calendar days of posting in a stage, and how far that figure is confirmed."""

    stage: Stage
    min_days: int
    legal_basis: str
    source: str
    certainty: Certainty


class RemarkView(BaseModel):
    """A lasting remark about an entry or a posting (`about`), or the draft; not every one is a warning."""

    kind: RemarkKind
    is_warning: bool
    about: UUID | None
    on: date | None
    vi: str
    en: str
    legal_basis: str | None


class Extension(BaseModel):
    closes_on: date
    reason: str | None


class PostingView(BaseModel):
    """One posting for comment; days are calendar days, the first one not counted.

    `posted_days` are those until today or its end, `lawful_end` is the earliest last day by `rule`.
    """

    posting_id: UUID
    stage: Stage
    opened_on: date
    closes_on: date | None
    extensions: list[Extension]
    planned_end: date | None
    closed_on: date | None
    close_reason: str | None
    posted_days: int
    min_days: int | None
    lawful_end: date | None
    rule: PostingRuleView | None
    place: str | None
    source: str | None
    notes: Notes


class AcceptedStep(Accepted):
    """The answer to a step on the draft's way, with what is to be remarked of it for good."""

    remarks: list[RemarkView]


class AcceptedPosting(AcceptedStep):
    """The answer to a command on a posting: how it stands, and the rule that was used."""

    posting: PostingView


class DraftView(_DraftHead):
    """Everything that is known of a draft; `stages` are its entries in the order of their days."""

    notes: Notes
    scope: DraftScopeAssessed | None
    policies: list[DraftPolicyAdded]
    procedure_decision: DraftProcedureDecided | None
    stages: list[StageView]
    postings: list[PostingView]
    remarks: list[RemarkView]
    exemptions: list[DraftCommunicationExempted]
    transfers: list[DraftTransferred]


def _is_about(remark: Remark, event: Recorded) -> bool:
    if remark.about is None:
        return isinstance(event.data, DraftRegistered)
    return remark.about in {event.event_id, getattr(event.data, "posting_id", None)}


class EventView(BaseModel):
    """One event of the log; the shape of `data` is that of `GET /schemas/{type}`."""

    position: int
    version: int
    event_id: UUID
    type: str
    recorded_at: datetime
    actor: str | None
    correlation_id: str | None
    data: dict[str, Any]
    remarks: list[RemarkView]


class HistoryView(BaseModel):
    draft_code: str
    events: list[EventView]


class ProcedureView(BaseModel):
    """What one procedure asks for, for stages entered from `valid_from` to `valid_to`.

    `general`: the regime has no row of its own for the instrument. `certainty` is that of the order of stages.
    """

    regime: Regime
    instrument: Instrument
    procedure: Procedure
    valid_from: date
    valid_to: date | None
    opening: list[Stage]
    closing: list[Stage]
    parallel: list[Stage]
    not_required: list[Stage]
    grace_working_days: int
    min_posting_days: dict[Stage, int]
    posting: list[PostingRuleView]
    expected_order: list[Stage]
    may_return: list[Stage]
    legal_basis: str
    source: str
    certainty: Certainty
    general: bool


class ProceduresView(BaseModel):
    rules_version: str
    procedures: list[ProcedureView]


def draft_view(
    draft: Draft, history: History, found: Sequence[Remark], clocks: Iterable[PostingClock]
) -> DraftView:
    shown = {
        **draft.registered.model_dump(mode="json"),
        "procedure": procedure_of(draft),
        "procedure_decision": draft.procedure.model_dump(mode="json") if draft.procedure else None,
        "title": draft.title,
        "lead_unit_code": draft.lead_unit_code,
        "scope": draft.scope.model_dump(mode="json") if draft.scope else None,
        "policies": [policy.model_dump(mode="json") for policy in draft.policies],
        "stages": _stages(history, found),
        "postings": posting_views(draft, clocks),
        "remarks": remark_views(found),
        "exemptions": [exemption.model_dump(mode="json") for exemption in draft.exemptions],
        "transfers": [transfer.model_dump(mode="json") for transfer in draft.transfers],
        "version": history.version.count,
    }
    return DraftView.model_validate(shown)


def history_view(draft_code: str, history: History, found: Sequence[Remark]) -> HistoryView:
    """Show every event, and beside it what is to be remarked of it."""
    events = [
        {
            "position": event.position,
            "version": event.aggregate_version,
            "event_id": str(event.event_id),
            "type": event.type,
            "recorded_at": event.metadata.time.isoformat(),
            "actor": event.metadata.actor,
            "correlation_id": event.metadata.correlation_id,
            "data": event.data.model_dump(mode="json", exclude_none=True),
            "remarks": remark_views(remark for remark in found if _is_about(remark, event)),
        }
        for event in history.events
    ]
    return HistoryView.model_validate({"draft_code": draft_code, "events": events})


def procedures_view(rulebook: Rulebook) -> ProceduresView:
    """The procedure table as it is in force, with what every answer names: `rules_version`."""
    rows = [
        {
            "regime": rule.regime,
            "instrument": rule.instrument,
            "procedure": rule.procedure,
            "valid_from": rule.valid_from.isoformat(),
            "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
            "opening": sorted(rule.opening),
            "closing": sorted(rule.closing),
            "parallel": sorted(rule.parallel),
            "not_required": sorted(rule.not_required),
            "grace_working_days": rule.grace_working_days,
            "min_posting_days": dict(rule.min_posting_days),
            "posting": [asdict(posting) for posting in rule.posting],
            "expected_order": rule.expected_order,
            "may_return": sorted(rule.may_return),
            "legal_basis": rule.legal_basis,
            "source": rule.source,
            "certainty": rule.certainty,
            "general": rule.general,
        }
        for rules in rulebook.procedures.values()
        for rule in rules
    ]
    return ProceduresView.model_validate({"rules_version": rulebook.version, "procedures": rows})


def recorded_entry(history: History, entry_id: UUID) -> Entry:
    """What an entry says now, after all corrections."""
    if (found := entries_of(history.events).get(entry_id)) is None:
        raise EntryNotRecorded(entry_id)
    return found[0]


def _stages(history: History, found: Sequence[Remark]) -> list[dict[str, Any]]:
    kinds = {(remark.about, remark.kind) for remark in found}
    entries = entries_of(history.events).items()
    return [
        {
            "entry_id": str(entry_id),
            "stage": entry.stage,
            "entered_on": entry.entered_on.isoformat(),
            "precision": entry.precision,
            "resumed": entry.resumed,
            "what": getattr(event.data, "what", None),
            "late": getattr(event.data, "late", False),
            "unusual": any((entry_id, kind) in kinds for kind in UNUSUAL),
            "returned": (entry_id, RemarkKind.RETURNED) in kinds,
        }
        for entry_id, (entry, event) in sorted(
            entries, key=lambda item: (item[1][0].entered_on, item[1][0].stage.order)
        )
    ]


def remark_views(found: Iterable[Remark]) -> list[RemarkView]:
    return [RemarkView.model_validate(remark.as_dict()) for remark in found]


def posting_view(posting: Posting, clock: PostingClock) -> PostingView:
    shown = {
        **posting.opened.model_dump(mode="json"),
        "extensions": [one.model_dump(mode="json") for one in posting.extensions],
        "close_reason": posting.closed.reason if posting.closed else None,
        **clock.as_dict(),
    }
    return PostingView.model_validate(shown)


def posting_views(draft: Draft, clocks: Iterable[PostingClock]) -> list[PostingView]:
    """Show the postings in the order of their first days, each with its clock."""
    known = {posting.opened.posting_id: posting for posting in draft.postings}
    return [posting_view(known[clock.posting.posting_id], clock) for clock in clocks]
