"""How metrics' answers are written as JSON; names are those of the contract."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from services.metrics.application.ports import TODO_KINDS, Todo
from services.metrics.application.queries import Compliance, Gaps, SeenGap, overdue_of
from services.metrics.domain.coverage import Coverage
from services.metrics.domain.grouping import GroupBy, View
from shared.contracts.event import banners
from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    Dataset,
    GapState,
    Instrument,
    Precision,
    Procedure,
    Regime,
    RequestKind,
    ScopeBasis,
    Stage,
)
from shared.directory.folds import UnitsOn
from shared.http.requests.forecasts import Dated
from shared.http.requests.paging import Cursor, key_of
from shared.http.routes.rule_views import FindingView, PostingClockView, ReplyClockView
from shared.rules.figures import DEFINITION, Period
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.verdicts import Because, OccurrenceVerdict, PolicyVerdict


def banner_views(present: Iterable[Dataset]) -> list[dict[str, str]]:
    return [{"vi": text.vi, "en": text.en} for text in banners(present)]


class Banner(BaseModel):
    """What must stand above figures that are not an office's own data."""

    vi: str
    en: str


class _Judged(Dated):
    position: int
    rules_version: str
    banners: list[Banner]


class PeriodView(BaseModel):
    from_: date | None = Field(alias="from")
    to: date | None


class CountsView(BaseModel):
    """Counts of policies, and rates as fractions 0..1 or null."""

    policies: int
    judged: int
    met: int
    missed: int
    pending: int
    not_opened: int
    closed_unopened: int
    exempt: int
    ended: int
    undetermined: int
    provisional: int
    waived_occurrences: int
    any_statutory_only: int
    any_verified: int
    drafts: int
    drafts_judged: int
    drafts_plan: int
    rate_plan: float | None
    rate_plan_low: float | None
    rate_plan_drafts: float | None
    rate_full: float | None
    rate_on_time: float | None
    rate_any: float | None
    rate_from_start: float | None
    rate_occurrences: float | None


class GroupView(CountsView):
    """A disjoint set of policies; target and floor are fractions 0..1 or null."""

    key: str | int | None
    label: str
    target: float | None
    floor: float | None
    target_below_floor: bool


class ComplianceView(_Judged):
    period: PeriodView
    view: View
    unit: str | None
    group_by: GroupBy
    definition: str
    definition_en: str
    groups: list[GroupView]


class WaitingRequestView(BaseModel):
    """What a unit asked for and nobody decided yet: until then the gap stays open and its due day stays."""

    request_id: UUID
    kind: RequestKind
    kind_name: str
    unit_code: str
    unit_name: str
    raised_on: date
    document: str | None
    decider_code: str | None
    decider_name: str | None
    answer_by: date


class GapView(BaseModel):
    """A draft that owes communication at its present stage; `policies` are the numbers that lack it."""

    gap_id: UUID
    draft_code: str
    title: str
    instrument: Instrument
    procedure: Procedure
    unit_code: str
    unit_name: str
    stage: Stage
    since: date
    due_on: date
    due_document: str | None
    state: GapState
    overdue_working_days: int
    working_days_left: int
    policies: list[int]
    dataset: Dataset
    requests: list[WaitingRequestView]


class GapsView(_Judged):
    """`total` and `overdue` count all that was asked about, whatever the page; `next` is the cursor of the next page."""

    total: int
    overdue: int
    gaps: list[GapView]
    next: str | None


class WindowView(BaseModel):
    opened_on: date | None
    closed_on: date | None
    closed_by: Stage | None
    unopened_closed_on: date | None
    ended_on: date | None


class OccurrenceView(BaseModel):
    """An occurrence of a stage, and the rule that was used for it.

    `legal_basis` names the law only where it was read or a source writes it; else it says that it is not checked.
    """

    entry_id: UUID
    stage: Stage
    stage_name: str
    entered_on: date
    precision: Precision
    exited_on: date | None
    required: bool
    exempted: bool
    due_on: date
    grace_working_days: int
    legal_basis: str
    certainty: Certainty


class ParallelView(BaseModel):
    """An entry into a stage that runs parallel to the others and requires no communication itself."""

    entry_id: UUID
    stage: Stage
    stage_name: str
    entered_on: date
    precision: Precision


class ExemptionView(BaseModel):
    """No stages: the whole draft."""

    stages: list[Stage]
    document: str
    authority: str | None
    decided_on: date | None


class TransferView(BaseModel):
    on: date
    unit_code: str
    unit_name: str
    document: str | None


class CommunicationView(BaseModel):
    """`verified` by who follows the scheme, or `verification_refused`; neither: stated by the unit alone."""

    communication_id: UUID
    held_on: date
    precision: Precision
    channel: Channel
    title: str
    policies: list[int]
    url: str | None
    verified: bool = False
    verification_refused: bool = False


class SupportView(CommunicationView):
    """What another unit did for the draft by itself: it counts for that unit, not for the lead unit's duty."""

    unit_code: str | None
    unit_name: str | None
    items: int | None
    attendance: int | None


class PerformedView(CommunicationView):
    """A communication with its performing unit and role; `counts`: for the duty of the lead unit."""

    role: CommunicationRole
    unit_code: str
    counts: bool
    items: int | None
    attendance: int | None


class PairView(BaseModel):
    """One policy in one stage: the verdict, and the first ten of the communications that cover it, by day.

    `communications_total` is how many there are; the others are listed by `/drafts/{draft_code}/coverage/communications`.
    """

    entry_id: UUID
    required: bool
    verdict: OccurrenceVerdict
    covered_on: date | None
    communications: list[CommunicationView]
    communications_total: int


class PolicyView(BaseModel):
    policy_no: int
    title: str
    verdict: PolicyVerdict
    because: Because | None
    on_time: bool
    any_communication: bool
    from_start: bool
    begun: bool
    statutory_only: bool
    verified: bool
    provisional: bool
    occurrences: list[PairView]


class ExpectedStageView(BaseModel):
    """A stage that the draft is to enter; it changes no verdict."""

    stage: Stage
    expected_on: date
    precision: Precision
    session: str | None


class ConsultationOpinionsView(BaseModel):
    """What the consultation of a stage brought; never added to the opinions of single communications."""

    stage: Stage
    summarised_on: date
    received: int
    accepted: int | None
    explained: int | None
    agree: int | None
    disagree: int | None
    groups: dict[str, int] | None
    published_at: str | None
    counting_rule: str | None
    document: str | None


class CoverageView(_Judged):
    """The reasoning for a draft; `provisional_years` are those of its due days whose days off no notice has settled."""

    draft_code: str
    title: str
    unit_code: str
    unit_name: str
    instrument: Instrument
    regime: Regime
    procedure: Procedure
    procedure_document: str | None
    in_scope: Answer
    scope_basis: ScopeBasis | None
    window: WindowView
    occurrences: list[OccurrenceView]
    parallel: list[ParallelView]
    exemptions: list[ExemptionView]
    transfers: list[TransferView]
    postings: list[PostingClockView]
    reply_clocks: list[ReplyClockView]
    provisional_years: list[int]
    findings: list[FindingView]
    policies: list[PolicyView]
    requests: list[WaitingRequestView]
    expected: list[ExpectedStageView]
    opinions: list[ConsultationOpinionsView]
    due_document: str | None = None
    support: list[SupportView]
    support_total: int


class TodoView(BaseModel):
    kind: str
    draft_code: str
    title: str
    unit_code: str
    unit_name: str
    since: date | None


class TodosView(Dated):
    """`total` counts all that was asked about, whatever the page; `next` is the cursor of the next page."""

    banners: list[Banner]
    total: int
    todos: list[TodoView]
    next: str | None


def compliance_view(answer: Compliance, rules_version: str) -> ComplianceView:
    question = answer.question
    period = question.period
    shown = {
        "as_of": question.as_of.isoformat(),
        "period": period_view(period),
        "view": question.view,
        "unit": question.unit_code,
        "group_by": question.group_by,
        "position": answer.position,
        "rules_version": rules_version,
        "definition": DEFINITION.vi,
        "definition_en": DEFINITION.en,
        "banners": banner_views(answer.datasets),
        "groups": [group.as_dict() for group in answer.groups],
    }
    return ComplianceView.model_validate(shown)


def period_view(period: Period | None) -> dict[str, str | None]:
    return {
        "from": period.from_day.isoformat() if period else None,
        "to": period.to_day.isoformat() if period else None,
    }


def gaps_view(answer: Gaps, rules_version: str, cursor: Cursor | None = None) -> GapsView:
    shown_gaps, following = page_of(answer.gaps, cursor, _key_of_gap, _read_key_of_gap)
    shown = {
        "as_of": answer.as_of.isoformat(),
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views(answer.datasets),
        "total": len(answer.gaps),
        "overdue": overdue_of(answer.gaps),
        "gaps": [gap_view(seen) for seen in shown_gaps],
        "next": following,
    }
    return GapsView.model_validate(shown)


def gap_view(seen: SeenGap) -> dict[str, Any]:
    gap = seen.gap
    return {
        "gap_id": str(gap.gap_id),
        "draft_code": gap.draft_code,
        "title": gap.title,
        "instrument": gap.instrument,
        "procedure": gap.procedure,
        "unit_code": gap.unit_code,
        "unit_name": seen.unit_name,
        "stage": gap.stage,
        "since": gap.since.isoformat(),
        "due_on": gap.due_on.isoformat(),
        "due_document": seen.due_document,
        "state": seen.state,
        "overdue_working_days": seen.overdue_working_days,
        "working_days_left": seen.working_days_left,
        "policies": list(gap.policies),
        "dataset": gap.dataset,
        "requests": [request.as_dict() for request in seen.requests],
    }


def coverage_view(answer: Coverage, as_of: str, rules_version: str) -> CoverageView:
    shown = {
        "as_of": as_of,
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views([answer.dataset]),
        **answer.body,
    }
    return CoverageView.model_validate(shown)


def todos_view(todos: Sequence[Todo], units: UnitsOn, as_of: str, cursor: Cursor | None = None) -> TodosView:
    shown_todos, following = page_of(todos, cursor, _key_of_todo, _read_key_of_todo)
    shown = {
        "as_of": as_of,
        "banners": banner_views({todo.dataset for todo in todos}),
        "total": len(todos),
        "todos": [
            {
                "kind": todo.kind,
                "draft_code": todo.draft_code,
                "title": todo.title,
                "unit_code": todo.unit_code,
                "unit_name": units.name(todo.unit_code),
                "since": todo.since.isoformat() if todo.since else None,
            }
            for todo in shown_todos
        ],
        "next": following,
    }
    return TodosView.model_validate(shown)


Row = TypeVar("Row")
RowKey = tuple[Any, ...]


def page_of(
    rows: Sequence[Row],
    cursor: Cursor | None,
    key: Callable[[Row], RowKey],
    read_key: Callable[[str], RowKey],
) -> tuple[Sequence[Row], str | None]:
    """Give the rows of a page and the cursor of the next one; rows are in the order of their keys, whose parts have no blanks."""
    if cursor is None:
        return rows, None
    first = bisect_right(rows, key_of(cursor.after, read_key), key=key) if cursor.after else 0
    end = first + cursor.limit
    shown = rows[first:end]
    return shown, cursor.following(" ".join(map(str, key(shown[-1])))) if end < len(rows) else None


def _key_of_gap(seen: SeenGap) -> RowKey:
    return seen.gap.due_on, seen.gap.draft_code, seen.gap.gap_id


def _read_key_of_gap(text: str) -> RowKey:
    due_on, draft_code, gap_id = text.split(" ")
    return date.fromisoformat(due_on), draft_code, UUID(gap_id)


def _key_of_todo(todo: Todo) -> RowKey:
    return TODO_KINDS.index(todo.kind), todo.draft_code, todo.since or date.min


def _read_key_of_todo(text: str) -> RowKey:
    kind, draft_code, since = text.split(" ")
    if kind not in {str(place) for place in range(len(TODO_KINDS))}:
        raise ValueError(text)
    return int(kind), draft_code, date.fromisoformat(since)
