"""Which forms change a draft: scope, exemption, transfer, procedure, title, a stage; a request is withdrawn."""

from services.registry.adapters.entry.change_form import Change, Field
from services.registry.adapters.entry.change_reading import (
    OPINIONS,
    read_correction,
    read_exemption,
    read_expectation,
    read_opinions,
    read_procedure,
    read_scope,
    read_title,
    read_transfer,
    read_withdrawal,
    require_waiting,
    scope_following,
    stage_following,
    stage_now,
)
from services.registry.adapters.entry.paper_fields import PAPER
from services.registry.adapters.entry.scope_fields import SCOPE_FIELDS, scope_now
from services.registry.domain.draft_state import procedure_of
from shared.contracts.vocabulary import Stage
from shared.kernel.errors import Text
from shared.rights.actions import Action
from shared.rules.wording import PROCEDURES, STAGES

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


_TO_COME = {stage: STAGES[stage] for stage in Stage if stage.order < Stage.SUSPENDED.order}
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
        read=read_scope,
        filled=scope_now,
        following=scope_following,
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
        read=read_exemption,
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
        read=read_transfer,
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
        read=read_procedure,
        filled=lambda draft, _history, _: {"procedure": [procedure_of(draft)]},
    ),
    Change(
        path="title",
        action=Action.RETITLE_DRAFT,
        heading=Text("Sửa tên dự thảo", "Change the title"),
        intro=Text("Tên cũ vẫn được giữ trong lịch sử.", "The old title remains in the history."),
        fields=(Field("title", Text("Tên dự thảo", "Title"), "words"),),
        read=read_title,
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
            *PAPER,
            REASON,
        ),
        read=read_correction,
        filled=stage_now,
        following=stage_following,
    ),
    Change(
        path="expected",
        action=Action.EXPECT_STAGE,
        heading=Text("Dự kiến giai đoạn sắp tới", "Expect a stage"),
        intro=Text(
            "Ngày dự kiến không làm thay đổi thời hạn; khi dự thảo vào giai đoạn, đề nghị ghi nhận việc vào giai đoạn.",
            "What is expected changes no due day; record the stage when the draft enters it.",
        ),
        fields=(
            Field("stage", Text("Giai đoạn", "Stage"), "list", options=_TO_COME),
            Field(
                "expected_on",
                Text("Ngày dự kiến", "Expected on"),
                "boxes",
                "Nếu chỉ biết tháng thì để trống ô ngày",
            ),
            Field("session", Text("Kỳ họp (nếu có)", "Session (if any)")),
        ),
        read=read_expectation,
    ),
    Change(
        path="opinions",
        action=Action.SUMMARISE_OPINIONS,
        heading=Text("Tổng hợp ý kiến góp ý", "Summarise opinions"),
        intro=Text(
            "Số ý kiến của cả đợt lấy ý kiến; ghi lại thì số mới thay số cũ.",
            "What the whole consultation brought; recorded again, the new numbers hold.",
        ),
        fields=(
            Field("stage", Text("Giai đoạn", "Stage"), "list", options=_TO_COME),
            Field("summarised_on", Text("Ngày tổng hợp", "Summarised on"), "boxes"),
            *OPINIONS,
            Field("published_at", Text("Nơi công bố (nếu có)", "Where it was published (if anywhere)")),
            Field("counting_rule", Text("Quy tắc đếm (nếu có)", "What was counted and what was not")),
        ),
        read=read_opinions,
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
        read=read_withdrawal,
        filled=require_waiting,
    ),
)
