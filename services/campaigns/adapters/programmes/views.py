"""How a unit's programme is asked for and shown."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.campaigns.domain.programme import EntryState, Programme, state_of
from shared.contracts.envelope import Recorded
from shared.contracts.vocabulary import Dataset, DuePrecision, Precision, ProgrammeKind, ReportPeriod
from shared.http.requests.forecasts import Dated
from shared.rules.programme.facts import entry_facts
from shared.rules.programme.kinds import KINDS
from shared.rules.programme.states import EntryFact, EntryStatus, Standing, standings


class StepView(BaseModel):
    """A follow-up of an entry: what was done, by which unit (or to which it went), with which document, when."""

    entry_id: UUID
    kind: ProgrammeKind
    unit_code: str | None
    document: str | None
    happened_on: date | None


class ExtensionView(BaseModel):
    """A request for more time that waits: who asks, when, until when; `period_from` is that of the period of a report."""

    entry_id: UUID
    unit_code: str | None
    happened_on: date | None
    until: date | None
    period_from: date | None


class EntryView(BaseModel):
    """An entry as it stands after corrections, with where it stands at `as_of`.

    `status` is cancelled, done, done_late, late or open; null where nothing is owed. `state` is the same in the words
    of release 0.1.0. `due_on` is the last day of the period that `due_precision` names, `current_due_on` that of the
    last extension; `owed_by` is the unit that is to act next, `progress` the percent of a task that was last given, `steps`
    what followed until then, by day. `requests` are those for more time that wait for an answer.
    """

    entry_id: UUID
    unit_code: str
    year: int
    kind: ProgrammeKind
    label: str
    label_en: str
    group: int | None
    state: EntryState | None
    status: EntryStatus | None
    current_due_on: date | None
    done_on: date | None
    owed_by: str | None
    progress: int | None
    percent: int | None
    steps: list[StepView]
    requests: list[ExtensionView]
    of_entry: UUID | None = None
    entry_ref: str | None
    title: str
    document: str | None
    happened_on: date | None
    precision: Precision
    year_reason: str | None
    lead_unit_code: str | None
    coordinating_unit_codes: list[str]
    coordinating_text: str | None
    due_on: date | None
    due_precision: DuePrecision | None
    needs_acceptance: bool | None
    product: str | None
    quantity: int | None
    examined: int | None
    amount: int | None
    report_period: ReportPeriod | None
    period_from: date | None
    period_to: date | None
    due_days: int | None
    duty_id: UUID | None
    figures: dict[str, int] | None
    report_id: UUID | None
    note: str | None
    reason: str | None
    corrected: bool
    cancelled: bool
    draft_code: str | None
    gap_id: UUID | None
    notes: dict[str, str]
    dataset: Dataset


class EntryItem(EntryView):
    """An entry in a list; `cursor` is its place there."""

    cursor: str


class ProgrammeView(Dated):
    """A unit's programme for one year, read from the log, in the order of recording."""

    unit_code: str
    year: int
    entries: list[EntryView]
    version: int


def programme_view(
    unit_code: str, year: int, programme: Programme, events: Iterable[Recorded], as_of: date
) -> ProgrammeView:
    """`events` are those of the programme."""
    recorded = list(events)
    stand = standings(entry_facts(recorded), as_of)
    entries = [
        EntryView.model_validate(
            stated(
                {
                    **entry.content.model_dump(),
                    "kind": entry.event.name,
                    "cancelled_from": date.min if entry.cancelled else None,
                    "corrected": entry.content is not entry.event,
                    "standing": stand.get(entry.event.entry_id),
                }
            )
        )
        for entry in programme.entries.values()
    ]
    return ProgrammeView(unit_code=unit_code, year=year, as_of=as_of, entries=entries, version=len(recorded))


def stated(row: Mapping[str, Any]) -> dict[str, Any]:
    """Show an entry with its `standing` on a day (None: it does not exist yet)."""
    standing: Standing | None = row["standing"]
    kind = KINDS[ProgrammeKind(row["kind"])]
    status = standing.status if standing else None
    due_on = row["due_on"]
    return {
        **row,
        "label": kind.words.vi,
        "label_en": kind.words.en,
        "group": kind.group.number if kind.group else None,
        "state": state_of(status),
        "status": status,
        "current_due_on": standing.due_on if standing and standing.due_on else due_on,
        "done_on": standing.done_on if standing else None,
        "owed_by": standing.owed_by if standing else None,
        "progress": standing.percent if standing else None,
        "percent": row.get("percent"),
        "steps": [_step(step) for step in standing.steps] if standing else [],
        "requests": [_request(each) for each in standing.requests] if standing else [],
        "due_precision": (row["due_precision"] or DuePrecision.DAY) if due_on else None,
        "needs_acceptance": bool(row["needs_acceptance"])
        if kind.kind is ProgrammeKind.TASK_ASSIGNED
        else None,
        "reason": row.get("reason"),
        "corrected": bool(row["corrected"]),
        "cancelled": row["cancelled_from"] is not None or _is_cancelled(standing),
    }


def _is_cancelled(standing: Standing | None) -> bool:
    """Say whether an entry does not hold from some day on, by itself or with what it follows."""
    return standing is not None and standing.fact.cancelled_from is not None


def _request(request: EntryFact) -> dict[str, Any]:
    return {
        "entry_id": request.entry_id,
        "unit_code": request.lead_unit_code,
        "happened_on": request.happened_on,
        "until": request.due_on,
        "period_from": request.period_from,
    }


def _step(step: EntryFact) -> dict[str, Any]:
    return {
        "entry_id": step.entry_id,
        "kind": step.kind,
        "unit_code": step.lead_unit_code,
        "document": step.document,
        "happened_on": step.happened_on,
    }
