"""What all forms of the registry share: the commands, what they would do, the pages, and the page after recording."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.entry.consequences import Outcome
from services.registry.application.commands import Commands
from services.registry.application.queries import ReadModel
from services.registry.domain.draft_state import Draft
from services.registry.domain.errors import NotYourDraft, UnknownUnit
from shared.auth.tokens import Principal
from shared.eventstore.handle import BulkStore, History
from shared.kernel.errors import Text
from shared.pages.entry import EntryPages, Link
from shared.pages.forms import Fields

LONGEST_CODE = 64
ASKED = Text("Đã gửi đề nghị", "Asked for")


@dataclass(frozen=True, slots=True)
class Entry:
    """`store` is the log on which commands are rehearsed before they are confirmed."""

    commands: Commands
    read_model: ReadModel
    store: BulkStore
    pages: EntryPages

    @property
    def rehearsed(self) -> Commands:
        return self.commands.rehearsed(self.store)

    async def unit(self, unit_code: str) -> str:
        """Give what a unit is called today; its code if it is not registered."""
        try:
            unit, _ = await self.commands.unit(unit_code)
        except UnknownUnit:
            return unit_code
        return unit.by_day.name_on(self.commands.today)

    async def own_draft(self, draft_code: str, principal: Principal) -> tuple[Draft, History]:
        """Read a draft that the caller may change (`NotYourDraft`), as new as it can be."""
        draft, history = await self.commands.draft_with_history(draft_code)
        lead = draft.lead_on(self.commands.today)
        if not principal.acting.may_act_for(lead):
            raise NotYourDraft(draft_code, lead)
        return draft, history

    def done(
        self,
        request: Request,
        heading: Text,
        what: Text,
        outcome: Outcome,
        draft_code: str,
        position: int,
    ) -> HTMLResponse:
        """Show what was recorded, what follows, and where to go on: lists wait until they contain it."""
        page = self.pages.page(
            request,
            "entry_done.html",
            202 if outcome.waits else 200,
            heading=ASKED if outcome.waits else heading,
            what=what,
            consequences=[*outcome.consequences, *outcome.findings],
            links=list(self._links(request, draft_code, position)),
        )
        page.headers["Loa-Position"] = str(position)
        return page

    def _links(self, request: Request, draft_code: str, position: int) -> Iterable[Link]:
        at, code, newest = self.pages.at(request), quote(draft_code), f"?min_position={position}"
        own = f"{at['registry']}entry/drafts/{code}"
        yield Link(f"{own}/stages", Text("Vào giai đoạn", "Enter a stage"))
        yield Link(f"{own}/policies", Text("Bổ sung chính sách", "Add a policy"))
        yield Link(
            f"{at['campaigns']}entry/drafts/{code}/communications{newest}",
            Text("Ghi nhận truyền thông", "Record a communication"),
        )
        yield Link(f"{own}", Text("Xem dự thảo", "See the draft"))
        yield Link(f"{at['registry']}home{newest}", Text("Trang của đơn vị", "Page of the unit"))


def chooses_unit(principal: Principal) -> bool:
    """Tell whether somebody enters for several units, and so has to name the unit."""
    limit = principal.acting.limit
    return limit is None or limit != {principal.unit}


def unit_entered(form: Fields, principal: Principal, name: str) -> str | None:
    """Read for which unit something is entered: a clerk's own, without asking."""
    if not chooses_unit(principal):
        return principal.unit
    code = form.words(name, LONGEST_CODE)
    return code.upper() if code else None
