"""The page of a unit's recipients: who gets its mail and until when, and forms to add a mailbox or to end one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.notifier.adapters.recipients.bodies import RecipientBody
from services.notifier.adapters.recipients.store import SqlRecipients
from services.notifier.adapters.rendering.templates import ROLES
from services.notifier.adapters.sign_in.pages import TRAINING_HELP
from services.notifier.adapters.urging.page import HELP as URGING
from services.notifier.application.commands import Commands
from services.notifier.domain.errors import MailboxGone
from services.notifier.domain.recipients.audience import Recipient
from services.notifier.domain.recipients.naming import NAMES as NAMED_BY
from services.notifier.domain.recipients.naming import WEIGHTS, Namer, weight, without
from shared.auth.admission import UnitsByDay, may
from shared.auth.sessions import require_recent
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import Language, RecipientRole
from shared.http.requests.audit import audited
from shared.http.requests.request_context import AtPosition
from shared.kernel.errors import Refusal, Text
from shared.kernel.local_day import day_in_vietnam
from shared.kernel.runtime import Clock
from shared.pages.date_boxes import date_in_boxes
from shared.pages.entry import (
    VERSION,
    EntryPages,
    NotAForm,
    Step,
    body_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import MISSING, Fields, sent
from shared.pages.help import Help
from shared.pages.help import router as help_router
from shared.rules.rights.actions import Action
from shared.rules.rights.table import require

HEADING = Text("Người nhận thư của đơn vị", "Recipients of the unit's mail")
LABELS: Mapping[str, Text] = {
    "email": Text("Địa chỉ thư điện tử", "E-mail address"),
    "stands_in_for": Text("Nhận thay cho (khi nghỉ phép)", "Stands in for (during leave)"),
    "role": Text("Vai trò", "Role"),
    "language": Text("Ngôn ngữ của thư", "Language"),
    "valid_from": Text("Nhận thư từ ngày (để trống: từ hôm nay)", "From (empty: from today)"),
    "valid_to": Text("Đến hết ngày (để trống: không có hạn)", "Until (empty: no end)"),
    "calendar": Text("Lịch", "Calendar"),
}
NAMES: Mapping[RecipientRole, Text] = {
    RecipientRole.FOCAL_POINT: Text(
        "Đầu mối: nhận thư nhắc việc, là liên hệ của đơn vị",
        "Focal point: reminders, and contact of the unit",
    ),
    RecipientRole.HEAD: Text("Lãnh đạo đơn vị: nhận thư đôn đốc, tổng hợp", "Head: escalations, summaries"),
    RecipientRole.SUPERVISOR: Text("Theo dõi cấp dưới, địa bàn", "Supervisor of others"),
}
LANGUAGES: Mapping[Language, Text] = {
    Language.VI: Text("Tiếng Việt", "Vietnamese"),
    Language.EN: Text("Tiếng Anh", "English"),
}
WITH_CALENDAR = {"yes": Text("Gửi kèm tệp lịch các thời hạn", "Attach the due days as a calendar file")}
HELP = Help(
    "recipients",
    HEADING,
    Text(
        "Nêu hộp thư nào nhận thư nhắc việc, đôn đốc, tổng hợp của đơn vị. Đầu mối cũng là liên hệ của đơn vị trong thư gửi các đơn vị "
        "mà đơn vị theo dõi. Trong thời gian nghỉ phép, thêm người nhận thay với ngày đầu và ngày cuối: người nhận thay có đúng vai trò của người "
        "được thay và hết quyền sau ngày cuối.",
        "Says which mailboxes get the unit's mail. The focal point is also the contact that mails to supervised units name. "
        "During leave add who stands in, from its first to its last day: with the role of who is absent, and no longer.",
    ),
    LABELS,
    Text(
        "Thư được gửi theo danh sách mới từ lần gửi tiếp theo; liên kết trong thư cũ của người đã thôi nhận không còn dùng được.",
        "Mail follows the new list from the next sending; links of those who left it work no more.",
    ),
)
NOT_A_MAILBOX = Text(
    "Địa chỉ chưa đúng; ví dụ dau.moi@so-tu-phap.example.vn.", "This is no address, such as name@example.vn."
)
LISTED_ALREADY = Text(
    "Địa chỉ này đã có trong danh sách; để thay đổi, kết thúc rồi thêm lại.",
    "This address is on the list already; end it first to change it.",
)
NEEDS_END = Text(
    "Người nhận thay cần có ngày cuối của kỳ nghỉ.", "Who stands in needs the last day of the leave."
)
CHOOSE_LISTED = Text(
    "Người được thay không còn trong danh sách; đề nghị chọn lại.",
    "Who is absent is not on the list; choose again.",
)
IN_ORDER = Text("Ngày cuối đứng trước ngày đầu.", "The last day lies before the first.")
MOST_ADDRESS = 254
PATH = "/entry/units/{unit_code}/recipients"


@dataclass(frozen=True, slots=True)
class RecipientsPages:
    commands: Commands
    recipients: SqlRecipients
    now: Clock
    new_id: Callable[[], UUID]
    units: UnitsByDay
    pages: EntryPages

    @property
    def today(self) -> date:
        return day_in_vietnam(self.now())

    def router(self) -> APIRouter:
        routes = self.pages.router("recipients")
        _reading(routes, self)
        _writing(routes, self)
        routes.include_router(help_router(self.pages, [HELP, URGING, TRAINING_HELP]))
        return routes

    async def shown(
        self,
        request: Request,
        principal: Principal,
        unit_code: str,
        form: Fields,
        status: int = 200,
    ) -> HTMLResponse:
        require(principal.acting, unit_code)
        await self.commands.require_unit(unit_code)
        audited("recipients", principal, unit_code=unit_code)
        listed = await self.recipients.of_unit(unit_code, self.today)
        return self.pages.page(
            request,
            "recipients.html",
            status,
            heading=HEADING,
            help=HELP,
            form=with_values(form, **{VERSION: await self.recipients.version(unit_code)}),
            labels=LABELS,
            unit_code=unit_code,
            unit=(await self.units.on(self.today)).name(unit_code),
            listed=listed,
            today=self.today,
            roles=NAMES,
            may_name=_may_name(principal),
            short=ROLES,
            languages=LANGUAGES,
            with_calendar=WITH_CALENDAR,
            is_reached=any(each.role is RecipientRole.FOCAL_POINT for each in listed),
        )

    async def replaced(
        self, unit_code: str, wanted: Sequence[Recipient], principal: Principal, version: int | None
    ) -> None:
        require_recent(principal, self.now())
        namer = Namer.of(principal.actor, principal.subject, principal.role)
        await self.recipients.replace(unit_code, wanted, self.now(), namer, version)


def _reading(routes: APIRouter, of: RecipientsPages) -> None:
    @routes.get(
        "/entry/recipients",
        summary="The recipients of one's unit (leads to its page)",
        response_class=RedirectResponse,
        include_in_schema=False,
    )
    async def own(principal: Annotated[Principal, may(Action.REPLACE_RECIPIENTS)]) -> Response:
        if principal.unit is None:
            raise NotAForm
        return RedirectResponse(f"units/{principal.unit}/recipients", HTTPStatus.SEE_OTHER)

    @routes.get(
        PATH,
        response_class=HTMLResponse,
        summary="The recipients of a unit, with a form (a page for people)",
        dependencies=[AtPosition],
    )
    async def listed(
        request: Request, unit_code: Code, principal: Annotated[Principal, may(Action.REPLACE_RECIPIENTS)]
    ) -> HTMLResponse:
        return await of.shown(request, principal, unit_code, Fields())


def _writing(routes: APIRouter, of: RecipientsPages) -> None:
    @routes.post(PATH, response_class=HTMLResponse, summary="Add a recipient of a unit (from the form)")
    async def add(
        request: Request, unit_code: Code, principal: Annotated[Principal, may(Action.REPLACE_RECIPIENTS)]
    ) -> Response:
        require(principal.acting, unit_code)
        form, present = await sent(request), await of.recipients.of_unit(unit_code, of.today)
        if step_of(form) is not Step.RECORD:
            return await of.shown(request, principal, unit_code, form)
        body = _read(form, present)
        if body is None:
            return await of.shown(request, principal, unit_code, form, 422)
        wanted = [*present, body.recipient(unit_code, of.new_id())]
        try:
            await of.replaced(unit_code, wanted, principal, version_of(form))
        except Refusal as refusal:
            status = refused(form, refusal)
            return await of.shown(request, principal, unit_code, form, status)
        return RedirectResponse("recipients", HTTPStatus.SEE_OTHER)

    @routes.post(
        f"{PATH}/{{recipient_id}}/end",
        response_class=HTMLResponse,
        summary="End a recipient of a unit (from its page)",
    )
    async def end(
        request: Request,
        unit_code: Code,
        recipient_id: UUID,
        principal: Annotated[Principal, may(Action.REPLACE_RECIPIENTS)],
    ) -> Response:
        require(principal.acting, unit_code)
        if step_of(await sent(request)) is not Step.RECORD:
            raise NotAForm
        present = await of.recipients.of_unit(unit_code, of.today)
        gone = next((each for each in present if each.recipient_id == recipient_id), None)
        if gone is None:
            raise MailboxGone
        await of.replaced(unit_code, without(present, gone), principal, None)
        return RedirectResponse("../../recipients", HTTPStatus.SEE_OTHER)


def _may_name(principal: Principal) -> Mapping[RecipientRole, Text]:
    """Give the roles that somebody may give to a mailbox."""
    most = NAMED_BY.get(principal.role, WEIGHTS[-1])
    return {role: text for role, text in NAMES.items() if weight(role) <= weight(most)}


def _absent(form: Fields, present: Sequence[Recipient]) -> Recipient | None:
    """Give who is absent: who stands in gets their role."""
    email = form.text("stands_in_for")
    absent = next((each for each in present if each.email == email and each.stands_in_for is None), None)
    if email and absent is None:
        form.errors["stands_in_for"] = CHOOSE_LISTED
    return absent


def _read(form: Fields, present: Sequence[Recipient]) -> RecipientBody | None:
    email = form.text("email").strip()
    if not email:
        form.errors["email"] = MISSING
    elif email.lower() in {each.email for each in present}:
        form.errors["email"] = LISTED_ALREADY
    first, last = (
        date_in_boxes(form, name, required=False, whole=True) for name in ("valid_from", "valid_to")
    )
    if first and last and last < first:
        form.errors["valid_to"] = IN_ORDER
    absent = _absent(form, present)
    if absent is not None and last is None and "valid_to" not in form.errors:
        form.errors["valid_to"] = NEEDS_END
    values = {
        "email": email[:MOST_ADDRESS],
        "role": absent.role if absent else form.one_of("role", RecipientRole),
        "stands_in_for": absent and absent.email,
        "language": form.one_of("language", Language, required=False),
        "valid_from": first and first[0],
        "valid_to": last and last[0],
        "calendar": form.text("calendar") == "yes",
    }
    shown = dict(form.errors)
    body = body_of(form, RecipientBody, values)
    if "email" in form.errors and "email" not in shown:
        form.errors["email"] = NOT_A_MAILBOX
    return body
