"""Which forms change a draft: scope, exemption, transfer, procedure, title, a stage; a request is withdrawn."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.registry.adapters import bodies
from services.registry.adapters.entry import consequences
from services.registry.adapters.entry.change_form import Change, Field
from services.registry.adapters.entry.context import LONGEST_CODE, Entry
from services.registry.adapters.entry.scope_fields import SCOPE_FIELDS, read_scope, scope_now
from services.registry.adapters.requests_api import WithdrawalOfRequest
from services.registry.domain import draft_commands as drafts
from services.registry.domain.draft_commands import Given
from services.registry.domain.draft_state import Draft, State, entry_with_id, procedure_of
from services.registry.domain.errors import EntryNotRecorded, RequestNotFound, RequestSettled
from shared.contracts.vocabulary import Procedure, Stage
from shared.eventstore.handle import Handled, History
from shared.kernel.errors import Text
from shared.pages.date_boxes import date_in_boxes, in_boxes
from shared.pages.entry import body_of
from shared.pages.forms import Fields
from shared.rights.actions import Action
from shared.rules.wording import PROCEDURES, STAGES

MOST_WORDS = 2000
REASON = Field("reason", Text("Lý do", "Reason"), "words")
DOCUMENT = Field(
    "document",
    Text("Văn bản", "Document"),
    hint="Số, ký hiệu và ngày, ví dụ: Công văn số 1234/VPCP-PL ngày 05/3/2026",
)
AUTHORITY = Field("authority", Text("Cơ quan ban hành văn bản", "Authority"))
DECIDED_ON = Field("decided_on", Text("Ngày văn bản", "Day of the document"), "boxes")
ASKED = "Nội dung làm giảm nghĩa vụ của chính đơn vị được gửi cơ quan theo dõi quyết định."
ASKED_EN = "What lowers the unit's own duty is sent to the supervising body for a decision."


def _scope(form: Fields, given: Given, _: UUID | None) -> drafts.Command | None:
    body = body_of(form, bodies.ScopeBody, read_scope(form))
    return drafts.AssessScope(scope=body.scope(), **given) if body else None


def _scope_following(entry: Entry, draft: Draft, handled: Handled[State], _: Any) -> Iterator[Text]:
    commands = entry.commands
    return consequences.of_registration(draft, handled, commands.rulebook, commands.today)


def _exemption(form: Fields, given: Given, _: UUID | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "decided_on", whole=True)
    stages = tuple(Stage(value) for value in form.chosen("stages") if value in set(Stage))
    body = body_of(
        form, bodies.Exemption, {"stages": stages, **_paper(form), "decided_on": dated and dated[0]}
    )
    return body.command(given) if body else None


def _paper(form: Fields) -> dict[str, Any]:
    return {
        "document": form.words("document", MOST_WORDS),
        "authority": form.words("authority", MOST_WORDS),
    }


def _transfer(form: Fields, given: Given, _: UUID | None) -> drafts.Command | None:
    dated, code = date_in_boxes(form, "on", whole=True), form.words("to_unit_code", LONGEST_CODE)
    values = {
        "to_unit_code": code.upper() if code else None,
        "on": dated and dated[0],
        "document": form.words("document", MOST_WORDS),
    }
    body = body_of(form, bodies.Handover, values)
    return body.command(given) if body else None


def _procedure(form: Fields, given: Given, _: UUID | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "decided_on", whole=True)
    values = {
        "procedure": form.one_of("procedure", Procedure),
        **_paper(form),
        "decided_on": dated and dated[0],
    }
    body = body_of(form, bodies.ProcedureDecision, values)
    return body.command(given) if body else None


def _title(form: Fields, given: Given, _: UUID | None) -> drafts.Command | None:
    body = body_of(form, bodies.Retitling, {"title": form.words("title", MOST_WORDS)})
    return drafts.Retitle(title=body.title, **given) if body else None


def _correction(form: Fields, given: Given, number: UUID | None) -> drafts.Command | None:
    dated = date_in_boxes(form, "entered_on")
    values = {
        "stage": form.one_of("stage", Stage),
        "entered_on": dated and dated[0],
        "precision": dated and dated[1],
        "reason": form.words("reason", MOST_WORDS),
    }
    body = body_of(form, bodies.StageCorrection, values)
    return body.command(number, given) if body and number else None


def _stage_now(_: Draft, history: History, number: UUID | None) -> dict[str, list[str]]:
    if number is None or (entry := entry_with_id(history.events, number)) is None:
        raise EntryNotRecorded(number or UUID(int=0))
    return {"stage": [entry.stage], **in_boxes("entered_on", entry.entered_on, entry.precision)}


def _stage_following(
    entry: Entry, draft: Draft, handled: Handled[State], command: drafts.CorrectStage
) -> Iterator[Text]:
    commands = entry.commands
    dated = (command.stage, command.entered_on)
    return consequences.of_stage(draft, handled, *dated, commands.rulebook, commands.today)


def _withdrawal(form: Fields, given: Given, number: UUID | None) -> drafts.Command | None:
    body = body_of(form, WithdrawalOfRequest, {"reason": form.words("reason", MOST_WORDS)})
    return drafts.WithdrawRequest(request_id=number, reason=body.reason, **given) if body and number else None


def _waiting(draft: Draft, _: History, number: UUID | None) -> dict[str, list[str]]:
    request = draft.request(number) if number else None
    if request is None:
        raise RequestNotFound(number or UUID(int=0))
    if request.settled is not None:
        raise RequestSettled(request.settled.decision, request.settled.on)
    return {}


CHANGES = (
    Change(
        path="scope",
        action=Action.ASSESS_SCOPE,
        heading=Text("Đánh giá lại phạm vi", "Assess the scope again"),
        intro=Text(
            f"Dự thảo thuộc phạm vi khi chính sách đáp ứng cả bốn tiêu chí. {ASKED}",
            f"All four criteria have to hold. {ASKED_EN}",
        ),
        fields=SCOPE_FIELDS,
        read=_scope,
        filled=scope_now,
        following=_scope_following,
    ),
    Change(
        path="exemption",
        action=Action.EXEMPT_DRAFT,
        heading=Text("Đề nghị miễn truyền thông", "Ask for an exemption"),
        intro=Text(f"Việc miễn phải có văn bản. {ASKED}", f"An exemption needs a document. {ASKED_EN}"),
        fields=(
            Field(
                "stages",
                Text("Giai đoạn được miễn", "Stages"),
                "ticks",
                "Không chọn giai đoạn nào nghĩa là miễn đối với toàn bộ dự thảo",
                {stage: STAGES[stage] for stage in Stage if stage.order < Stage.ADOPTED.order},
            ),
            DOCUMENT,
            AUTHORITY,
            DECIDED_ON,
        ),
        read=_exemption,
    ),
    Change(
        path="transfer",
        action=Action.TRANSFER_DRAFT,
        heading=Text("Đề nghị chuyển cơ quan chủ trì", "Ask for a transfer"),
        intro=Text(
            f"Dự thảo được chuyển cho đơn vị khác chủ trì theo văn bản. {ASKED}",
            f"Another unit takes the draft over by a document. {ASKED_EN}",
        ),
        fields=(
            Field("to_unit_code", Text("Mã đơn vị nhận dự thảo", "Code of the unit")),
            Field("on", Text("Từ ngày", "From"), "boxes"),
            DOCUMENT,
        ),
        read=_transfer,
    ),
    Change(
        path="procedure",
        action=Action.DECIDE_PROCEDURE,
        heading=Text("Thay đổi trình tự, thủ tục", "Change the procedure"),
        intro=Text(
            f"Trình tự, thủ tục rút gọn do cấp có thẩm quyền quyết định bằng văn bản (Luật số 64/2025/QH15, Điều 50). {ASKED}",
            f"The simplified procedure is decided by a document (Law 64/2025/QH15, Article 50). {ASKED_EN}",
        ),
        fields=(
            Field("procedure", Text("Trình tự, thủ tục", "Procedure"), "list", options=PROCEDURES),
            DOCUMENT,
            AUTHORITY,
            DECIDED_ON,
        ),
        read=_procedure,
        filled=lambda draft, _history, _: {"procedure": [procedure_of(draft)]},
    ),
    Change(
        path="title",
        action=Action.RETITLE_DRAFT,
        heading=Text("Sửa tên dự thảo", "Change the title"),
        intro=Text("Tên cũ vẫn được giữ trong lịch sử.", "The old title remains in the history."),
        fields=(Field("title", Text("Tên dự thảo", "Title"), "words"),),
        read=_title,
        filled=lambda draft, _history, _: {"title": [draft.title]},
    ),
    Change(
        path="stages/{number}",
        action=Action.CORRECT_STAGE,
        heading=Text("Đính chính giai đoạn", "Correct a stage"),
        intro=Text(
            f"Sửa giai đoạn hoặc ngày đã ghi nhầm. {ASKED}", f"Correct what was recorded wrongly. {ASKED_EN}"
        ),
        fields=(
            Field("stage", Text("Giai đoạn", "Stage"), "list", options=STAGES),
            Field(
                "entered_on",
                Text("Ngày vào giai đoạn", "Entered on"),
                "boxes",
                "Nếu chỉ biết tháng hoặc năm thì để trống các ô còn lại",
            ),
            REASON,
        ),
        read=_correction,
        filled=_stage_now,
        following=_stage_following,
    ),
    Change(
        path="requests/{number}/withdraw",
        action=Action.WITHDRAW_REQUEST,
        heading=Text("Rút đề nghị", "Withdraw a request"),
        intro=Text(
            "Đề nghị đang chờ quyết định không còn được xem xét sau khi rút.",
            "A request that is withdrawn is not decided any more.",
        ),
        fields=(REASON,),
        read=_withdrawal,
        filled=_waiting,
    ),
)
