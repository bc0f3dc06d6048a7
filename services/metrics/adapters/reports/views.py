"""The report as JSON: parts I to V, every figure with its definition; the other formats are made from this answer."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.metrics.adapters.counts.activities import CountGroupView, counts_view
from services.metrics.adapters.counts.drafts import OpinionGroupView
from services.metrics.adapters.counts.drafts import group_view as opinion_group_view
from services.metrics.adapters.figures.views import (
    Banner,
    GapView,
    GroupView,
    PeriodView,
    banner_views,
    gap_view,
    period_view,
)
from services.metrics.adapters.programmes.api import GroupView as ProgrammeGroupView
from services.metrics.adapters.programmes.api import group_view as programme_group_view
from services.metrics.adapters.reports import words
from services.metrics.application.counts import CountAnswer
from services.metrics.application.reports import Report, ReportObstacle
from services.metrics.domain.grouping import View
from services.metrics.domain.report import ReportDraft
from shared.contracts.vocabulary import Answer, Channel, Instrument
from shared.http.requests.forecasts import Dated
from shared.kernel.errors import Text
from shared.rules import counts as count_rules
from shared.rules.counts import CountBy
from shared.rules.figures import DEFINITION, reporting_year
from shared.rules.programme.states import ENDED, EntryStatus
from shared.rules.summary.conclusion import conclusion
from shared.rules.verdicts import PolicyVerdict
from shared.rules.words.wording import INSTRUMENTS


class Words(BaseModel):
    vi: str
    en: str


class NarrativeView(BaseModel):
    """A text that a person writes; the report leaves its place open."""

    label: str
    label_en: str
    text: None = None


class PartView(BaseModel):
    title: str
    title_en: str
    narrative: list[NarrativeView]


class ReportPolicyView(BaseModel):
    """`begun`: communicated by the plan, where the policy is judged."""

    policy_no: int
    title: str | None
    verdict: PolicyVerdict
    begun: bool


class ReportDraftView(BaseModel):
    """A draft with its policies and what was done for it in the period; null where nobody recorded it."""

    row_no: int
    draft_code: str
    title: str
    instrument: Instrument
    instrument_name: str
    unit_code: str
    unit_name: str
    in_scope: Answer
    consultation_started_on: date | None
    adopted_on: date | None
    communicated_from: date | None
    communicated_to: date | None
    channels: list[Channel]
    events: int
    articles_press: int
    articles_portal: int
    articles_social: int
    broadcasts: int
    attendance: int | None
    opinions_received: int
    opinions_accepted: int
    opinions_explained: int
    cost_state: int | None
    cost_social: int | None
    policies: list[ReportPolicyView]
    judged: int
    begun: int
    lacks_communication: bool


class ReportUnitView(GroupView):
    """A unit's figures; `begun` policies of those judged were communicated by the plan, `lacking` counts drafts."""

    begun: int
    lacking: int


class MoneyView(BaseModel):
    """Money of one source in đồng; null where no activity recorded any, `recorded` is how many did."""

    source: str
    label: str
    label_en: str
    amount: int | None
    recorded: int
    amount_before: int | None


class DirectionView(PartView):
    """The programme of the reporting year by the eight groups, as `GET /programme` has it."""

    year: int
    note: str
    note_en: str
    groups: list[ProgrammeGroupView]


class ObstacleView(BaseModel):
    """An obstacle that waited on some day of the period; `waits_with` is to decide, `document` and `note` say how it was."""

    entry_id: UUID
    entry_ref: str | None
    title: str
    unit_code: str
    unit_name: str
    year: int
    raised_on: date | None
    due_on: date | None
    status: EntryStatus
    waits_with: str | None
    decided_on: date | None
    document: str | None


class DifficultiesView(PartView):
    obstacles: list[ObstacleView]


class ProposalsView(PartView):
    """`proposals` are those that follow from obstacles that wait; a person adds others."""

    proposals: list[Words]


class ResultsView(PartView):
    note: str
    note_en: str
    drafts: list[ReportDraftView]
    lacking: list[GapView]


class TotalsView(PartView):
    """`begun` policies of those judged in `figures` were communicated by the plan; `..._before` is the year before."""

    figures: GroupView
    begun: int
    period_before: PeriodView
    figures_before: GroupView
    begun_before: int
    units: list[ReportUnitView]
    activities: CountGroupView
    by_channel: list[CountGroupView]
    by_audience: list[CountGroupView]
    money: list[MoneyView]
    consultations: OpinionGroupView


class ReportView(Dated):
    """The report; `missing` names what this version does not have."""

    position: int
    rules_version: str
    banners: list[Banner]
    title: str
    title_en: str
    period: PeriodView
    unit: str | None
    unit_name: str
    include_descendants: bool
    area_of: str | None
    view: View
    conclusion: str
    conclusion_en: str
    definition: str
    definition_en: str
    definition_of_counts: str
    definition_of_counts_en: str
    missing: list[Words]
    direction: DirectionView
    results: ResultsView
    totals: TotalsView
    difficulties: DifficultiesView
    proposals: ProposalsView


def report_view(report: Report, rules_version: str, most: int | None = None) -> ReportView:
    """Show a report; `most` of the drafts that lack communication are listed (None: all of them)."""
    asked, overview = report.question, report.overview
    sentence = conclusion(report.situation)
    shown: dict[str, Any] = {
        "as_of": asked.as_of.isoformat(),
        "position": overview.position,
        "rules_version": rules_version,
        "banners": banner_views(report.datasets),
        **_both("title", words.TITLE),
        "period": period_view(report.period),
        "unit": asked.unit_code,
        "unit_name": overview.whole.label,
        "include_descendants": asked.include_descendants,
        "area_of": asked.area_of,
        "view": asked.view,
        **_both("conclusion", sentence),
        **_both("definition", DEFINITION),
        **_both("definition_of_counts", count_rules.DEFINITION),
        "missing": [{"vi": text.vi, "en": text.en} for text in words.MISSING],
        "direction": {
            **_part("direction"),
            "year": report.programme.question.year,
            **_both("note", _programme_note(report)),
            "groups": [programme_group_view(group, report.programme) for group in report.programme.groups],
        },
        "results": _results(report, most),
        "totals": _totals(report, rules_version),
        "difficulties": {
            **_part("difficulties"),
            "obstacles": [_obstacle(item) for item in report.obstacles],
        },
        "proposals": {**_part("proposals"), "proposals": list(_proposals(report.obstacles))},
    }
    return ReportView.model_validate(shown)


def _programme_note(report: Report) -> Text:
    years = reporting_year(report.period.to_day) - reporting_year(report.period.from_day)
    note = words.PROGRAMME_NOTE
    if not years:
        return note
    several = words.YEAR_OF_SEVERAL.filled(year=report.programme.question.year)
    return Text(f"{note.vi} {several.vi}", f"{note.en} {several.en}")


def _both(name: str, text: Text) -> dict[str, str]:
    return {name: text.vi, f"{name}_en": text.en}


def _part(name: str) -> dict[str, Any]:
    narrative = [_both("label", text) for text in words.NARRATIVE.get(name, ())]
    return {**_both("title", words.PARTS[name]), "narrative": narrative}


def _obstacle(item: ReportObstacle) -> dict[str, Any]:
    fact, standing, decision = item.row.fact, item.standing, item.decision
    return {
        "entry_id": fact.entry_id,
        "entry_ref": item.row.entry_ref,
        "title": item.row.title or "",
        "unit_code": fact.unit_code,
        "unit_name": item.unit_name,
        "year": item.row.year,
        "raised_on": fact.happened_on,
        "due_on": standing.due_on,
        "status": standing.status,
        "waits_with": item.waits_with,
        "decided_on": standing.done_on,
        "document": decision.document if decision else None,
    }


def _proposals(obstacles: Iterable[ReportObstacle]) -> Iterable[dict[str, str]]:
    """Ask for a decision about each obstacle that still waits."""
    for item in obstacles:
        if item.standing.status in ENDED:
            continue
        own = item.standing.owed_by == item.row.fact.unit_code
        reference = f" ({item.row.entry_ref})" if item.row.entry_ref else ""
        given = {"title": item.row.title or "", "reference": reference, "unit": item.unit_name}
        body = words.BODY if own or not item.waits_with else Text(item.waits_with, item.waits_with)
        yield {
            "vi": words.ASKS.vi.format(body=body.vi, **given),
            "en": words.ASKS.en.format(body=body.en, **given),
        }


def _results(report: Report, most: int | None) -> dict[str, Any]:
    return {
        **_part("results"),
        **_both("note", words.OVERLAP),
        "drafts": [_draft(draft) for draft in report.drafts],
        "lacking": [gap_view(seen) for seen in report.overview.gaps[:most]],
    }


def _draft(draft: ReportDraft) -> dict[str, Any]:
    work = draft.work
    figures = work.published.as_dict()
    return {
        "row_no": draft.row_no,
        "draft_code": draft.draft_code,
        "title": draft.title,
        "instrument": draft.instrument,
        "instrument_name": INSTRUMENTS[draft.instrument].vi,
        "unit_code": draft.unit_code,
        "unit_name": draft.unit_name,
        "in_scope": draft.scope,
        "consultation_started_on": draft.consultation_started_on,
        "adopted_on": draft.adopted_on,
        "communicated_from": work.first_day,
        "communicated_to": work.last_day,
        "channels": list(work.channels),
        **work.columns,
        **{
            name: figures[name]
            for name in (
                "attendance",
                "opinions_received",
                "opinions_accepted",
                "opinions_explained",
                "cost_state",
                "cost_social",
            )
        },
        "policies": [
            {
                "policy_no": policy.policy_no,
                "title": policy.title,
                "verdict": policy.verdict,
                "begun": policy.begun,
            }
            for policy in draft.policies
        ],
        "judged": draft.judged,
        "begun": draft.begun,
        "lacks_communication": draft.lacks_communication,
    }


def _totals(report: Report, rules_version: str) -> dict[str, Any]:
    whole, before = report.overview.whole, report.figures_before
    (activities,) = _groups(report.counts[CountBy.NONE], rules_version)
    return {
        **_part("totals"),
        "figures": whole.as_dict(),
        "begun": whole.counts.begun,
        "period_before": period_view(report.before.question.period),
        "figures_before": before.as_dict(),
        "begun_before": before.counts.begun,
        "units": _units(report),
        "activities": activities,
        "by_channel": _groups(report.counts[CountBy.CHANNEL], rules_version),
        "by_audience": _groups(report.counts[CountBy.AUDIENCE], rules_version),
        "money": list(_money(activities)),
        "consultations": opinion_group_view(report.opinions.groups[0]),
    }


def _units(report: Report) -> list[dict[str, Any]]:
    gaps = Counter(seen.gap.unit_code for seen in report.overview.gaps)
    return [
        {**group.as_dict(), "begun": group.counts.begun, "lacking": gaps[str(group.key)]}
        for group in report.overview.by_unit
    ]


def _groups(answer: CountAnswer, rules_version: str) -> list[CountGroupView]:
    return counts_view(answer, rules_version).groups


def _money(activities: CountGroupView) -> Iterable[dict[str, Any]]:
    for source, text in words.SOURCES.items():
        yield {
            "source": source,
            **_both("label", text),
            "amount": getattr(activities, source),
            "recorded": getattr(activities, f"{source}_recorded"),
            "amount_before": getattr(activities.year_before, source),
        }
