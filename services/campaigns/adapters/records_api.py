"""Records by pages, for an export: the plans of all drafts, read from the log; communications of all drafts."""

from typing import Annotated

from fastapi import APIRouter

from services.campaigns.adapters.communications.views import CommunicationItem
from services.campaigns.adapters.plans.views import PlanView, plan_view
from services.campaigns.application.commands import plan_ref
from services.campaigns.application.queries import CommunicationFilter, ReadModel
from services.campaigns.domain.plan import plan
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.eventstore.handle import BulkStore
from shared.http.requests.paging import Listing, Paged
from shared.http.requests.request_context import AtPosition, Today
from shared.rules.rights.actions import Action


def router(read_model: ReadModel, store: BulkStore) -> APIRouter:
    router = APIRouter(tags=["queries"], dependencies=[AtPosition])

    @router.get("/plan-records", summary="The plans of all drafts, by pages; a draft without a plan has none")
    async def plan_records(
        _: Annotated[Principal, may(Action.READ_PLANS)], page: Paged, today: Today
    ) -> Listing[PlanView]:
        codes = await read_model.draft_codes(page.limit, page.after)
        carried_out = await read_model.carried_out(codes)
        histories = await store.load_all([plan_ref(code) for code in codes])
        views = []
        for code in codes:
            history = histories[plan_ref(code)]
            state = history.state(plan)
            views.append(plan_view(code, state, history.version.count, carried_out, today))
        return page.listing(PlanView, [view.model_dump() for view in views], "draft_code")

    @router.get("/communications", summary="Communications of all drafts, by day")
    async def communications(
        _: Annotated[Principal, may(Action.READ_COMMUNICATIONS)],
        page: Paged,
        *,
        include_retracted: bool = False,
    ) -> Listing[CommunicationItem]:
        wanted = CommunicationFilter(include_retracted=include_retracted)
        rows = await read_model.communications(wanted, page.limit, page.after)
        return page.listing(CommunicationItem, rows, "cursor")

    return router
