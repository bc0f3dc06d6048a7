"""The form on which a clerk enters a stage: only stages that are possible, the due day before anything is recorded."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.registry.adapters.draft_api import NewStage
from services.registry.adapters.entry import consequences
from services.registry.adapters.entry.change.form import Field, compared
from services.registry.adapters.entry.context import ASKED, Entry
from services.registry.adapters.entry.history_words import words_of_stage
from services.registry.adapters.entry.paper_fields import PAPER, read_paper
from services.registry.domain.draft_commands import EnterStage, Given, Resume
from services.registry.domain.draft_state import Draft, State, facts_of
from services.registry.domain.errors import NothingInterrupted, PaperDiffers, StageAfterEnd
from services.registry.domain.next_stages import NextStages, next_stages
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.contracts.event import Code
from shared.contracts.vocabulary import Stage
from shared.eventstore.handle import Handled
from shared.http.requests import request_context
from shared.kernel.errors import Refusal, Text
from shared.pages.date_boxes import date_in_boxes
from shared.pages.entry import (
    FORM_ID,
    VERSION,
    Step,
    body_of,
    form_id_of,
    refused,
    step_of,
    version_of,
    with_values,
)
from shared.pages.forms import MISSING, NOT_IN_LIST, Fields, sent
from shared.pages.help import Help
from shared.rules.rights.actions import Action
from shared.rules.sequence import DayInFuture, NotFirstDay
from shared.rules.words.wording import STAGES

RESUMED = "resumed"
MOST_WORDS = 2000
HEADING = Text("Vào giai đoạn", "Enter a stage")
REVIEW = Text("Xem lại trước khi ghi nhận", "Look at it before it is recorded")
DONE = Text("Đã ghi nhận", "Recorded")
NOTE = Field("what", Text("Nội dung khác (nếu có)", "Note (if any)"))
LABELS: Mapping[str, Text] = {
    "stage": Text("Giai đoạn", "Stage"),
    "entered_on": Text("Ngày vào giai đoạn", "Entered on"),
    **{each.name: each.label for each in (*PAPER, NOTE)},
}
HELP = Help(
    "stage",
    HEADING,
    Text(
        "Ghi nhận dự thảo vào một giai đoạn; chỉ các giai đoạn có thể tiếp theo được nêu. Hạn truyền thông của giai đoạn được "
        "nêu trước khi ghi nhận.",
        "Records that the draft entered a stage; only those that may follow are offered. The due day is shown first.",
    ),
    LABELS,
    Text(
        "Thời hạn truyền thông của giai đoạn bắt đầu được tính; đơn vị nhận thư nhắc trước hạn.",
        "The time to communicate begins; the unit gets a reminder before it ends.",
    ),
)
FIELDS = {
    DayInFuture.code: "entered_on",
    NotFirstDay.code: "entered_on",
    StageAfterEnd.code: "stage",
    NothingInterrupted.code: "stage",
}
WORDS = {
    PaperDiffers.code: Text(
        "Giai đoạn này, ngày này đã được ghi nhận với văn bản khác; để bổ sung hoặc sửa, mở dự thảo và chọn “Đính chính”.",
        "This stage of this day is recorded with another document; to add or correct it, open the draft and choose “Correct”.",
    )
}
Groups = list[tuple[Text, dict[str, Text]]]


def router(entry: Entry) -> APIRouter:
    routes = entry.pages.router("stages")
    path, form = "/entry/drafts/{draft_code}/stages", StageForm(entry)

    @routes.get(path, response_class=HTMLResponse, summary="Enter a stage (a form for people)")
    async def opened(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.ENTER_STAGE)]
    ) -> HTMLResponse:
        return await form.shown(request, principal, draft_code, Fields())

    @routes.post(path, response_class=HTMLResponse, summary="Enter a stage (from the form)")
    async def enter(
        request: Request, draft_code: Code, principal: Annotated[Principal, may(Action.ENTER_STAGE)]
    ) -> HTMLResponse:
        return await form.taken(request, principal, draft_code, await sent(request))

    return routes


class StageForm:
    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    async def shown(
        self, request: Request, principal: Principal, draft_code: str, form: Fields, status: int = 200
    ) -> HTMLResponse:
        """Show the form above the draft as it stands now, whose version it takes along."""
        commands = self.entry.commands
        draft, history = await self.entry.own_draft(draft_code, principal)
        hidden = {FORM_ID: form_id_of(form, commands.new_id), VERSION: history.version.count}
        stages = next_stages(facts_of(draft, history.events), commands.rulebook, commands.today)
        return self.entry.pages.page(
            request,
            "stage_form.html",
            status,
            heading=HEADING,
            help=HELP,
            form=with_values(form, **hidden),
            labels=LABELS,
            draft=draft,
            stages=stages,
            current=STAGES[stages.current.stage] if stages.current else None,
            groups=groups_of(stages),
        )

    async def taken(
        self, request: Request, principal: Principal, draft_code: str, form: Fields
    ) -> HTMLResponse:
        step = step_of(form)
        if step in {Step.EDIT, Step.MORE}:
            return await self.shown(request, principal, draft_code, form)
        body = _body(form)
        if body is None:
            return await self.shown(request, principal, draft_code, form, 422)
        command = body.command(Given(by=principal.acting, today=self.entry.commands.today))
        try:
            return await self._carried_out(request, principal, draft_code, form, command)
        except Refusal as refusal:
            status = refused(form, refusal, FIELDS, WORDS)
            return await self.shown(request, principal, draft_code, form, status)

    async def _carried_out(
        self,
        request: Request,
        principal: Principal,
        draft_code: str,
        form: Fields,
        command: EnterStage | Resume,
    ) -> HTMLResponse:
        review = step_of(form) is Step.REVIEW
        commands = self.entry.rehearsed if review else self.entry.commands
        key = str(form_id_of(form, commands.new_id))
        metadata = request_context.metadata(request, principal, key)
        handled = await commands.on_draft(draft_code, command, metadata, version_of(form))
        outcome = await self._outcome(handled, command)
        what = _words(command)
        if not review:
            position = handled.version.position
            done = ASKED if outcome.waits else DONE
            recorded = Text(f"{done.vi}: {what.vi}", f"{done.en}: {what.en}")
            return self.entry.done(request, DONE, recorded, outcome, draft_code, position)
        return self.entry.pages.page(
            request,
            "change_review.html",
            heading=REVIEW,
            form=form,
            draft=handled.state,
            what=what,
            about=None,
            typed=list(compared((*PAPER, NOTE), form, Fields())),
            outcome=outcome,
        )

    async def _outcome(self, handled: Handled[State], command: EnterStage | Resume) -> consequences.Outcome:
        commands, draft = self.entry.commands, handled.state
        assert isinstance(draft, Draft)  # noqa: S101  narrowing: a command on an absent draft is refused
        stage, day = (
            (None, command.on) if isinstance(command, Resume) else (command.stage, command.entered_on)
        )
        words = consequences.of_stage(draft, handled, stage, day, commands.rulebook, commands.today)
        return await consequences.outcome_of(commands, handled, command, words)


def _body(form: Fields) -> NewStage | None:
    stage = form.text("stage")
    if stage not in {*Stage, RESUMED}:
        form.errors["stage"] = NOT_IN_LIST if stage else MISSING
    dated = date_in_boxes(form, "entered_on", whole=stage == RESUMED)
    values: dict[str, Any] = {"stage": stage, **read_paper(form)}
    values["what"] = form.words("what", MOST_WORDS, required=False)
    if dated is not None:
        values |= {"entered_on": dated[0], "precision": dated[1]}
    return body_of(form, NewStage, values)


def _words(command: EnterStage | Resume) -> Text:
    if isinstance(command, Resume):
        return Text(
            f"Tiếp tục giai đoạn đã tạm dừng, ngày {command.on:%d/%m/%Y}.",
            f"Going on after the suspension, on {command.on:%d/%m/%Y}.",
        )
    words = words_of_stage(command.stage, command.entered_on, command.precision)
    return Text(f"{words.vi}.", f"{words.en}.")


def groups_of(stages: NextStages) -> Groups:
    """Sort what may be entered for the list of the form."""
    listed: list[tuple[Text, dict[str, Text]]] = []
    if stages.resumes:
        name = STAGES[stages.resumes]
        resume = {RESUMED: Text(f"Tiếp tục giai đoạn “{name.vi}”", f"Go on with “{name.en}”")}
        listed.append((Text("Sau tạm dừng", "After the suspension"), resume))
    for title, members in (
        (Text("Bước tiếp theo", "Next"), stages.following),
        (Text("Diễn ra song song", "Beside the others"), stages.parallel),
        (Text("Trở lại, hoặc ghi bổ sung giai đoạn trước", "Back, or recorded afterwards"), stages.earlier),
        (Text("Tạm dừng, kết thúc", "Suspended or ended"), stages.halts),
    ):
        if members:
            listed.append((title, {stage.value: STAGES[stage] for stage in members}))
    return listed
