"""`GET /programme`: the programme of a unit, its descendants or an area by the eight groups of its carrying out."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from services.metrics.adapters.figures.api import AreaOf, AsKnownAt, AsOf
from services.metrics.adapters.figures.views import Banner, PeriodView, banner_views, period_view
from services.metrics.application.programme import (
    ProgrammeAnswer,
    ProgrammeQueries,
    ProgrammeQuestion,
    year_of,
)
from services.metrics.domain.programme import GroupFigures, KindFigures, UnitFigures
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import ProgrammeKind
from shared.http.requests.forecasts import Dated, marked
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.rules.counts import CountBy
from shared.rules.programme.groups import ProgrammeGroup
from shared.rules.programme.kinds import KINDS
from shared.rules.rights.actions import Action

MOST_LISTED = 500  # units without a plan or a report
FIRST_YEAR, LAST_YEAR = 2022, 2100
_BREAKDOWNS_OF = {ProgrammeGroup.FORMS: (CountBy.CHANNEL, CountBy.AUDIENCE, CountBy.AREA)}


class StatesView(BaseModel):
    """Entries by where they stand on the day; null for kinds that owe nothing."""

    open: int | None = None
    late: int | None = None
    done: int | None = None
    done_late: int | None = None
    cancelled: int


class KindView(BaseModel):
    """Entries of one kind that are not cancelled; sums are null where nobody gave a number."""

    kind: ProgrammeKind
    label: str
    label_en: str
    entries: int
    quantity: int | None
    amount: int | None
    states: StatesView


class BreakdownView(BaseModel):
    key: str | None
    label: str
    label_en: str
    activities: int
    items: int


class GroupView(BaseModel):
    """One of the eight groups; `figures` are its own counts and rates, `by` its activities by channel, audience and area."""

    group: int
    key: ProgrammeGroup
    label: str
    label_en: str
    kinds: list[KindView]
    figures: dict[str, int | float | None]
    by: dict[str, list[BreakdownView]]


class UnitNamed(BaseModel):
    unit_code: str
    unit_name: str


class UnitsView(BaseModel):
    """How many of the units that are asked about have a plan for the year, have reported, and have done so in time.

    `reported_without_due`: no report of theirs names the day on which it was due, so nothing says whether it was in time.
    The two lists are those without, by code, up to 500.
    """

    units: int
    with_plan: int
    reported: int
    reported_in_time: int
    reported_without_due: int
    without_plan: list[UnitNamed]
    not_reported: list[UnitNamed]


class ProgrammeFiguresView(Dated):
    position: int
    rules_version: str
    banners: list[Banner]
    year: int
    period: PeriodView
    unit: str | None
    include_descendants: bool
    area_of: str | None
    units: UnitsView
    groups: list[GroupView]


async def question(
    as_of: AsOf,
    unit: Annotated[str | None, Query(description="the unit whose programme it is; all if absent")] = None,
    year: Annotated[
        int | None,
        Query(ge=FIRST_YEAR, le=LAST_YEAR, description="the reporting year of the day if absent"),
    ] = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    known_at: AsKnownAt = None,
) -> ProgrammeQuestion:
    return ProgrammeQuestion(
        as_of=as_of,
        year=year_of(as_of, year),
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        known_at=known_at,
    )


Asked = Annotated[ProgrammeQuestion, Depends(question)]


def router(queries: ProgrammeQueries, rules_version: str) -> APIRouter:
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition, OfDataset])

    @routes.get("/programme", summary="Programmes of units for a year, by the eight groups of Decision 407")
    async def programme(
        _: Annotated[Principal, may(Action.READ_FIGURES)], asked: Asked, today: Today
    ) -> ProgrammeFiguresView:
        return marked(programme_view(await queries.programme(asked), rules_version), today)

    return routes


def programme_view(answer: ProgrammeAnswer, rules_version: str) -> ProgrammeFiguresView:
    asked = answer.question
    shown: dict[str, Any] = {
        "as_of": asked.as_of.isoformat(),
        "position": answer.position,
        "rules_version": rules_version,
        "banners": banner_views(answer.datasets),
        "year": asked.year,
        "period": period_view(asked.period),
        "unit": asked.unit_code,
        "include_descendants": asked.include_descendants,
        "area_of": asked.area_of,
        "units": _units(answer),
        "groups": [group_view(group, answer) for group in answer.groups],
    }
    return ProgrammeFiguresView.model_validate(shown)


def _units(answer: ProgrammeAnswer) -> dict[str, Any]:
    units: UnitFigures = answer.units

    def named(without: frozenset[str]) -> list[dict[str, str]]:
        codes = sorted(frozenset(units.units) - without)[:MOST_LISTED]
        return [{"unit_code": code, "unit_name": answer.names[code]} for code in codes]

    return {
        "units": len(units.units),
        "with_plan": len(units.with_plan),
        "reported": len(units.reported),
        "reported_in_time": len(units.in_time),
        "reported_without_due": len(units.without_due),
        "without_plan": named(units.with_plan),
        "not_reported": named(units.reported),
    }


def group_view(group: GroupFigures, answer: ProgrammeAnswer) -> dict[str, Any]:
    return {
        "group": group.group.number,
        "key": group.group,
        "label": group.group.words.vi,
        "label_en": group.group.words.en,
        "kinds": [_kind(kind) for kind in group.kinds],
        "figures": dict(group.figures),
        "by": {by.value: _breakdown(answer, by) for by in _BREAKDOWNS_OF.get(group.group, ())},
    }


def _kind(figures: KindFigures) -> dict[str, Any]:
    words = KINDS[figures.kind].words
    return {
        "kind": figures.kind,
        "label": words.vi,
        "label_en": words.en,
        "entries": figures.entries,
        "quantity": figures.quantity,
        "amount": figures.amount,
        "states": dict(figures.states),
    }


def _breakdown(answer: ProgrammeAnswer, by: CountBy) -> list[dict[str, Any]]:
    return [
        {
            "key": item.key,
            "label": item.label.vi,
            "label_en": item.label.en,
            "activities": item.activities,
            "items": item.items,
        }
        for item in answer.breakdowns[by]
    ]
