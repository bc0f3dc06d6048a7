"""The form on which a clerk registers a draft: read, shown as what would be recorded, recorded."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters import bodies
from services.registry.adapters.entry import consequences
from services.registry.adapters.entry.change.form import written
from services.registry.adapters.entry.context import Entry, chooses_unit, unit_entered
from services.registry.adapters.entry.scope_fields import SCOPE_FIELDS, read_answers
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State
from services.registry.domain.errors import DraftDiffers, NotYourDraft, PolicyDiffers, UnitNotFound
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.vocabulary import Instrument, Procedure, Regime
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import Step, body_of, refused, step_of
from shared.pages.forms import Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.words.wording import INSTRUMENTS, PROCEDURES, REGIMES

MOST_TITLE, MOST_CODE = 2000, 64
FIRST_ROWS, MORE_ROWS, MOST_ROWS = 3, 5, 150
HEADING = Text("Đăng ký dự thảo", "Register a draft")
REVIEW = Text("Xem lại trước khi ghi nhận", "Look at it before it is recorded")
DONE = Text("Đã ghi nhận", "Recorded")
LABELS: Mapping[str, Text] = {
    "draft_code": Text("Mã dự thảo", "Code of the draft"),
    "title": Text("Tên dự thảo", "Title"),
    "instrument": Text("Hình thức văn bản", "Legal form"),
    "regime": Text("Luật áp dụng", "Law that applies"),
    "lead_unit_code": Text("Cơ quan chủ trì soạn thảo", "Lead drafting unit"),
    "procedure": Text("Trình tự, thủ tục", "Procedure"),
    **{asked.name: asked.label for asked in SCOPE_FIELDS},
}
HELP = Help(
    "draft",
    HEADING,
    Text(
        "Đăng ký một dự thảo do đơn vị chủ trì soạn thảo, cùng các chính sách của dự thảo. Bốn tiêu chí cho biết dự thảo có thuộc "
        "phạm vi Quyết định số 407/QĐ-TTg hay không; kết quả được nêu trước khi ghi nhận.",
        "Registers a draft that the unit leads, with its policies. The four criteria decide whether it is in the scope of "
        "Decision 407/QĐ-TTg; the result is shown before anything is recorded.",
    ),
    LABELS,
    Text(
        "Dự thảo có trong danh sách của đơn vị; việc tiếp theo là ghi nhận giai đoạn, từ đó thời hạn truyền thông được tính.",
        "The draft is on the list of the unit. Next its stage is recorded, from which the due day follows.",
    ),
)
NOT_A_CODE = Text(
    "Mã gồm 2 đến 64 chữ in hoa không dấu, chữ số, dấu chấm, gạch nối hoặc gạch dưới, ví dụ NQ-2026-01.",
    "A code has 2 to 64 capital letters A to Z, digits, dots, hyphens or underscores, such as NQ-2026-01.",
)
FIELDS = {DraftDiffers.code: "draft_code", UnitNotFound.code: "lead_unit_code"}
WORDS = {
    DraftDiffers.code: Text(
        "Mã này đã được dùng cho một dự thảo có nội dung khác; đề nghị chọn mã khác, hoặc mở dự thảo đó từ trang của đơn vị.",
        "This code belongs to a draft with other data; choose another code, or open that draft from the page of the unit.",
    ),
    PolicyDiffers.code: Text(
        "Dự thảo với mã này đã có chính sách khác cùng số; đề nghị xem lại mã dự thảo.",
        "The draft of this code has another policy of the same number; look at the code again.",
    ),
    UnitNotFound.code: Text(
        "Chưa có đơn vị với mã này trong danh sách; đề nghị xem lại mã.",
        "No unit of this code is registered; look at the code again.",
    ),
}
NEW: Mapping[str, Sequence[str]] = {"regime": [Regime.LAW_2025_AMENDED], "procedure": [Procedure.ORDINARY]}


def policy_field(number: int) -> str:
    return f"policy_{number}"


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("drafts")
    form = DraftForm(entry)

    @routes.get("/entry/drafts", response_class=HTMLResponse, summary="Register a draft (a form for people)")
    async def opened(
        request: Request, principal: Annotated[Principal, may(Action.REGISTER_DRAFT)]
    ) -> HTMLResponse:
        return await form.shown(request, principal, Fields({**NEW, "lead_unit_code": [principal.unit or ""]}))

    @routes.post("/entry/drafts", response_class=HTMLResponse, summary="Register a draft (from the form)")
    async def register(
        request: Request, principal: Annotated[Principal, may(Action.REGISTER_DRAFT)]
    ) -> HTMLResponse:
        return await form.taken(request, principal, await sent(request))

    return routes


class DraftForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(
        self, request: Request, principal: Principal, form: Fields, status: int = 200, rows: int = 0
    ) -> HTMLResponse:
        rows = max(rows, FIRST_ROWS, *(number for number, _ in typed_policies(form)), 1)
        labels = {**LABELS} | {
            policy_field(n): Text(f"Chính sách {n}", f"Policy {n}") for n in range(1, rows + 1)
        }
        if not chooses_unit(principal):
            labels = {name: label for name, label in labels.items() if name != "lead_unit_code"}
        return self.entry.pages.page(
            request,
            "draft_form.html",
            status,
            heading=HEADING,
            help=HELP,
            form=form,
            labels=labels,
            rows=rows,
            unit=await self.entry.unit(principal.unit) if principal.unit else None,
            chooses_unit=chooses_unit(principal),
            instruments=INSTRUMENTS,
            regimes=REGIMES,
            procedures=PROCEDURES,
            scope_fields=SCOPE_FIELDS,
        )

    async def taken(self, request: Request, principal: Principal, form: Fields) -> HTMLResponse:
        step = step_of(form)
        if step is Step.EDIT:
            return await self.shown(request, principal, form)
        if step is Step.MORE:
            rows = form.count("rows", MOST_ROWS) or FIRST_ROWS
            return await self.shown(request, principal, form, rows=min(rows + MORE_ROWS, MOST_ROWS))
        given = Given(by=principal.acting, today=self.entry.commands.today)
        policies, body = read_policies(form), self._body(form, principal)
        if body is None or form.errors:
            return await self.shown(request, principal, form, 422)
        command = body.command(given)
        added = [policy.command(given) for policy in policies]
        try:
            return await self._carried_out(request, principal, form, command, added)
        except Refusal as refusal:
            if isinstance(refusal, NotYourDraft) and chooses_unit(principal):
                form.errors["lead_unit_code"] = refusal.message
                return await self.shown(request, principal, form, 403)
            return await self.shown(request, principal, form, refused(form, refusal, FIELDS, WORDS))

    async def _carried_out(
        self,
        request: Request,
        principal: Principal,
        form: Fields,
        command: drafts.Register,
        policies: Sequence[drafts.AddPolicy],
    ) -> HTMLResponse:
        review = step_of(form) is Step.REVIEW
        commands = self.entry.rehearsed if review else self.entry.commands
        metadata = request_context.metadata(request, principal)
        handled = await commands.register_with_policies(command, policies, metadata)
        outcome = await self._outcome(handled, command)
        if review:
            return await self._review(request, form, handled, outcome)
        return self.entry.done(
            request,
            DONE,
            Text(
                f"Đã ghi nhận dự thảo {command.draft_code}: {command.title}.",
                f"Recorded: draft {command.draft_code}.",
            ),
            outcome,
            command.draft_code,
            handled.version.position,
        )

    async def _outcome(self, handled: Handled[State], command: drafts.Register) -> consequences.Outcome:
        entry = self.entry
        draft = handled.state
        assert isinstance(draft, Draft)  # noqa: S101  narrowing: it was just registered
        words = consequences.of_registration(draft, handled, entry.commands.rulebook, entry.commands.today)
        return await consequences.outcome_of(entry.commands, handled, command, words)

    async def _review(
        self, request: Request, form: Fields, handled: Handled[State], outcome: consequences.Outcome
    ) -> HTMLResponse:
        draft = handled.state
        assert isinstance(draft, Draft)  # noqa: S101  as above
        return self.entry.pages.page(
            request,
            "draft_review.html",
            heading=REVIEW,
            form=form,
            labels=LABELS,
            draft=draft,
            answers=[(each.label, text) for each in SCOPE_FIELDS if (text := written(form, each))],
            unit=await self.entry.unit(draft.lead_unit_code),
            instrument=INSTRUMENTS[draft.described.instrument],
            regime=REGIMES[draft.described.regime],
            procedure=PROCEDURES[draft.registered.procedure],
            outcome=outcome,
        )

    def _body(self, form: Fields, principal: Principal) -> bodies.NewDraft | None:
        """Read everything, so that all that has to be corrected is named at once."""
        code = form.words("draft_code", MOST_CODE)
        values: dict[str, Any] = {
            "draft_code": _code(code.upper(), principal) if code else None,
            "title": form.words("title", MOST_TITLE),
            "instrument": form.one_of("instrument", Instrument),
            "regime": form.one_of("regime", Regime),
            "procedure": form.one_of("procedure", Procedure),
            "lead_unit_code": unit_entered(form, principal, "lead_unit_code"),
            **read_answers(form),
        }
        body = body_of(form, bodies.NewDraft, values)
        if "draft_code" in form.errors and code:
            form.errors["draft_code"] = NOT_A_CODE
        return body


def _code(code: str, principal: Principal) -> str:
    """Put before a code what begins that of every draft of the training."""
    begun = code.startswith(drafts.PRACTISED) or not principal.training
    return code if begun else f"{drafts.PRACTISED}{code}"


def typed_policies(form: Fields) -> list[tuple[int, str]]:
    """Give the rows in which a policy was typed, by the number of the row."""
    rows = ((number, policy_field(number)) for number in range(1, MOST_ROWS + 1))
    return [(number, name) for number, name in rows if form.text(name).strip()]


def read_policies(form: Fields) -> list[bodies.NewPolicy]:
    """Read the typed rows; they are numbered in their order, empty rows are passed over."""
    read = []
    for number, (_, name) in enumerate(typed_policies(form), 1):
        values = {"policy_no": number, "title": form.words(name, MOST_TITLE)}
        read.append(body_of(form, bodies.NewPolicy, values, {"title": name}))
    return [policy for policy in read if policy is not None]
