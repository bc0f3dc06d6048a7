"""How the registry shows drafts and units."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from services.registry.adapters.draft_api import PostingView, finding_views, posting_views
from services.registry.adapters.read_model import as_of
from services.registry.adapters.request_views import RequestView
from services.registry.domain.draft_state import (
    Draft,
    exemption_number,
    expectations_of,
    papers_of,
    procedure_of,
)
from services.registry.domain.unit import Unit
from shared.contracts.envelope import Recorded
from shared.contracts.event import Acting, Event, Unknown
from shared.contracts.registry import (
    DraftAmended,
    DraftOpinionsSummarised,
    DraftPolicyAdded,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRequestAnswered,
    DraftRequestDecided,
    DraftRequestForwarded,
    DraftRequestRaised,
    DraftScopeAssessed,
    DraftStageExpected,
    DraftTransferred,
    Notes,
    UnitAmended,
    UnitChangeCancelled,
    UnitDissolved,
    UnitRegistered,
    UnitSucceeded,
    UnitSupervisionSet,
    UnitTargetSet,
)
from shared.contracts.vocabulary import (
    Dataset,
    Handling,
    Instrument,
    Precision,
    Procedure,
    Regime,
    Stage,
    SuccessionKind,
    SupervisionKind,
    UnitKind,
    UnitLevel,
)
from shared.directory.folds import CANCELLABLE
from shared.eventstore.handle import History, Version
from shared.http.routes.rule_views import FindingView
from shared.rules.clocks import PostingClock
from shared.rules.facts import StageEntry
from shared.rules.findings import Finding, FindingKind

UNUSUAL = (FindingKind.ORDER_UNKNOWN, FindingKind.STAGE_NOT_OF_PROCEDURE)


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
    handling: Handling | None
    amends: list[str] | None
    replaces: list[str] | None
    external_ref: str | None
    dataset: Dataset
    version: int


class DraftItem(_DraftHead):
    """A draft in a list: `stage` is the one it is in today by the rules, null before the first."""

    scope: dict[str, Any]
    stage: Stage | None
    entered_on: date | None


class StageView(BaseModel):
    """One entry into a stage, after all corrections; `late`: it was recorded after later ones.

    `unusual`: the procedure has no such step; `returned`: the dossier came back, which is no mistake. `expected`: the day and
    session for which it had been expected.
    """

    entry_id: UUID
    stage: Stage
    entered_on: date
    precision: Precision
    resumed: bool
    what: str | None
    document_no: str | None
    document_date: date | None
    issuer: str | None
    late: bool
    unusual: bool
    returned: bool
    expected: DraftStageExpected | None
    notes: Notes


class ExemptionItem(BaseModel):
    """No communication is required: for the named stages, or for the whole draft if there are none."""

    exemption_id: UUID
    stages: tuple[Stage, ...]
    document: str
    authority: str | None
    decided_on: date | None
    notes: Notes | None


class DraftView(_DraftHead):
    """Everything that is recorded of a draft, as amended; `stages` are its entries in the order of the rules."""

    notes: Notes
    scope: DraftScopeAssessed | None
    policies: list[DraftPolicyAdded]
    procedure_decision: DraftProcedureDecided | None
    stages: list[StageView]
    postings: list[PostingView]
    findings: list[FindingView]
    exemptions: list[ExemptionItem]
    transfers: list[DraftTransferred]
    amendments: list[DraftAmended]
    expected: list[DraftStageExpected]
    opinions: list[DraftOpinionsSummarised]
    requests: list[RequestView] = []


def _is_about(finding: Finding, event: Recorded) -> bool:
    if finding.about is None:
        return isinstance(event.data, DraftRegistered)
    return finding.about in {event.event_id, getattr(event.data, "posting_id", None)}


class EventView(BaseModel):
    """One event of the log; the shape of `data` is that of `GET /schemas/{type}`."""

    position: int
    version: int
    event_id: UUID
    type: str
    recorded_at: datetime
    actor: str | None
    actor_unit: str | None = None
    correlation_id: str | None
    data: dict[str, Any]
    findings: list[FindingView]


class HistoryView(BaseModel):
    draft_code: str
    events: list[EventView]


def draft_view(
    draft: Draft,
    history: History,
    findings: Sequence[Finding],
    clocks: Iterable[PostingClock],
    entries: Iterable[StageEntry],
    requests: Sequence[RequestView] = (),
) -> DraftView:
    """Show a draft; `entries` are its entries into stages in the order of the rules."""
    shown = {
        **draft.described.model_dump(mode="json"),
        "amendments": [amendment.model_dump(mode="json") for amendment in draft.amendments],
        "procedure": procedure_of(draft),
        "procedure_decision": draft.procedure.model_dump(mode="json") if draft.procedure else None,
        "title": draft.title,
        "lead_unit_code": draft.lead_unit_code,
        "scope": draft.scope.model_dump(mode="json") if draft.scope else None,
        "policies": [policy.model_dump(mode="json") for policy in draft.policies],
        "stages": _stages(history, findings, entries),
        "postings": posting_views(draft, clocks),
        "findings": finding_views(findings),
        "exemptions": [
            {**exemption.model_dump(mode="json"), "exemption_id": exemption_number(exemption)}
            for exemption in draft.exemptions
        ],
        "transfers": [transfer.model_dump(mode="json") for transfer in draft.transfers],
        "expected": [each.model_dump(mode="json") for each in draft.expected],
        "opinions": [each.model_dump(mode="json") for each in draft.opinions],
        "version": history.version.count,
        "requests": [request.model_dump() for request in requests],
    }
    return DraftView.model_validate(shown)


OF_REQUESTS = (DraftRequestRaised, DraftRequestDecided, DraftRequestAnswered, DraftRequestForwarded)
PUBLIC_OF_REQUESTS = {"request_id", "kind", "unit_code", "raised_on", "decision", "on", "to_unit_code"}


def history_view(
    draft_code: str, history: History, findings: Sequence[Finding], reads: Acting
) -> HistoryView:
    """Show every event with its findings; `reads`: of whose requests and decisions the words are shown."""

    def shown(data: Event | Unknown) -> dict[str, Any]:
        hidden = isinstance(data, OF_REQUESTS) and not reads.may_act_for(data.unit_code)
        fields = PUBLIC_OF_REQUESTS if hidden else None
        return data.model_dump(mode="json", exclude_none=True, include=fields)

    events = [
        {
            "position": event.position,
            "version": event.aggregate_version,
            "event_id": str(event.event_id),
            "type": event.type,
            "recorded_at": event.metadata.time.isoformat(),
            "actor": event.metadata.actor,
            "actor_unit": event.metadata.actor_unit,
            "correlation_id": event.metadata.correlation_id,
            "data": shown(event.data),
            "findings": finding_views(finding for finding in findings if _is_about(finding, event)),
        }
        for event in history.events
    ]
    return HistoryView.model_validate({"draft_code": draft_code, "events": events})


def _stages(
    history: History, findings: Sequence[Finding], entries: Iterable[StageEntry]
) -> list[dict[str, Any]]:
    kinds = {(finding.about, finding.kind) for finding in findings}
    recorded = {event.event_id: event.data for event in history.events}
    papers, came = papers_of(history.events), expectations_of(history.events)
    return [
        {
            "entry_id": str(entry.entry_id),
            "stage": entry.stage,
            "entered_on": entry.entered_on.isoformat(),
            "precision": entry.precision,
            "resumed": entry.resumed,
            "what": getattr(recorded[entry.entry_id], "what", None),
            **to_jsonable_python(papers[entry.entry_id]),
            "late": entry.late,
            "unusual": any((entry.entry_id, kind) in kinds for kind in UNUSUAL),
            "returned": (entry.entry_id, FindingKind.RETURNED) in kinds,
            "expected": came.get(entry.entry_id),
            "notes": getattr(recorded[entry.entry_id], "notes", None) or {},
        }
        for entry in entries
    ]


class SuccessionItem(BaseModel):
    """What becomes of the unit on a day; without `to_code` it ends without a successor."""

    to_code: str | None = None
    kind: SuccessionKind | None = None
    date: date
    legal_basis: str | None
    source: str | None
    notes: Notes


class TargetItem(BaseModel):
    """The unit's own target for a reporting year, in percent; the last one recorded holds."""

    year: int
    target_percent: float
    document: str | None
    notes: Notes


class SupervisionItem(BaseModel):
    """From `on`, `supervisor_code` follows the unit as `kind`; of several of one kind the latest by day holds."""

    supervisor_code: str | None
    kind: SupervisionKind
    on: date
    document: str | None
    notes: Notes


class UnitView(UnitItem):
    """A unit as it stands; successions, targets and supervision in the order in which they were recorded."""

    notes: Notes
    successions: list[SuccessionItem]
    targets: list[TargetItem]
    supervision: list[SupervisionItem]
    amendments: list[UnitAmended]
    version: int
    findings: list[FindingView]


def unit_view(unit: Unit, version: Version, today: date, findings: Iterable[Finding] = ()) -> UnitView:
    shown = {
        **unit.described.model_dump(),
        **as_of(unit.by_day, today),
        "notes": unit.described.notes or {},
    }
    return UnitView(
        **shown,
        successions=list(_successions(unit.changes)),
        amendments=[c for c in unit.changes if isinstance(c, UnitAmended)],
        targets=[_target(change) for change in unit.changes if isinstance(change, UnitTargetSet)],
        supervision=[
            _supervision(change) for change in unit.changes if isinstance(change, UnitSupervisionSet)
        ],
        version=version.count,
        findings=finding_views(findings),
    )


class CancellationItem(BaseModel):
    """Why a change never held, and since when that is recorded."""

    recorded_at: datetime
    reason: str
    document: str | None


class UnitChangeItem(BaseModel):
    """A change of the unit by the id of its event; the shape of `data` is that of `GET /schemas/{type}`.

    `cancelled`: it was recorded wrongly and never held. Only one of a `UnitChange` can be cancelled.
    """

    change_id: UUID
    type: str
    recorded_at: datetime
    on: date | None
    data: dict[str, Any]
    can_be_cancelled: bool
    cancelled: CancellationItem | None


class UnitWithChanges(UnitView):
    """A unit with all that was recorded of it since its registration, in the order of recording."""

    changes: list[UnitChangeItem]


def unit_with_changes(
    unit: Unit, history: History, today: date, findings: Iterable[Finding]
) -> UnitWithChanges:
    shown = unit_view(unit, history.version, today, findings)
    return UnitWithChanges(**shown.model_dump(), changes=unit_changes(history))


def unit_changes(history: History) -> list[UnitChangeItem]:
    """List the changes of a unit with what was cancelled of them; the registration is none."""
    cancelled = {
        event.data.change_id: CancellationItem(
            recorded_at=event.metadata.time, reason=event.data.reason, document=event.data.document
        )
        for event in history.events
        if isinstance(event.data, UnitChangeCancelled)
    }
    return [
        UnitChangeItem(
            change_id=event.event_id,
            type=event.type,
            recorded_at=event.metadata.time,
            on=getattr(event.data, "on", None),
            data=event.data.model_dump(mode="json", exclude_none=True),
            can_be_cancelled=type(event.data) in CANCELLABLE and event.event_id not in cancelled,
            cancelled=cancelled.get(event.event_id),
        )
        for event in history.events
        if isinstance(event.data, Event) and not isinstance(event.data, UnitRegistered | UnitChangeCancelled)
    ]


def unit_record(unit: Unit, version: Version, today: date) -> UnitView:
    """Show a unit for an export: `valid_to` is the registered one, since dissolutions stand in `successions`."""
    return unit_view(unit, version, today).model_copy(update={"valid_to": unit.described.valid_to})


def _successions(changes: Iterable[Any]) -> Iterable[SuccessionItem]:
    for change in changes:
        if isinstance(change, UnitSucceeded | UnitDissolved):
            yield SuccessionItem(
                **change.model_dump(exclude={"unit_code", "notes"}), date=change.on, notes=change.notes or {}
            )


def _target(change: UnitTargetSet) -> TargetItem:
    return TargetItem(**change.model_dump(exclude={"unit_code", "notes"}), notes=change.notes or {})


def _supervision(change: UnitSupervisionSet) -> SupervisionItem:
    return SupervisionItem(**change.model_dump(exclude={"unit_code", "notes"}), notes=change.notes or {})
