"""The history of a unit, and the form on which a change that was recorded wrongly is taken back."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters import bodies
from services.registry.adapters.entry.context import Entry
from services.registry.adapters.entry.reorganisation.change_words import without, words_of
from services.registry.adapters.entry.reorganisation.unit_change import (
    CHANGES,
    HISTORY,
    MOST_WORDS,
    REVIEW,
    Asked,
    cancellable,
    names_of,
)
from services.registry.adapters.views import unit_changes
from services.registry.domain.unit import after_cancelling
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.kernel.local_day import day_in_vietnam
from shared.pages.entry import (
    Link,
    Step,
    body_of,
    refused,
    step_of,
)
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require

PATH = f"{CHANGES}/{{change_id}}/cancellation"
HEADING = Text("Hủy thay đổi ghi nhầm của đơn vị", "Take back a change of a unit")
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
TAKEN_BACK = Text("Đã hủy thay đổi ghi nhầm.", "The change was taken back.")
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
        return await form.shown(Asked(entry, request, principal, unit_code, change_id), Fields())

    @routes.post(PATH, response_class=HTMLResponse, summary="Take back a change of a unit (from the form)")
    async def taken(
        request: Request,
        unit_code: Code,
        change_id: UUID,
        principal: Annotated[Principal, may(Action.CANCEL_UNIT_CHANGE)],
    ) -> HTMLResponse:
        return await form.taken(Asked(entry, request, principal, unit_code, change_id), await sent(request))

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

    async def shown(self, asked: Asked, form: Fields, status: int = 200) -> HTMLResponse:
        require(asked.principal.acting, asked.unit_code)
        state, history = await self.entry.commands.unit_with_history(asked.unit_code)
        change = cancellable(state, asked.unit_code, asked.change_id)
        return asked.page(
            "cancellation.html",
            status,
            heading=HEADING,
            help=HELP,
            form=asked.with_hidden(form, history.version.count),
            labels=LABELS,
            review=None,
            **await asked.about(state, change),
        )

    async def taken(self, asked: Asked, form: Fields) -> HTMLResponse:
        require(asked.principal.acting, asked.unit_code)
        step = step_of(form)
        body = _read(form, asked.change_id)
        if step in {Step.EDIT, Step.MORE} or body is None:
            return await self.shown(asked, form, 200 if step in {Step.EDIT, Step.MORE} else 422)
        command = body.command(asked.unit_code)
        try:
            if step is Step.REVIEW:
                await asked.carried_out(form, command, self.entry.rehearsed)
                return await self._review(asked, form, body)
            handled = await asked.carried_out(form, command, self.entry.commands)
        except Refusal as refusal:
            return await self.shown(asked, form, refused(form, refusal))
        return asked.done(handled.version.position, TAKEN_BACK, HELP.follows, GOES_ON)

    async def _review(self, asked: Asked, form: Fields, body: bodies.Cancellation) -> HTMLResponse:
        """Show what holds of the unit without the change, as the rules of the directory have it."""
        today = self.entry.commands.today
        state, _ = await self.entry.commands.unit_with_history(asked.unit_code)
        change = cancellable(state, asked.unit_code, asked.change_id)
        names = await names_of(self.entry, state.changes, [state.described.parent_code])
        return asked.page(
            "cancellation.html",
            heading=REVIEW,
            form=form,
            unit=state.by_day.name_on(today),
            what=words_of(change, names),
            review=body,
            consequences=list(without(change, after_cancelling(state, asked.change_id), names, today)),
        )


def _read(form: Fields, change_id: UUID) -> bodies.Cancellation | None:
    values = {
        "change_id": change_id,
        "reason": form.words("reason", MOST_WORDS),
        "document": form.words("document", MOST_WORDS, required=False),
    }
    return None if form.errors else body_of(form, bodies.Cancellation, values)
