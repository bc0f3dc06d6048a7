"""Routes of plans: approval, activities planned, moved and cancelled; and the list of planned activities."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.campaigns.adapters.command_context import CommandContext, on
from services.campaigns.adapters.plans import bodies
from services.campaigns.adapters.plans.views import ActivityItem, PlanView, plan_view, shown
from services.campaigns.application.commands import Commands, OnPlan, plan_ref
from services.campaigns.application.queries import ActivityFilter, ReadModel
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import Dataset
from shared.http.documents.openapi import VERSIONED
from shared.http.requests import request_context
from shared.http.requests.forecasts import marked
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import Accepted, AtPosition, OfRows, Today
from shared.rules.rights.actions import Action
from shared.text_checks.days import Day


def routers(commands: Commands, read_model: ReadModel) -> list[APIRouter]:
    return [_plans(commands, read_model), _activities(commands, read_model), _list(read_model)]


async def _as_of(
    today: Today,
    as_of: Annotated[
        Day | None, Query(description="the day for which states are given; today if it is not given")
    ] = None,
) -> date:
    return as_of or today


AsOf = Annotated[date, Depends(_as_of)]


def _plans(commands: Commands, read_model: ReadModel) -> APIRouter:
    router = APIRouter(prefix="/drafts/{draft_code}/plan", tags=["plans"], dependencies=[AtPosition])

    @router.get("", summary="The communication plan of a draft", responses=VERSIONED)
    async def plan(
        _: Annotated[Principal, may(Action.READ_PLANS)],
        response: Response,
        draft_code: str,
        as_of: AsOf,
        today: Today,
    ) -> PlanView:
        state, history = await commands.plan(draft_code)
        request_context.versioned(response, history.version)
        carried_out = await read_model.carried_out([draft_code])
        return marked(plan_view(draft_code, state, history.version.count, carried_out, as_of), today)

    @router.put("", summary="Record the document in which the plan was approved")
    async def approve(
        draft_code: Code, body: bodies.PlanBody, context: Annotated[CommandContext, on(Action.APPROVE_PLAN)]
    ) -> Accepted:
        handled = await commands.on_plan(
            draft_code, body.command, context.by, context.metadata, context.if_match
        )
        return context.accepted(plan_ref(draft_code).id, handled)

    return router


def _activities(commands: Commands, read_model: ReadModel) -> APIRouter:
    path = "/drafts/{draft_code}/plan/activities"
    router = APIRouter(prefix=path, tags=["plans"], dependencies=[AtPosition])

    async def carry_out(
        draft_code: Code, activity_id: UUID, make: OnPlan, context: CommandContext
    ) -> Accepted:
        handled = await commands.on_plan(draft_code, make, context.by, context.metadata, context.if_match)
        return context.accepted(activity_id, handled)

    @router.post("", status_code=201, summary="Plan an activity; `id` of the answer is the activity's")
    async def plan_activity(
        draft_code: Code,
        body: bodies.NewActivity,
        context: Annotated[CommandContext, on(Action.PLAN_ACTIVITY)],
    ) -> Accepted:
        if body.id is None:
            activity_id = context.id_of("activity", draft_code, commands.new_id)
        else:
            elsewhere = await read_model.draft_of_activity(body.id) not in (None, draft_code)
            activity_id = context.chosen_id(body.id, body.natural_id(draft_code), elsewhere=elsewhere)
        return await carry_out(
            draft_code, activity_id, lambda given: body.command(activity_id, given), context
        )

    @router.post("/{activity_id}/reschedule", summary="Move an activity to another day")
    async def reschedule(
        draft_code: Code,
        activity_id: UUID,
        body: bodies.Rescheduling,
        context: Annotated[CommandContext, on(Action.RESCHEDULE_ACTIVITY)],
    ) -> Accepted:
        return await carry_out(
            draft_code, activity_id, lambda given: body.command(activity_id, given), context
        )

    @router.post("/{activity_id}/cancel", summary="Take an activity out of the plan")
    async def cancel(
        draft_code: Code,
        activity_id: UUID,
        context: Annotated[CommandContext, on(Action.CANCEL_ACTIVITY)],
        body: bodies.Cancelling | None = None,
    ) -> Accepted:
        cancelling = body or bodies.Cancelling()
        return await carry_out(
            draft_code, activity_id, lambda given: cancelling.command(activity_id, given), context
        )

    return router


def _list(read_model: ReadModel) -> APIRouter:
    router = APIRouter(tags=["queries"], dependencies=[AtPosition])

    @router.get("/activities", summary="Planned activities of all drafts, by day")
    async def activities(  # the parameters of the request
        _: Annotated[Principal, may(Action.READ_PLANS)],
        page: Paged,
        as_of: AsOf,
        draft: Annotated[str | None, Query(description="code of a draft")] = None,
        unit: Annotated[str | None, Query(description="code of the responsible unit")] = None,
        first: Annotated[Day | None, Query(alias="from", description="from this day")] = None,
        last: Annotated[Day | None, Query(alias="to", description="to this day, inclusive")] = None,
        pending: Annotated[bool, Query(description="leave out what is cancelled or carried out")] = False,
        dataset: Annotated[Dataset | None, OfRows] = None,
    ) -> Listing[ActivityItem]:
        wanted = ActivityFilter(
            draft_code=draft, unit_code=unit, first=first, last=last, pending=pending, dataset=dataset
        )
        rows = await read_model.activities(wanted, page.limit, page.after)
        return page.listing(ActivityItem, [shown(row, as_of) for row in rows], "cursor")

    return router
