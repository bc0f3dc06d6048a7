"""What the registry's events mean for the rows of its read model: pure, one function an event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contracts.registry import (
    DraftMerged,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftResumed,
    DraftRetitled,
    DraftScopeAssessed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftTransferred,
    DraftWithdrawn,
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
)
from shared.contracts.vocabulary import Stage
from shared.envelope import Recorded
from shared.projections.rows import Change, Put, Remove, RowChange
from shared.search import fold

Rows = list[RowChange]


def changes(event: Recorded) -> Iterable[RowChange]:
    rows: Rows = _HANDLERS.get(type(event.data), _nothing)(event, event.data)
    if event.ref.context == "draft" and not isinstance(event.data, DraftRegistered):
        rows.append(Change("draft", {"draft_id": event.ref.id}, {"version": event.aggregate_version}))
    return rows


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _unit_registered(_event: Recorded, data: UnitRegistered) -> Rows:
    search = fold(f"{data.unit_code} {data.unit_name}")
    return [Put("unit", {"search": search}, data)]


def _unit_renamed(_event: Recorded, data: UnitRenamed) -> Rows:
    search = fold(f"{data.unit_code} {data.unit_name}")
    return [Change("unit", {"unit_code": data.unit_code}, {"unit_name": data.unit_name, "search": search})]


def _unit_moved(_event: Recorded, data: UnitMoved) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"parent_code": data.parent_code})]


def _unit_succeeded(_event: Recorded, data: UnitSucceeded) -> Rows:
    return [Put("unit_succession", {}, data)]


def _unit_dissolved(_event: Recorded, data: UnitDissolved) -> Rows:
    return [Change("unit", {"unit_code": data.unit_code}, {"valid_to": data.on})]


def _draft_registered(event: Recorded, data: DraftRegistered) -> Rows:
    search = fold(f"{data.draft_code} {data.title} {data.final_number or ''}")
    return [Put("draft", {"search": search, "scope": {}, "version": event.aggregate_version}, data)]


def _draft_changed(event: Recorded, **values: Any) -> Rows:
    return [Change("draft", {"draft_id": event.ref.id}, values)]


def _transferred(event: Recorded, data: DraftTransferred) -> Rows:
    return [Put("lead", {"draft_id": event.ref.id, "on": data.on, "unit_code": data.to_unit_code})]


def _policy(event: Recorded, number: int) -> dict[str, Any]:
    return {"draft_id": event.ref.id, "policy_no": number}


def _policy_added(event: Recorded, data: DraftPolicyAdded) -> Rows:
    values = {"title": data.title, "affected_groups": list(data.affected_groups)}
    return [Put("policy", _policy(event, data.policy_no) | values)]


def _policy_amended(event: Recorded, data: DraftPolicyAmended) -> Rows:
    values = {"title": data.title, "affected_groups": list(data.affected_groups)}
    return [Change("policy", _policy(event, data.policy_no), values)]


def _entry(event: Recorded, stage: Stage, data: Any, **values: Any) -> Rows:
    return [
        Put(
            "stage_entry",
            {
                "entry_id": event.event_id,
                "draft_id": event.ref.id,
                "stage": stage,
                "stage_order": stage.order,
                "entered_on": data.entered_on if isinstance(data, DraftStageEntered) else data.on,
                "precision": data.precision,
                "what": data.what,
                "late": getattr(data, "late", False),
                "unusual": False,
                **values,
            },
        )
    ]


def _stage_corrected(_event: Recorded, data: DraftStageCorrected) -> Rows:
    values = {"stage": data.stage, "stage_order": data.stage.order}
    values |= {"entered_on": data.entered_on, "precision": data.precision}
    return [Change("stage_entry", {"entry_id": data.entry_id}, values)]


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    UnitRegistered: _unit_registered,
    UnitRenamed: _unit_renamed,
    UnitMoved: _unit_moved,
    UnitSucceeded: _unit_succeeded,
    UnitDissolved: _unit_dissolved,
    DraftRegistered: _draft_registered,
    DraftRetitled: lambda event, data: _draft_changed(event, title=data.title),
    DraftScopeAssessed: lambda event, data: _draft_changed(event, scope=data.model_dump(mode="json")),
    DraftTransferred: _transferred,
    DraftProcedureDecided: lambda event, data: _draft_changed(event, procedure=data.procedure),
    DraftPolicyAdded: _policy_added,
    DraftPolicyAmended: _policy_amended,
    DraftPolicyRemoved: lambda event, data: [Remove("policy", _policy(event, data.policy_no))],
    DraftStageEntered: lambda event, data: _entry(event, data.stage, data, unusual=data.unusual),
    DraftResumed: lambda event, data: _entry(event, data.stage, data),
    DraftSuspended: lambda event, data: _entry(event, Stage.SUSPENDED, data),
    DraftWithdrawn: lambda event, data: _entry(event, Stage.WITHDRAWN, data),
    DraftMerged: lambda event, data: _entry(event, Stage.MERGED, data),
    DraftStageCorrected: _stage_corrected,
}
