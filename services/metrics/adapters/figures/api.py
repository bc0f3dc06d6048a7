"""The routes of metrics: compliance, gaps, coverage and to-dos, for any day."""

import re
from dataclasses import asdict, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import TypeAdapter, ValidationError

from services.metrics.adapters.figures.views import (
    ComplianceView,
    CoverageView,
    GapsView,
    PerformedView,
    TodosView,
    compliance_view,
    coverage_view,
    gaps_view,
    todos_view,
)
from services.metrics.application.ports import KnownAt
from services.metrics.application.queries import ListQuestion, Queries, Question
from services.metrics.domain.errors import KnownAtUnclear, PeriodUnclear
from services.metrics.domain.grouping import GroupBy, View
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.requests.forecasts import marked
from shared.http.requests.paging import Listing, Paged, PagedIfAsked, key_of
from shared.http.requests.request_context import AtPosition, OfDataset, Today
from shared.rules.figures import Period, year_period
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day

Year = Annotated[int | None, Query(ge=2000, le=2100, description="reporting year, 15/12 to 14/12")]


async def _as_of(
    today: Today,
    as_of: Annotated[
        Day | None, Query(description="the day for which the question is asked; today if absent")
    ] = None,
) -> date:
    return as_of or today


AsOf = Annotated[date, Depends(_as_of)]
_DAY: TypeAdapter[date] = TypeAdapter(Day)
_POSITION = re.compile("[0-9]{1,18}")


def known_at_of(given: str | None) -> KnownAt | None:
    """Read a position or a day; raises `KnownAtUnclear`."""
    if given is None or _POSITION.fullmatch(given):
        return int(given) if given else None
    try:
        return _DAY.validate_python(given)
    except ValidationError as error:
        raise KnownAtUnclear from error


async def _known_at(
    known_at: Annotated[
        str | None,
        Query(
            max_length=32,
            description="as known at this position of the log, or at the end of this day; as known now if absent",
        ),
    ] = None,
) -> KnownAt | None:
    return known_at_of(known_at)


AsKnownAt = Annotated[KnownAt | None, Depends(_known_at)]
AreaOf = Annotated[
    str | None,
    Query(
        description="only units that this unit follows on that day: as set, or its province, ministry, subtree"
    ),
]


async def question(  # the parameters of the contract
    as_of: AsOf,
    year: Year = None,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    unit: str | None = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    view: View = View.ORIGINAL,
    group_by: GroupBy = GroupBy.NONE,
    known_at: AsKnownAt = None,
) -> Question:
    return Question(
        as_of=as_of,
        period=period_of(year, first, last),
        year=year,
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        view=view,
        group_by=group_by,
        known_at=known_at,
    )


async def of_units(
    as_of: AsOf,
    unit: str | None = None,
    include_descendants: bool = False,
    area_of: AreaOf = None,
    known_at: AsKnownAt = None,
) -> Question:
    return Question(
        as_of=as_of,
        unit_code=unit,
        include_descendants=include_descendants,
        area_of=area_of,
        known_at=known_at,
    )


def period_of(year: int | None, first: date | None, last: date | None) -> Period | None:
    if year is not None and first is None and last is None:
        return year_period(year)
    if year is None and first is not None and last is not None:
        return Period(first, last)
    if year is None and first is None and last is None:
        return None
    raise PeriodUnclear


Asked = Annotated[Question, Depends(question)]
OfUnits = Annotated[Question, Depends(of_units)]


async def of_draft(
    as_of: AsOf,
    entry_id: Annotated[UUID | None, Query(description="only those that cover this stage")] = None,
    policy_no: Annotated[int | None, Query(ge=0, le=9999, description="only those about this policy")] = None,
    counts: Annotated[
        bool | None, Query(description="only those that count for the lead unit's duty, or only others")
    ] = None,
    known_at: AsKnownAt = None,
) -> ListQuestion:
    return ListQuestion(
        as_of=as_of, limit=0, entry_id=entry_id, policy_no=policy_no, counts=counts, known_at=known_at
    )


OfDraft = Annotated[ListQuestion, Depends(of_draft)]


def _day_and_id(key: str) -> tuple[date, UUID]:
    day, _, number = key.partition(" ")
    return date.fromisoformat(day), UUID(number)


def router(queries: Queries) -> APIRouter:
    routes = APIRouter(tags=["figures"], dependencies=[AtPosition])
    rules_version = queries.rulebook.version

    @routes.get(
        "/compliance",
        summary="Shares of policies communicated, with every count behind them",
        dependencies=[OfDataset],
    )
    async def compliance(
        _: Annotated[Principal, may(Action.READ_FIGURES)], asked: Asked, today: Today
    ) -> ComplianceView:
        return marked(compliance_view(await queries.compliance(asked), rules_version), today)

    @routes.get(
        "/gaps", summary="Drafts that lack communication at their current stage", dependencies=[OfDataset]
    )
    async def gaps(
        _: Annotated[Principal, may(Action.READ_FIGURES)], asked: OfUnits, today: Today, paged: PagedIfAsked
    ) -> GapsView:
        return marked(gaps_view(await queries.gaps(asked), rules_version, paged), today)

    @routes.get("/drafts/{draft_code}/coverage", summary="The verdict of every policy and stage, and why")
    async def coverage(
        _: Annotated[Principal, may(Action.READ_FIGURES)],
        draft_code: str,
        as_of: AsOf,
        today: Today,
        known_at: AsKnownAt = None,
    ) -> CoverageView:
        answer = await queries.coverage(draft_code, as_of, known_at)
        return marked(coverage_view(answer, as_of.isoformat(), rules_version), today)

    @routes.get(
        "/drafts/{draft_code}/coverage/communications", summary="The communications behind a coverage"
    )
    async def communications(
        _: Annotated[Principal, may(Action.READ_FIGURES)], draft_code: str, paged: Paged, asked: OfDraft
    ) -> Listing[PerformedView]:
        after = key_of(paged.after, _day_and_id) if paged.after else None
        listed = await queries.communications(draft_code, replace(asked, limit=paged.limit, after=after))
        rows = [asdict(item) | {"key": f"{item.held_on} {item.communication_id}"} for item in listed]
        return paged.listing(PerformedView, rows, "key")

    @routes.get(
        "/todos", summary="What no figure judges and a person should review", dependencies=[OfDataset]
    )
    async def todos(
        _: Annotated[Principal, may(Action.READ_FIGURES)], asked: OfUnits, today: Today, paged: PagedIfAsked
    ) -> TodosView:
        todos, units = await queries.todos(asked)
        return marked(todos_view(todos, units, asked.as_of.isoformat(), paged), today)

    return routes
