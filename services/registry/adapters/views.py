"""How the registry shows a draft, its history and the procedures."""

from typing import Any
from uuid import UUID

from services.registry.domain.draft import Draft
from services.registry.domain.refusals import EntryNotRecorded
from services.registry.domain.stages import Entry
from shared.contracts.registry import (
    DraftMerged,
    DraftResumed,
    DraftStageCorrected,
    DraftStageEntered,
    DraftSuspended,
    DraftWithdrawn,
)
from shared.contracts.vocabulary import Stage
from shared.envelope import Recorded
from shared.eventstore.port import History
from shared.rules.rulebook import Rulebook

_ENDINGS = {DraftSuspended: Stage.SUSPENDED, DraftWithdrawn: Stage.WITHDRAWN, DraftMerged: Stage.MERGED}


def draft_view(draft: Draft, history: History) -> dict[str, Any]:
    """Everything that is known of a draft; `stages` are its entries in the order of their days."""
    return {
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


def history_view(history: History) -> list[dict[str, Any]]:
    return [
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


def procedures_view(rulebook: Rulebook) -> dict[str, Any]:
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
            "legal_basis": rule.legal_basis,
        }
        for rules in rulebook.procedures.values()
        for rule in rules
    ]
    return {"rules_version": rulebook.version, "procedures": rows}


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
