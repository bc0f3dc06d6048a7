"""Row changes of draft events in the registry's own tables, in addition to the directory: one pure function per event."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.registry import (
    DraftAmended,
    DraftProcedureDecided,
    DraftRegistered,
    DraftRetitled,
    DraftScopeAssessed,
)
from shared.directory.drafts import amended
from shared.kernel.text_folding import fold
from shared.projections.row_changes import Change, Put, RowChange

Rows = list[RowChange]


def changes(event: Recorded) -> Iterable[RowChange]:
    rows: Rows = _HANDLERS.get(type(event.data), _nothing)(event, event.data)
    if event.ref.context == "draft" and not isinstance(event.data, DraftRegistered):
        rows.append(Change("draft", {"draft_id": event.ref.id}, {"version": event.aggregate_version}))
    return rows


def _nothing(_event: Recorded, _data: Any) -> Rows:
    return []


def _draft_registered(event: Recorded, data: DraftRegistered) -> Rows:
    search = fold(f"{data.draft_code} {data.title} {data.final_number or ''}")
    own: dict[str, Any] = {"search": search, "search_title": None, "search_number": None, "scope": {}}
    return [Put("draft", own | {"version": event.aggregate_version}, data)]


def _draft_changed(event: Recorded, **values: Any) -> Rows:
    return [Change("draft", {"draft_id": event.ref.id}, values)]


def _amended(data: DraftAmended) -> dict[str, Any]:
    changes = amended(data)
    if "final_number" in changes:
        changes["search_number"] = fold(changes["final_number"] or "")
    return changes


_HANDLERS: Mapping[type, Callable[[Recorded, Any], Rows]] = {
    DraftAmended: lambda event, data: _draft_changed(event, **_amended(data)),
    DraftRegistered: _draft_registered,
    DraftRetitled: lambda event, data: _draft_changed(event, title=data.title, search_title=fold(data.title)),
    DraftScopeAssessed: lambda event, data: _draft_changed(event, scope=data.model_dump(mode="json")),
    DraftProcedureDecided: lambda event, data: _draft_changed(event, procedure=data.procedure),
}
