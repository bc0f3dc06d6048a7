"""The page for leaders as a PDF on one A4: nothing cut and nothing folded, with the figures of the page."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.metrics.adapters.pages import leaders
from services.metrics.adapters.pages.choice import Choice, Chosen
from services.metrics.adapters.pages.routes import pages_router, shown_choice, text_of
from services.metrics.adapters.reports.paper import PDF, printed
from services.metrics.adapters.reports.routes import files_in
from services.metrics.application.leaders import LeadersPage, LeadersQueries
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.http.overload.turns import resting
from shared.http.requests.request_context import Today
from shared.kernel.errors import Text
from shared.projections.projection_health import Notices, no_notices
from shared.rules.figures import DEFINITION
from shared.rules.rights.actions import Action

NAME = Text("tong-quan", "overview")


def router(pages: LeadersQueries, notices: Notices = no_notices) -> APIRouter:
    routes = pages_router()

    @routes.get(
        "/overview.pdf",
        summary="The page for leaders on one A4",
        response_class=Response,
        responses=dict(files_in(PDF)),
    )
    async def overview(
        request: Request, _: Annotated[Principal, may(Action.READ_FIGURES)], chosen: Chosen, today: Today
    ) -> Response:
        page = await pages.page(chosen.question(today), today)
        shown = shown_choice(page.overview, chosen, today, await notices())
        written = await asyncio.to_thread(page_of, page, chosen, shown, pages.queries.rulebook.version)
        with resting(request.scope):  # another process works
            content = await printed(written, one_page=True)
        name = f"{leaders.Words(chosen.lang).text(NAME)}-{page.overview.question.effective:%Y%m%d}.pdf"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Language": chosen.lang,
        }
        return Response(content, media_type=PDF, headers=headers)

    return routes


def page_of(page: LeadersPage, chosen: Choice, shown: dict[str, object], rules_version: str) -> str:
    """Write the page that is printed; `shown` is what every page of figures shows."""
    today = shown["today"]
    return text_of(
        "leaders_a4.html",
        **shown,
        **leaders.values(page, chosen.lang, today),  # type: ignore[arg-type]  # the day of the answer
        rules_version=rules_version,
        definition=DEFINITION.vi,
        definition_en=DEFINITION.en,
    )
