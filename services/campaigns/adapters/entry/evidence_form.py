"""The form on which a unit attaches evidence to a communication: a link, a file, or both; what was typed is always kept."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from services.campaigns.adapters.command_context import CommandContext
from services.campaigns.adapters.communications.bodies import Evidence
from services.campaigns.adapters.entry.communication_words import sentence
from services.campaigns.adapters.entry.context import Entry, context_of
from services.campaigns.adapters.evidence.api import received
from services.campaigns.application.evidence import EvidenceFiles
from services.campaigns.domain.errors import FileTooLarge, NoPlaceForFiles, QuotaExceeded
from shared.auth.admission import may
from shared.auth.tokens import Principal
from shared.kernel.errors import Refusal, Text
from shared.pages.entry import FORM_ID, Step, body_of, form_id_of, refused, step_of, with_values
from shared.pages.forms import Fields, sent_with_files
from shared.pages.help import Help
from shared.rules.rights.actions import Action

HEADING = Text("Minh chứng của hoạt động truyền thông", "Evidence of a communication")
LABELS = {
    "title": Text("Tên minh chứng", "Title"),
    "url": Text("Đường dẫn", "Link"),
    "file": Text("Tệp", "File"),
}
HELP = Help(
    "evidence",
    HEADING,
    Text(
        "Gắn đường dẫn bài viết hoặc tệp (biên bản, ảnh, video) làm minh chứng cho một hoạt động đã ghi nhận.",
        "Attaches a link or a file (minutes, pictures, videos) that shows a recorded communication.",
    ),
    LABELS,
    Text(
        "Cơ quan theo dõi đối chiếu minh chứng khi xác minh. Tệp chỉ hiển thị với đơn vị, cơ quan chủ trì và cơ quan theo dõi.",
        "The supervising body compares it when it verifies. The unit, the drafting body and who supervises them see the file.",
    ),
)
FIELDS = {each.code: "file" for each in (FileTooLarge, NoPlaceForFiles, QuotaExceeded)}
NOTHING = Text("Đề nghị ghi đường dẫn hoặc chọn một tệp.", "Please give a link or choose a file.")
CHOOSE_AGAIN = Text(
    "Trình duyệt không giữ tệp đã chọn: đề nghị chọn lại tệp.", "Browsers don't keep files: choose it again."
)
MOST_TITLE, MOST_ADDRESS = 500, 2000
PATH = "/entry/communications/{communication_id}/evidence"


def router(entry: Entry, files: EvidenceFiles) -> APIRouter:
    routes = entry.pages.router("evidence")
    form = EvidenceForm(entry, files)

    @routes.get(PATH, response_class=HTMLResponse, summary="Attach evidence (a form for people)")
    async def opened(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.ATTACH_EVIDENCE)],
    ) -> HTMLResponse:
        return await form.shown(request, principal, communication_id, Fields())

    @routes.post(PATH, response_class=HTMLResponse, summary="Attach evidence (from the form)")
    async def attach(
        request: Request,
        communication_id: UUID,
        principal: Annotated[Principal, may(Action.ATTACH_EVIDENCE)],
    ) -> HTMLResponse:
        async with sent_with_files(request) as (typed, chosen):
            return await form.taken(request, principal, communication_id, typed, chosen.get("file"))

    return routes


class EvidenceForm:
    def __init__(self, entry: Entry, files: EvidenceFiles) -> None:
        self.entry = entry
        self.files = files

    async def shown(
        self, request: Request, principal: Principal, number: UUID, form: Fields, status: int = 200
    ) -> HTMLResponse:
        state, _ = await self.entry.commands.communication(number)
        await self._check(request, principal, number)
        return self.entry.pages.page(
            request,
            "evidence_form.html",
            status,
            heading=HEADING,
            help=HELP,
            form=with_values(form, **{FORM_ID: form_id_of(form, self.entry.commands.new_id)}),
            labels=LABELS,
            what=sentence(state.activity),
            draft_code=state.recorded.draft_code,
            communication_id=number,
            evidence=state.evidence,
            takes_files=self.files.files is not None,
        )

    async def taken(
        self, request: Request, principal: Principal, number: UUID, form: Fields, file: UploadFile | None
    ) -> HTMLResponse:
        if step_of(form) is not Step.RECORD:
            return await self.shown(request, principal, number, form)
        title = form.words("title", MOST_TITLE, required=False)
        body = body_of(form, Evidence, {"title": title, "url": form.address("url", MOST_ADDRESS)})
        if body is not None and body.url is None and file is None:
            form.errors["url"] = NOTHING
        if body is None or form.errors:
            if file is not None:
                form.errors["file"] = CHOOSE_AGAIN
            return await self.shown(request, principal, number, form, 422)
        context = context_of(request, principal, None, None)
        try:
            position = await self._attached(number, body, title, file, context)
        except Refusal as refusal:
            status = refused(form, refusal, FIELDS)
            return await self.shown(request, principal, number, form, status)
        state, _ = await self.entry.commands.communication(number)
        what = sentence(state.activity)
        text = Text(f"Đã gắn minh chứng: {what.vi}.", f"Evidence is attached: {what.en}.")
        links = self.entry.links(request, state.recorded.draft_code, position)
        return self.entry.done(request, text, (), links, position)

    async def _attached(
        self,
        number: UUID,
        body: Evidence,
        title: str | None,
        file: UploadFile | None,
        context: CommandContext,
    ) -> int:
        """Keep the file first: what is refused leaves nothing behind. Returns the position of the last event."""
        position = 0
        if file is not None:
            async with received(file) as content:
                _, handled = await self.files.attach(number, content, title, context.by, context.metadata)
            position = handled.version.position
        if body.url is not None:
            handled = await self.entry.commands.on_communication(
                number, lambda given: body.command(number, given), context.by, context.metadata
            )
            position = handled.version.position
        return position

    async def _check(self, request: Request, principal: Principal, number: UUID) -> None:
        """Refuse now, by the command's own rules, whoever could not send the form."""
        context = context_of(request, principal, None, None)
        body = Evidence.model_validate({"sha256": "0" * 64})
        rehearsed = self.entry.commands.rehearsed(self.entry.store)
        await rehearsed.on_communication(
            number, lambda given: body.command(number, given), context.by, context.metadata
        )
