"""What the history of a unit and the forms about one of its changes share: the change, its drafts, the page when it is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.entry.context import Entry
from services.registry.adapters.entry.reorganisation.change_words import codes_in, words_of
from services.registry.application.commands import Commands
from services.registry.domain import unit as units
from services.registry.domain.references.errors import ChangeNotFound
from services.registry.domain.unit import Unit, change_of
from shared.auth.tokens import Principal
from shared.contracts.registry import UnitSucceeded
from shared.directory.folds import CANCELLABLE, DatedChange
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.kernel.errors import Text
from shared.pages.entry import FORM_ID, VERSION, Link, form_id_of, version_of, with_values
from shared.pages.forms import Fields

CHANGES = "/entry/units/{unit_code}/changes"
HISTORY = Text("Lịch sử của đơn vị", "History of a unit")
REVIEW = Text("Xem lại trước khi ghi nhận", "Look at it before it is recorded")
DONE = Text("Đã ghi nhận", "Recorded")
MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which change of which unit a form is about, by whom."""

    entry: Entry
    request: Request
    principal: Principal
    unit_code: str
    change_id: UUID

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        return self.entry.pages.page(self.request, template, status, unit_code=self.unit_code, **values)

    def with_hidden(self, form: Fields, version: int) -> Fields:
        return with_values(form, **{FORM_ID: form_id_of(form, self.entry.commands.new_id), VERSION: version})

    async def about(self, state: Unit, change: Any) -> dict[str, Any]:
        """Give what a form says of the change before it asks."""
        return {
            "change_id": self.change_id,
            "unit": state.by_day.name_on(self.entry.commands.today),
            "what": words_of(change, await names_of(self.entry, [change])),
            "handed_over": await handed_over(self.entry, self.unit_code, change),
        }

    async def carried_out(
        self, form: Fields, command: units.CancelChange | units.CorrectChange, commands: Commands
    ) -> Handled[Any]:
        key = str(form_id_of(form, commands.new_id))
        metadata = request_context.metadata(self.request, self.principal, key)
        return await commands.on_unit(replace(command, by=self.principal.acting), metadata, version_of(form))

    def done(self, position: int, what: Text, follows: Text, *links: Link) -> HTMLResponse:
        """Say that it is recorded; `links` follow that to the history, from the address of the unit."""
        own = f"{self.entry.pages.at(self.request)['registry']}entry/units/{self.unit_code}"
        page = self.entry.pages.page(
            self.request,
            "entry_done.html",
            heading=DONE,
            what=what,
            consequences=[follows],
            links=[
                Link(f"{own}/changes?min_position={position}", HISTORY),
                *(Link(f"{own}/{link.address}", link.words) for link in links),
            ],
        )
        page.headers["Loa-Position"] = str(position)
        return page


async def handed_over(entry: Entry, unit_code: str, change: DatedChange) -> Sequence[str]:
    """Give the drafts that went to the successor by a change, and are still there."""
    if not isinstance(change, UnitSucceeded):
        return ()
    return await entry.commands.handovers.drafts(unit_code, change.to_code, change.on)


async def names_of(
    entry: Entry, changes: Iterable[Any], more: Iterable[str | None] = ()
) -> Mapping[str, str]:
    """Give what the units that some changes name are called today."""
    codes = {code for change in changes for code in codes_in(change)} | {code for code in more if code}
    return {code: await entry.unit(code) for code in sorted(codes)}


def cancellable(state: Unit, unit_code: str, change_id: UUID) -> Any:
    """Find a change that holds and can be cancelled; a form is for no other."""
    change = change_of(state, change_id)
    if type(change) not in CANCELLABLE:
        raise ChangeNotFound(unit_code)
    return change
