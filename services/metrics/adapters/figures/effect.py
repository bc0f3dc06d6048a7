"""The route for a dry run of other rules: the figures before and after, and what changes; nothing is written."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.metrics.adapters.figures.views import CountsView
from services.metrics.application.effect import Effect, Effects, Touched
from services.metrics.domain.effect import Standing
from services.metrics.domain.grouping import figures_of
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import GapState, Instrument, Procedure, Regime, Stage
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.request_context import AtPosition, Body, Today, example
from shared.rules.figures import year_period
from shared.rules.rights.actions import Action
from shared.rules.rulebook.rulebook import RuleFile
from shared.rules.verdicts import PolicyVerdict
from shared.text_checks.days import Day

MOST_TEXT = 1_000_000  # characters of a file


class FileBody(Body):
    """A calendar (`.csv`, columns day,kind,what,source) or procedures (`.json`, a list `rows`)."""

    longest_text = MOST_TEXT
    file_fields = frozenset({"text"})

    name: Annotated[str, Field(pattern=r"\.([cC][sS][vV]|[jJ][sS][oO][nN])$", max_length=200)]
    text: Annotated[str, Field(max_length=MOST_TEXT)]


class RulesBody(Body):
    """The files that would be added to those in force, the last one winning."""

    model_config = example(
        files=[{"name": "bao.csv", "text": "day,kind,what,source\n2026-11-19,off,Bão,Công điện 12"}],
        year=2026,
    )

    longest_text = MOST_TEXT
    file_fields = frozenset({"files"})

    files: Annotated[list[FileBody], Field(min_length=1, max_length=20)]
    as_of: Day | None = None
    year: Annotated[int | None, Field(ge=2000, le=2100)] = None


class FiguresView(CountsView):
    """What stands on a day, and the open gaps."""

    gaps: int
    overdue: int


class DayView(BaseModel):
    day: date
    becomes: str


class FieldView(BaseModel):
    regime: Regime
    instrument: Instrument
    procedure: Procedure
    valid_from: date
    valid_to: date | None
    field: str
    was: Any
    becomes: Any


class VerdictsView(BaseModel):
    was: PolicyVerdict
    becomes: PolicyVerdict
    policies: int


class PolicyChangeView(BaseModel):
    policy_no: int
    was: PolicyVerdict
    becomes: PolicyVerdict


class GapChangeView(BaseModel):
    stage: Stage
    unit_code: str
    since: date
    due_was: date | None
    due: date | None
    state_was: GapState | None
    state: GapState | None


class TouchedView(BaseModel):
    draft_code: str
    title: str
    policies: list[PolicyChangeView]
    gaps: list[GapChangeView]


class EffectView(Dated):
    """`drafts` names the first of the `drafts_changed`; every draft is counted."""

    position: int
    rules_version: str
    rules_version_with: str
    days: list[DayView]
    procedures: list[FieldView]
    before: FiguresView
    after: FiguresView
    verdicts: list[VerdictsView]
    gaps_changed: int
    drafts_changed: int
    drafts: list[TouchedView]


def router(effects: Effects) -> APIRouter:
    routes = APIRouter(tags=["rules"], dependencies=[AtPosition])

    @routes.post("/rules/effect", summary="What files of rules would change, before they are taken")
    async def effect(
        _: Annotated[Principal, may(Action.TRY_RULES)], body: RulesBody, today: Today
    ) -> EffectView:
        files = [RuleFile(file.name, file.text) for file in body.files]
        period = year_period(body.year) if body.year else None
        return marked(effect_view(await effects.of(files, body.as_of or today, period)), today)

    return routes


def effect_view(effect: Effect) -> EffectView:
    shown = {
        "as_of": effect.as_of,
        "position": effect.position,
        "rules_version": effect.was.version,
        "rules_version_with": effect.becomes.version,
        "days": [{"day": day, "becomes": kind} for day, kind in effect.days],
        "procedures": _procedures(effect),
        "before": _figures(effect.before),
        "after": _figures(effect.after),
        "verdicts": _verdicts(effect),
        "gaps_changed": effect.moved_gaps,
        "drafts_changed": effect.changed,
        "drafts": _drafts(effect.touched),
    }
    return EffectView.model_validate(shown)


def _procedures(effect: Effect) -> list[dict[str, Any]]:
    names = ("regime", "instrument", "procedure")
    return [{**dict(zip(names, change.key, strict=True)), **asdict(change)} for change in effect.procedures]


def _figures(standing: Standing) -> dict[str, Any]:
    return {**figures_of(standing.counts), "gaps": standing.gaps, "overdue": standing.overdue}


def _verdicts(effect: Effect) -> list[dict[str, Any]]:
    return [
        {"was": was, "becomes": becomes, "policies": number}
        for (was, becomes), number in sorted(effect.verdicts.items())
    ]


def _drafts(touched: Sequence[Touched]) -> list[dict[str, Any]]:
    return [
        {
            "draft_code": draft.record.draft_code,
            "title": draft.record.title,
            "policies": [asdict(change) for change in draft.effect.verdicts],
            "gaps": [asdict(change) for change in draft.effect.gaps],
        }
        for draft in touched
    ]
