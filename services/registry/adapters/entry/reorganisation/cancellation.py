"""The history of a unit, and the form on which a change that was recorded wrongly is taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters import bodies
from services.registry.adapters.entry.context import Entry
from services.registry.adapters.entry.reorganisation.change_words import codes_in, without, words_of
from services.registry.adapters.views import unit_changes
from services.registry.application.commands import Commands
from services.registry.domain.references.errors import ChangeNotFound
from services.registry.domain.unit import Unit, after_cancelling, change_of
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.registry import UnitSucceeded
from shared.directory.folds import CANCELLABLE, DatedChange
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.kernel.local_day import day_in_vietnam
from shared.pages.entry import (
    FORM_ID,
    VERSION,
    Link,
    Step,
    body_of,
    form_id_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require

CHANGES = "/entry/units/{unit_code}/changes"
PATH = f"{CHANGES}/{{change_id}}/cancellation"
HISTORY = Text("Lịch sử của đơn vị", "History of a unit")
HEADING = Text("Hủy thay đổi ghi nhầm của đơn vị", "Take back a change of a unit")
REVIEW = Text("Xem lại trước khi ghi nhận", "Look at it before it is recorded")
DONE = Text("Đã ghi nhận", "Recorded")
MOST_WORDS = 2000
LABELS: Mapping[str, Text] = {
    "reason": Text("Lý do hủy", "Why it is taken back"),
    "document": Text("Văn bản, nếu có", "Document, if any"),
}
HELP = Help(
    Action.CANCEL_UNIT_CHANGE,
    HEADING,
    Text(
        "Khi việc đổi tên, chuyển trực thuộc, sáp nhập, chia, tách, giải thể hoặc đặt cơ quan theo dõi đã được ghi nhầm, hủy lần ghi "
        "nhận đó. Nội dung đúng, nếu có, được ghi lại như một thay đổi mới. Loại, cấp hoặc ngày thành lập ghi nhầm khi đăng ký thì "
        "đính chính, không hủy. Mã đơn vị không đổi được: nếu ghi nhầm mã, đăng ký đơn vị đúng mã và ghi nhận đơn vị đó tiếp nhận.",
        "Where a new name, a move, a merger, a split, an end or who follows the unit was recorded wrongly, that record is taken "
        "back; what is right is recorded as a new change. A wrong kind, level or first day of the registration is amended. A code "
        "cannot change: register the unit under the right code, and record that it carries on.",
    ),
    LABELS,
    Text(
        "Thay đổi được coi là chưa từng có, số liệu của mọi ngày theo đó; lịch sử vẫn nêu thay đổi và lý do. Dự thảo đã chuyển theo "
        "một lần sáp nhập thì chuyển lại trước.",
        "The change is held never to have been, and the figures of all days go by that; the history shows it with the reason. "
        "Drafts that were handed over by a merger are transferred back first.",
    ),
)
GOES_ON = Link("reorganisation", Text("Ghi nhận thay đổi đúng", "Record what is right"))


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("units")
    form = CancellationForm(entry)

    @routes.get(
        CHANGES,
        response_class=HTMLResponse,
        summary="What was recorded of a unit (a page for people)",
        dependencies=[AtPosition],
    )
    async def listed(
        request: Request, unit_code: Code, principal: Annotated[Principal, may(Action.CANCEL_UNIT_CHANGE)]
    ) -> HTMLResponse:
        return await form.listed(request, principal, unit_code)

    @routes.get(PATH, response_class=HTMLResponse, summary="Take back a change of a unit (a form for people)")
    async def opened(
        request: Request,
        unit_code: Code,
        change_id: UUID,
        principal: Annotated[Principal, may(Action.CANCEL_UNIT_CHANGE)],
    ) -> HTMLResponse:
        return await form.shown(request, principal, unit_code, change_id, Fields())

    @routes.post(PATH, response_class=HTMLResponse, summary="Take back a change of a unit (from the form)")
    async def taken(
        request: Request,
        unit_code: Code,
        change_id: UUID,
        principal: Annotated[Principal, may(Action.CANCEL_UNIT_CHANGE)],
    ) -> HTMLResponse:
        return await form.taken(request, principal, unit_code, change_id, await sent(request))

    return routes


class CancellationForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def listed(self, request: Request, principal: Principal, unit_code: str) -> HTMLResponse:
        require(principal.acting, unit_code)
        state, history = await self.entry.commands.unit_with_history(unit_code)
        recorded = {event.event_id: event.data for event in history.events}
        items = unit_changes(history)
        names = await names_of(self.entry, (recorded[item.change_id] for item in items))
        shown = [
            (
                day_in_vietnam(item.recorded_at),
                words_of(recorded[item.change_id], names),
                item,
                day_in_vietnam(item.cancelled.recorded_at) if item.cancelled else None,
            )
            for item in reversed(items)
        ]
        return self.entry.pages.page(
            request,
            "unit_changes.html",
            heading=HISTORY,
            unit_code=unit_code,
            unit=state.by_day.name_on(self.entry.commands.today),
            registered=state.registered,
            changes=shown,
        )

    async def shown(
        self,
        request: Request,
        principal: Principal,
        unit_code: str,
        change_id: UUID,
        form: Fields,
        status: int = 200,
    ) -> HTMLResponse:
        require(principal.acting, unit_code)
        state, history = await self.entry.commands.unit_with_history(unit_code)
        change = cancellable(state, unit_code, change_id)
        hidden = {
            FORM_ID: form_id_of(form, self.entry.commands.new_id),
            VERSION: history.version.count,
        }
        return self.entry.pages.page(
            request,
            "cancellation.html",
            status,
            heading=HEADING,
            help=HELP,
            form=with_values(form, **hidden),
            labels=LABELS,
            unit_code=unit_code,
            unit=state.by_day.name_on(self.entry.commands.today),
            change_id=change_id,
            what=words_of(change, await names_of(self.entry, [change])),
            handed_over=await handed_over(self.entry, unit_code, change),
            review=None,
        )

    async def taken(
        self, request: Request, principal: Principal, unit_code: str, change_id: UUID, form: Fields
    ) -> HTMLResponse:
        require(principal.acting, unit_code)
        step = step_of(form)
        body = _read(form, change_id)
        if step in {Step.EDIT, Step.MORE} or body is None:
            status = 200 if step in {Step.EDIT, Step.MORE} else 422
            return await self.shown(request, principal, unit_code, change_id, form, status)
        try:
            if step is Step.REVIEW:
                await self._carried_out(request, principal, unit_code, form, body, self.entry.rehearsed)
                return await self._review(request, unit_code, form, body)
            handled = await self._carried_out(request, principal, unit_code, form, body, self.entry.commands)
        except Refusal as refusal:
            return await self.shown(request, principal, unit_code, change_id, form, refused(form, refusal))
        return await self._done(request, unit_code, handled.version.position)

    async def _carried_out(
        self,
        request: Request,
        principal: Principal,
        unit_code: str,
        form: Fields,
        body: bodies.Cancellation,
        commands: Commands,
    ) -> Handled[Any]:
        command = replace(body.command(unit_code), by=principal.acting)
        metadata = request_context.metadata(request, principal, str(form_id_of(form, commands.new_id)))
        return await commands.on_unit(command, metadata, version_of(form))

    async def _review(
        self, request: Request, unit_code: str, form: Fields, body: bodies.Cancellation
    ) -> HTMLResponse:
        """Show what holds of the unit without the change, as the rules of the directory have it."""
        state, _ = await self.entry.commands.unit_with_history(unit_code)
        change = cancellable(state, unit_code, body.change_id)
        names = await names_of(self.entry, state.changes, [state.described.parent_code])
        return self.entry.pages.page(
            request,
            "cancellation.html",
            heading=REVIEW,
            form=form,
            unit_code=unit_code,
            unit=state.by_day.name_on(self.entry.commands.today),
            what=words_of(change, names),
            review=body,
            consequences=list(
                without(change, after_cancelling(state, body.change_id), names, self.entry.commands.today)
            ),
        )

    async def _done(self, request: Request, unit_code: str, position: int) -> HTMLResponse:
        own = f"{self.entry.pages.at(request)['registry']}entry/units/{unit_code}"
        page = self.entry.pages.page(
            request,
            "entry_done.html",
            heading=DONE,
            what=Text("Đã hủy thay đổi ghi nhầm.", "The change was taken back."),
            consequences=[HELP.follows],
            links=[
                Link(f"{own}/changes?min_position={position}", HISTORY),
                Link(f"{own}/{GOES_ON.address}", GOES_ON.words),
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


def _read(form: Fields, change_id: UUID) -> bodies.Cancellation | None:
    values = {
        "change_id": change_id,
        "reason": form.words("reason", MOST_WORDS),
        "document": form.words("document", MOST_WORDS, required=False),
    }
    return None if form.errors else body_of(form, bodies.Cancellation, values)
