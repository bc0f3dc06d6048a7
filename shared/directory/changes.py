"""What `unit.*` and `draft.*` events mean for the rows of the directory; what follows by rules is derived after."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.registry import (
    DraftAmended,
    DraftPolicyAdded,
    DraftPolicyAmended,
    DraftPolicyRemoved,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRetitled,
    DraftStageCorrected,
    DraftTransferred,
    UnitAmended,
    UnitDissolved,
    UnitMoved,
    UnitRegistered,
    UnitRenamed,
    UnitSucceeded,
)
from shared.directory import units
from shared.directory.drafts import ENTRIES, amended, entry_of
from shared.kernel.text_folding import fold
from shared.projections.row_changes import Change, Put, Remove, RowChange

Rows = list[RowChange]


def unit_changes(event: Recorded) -> Rows:
    return _UNIT_HANDLERS.get(type(event.data), _nothing)(event, event.data)


def draft_changes(event: Recorded, rules_version: str) -> Rows:
    if isinstance(event.data, DraftRegistered):
        return _draft_registered(event.data, rules_version)
    return _DRAFT_HANDLERS.get(type(event.data), _nothing)(event, event.data)


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _unit_registered(_event: Recorded, data: UnitRegistered) -> Rows:
    return [Put("directory_unit", {"search": _search(data)}, data)]


def _unit_amended(_event: Recorded, data: UnitAmended) -> Rows:
    return [Change("directory_unit", {"unit_code": data.unit_code}, units.amended(data))]


def _unit_renamed(_event: Recorded, data: UnitRenamed) -> Rows:
    return [Put("directory_unit_name", {"search": _search(data)}, data)]


def _search(data: UnitRegistered | UnitRenamed) -> str:
    return fold(f"{data.unit_code} {data.unit_name}")


def _unit_moved(_event: Recorded, data: UnitMoved) -> Rows:
    return [Put("directory_unit_parent", {}, data)]


def _unit_dissolved(_event: Recorded, data: UnitDissolved) -> Rows:
    return [Put("directory_unit_end", {}, data)]


def _unit_succeeded(_event: Recorded, data: UnitSucceeded) -> Rows:
    return [Put("directory_unit_succession", {}, data)]


_UNIT_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    UnitRegistered: _unit_registered,
    UnitAmended: _unit_amended,
    UnitRenamed: _unit_renamed,
    UnitMoved: _unit_moved,
    UnitDissolved: _unit_dissolved,
    UnitSucceeded: _unit_succeeded,
}


def _draft_registered(data: DraftRegistered, rules_version: str) -> Rows:
    always = {"from_day": date.min, "to_day": date.max}
    lead = {"draft_id": data.draft_id, "unit_code": data.lead_unit_code, **always}
    draft = Put("directory_draft", {"rules_version": rules_version}, data)
    return [draft, Put("directory_draft_lead", lead)]


def _draft(event: Recorded, **values: Any) -> Rows:
    return [Change("directory_draft", {"draft_id": event.ref.id}, values)]


def _policy(event: Recorded, data: DraftPolicyAdded | DraftPolicyAmended) -> Rows:
    return [Put("directory_draft_policy", {"draft_id": event.ref.id}, data)]


def _policy_removed(event: Recorded, data: DraftPolicyRemoved) -> Rows:
    key = {"draft_id": event.ref.id, "policy_no": data.policy_no}
    return [Remove("directory_draft_policy", key)]


def _transferred(event: Recorded, data: DraftTransferred) -> Rows:
    own = {"draft_id": event.ref.id, "unit_code": data.to_unit_code}
    return [Put("directory_draft_transfer", own, data)]


def _entered(event: Recorded, _data: Any) -> Rows:
    entry = entry_of(event)
    return [
        Put(
            "directory_draft_entry",
            {
                "entry_id": entry.entry_id,
                "draft_id": event.ref.id,
                "stage": entry.stage,
                "entered_on": entry.entered_on,
                "precision": entry.precision,
                "resumed": entry.resumed,
            },
        )
    ]


def _corrected(_event: Recorded, data: DraftStageCorrected) -> Rows:
    values = {"stage": data.stage, "entered_on": data.entered_on, "precision": data.precision}
    return [Change("directory_draft_entry", {"entry_id": data.entry_id}, values)]


def _amended(event: Recorded, data: DraftAmended) -> Rows:
    """Change what the directory holds of it; a number, an outcome or a source alone changes no row here."""
    held = {name: value for name, value in amended(data).items() if name in ("instrument", "regime")}
    return _draft(event, **held) if held else []


_DRAFT_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    DraftAmended: _amended,
    DraftRetitled: lambda event, data: _draft(event, title=data.title),
    DraftProcedureDecided: lambda event, data: _draft(event, procedure=data.procedure),
    DraftPolicyAdded: _policy,
    DraftPolicyAmended: _policy,
    DraftPolicyRemoved: _policy_removed,
    DraftTransferred: _transferred,
    **dict.fromkeys(ENTRIES, _entered),
    DraftStageCorrected: _corrected,
}
