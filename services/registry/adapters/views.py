"""How the registry shows a draft, its history and the procedures."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.registry.domain.draft import Draft
from services.registry.domain.refusals import EntryNotRecorded
from services.registry.domain.stages import Entry
from shared.contracts.registry import (
    DraftCommunicationExempted,
    DraftMerged,
    DraftPolicyAdded,
    DraftResumed,
    DraftScopeAssessed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
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
from shared.rules.procedures import Certainty
from shared.rules.rulebook import Rulebook

_ENDINGS = {DraftSuspended: Stage.SUSPENDED, DraftWithdrawn: Stage.WITHDRAWN, DraftMerged: Stage.MERGED}


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
    """One entry into a stage, after all corrections; `late`: it was recorded after later ones."""

    entry_id: UUID
    stage: Stage
    entered_on: date
    precision: Precision
    resumed: bool
    what: str | None
    late: bool
    unusual: bool


class DraftView(_DraftHead):
    """Everything that is known of a draft; `stages` are its entries in the order of their days."""

    notes: Notes
    scope: DraftScopeAssessed | None
    policies: list[DraftPolicyAdded]
    stages: list[StageView]
    exemptions: list[DraftCommunicationExempted]
    transfers: list[DraftTransferred]


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


class HistoryView(BaseModel):
    draft_code: str
    events: list[EventView]


class PostingRuleView(BaseModel):
    """The least number of calendar days of posting in a stage, and how far that figure is confirmed."""

    stage: Stage
    min_days: int
    legal_basis: str
    source: str
    certainty: Certainty


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


def draft_view(draft: Draft, history: History) -> DraftView:
    shown = {
        **draft.registered.model_dump(mode="json"),
        "title": draft.title,
        "lead_unit_code": draft.lead_unit_code,
        "scope": draft.scope.model_dump(mode="json") if draft.scope else None,
        "policies": [policy.model_dump(mode="json") for policy in draft.policies],
        "stages": _stages(history),
        "exemptions": [exemption.model_dump(mode="json") for exemption in draft.exemptions],
        "transfers": [transfer.model_dump(mode="json") for transfer in draft.transfers],
        "version": history.version.count,
    }
    return DraftView.model_validate(shown)


def history_view(draft_code: str, history: History) -> HistoryView:
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
    if (found := _entries(history).get(entry_id)) is None:
        raise EntryNotRecorded(entry_id)
    return found[0]


def _stages(history: History) -> list[dict[str, Any]]:
    entries = _entries(history).items()
    return [
        {
            "entry_id": str(entry_id),
            "stage": entry.stage,
            "entered_on": entry.entered_on.isoformat(),
            "precision": entry.precision,
            "resumed": entry.resumed,
            "what": getattr(event.data, "what", None),
            "late": getattr(event.data, "late", False),
            "unusual": getattr(event.data, "unusual", False),
        }
        for entry_id, (entry, event) in sorted(
            entries, key=lambda item: (item[1][0].entered_on, item[1][0].stage.order)
        )
    ]


def _entries(history: History) -> dict[UUID, tuple[Entry, Recorded]]:
    entries: dict[UUID, tuple[Entry, Recorded]] = {}
    for event in history.events:
        match event.data:
            case DraftStageEntered(stage=stage, entered_on=day, precision=precision):
                entries[event.event_id] = (Entry(stage, day, precision), event)
            case DraftResumed(stage=stage, on=day, precision=precision):
                entries[event.event_id] = (Entry(stage, day, precision, resumed=True), event)
            case DraftSuspended() | DraftWithdrawn() | DraftMerged() as data:
                entries[event.event_id] = (Entry(_ENDINGS[type(data)], data.on, data.precision), event)
            case DraftStageCorrected(entry_id=corrected) as data if corrected in entries:
                was, original = entries[corrected]
                now = Entry(data.stage, data.entered_on, data.precision, resumed=was.resumed)
                entries[corrected] = (now, original)
    return entries
