"""The form on which a change of a unit that was recorded with a wrong day, name, unit or document is corrected in one step."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters import bodies
from services.registry.adapters.entry.change.form import Field, compared
from services.registry.adapters.entry.context import LONGEST_CODE, Entry
from services.registry.adapters.entry.reorganisation.change_words import SUCCESSIONS, words_of
from services.registry.adapters.entry.reorganisation.unit_change import (
    CHANGES,
    MOST_WORDS,
    REVIEW,
    Asked,
    cancellable,
    names_of,
)
from services.registry.domain.errors import UnitNotFound
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts import registry as events
from shared.contracts.event import Code
from shared.contracts.vocabulary import SuccessionKind
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.entry import (
    Step,
    body_of,
    refused,
    step_of,
)
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require
from shared.rules.sequence import DayInFuture

PATH = f"{CHANGES}/{{change_id}}/correction"
HEADING = Text("Đính chính thay đổi của đơn vị", "Correct a change of a unit")
REASON = Field("reason", Text("Lý do đính chính", "Why it is corrected"), "words")
ON = Field("on", Text("Từ ngày", "From"), "boxes")
BASIS = Field("legal_basis", Text("Văn bản (nếu có)", "Document (if any)"), hint="Số, ký hiệu và ngày")
NAME = Field("name", Text("Tên mới", "New name"))
PARENT = Field(
    "parent_code",
    Text("Mã đơn vị cấp trên (để trống nếu không có)", "Code of the unit above (empty: none)"),
)
TO = Field("to_code", Text("Mã đơn vị tiếp nhận", "Code of who carries on"))
KIND = Field("kind", Text("Hình thức", "What it was"), "choice", options=SUCCESSIONS)
SUPERVISOR = Field(
    "supervisor_code",
    Text(
        "Mã cơ quan theo dõi (để trống nếu không đặt riêng)",
        "Code of who follows the unit (empty: none is set)",
    ),
)
DOCUMENT = replace(BASIS, name="document")
FIELDS: Mapping[type, Sequence[Field]] = {
    events.UnitRenamed: (NAME, ON, BASIS),
    events.UnitMoved: (PARENT, ON, BASIS),
    events.UnitSucceeded: (TO, KIND, ON, BASIS),
    events.UnitDissolved: (ON, BASIS),
    events.UnitSupervisionSet: (SUPERVISOR, ON, DOCUMENT),
}
OPTIONAL = frozenset({PARENT.name, SUPERVISOR.name, BASIS.name, DOCUMENT.name})
CODES = frozenset({PARENT.name, SUPERVISOR.name, TO.name})
OF_EVENT = {NAME.name: "unit_name"}  # what an event calls what a field asks
NOTHING_ELSE = Text(
    "Chưa có nội dung nào khác với nội dung đã ghi nhận; đề nghị sửa nội dung ghi nhầm.",
    "Nothing differs from what is on record; correct what is wrong.",
)
HOLDS = Text(
    "Nội dung đúng được áp dụng như đã ghi nhận từ đầu, kể cả cho những ngày đã qua; số liệu, danh sách, quyền và thư nhắc từ nay theo đó. "
    "Lịch sử của đơn vị vẫn nêu nội dung cũ và lý do.",
    "What is right holds as if it had been recorded at first, also for days that have passed; figures, lists, rights and mails go by that "
    "from now on. The history of the unit still shows what was recorded, with the reason.",
)
CORRECTED = Text("Đã đính chính thay đổi của đơn vị.", "The change was corrected.")
HELP = Help(
    Action.CORRECT_UNIT_CHANGE,
    HEADING,
    Text(
        "Khi việc đổi tên, chuyển trực thuộc, sáp nhập, chia, tách, giải thể hoặc đặt cơ quan theo dõi được ghi đúng việc nhưng sai ngày, tên, "
        "mã đơn vị hoặc văn bản, sửa nội dung đó trong một lần. Nếu việc đó không có thì hủy, không đính chính.",
        "Where a new name, a move, a merger, a split, an end or who follows the unit was recorded with a wrong day, name, code or document, that is "
        "corrected in one step. What never was is taken back instead.",
    ),
    {field.name: field.label for fields in FIELDS.values() for field in (*fields, REASON)},
    HOLDS,
)


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("units")
    form = CorrectionForm(entry)

    @routes.get(PATH, response_class=HTMLResponse, summary="Correct a change of a unit (a form for people)")
    async def opened(
        request: Request,
        unit_code: Code,
        change_id: UUID,
        principal: Annotated[Principal, may(Action.CORRECT_UNIT_CHANGE)],
    ) -> HTMLResponse:
        return await form.shown(Asked(entry, request, principal, unit_code, change_id), Fields())

    @routes.post(PATH, response_class=HTMLResponse, summary="Correct a change of a unit (from the form)")
    async def taken(
        request: Request,
        unit_code: Code,
        change_id: UUID,
        principal: Annotated[Principal, may(Action.CORRECT_UNIT_CHANGE)],
    ) -> HTMLResponse:
        return await form.taken(Asked(entry, request, principal, unit_code, change_id), await sent(request))

    return routes


class CorrectionForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(self, asked: Asked, form: Fields, status: int = 200) -> HTMLResponse:
        require(asked.principal.acting, asked.unit_code)
        state, history = await self.entry.commands.unit_with_history(asked.unit_code)
        change = cancellable(state, asked.unit_code, asked.change_id)
        if not form.given:
            form = Fields(_filled(change))
        return asked.page(
            "change_correction.html",
            status,
            heading=HEADING,
            help=HELP,
            form=asked.with_hidden(form, history.version.count),
            labels={field.name: field.label for field in _asked_about(change)},
            fields=_asked_about(change),
            review=None,
            **await asked.about(state, change),
        )

    async def taken(self, asked: Asked, form: Fields) -> HTMLResponse:
        require(asked.principal.acting, asked.unit_code)
        step = step_of(form)
        if step in {Step.EDIT, Step.MORE}:
            return await self.shown(asked, form)
        state, history = await self.entry.commands.unit_with_history(asked.unit_code)
        change = next((each.data for each in history.events if each.event_id == asked.change_id), None)
        if type(change) not in FIELDS:
            change = cancellable(state, asked.unit_code, asked.change_id)  # which refuses it
        body = _read(form, change)
        if body is None:
            return await self.shown(asked, form, 422)
        command = body.command(asked.unit_code, asked.change_id)
        try:
            if step is Step.REVIEW:
                await asked.carried_out(form, command, self.entry.rehearsed)
                return await self._review(asked, form, change, command.right)
            handled = await asked.carried_out(form, command, self.entry.commands)
        except Refusal as refusal:
            places = {DayInFuture.code: ON.name, UnitNotFound.code: _of_code(change)}
            return await self.shown(asked, form, refused(form, refusal, places))
        return asked.done(handled.version.position, CORRECTED, HOLDS)

    async def _review(
        self, asked: Asked, form: Fields, change: Any, right: Mapping[str, Any]
    ) -> HTMLResponse:
        now = change.model_copy(update=dict(right))
        names = await names_of(self.entry, [change, now])
        return asked.page(
            "change_correction.html",
            heading=REVIEW,
            form=form,
            unit=await self.entry.unit(asked.unit_code),
            what=words_of(change, names),
            review=words_of(now, names),
            typed=list(compared(_asked_about(change), form, Fields(_filled(change)))),
            consequences=[HOLDS],
        )


def _asked_about(change: Any) -> Sequence[Field]:
    return (*FIELDS[type(change)], REASON)


def _of_code(change: Any) -> str:
    """Give the field that names another unit."""
    return next((field.name for field in FIELDS[type(change)] if field.name in CODES), REASON.name)


def _recorded(change: Any, name: str) -> Any:
    return getattr(change, OF_EVENT.get(name, name))


def _filled(change: Any) -> dict[str, list[str]]:
    """Give what the form shows at first: what is on record."""
    filled: dict[str, list[str]] = {}
    for field in FIELDS[type(change)]:
        value = _recorded(change, field.name)
        filled |= in_boxes(field.name, value) if field.kind == "boxes" else {field.name: [str(value or "")]}
    return filled


def _read(form: Fields, change: Any) -> bodies.ChangeCorrection | None:
    """Read what differs from the record; what was emptied is taken away."""
    typed = {field.name: _typed(form, field) for field in FIELDS[type(change)]}
    reason = form.words(REASON.name, MOST_WORDS)
    right = {name: value for name, value in typed.items() if value != _recorded(change, name)}
    if not right and not form.errors:
        form.errors[FIELDS[type(change)][0].name] = NOTHING_ELSE
    body = body_of(form, bodies.ChangeCorrection, {**right, REASON.name: reason})
    return body and body.model_copy(update={name: None for name, value in right.items() if value is None})


def _typed(form: Fields, field: Field) -> Any:
    if field.kind == "boxes":
        dated = date_in_boxes(form, field.name, whole=True)
        return dated and dated[0]
    if field.kind == "choice":
        return form.one_of(field.name, SuccessionKind)
    most = LONGEST_CODE if field.name in CODES else MOST_WORDS
    words = form.words(field.name, most, required=field.name not in OPTIONAL)
    return words.upper() if words and field.name in CODES else words
