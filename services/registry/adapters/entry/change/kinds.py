"""Which forms change a draft: scope, exemption, transfer, procedure, title, a stage; a request is withdrawn."""

from services.registry.adapters import bodies
from services.registry.adapters.entry.change import subjects
from services.registry.adapters.entry.change.form import Change, Field, by_draft, by_id, by_policy
from services.registry.adapters.entry.change.postings import (
    policy_now,
    posting_as_recorded,
    posting_now,
    read_closure,
    read_extension,
    read_policy,
    read_posting,
    read_posting_correction,
    read_removal,
)
from services.registry.adapters.entry.change.reading import (
    OPINIONS,
    cancellation,
    cancellation_following,
    exemption_now,
    read_correction,
    read_exemption,
    read_exemption_correction,
    read_expectation,
    read_opinions,
    read_procedure,
    read_scope,
    read_title,
    read_transfer,
    read_withdrawal,
    scope_following,
    stage_following,
    stage_now,
)
from services.registry.adapters.entry.paper_fields import PAPER
from services.registry.adapters.entry.scope_fields import SCOPE_FIELDS, scope_now
from services.registry.domain.draft_state import procedure_of
from shared.contracts.vocabulary import Stage
from shared.kernel.errors import Text
from shared.rules.rights.actions import Action
from shared.rules.words.wording import PROCEDURES, STAGES

REASON = Field("reason", Text("Lý do", "Reason"), "words")
DOCUMENT = Field(
    "document",
    Text("Văn bản", "Document"),
    hint="Số, ký hiệu và ngày, ví dụ: Công văn số 1234/VPCP-PL ngày 05/3/2026",
)
CANCELLATION = (
    Field("reason", Text("Lý do hủy", "Why it is taken back"), "words"),
    Field("document", Text("Văn bản (nếu có)", "Document (if any)")),
)
AUTHORITY = Field("authority", Text("Cơ quan ban hành văn bản", "Authority"))
DECIDED_ON = Field("decided_on", Text("Ngày văn bản", "Day of the document"), "boxes")
ASKED = "Nội dung làm giảm nghĩa vụ của chính đơn vị được gửi cơ quan theo dõi quyết định."
ASKED_EN = "What lowers the unit's own duty is sent to the supervising body for a decision."


EXEMPTED_STAGES = Field(
    "stages",
    Text("Giai đoạn được miễn", "Stages"),
    "ticks",
    "Không chọn giai đoạn nào nghĩa là miễn đối với toàn bộ dự thảo",
    {stage: STAGES[stage] for stage in Stage if stage.order < Stage.ADOPTED.order},
)
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
        fields=(EXEMPTED_STAGES, DOCUMENT, AUTHORITY, DECIDED_ON),
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
        compared=True,
    ),
    Change(
        path="stages/{number}",
        number=by_id,
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
        about=subjects.stage,
        filled=stage_now,
        following=stage_following,
        compared=True,
    ),
    Change(
        path="stages/{number}/cancellation",
        number=by_id,
        action=Action.CANCEL_STAGE,
        heading=Text("Hủy giai đoạn ghi nhầm", "Cancel a stage"),
        intro=Text(
            f"Dự thảo được coi là chưa từng vào giai đoạn này; lịch sử vẫn nêu cả hai. Nếu chỉ sai ngày hoặc tên giai đoạn, đề nghị đính chính. {ASKED}",
            f"The draft is held never to have entered this stage; the history shows both. If only its day or name is wrong, correct it. {ASKED_EN}",
        ),
        fields=CANCELLATION,
        read=cancellation(bodies.StageCancellation),
        about=subjects.stage,
        following=cancellation_following,
        instead="stages/{number}",
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
        path="exemptions/{number}/correction",
        number=by_id,
        action=Action.CORRECT_EXEMPTION,
        heading=Text("Đính chính nội dung miễn truyền thông", "Correct an exemption"),
        intro=Text(
            f"Sửa giai đoạn, văn bản hoặc ngày đã ghi nhầm; lịch sử vẫn nêu cả nội dung cũ và mới. {ASKED}",
            f"Correct stages, document or day that were recorded wrongly; the history shows both. {ASKED_EN}",
        ),
        fields=(
            EXEMPTED_STAGES,
            DOCUMENT,
            AUTHORITY,
            DECIDED_ON,
            Field("reason", Text("Lý do đính chính", "Why it is corrected"), "words"),
        ),
        read=read_exemption_correction,
        about=subjects.exemption,
        filled=exemption_now,
        compared=True,
    ),
    Change(
        path="exemptions/{number}/cancellation",
        number=by_id,
        action=Action.CANCEL_EXEMPTION,
        heading=Text("Hủy nội dung miễn truyền thông ghi nhầm", "Take back an exemption"),
        intro=Text(
            "Nội dung miễn được coi là chưa từng có: dự thảo lại phải truyền thông theo quy định. Lịch sử vẫn nêu cả hai. Nếu chỉ sai giai đoạn, văn bản hoặc ngày, đề nghị đính chính.",
            "The exemption is held never to have been: the draft is to be communicated by the rules. The history shows both. If only its stages, document or day are wrong, correct it.",
        ),
        fields=CANCELLATION,
        read=cancellation(bodies.ExemptionCancellation),
        about=subjects.exemption,
        instead="exemptions/{number}/correction",
    ),
    Change(
        path="policies/{policy_no}",
        number=by_policy,
        action=Action.AMEND_POLICY,
        heading=Text("Sửa chính sách", "Amend a policy"),
        intro=Text("Tên cũ vẫn được giữ trong lịch sử.", "The old title remains in the history."),
        fields=(
            Field("title", Text("Tên chính sách", "Title"), "words"),
            Field(
                "affected_groups",
                Text("Đối tượng chịu tác động (nếu có)", "Affected groups (if any)"),
                hint="Cách nhau bằng dấu chấm phẩy, ví dụ: học sinh; hộ nghèo",
            ),
        ),
        read=read_policy,
        about=subjects.policy,
        filled=policy_now,
        compared=True,
    ),
    Change(
        path="policies/{policy_no}/removal",
        number=by_policy,
        action=Action.REMOVE_POLICY,
        heading=Text("Bỏ chính sách", "Remove a policy"),
        intro=Text(
            f"Chính sách không còn trong dự thảo thì không còn phải truyền thông. {ASKED}",
            f"What is no longer in the draft need not be communicated. {ASKED_EN}",
        ),
        fields=(REASON,),
        read=read_removal,
        about=subjects.policy,
    ),
    Change(
        path="postings",
        number=by_draft,
        action=Action.OPEN_POSTING,
        heading=Text("Ghi nhận đăng tải lấy ý kiến", "Record a posting for comment"),
        intro=Text(
            "Nếu để trống ngày kết thúc, hệ thống tính theo thời gian đăng tải tối thiểu của trình tự áp dụng.",
            "Without a last day the least time of the procedure is used.",
        ),
        fields=(
            Field("stage", Text("Giai đoạn", "Stage"), "list", options=_TO_COME),
            Field("opened_on", Text("Ngày bắt đầu đăng tải", "Posted on"), "boxes"),
            Field("closes_on", Text("Ngày kết thúc (nếu có)", "Last day (if any)"), "boxes"),
            Field("place", Text("Nơi đăng tải: đường dẫn hoặc tên trang (nếu có)", "Where (if any)")),
        ),
        read=read_posting,
    ),
    Change(
        path="postings/{number}/extension",
        number=by_id,
        action=Action.EXTEND_POSTING,
        heading=Text("Kéo dài đăng tải", "Extend a posting"),
        intro=Text("Ngày kết thúc mới phải sau ngày hiện nay.", "The new last day has to be later."),
        fields=(Field("closes_on", Text("Ngày kết thúc mới", "New last day"), "boxes"), REASON),
        read=read_extension,
        about=subjects.posting,
        filled=posting_now,
    ),
    Change(
        path="postings/{number}/closure",
        number=by_id,
        action=Action.CLOSE_POSTING,
        heading=Text("Kết thúc đăng tải", "End a posting"),
        intro=Text(
            "Ghi ngày cuối cùng dự thảo còn được đăng tải.", "The last day on which the draft was posted."
        ),
        fields=(
            Field("closed_on", Text("Ngày kết thúc", "Last day"), "boxes"),
            Field("reason", Text("Lý do (nếu có)", "Reason (if any)"), "words"),
        ),
        read=read_closure,
        about=subjects.posting,
        filled=posting_now,
    ),
    Change(
        path="postings/{number}/correction",
        number=by_id,
        action=Action.CORRECT_POSTING,
        heading=Text("Đính chính đăng tải", "Correct a posting"),
        intro=Text(
            "Sửa nội dung đã ghi nhầm của lần đăng tải; ngày để trống là không có ngày đó. Lịch sử vẫn nêu cả nội dung cũ và mới.",
            "Correct what was recorded wrongly; a day that is left empty is held not to be. The history shows both.",
        ),
        fields=(
            Field("stage", Text("Giai đoạn", "Stage"), "list", options=_TO_COME),
            Field("opened_on", Text("Ngày bắt đầu đăng tải", "Posted on"), "boxes"),
            Field("closes_on", Text("Ngày kết thúc dự kiến (nếu có)", "Planned last day (if any)"), "boxes"),
            Field("extended_to", Text("Được kéo dài đến ngày (nếu có)", "Extended to (if it was)"), "boxes"),
            Field("closed_on", Text("Ngày đã kết thúc (nếu có)", "Ended on (if it has)"), "boxes"),
            Field("place", Text("Nơi đăng tải: đường dẫn hoặc tên trang (nếu có)", "Where (if any)")),
            Field("reason", Text("Lý do đính chính", "Why it is corrected"), "words"),
            Field("document", Text("Văn bản (nếu có)", "Document (if any)")),
        ),
        read=read_posting_correction,
        about=subjects.posting,
        filled=posting_as_recorded,
        compared=True,
    ),
    Change(
        path="postings/{number}/cancellation",
        number=by_id,
        action=Action.CANCEL_POSTING,
        heading=Text("Hủy lần đăng tải ghi nhầm", "Cancel a posting"),
        intro=Text(
            "Lần đăng tải được coi là chưa từng có; lịch sử vẫn nêu cả hai. Nếu chỉ sai ngày, giai đoạn hoặc nơi đăng tải, đề nghị đính chính.",
            "The posting is held never to have been; the history shows both. If only a day, its stage or its place is wrong, correct it.",
        ),
        fields=CANCELLATION,
        read=cancellation(bodies.PostingCancellation),
        about=subjects.posting,
        instead="postings/{number}/correction",
    ),
    Change(
        path="requests/{number}/withdraw",
        number=by_id,
        action=Action.WITHDRAW_REQUEST,
        heading=Text("Rút đề nghị", "Withdraw a request"),
        intro=Text(
            "Đề nghị đang chờ quyết định không còn được xem xét sau khi rút.",
            "A request that is withdrawn is not decided any more.",
        ),
        fields=(REASON,),
        read=read_withdrawal,
        about=subjects.request,
    ),
)
