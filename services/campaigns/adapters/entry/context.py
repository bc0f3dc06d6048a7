"""What all forms of campaigns share: the commands, the draft that a form is about as the log has it, the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from services.campaigns.adapters.command_context import CommandContext
from services.campaigns.application.commands import Commands
from services.campaigns.application.queries import ReadModel
from services.campaigns.domain.draft import DraftSummary
from services.campaigns.domain.errors import DraftNotYetRegistered
from shared.auth.tokens import Principal
from shared.contracts.envelope import AggregateRef
from shared.contracts.event import draft_id
from shared.contracts.registry import DraftRegistered
from shared.directory.folds import DraftCard, card_of, evolve_draft
from shared.eventstore.handle import BulkStore
from shared.http.requests.request_context import projected
from shared.kernel.errors import Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.entry import EntryPages, Link
from shared.pages.gap_summary import unit_name
from shared.rules.rulebook.rulebook import Rulebook

DONE = Text("Đã ghi nhận", "Recorded")


@dataclass(frozen=True, slots=True)
class Entry:
    """`store` is the log, of which drafts are read and on which commands are rehearsed."""

    commands: Commands
    read_model: ReadModel
    store: BulkStore
    rulebook: Rulebook
    now: Clock
    pages: EntryPages

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    async def draft(self, request: Request, draft_code: str) -> tuple[DraftCard, DraftSummary]:
        """Read a draft with its policies from the log, and wait until the read model has it as well."""
        history = await self.store.load(AggregateRef("draft", draft_id(draft_code)))
        if not history.events or not isinstance(history.events[0].data, DraftRegistered):
            raise DraftNotYetRegistered(draft_code)
        await projected(request, history.version.position)
        card = reduce(evolve_draft, history.events[1:], card_of(history.events[0].data))
        return card, await self.commands.require_draft(draft_code)

    async def unit(self, unit_code: str) -> str:
        """Give what a unit is called today; its code if it is not registered."""
        return await unit_name(self.store, unit_code, self.today)

    def done(
        self, request: Request, what: Text, consequences: Sequence[Text], links: Sequence[Link], position: int
    ) -> HTMLResponse:
        page = self.pages.page(
            request, "entry_done.html", heading=DONE, what=what, consequences=consequences, links=links
        )
        page.headers["Loa-Position"] = str(position)
        return page

    def problem(self, request: Request, why: Text) -> HTMLResponse:
        """Say on a page of its own why something was not recorded."""
        return self.pages.page(request, "entry_problem.html", 422, messages=why, kept=None, sign_in=None)

    def links(self, request: Request, draft_code: str, position: int) -> list[Link]:
        """Address where to go on after something was recorded; lists wait until they contain it."""
        at, code, newest = self.pages.at(request), quote(draft_code), f"?min_position={position}"
        own, figures = f"{at['campaigns']}entry", at["metrics"] + "drafts"
        return [
            Link(
                f"{own}/drafts/{code}/communications", Text("Ghi nhận hoạt động khác", "Record another one")
            ),
            Link(f"{own}/communications{newest}", Text("Hoạt động đã ghi nhận", "Recorded communications")),
            Link(f"{figures}/{code}{newest}", Text("Tình hình của dự thảo", "How the draft stands")),
            Link(f"{at['registry']}home", Text("Trang của đơn vị", "Page of the unit")),
        ]


def context_of(
    request: Request, principal: Principal, key: str | None, version: int | None
) -> CommandContext:
    """Take from a form what a request of the API brings in its headers."""
    return CommandContext(request, Response(), principal, version, key)
