"""What the registry refuses, and what to do instead."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar
from uuid import UUID

from services.registry.domain.draft_commands import Entry
from shared.contracts.vocabulary import RequestDecision, RequestKind, Stage
from shared.kernel.errors import Refusal, RefusalKind, Text
from shared.rules.words.wording import STAGES


class DraftNotFound(Refusal):
    code = "draft-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Chưa có dự thảo với mã này; đề nghị đăng ký dự thảo trước (POST /drafts).",
            "There is no draft with this code; register it first (POST /drafts).",
        )


class UnitNotFound(Refusal):
    code = "unit-not-found"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Chưa có đơn vị mã “{unit_code}”; đề nghị đăng ký đơn vị trước (POST /units) hoặc sửa mã.",
            f"There is no unit with the code '{unit_code}'; register it first (POST /units), or correct the code.",
            unit_code=unit_code,
        )


class UnknownUnit(UnitNotFound):
    """The requested unit itself, not a unit that a command names."""

    kind = "not_found"


class CodeOfExercise(Refusal):
    """A draft that is registered in training would take a code that a draft of the office may need."""

    code = "code-of-exercise"
    kind = "invalid"

    def __init__(self, prefix: str) -> None:
        super().__init__(
            f"Khi tập nhập liệu, mã dự thảo bắt đầu bằng “{prefix}”, vì mã đã dùng không dùng lại được cho dự thảo thật. "
            f"Đề nghị ghi “{prefix}” trước mã.",
            f"In training the code of a draft begins with '{prefix}', since a code that was used is never free again. Write "
            f"'{prefix}' before it.",
            field="draft_code",
        )


class DraftDiffers(Refusal):
    code = "draft-differs"

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Dự thảo “{draft_code}” đã được đăng ký với nội dung khác; bản đầu được giữ. Để đính chính hình thức, "
            "luật áp dụng, số văn bản, kết quả hoặc nguồn: POST /drafts/{mã}/amend; tên gọi: POST /drafts/{mã}/title; "
            "phạm vi: POST /drafts/{mã}/scope; trình tự: POST /drafts/{mã}/procedure; cơ quan chủ trì: "
            "POST /drafts/{mã}/transfer.",
            f"The draft '{draft_code}' is registered with other data; the first stays. To correct the instrument, "
            "regime, final number, outcome or source: POST /drafts/{code}/amend; the title: POST /drafts/{code}/title; "
            "the scope: POST /drafts/{code}/scope; the procedure: POST /drafts/{code}/procedure; the lead unit: "
            "POST /drafts/{code}/transfer.",
        )


class PaperDiffers(Refusal):
    code = "paper-differs"

    def __init__(self, stage: Stage, on: date) -> None:
        super().__init__(
            f"Giai đoạn “{STAGES[stage].vi}” ngày {on:%d/%m/%Y} đã được ghi nhận với số, ngày hoặc cơ quan ban hành văn bản "
            "khác; để bổ sung hoặc sửa: POST /drafts/{mã}/stages/{entry_id}/correct.",
            f"The stage '{STAGES[stage].en}' of {on} is recorded with another number, date or issuer of its paper; to add "
            "or correct them: POST /drafts/{code}/stages/{entry_id}/correct.",
            field="document_no",
        )


class StageNotExpected(Refusal):
    code = "stage-not-expected"
    kind = "invalid"

    def __init__(self, stage: Stage) -> None:
        super().__init__(
            f"Giai đoạn “{STAGES[stage].vi}” không thể là giai đoạn dự kiến; hãy ghi nhận khi việc đó đã diễn ra.",
            f"The stage '{STAGES[stage].en}' can't be expected; record it when it has happened.",
            field="stage",
        )


class ExpectedDayPassed(Refusal):
    code = "expected-day-passed"
    kind = "invalid"

    def __init__(self, stage: Stage, on: date) -> None:
        super().__init__(
            f"Ngày dự kiến {on:%d/%m/%Y} của giai đoạn “{STAGES[stage].vi}” đã qua; nếu dự thảo đã vào giai đoạn này, hãy ghi "
            "nhận việc vào giai đoạn, nếu chưa, hãy ghi ngày dự kiến mới.",
            f"The day {on} on which the stage '{STAGES[stage].en}' is expected has passed; if the draft has entered it, "
            "record that, else give a new day.",
            field="entered_on",
        )


class MoreThanReceived(Refusal):
    code = "more-than-received"
    kind = "invalid"

    def __init__(self, field: str, number: int, received: int) -> None:
        super().__init__(
            f"Số ý kiến ở “{field}” ({number}) lớn hơn số ý kiến nhận được ({received}); đề nghị kiểm tra lại.",
            f"'{field}' has more opinions ({number}) than were received ({received}); check the numbers.",
            field=field,
        )


class AmendsAndClears(Refusal):
    code = "amends-and-clears"
    kind = "invalid"

    def __init__(self, names: Iterable[str]) -> None:
        listed = ", ".join(sorted(names))
        super().__init__(
            f"Vừa ghi giá trị mới vừa xóa cùng một mục ({listed}); đề nghị chỉ chọn một.",
            f"A new value is given for what is also cleared ({listed}); choose one of the two.",
        )


class AmendmentUndoesEnd(Refusal):
    """An end is undone by correcting the entry that recorded it, never by an amendment."""

    code = "amendment-undoes-end"

    def __init__(self, end: Stage, name: str) -> None:
        super().__init__(
            f"Dự thảo đã kết thúc ({end}); nội dung đính chính “{name}” mâu thuẫn với việc kết thúc đó. Nếu ghi nhầm "
            "việc kết thúc, đề nghị sửa giai đoạn trước (POST /drafts/{mã}/stages/{entry_id}/correct).",
            f"The draft ended ({end}); the amended '{name}' contradicts that. If the end was recorded by mistake, "
            "correct its stage first (POST /drafts/{code}/stages/{entry_id}/correct).",
            end=end,
            field=name,
        )


class UnitDiffers(Refusal):
    code = "unit-differs"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Đơn vị “{unit_code}” đã được đăng ký với nội dung khác; bản đầu được giữ.",
            f"The unit '{unit_code}' is registered with other data; the first stays.",
        )


class PolicyDiffers(Refusal):
    code = "policy-differs"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Chính sách số {number} đã có với nội dung khác hoặc đã bị bỏ; bản đầu được giữ.",
            f"Policy {number} exists with other data, or was removed; the first stays.",
        )


class ExemptionNotFound(Refusal):
    code = "exemption-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Dự thảo không có nội dung miễn truyền thông với mã này; đề nghị lấy mã tại mục exemptions của dự thảo (GET /drafts/{mã}).",
            "The draft has no exemption with this id; take the id from `exemptions` of the draft (GET /drafts/{code}).",
            field="exemption_id",
        )


class ExemptionExists(Refusal):
    """A correction would make one exemption the same as another: one of them was recorded twice."""

    code = "exemption-exists"

    def __init__(self, document: str) -> None:
        super().__init__(
            f"Đã có một nội dung miễn khác như vậy theo {document}; chưa thay đổi nội dung nào. Nếu nội dung này ghi trùng, đề nghị "
            "hủy vì ghi nhầm thay vì đính chính; nếu không, đề nghị xem lại giai đoạn, văn bản và ngày.",
            f"There is another exemption of this content, by {document}; nothing was changed. If this one was recorded twice, cancel it "
            "instead of correcting it; otherwise look at its stages, document and day again.",
        )


class PolicyNotFound(Refusal):
    code = "policy-not-found"
    kind = "not_found"

    def __init__(self, number: int) -> None:
        super().__init__(f"Dự thảo không có chính sách số {number}.", f"The draft has no policy {number}.")


class StageAfterEnd(Refusal):
    code = "stage-after-end"

    def __init__(self, end: Entry, stage: Stage, day: date) -> None:
        super().__init__(
            f"Dự thảo đã kết thúc ({end.stage}) ngày {end.entered_on:%d/%m/%Y}; không nhận giai đoạn “{stage}” ngày {day:%d/%m/%Y}.",
            f"The draft ended ({end.stage}) on {end.entered_on}; the stage '{stage}' of {day} is not taken.",
        )


class NothingInterrupted(Refusal):
    code = "nothing-interrupted"

    def __init__(self, day: date) -> None:
        super().__init__(
            f"Đến ngày {day:%d/%m/%Y} không có giai đoạn nào đang tạm dừng; đề nghị ghi giai đoạn cụ thể.",
            f"No stage stands interrupted on {day}; enter the stage itself.",
        )


class EntryNotFound(Refusal):
    code = "entry-not-found"
    kind = "not_found"

    def __init__(self, stage: Stage, day: date) -> None:
        super().__init__(
            f"Không có lần vào giai đoạn “{stage}” ngày {day:%d/%m/%Y} để sửa.",
            f"There is no entry into '{stage}' on {day} to correct.",
        )


class EntryExists(Refusal):
    code = "entry-exists"

    def __init__(self, stage: Stage, day: date) -> None:
        super().__init__(
            f"Đã có lần vào giai đoạn “{stage}” ngày {day:%d/%m/%Y}.",
            f"There already is an entry into '{stage}' on {day}.",
        )


class ResumptionNeedsEntry(Refusal):
    code = "resumption-needs-entry"

    def __init__(self, stage: Stage, day: date) -> None:
        super().__init__(
            f"Lần tiếp tục giai đoạn “{stage}” ngày {day:%d/%m/%Y} cần nội dung này; đề nghị hủy lần tiếp tục đó trước, rồi hủy nội dung này.",
            f"Going on with '{stage}' on {day} needs this entry; cancel that resumption first, then this entry.",
        )


class EndIsStated(Refusal):
    code = "end-is-stated"

    def __init__(self, stage: Stage, name: str) -> None:
        words = {"final_number": "số, ký hiệu văn bản", "outcome": "kết quả"}
        super().__init__(
            f"Dự thảo còn ghi {words[name]} ({name}), nội dung này cần giai đoạn “{stage}”; đề nghị xóa {name} trước (POST "
            f"/drafts/{{mã}}/amend với cleared: [“{name}”]), rồi hủy giai đoạn.",
            f"The draft states {name}, which needs the stage '{stage}'; clear {name} first (POST /drafts/{{code}}/amend "
            f'with cleared: ["{name}"]), then cancel the stage.',
        )


class OutcomeWithoutStage(Refusal):
    """The row of the draft is accepted; this is its warning."""

    code = "outcome-without-stage"

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Dự thảo “{draft_code}” có kết quả rút hoặc gộp nhưng chưa có giai đoạn nào nên chưa xác định được ngày kết thúc.",
            f"The draft '{draft_code}' is recorded as withdrawn or merged but has no stage, so its end has no date.",
        )


class NotYourDraft(Refusal):
    code = "not-your-draft"
    kind = "forbidden"

    def __init__(self, draft_code: str, lead_unit_code: str) -> None:
        super().__init__(
            f"Dự thảo “{draft_code}” do đơn vị “{lead_unit_code}” chủ trì; chỉ đơn vị này được cập nhật.",
            f"The draft '{draft_code}' is led by the unit '{lead_unit_code}'; only that unit may change it.",
        )


class EntryNotRecorded(Refusal):
    code = "entry-not-found"
    kind = "not_found"

    def __init__(self, entry_id: UUID) -> None:
        super().__init__(
            f"Dự thảo không có lần vào giai đoạn nào mang mã {entry_id}; xem danh sách tại GET /drafts/{{mã}}.",
            f"The draft has no stage entry with the id {entry_id}; GET /drafts/{{code}} lists them.",
        )


class NothingToPost(Refusal):
    code = "nothing-to-post"
    kind = "invalid"

    def __init__(self, stage: Stage) -> None:
        super().__init__(
            f"Việc đăng tải lấy ý kiến không gắn với “{stage}”; đề nghị ghi giai đoạn trước khi thông qua, ví dụ draft_consultation.",
            f"Nothing is posted for comment in '{stage}'; name a stage before adoption, such as draft_consultation.",
        )


class PostingEndsBefore(Refusal):
    code = "posting-ends-before"
    kind = "invalid"

    def __init__(self, opened_on: date, end: date) -> None:
        super().__init__(
            f"Ngày kết thúc đăng tải {end:%d/%m/%Y} đứng trước ngày bắt đầu {opened_on:%d/%m/%Y}; đề nghị kiểm tra lại.",
            f"The posting would end on {end}, before it began on {opened_on}; check both days.",
        )


class PostingDiffers(Refusal):
    code = "posting-differs"

    def __init__(self, stage: Stage, opened_on: date) -> None:
        super().__init__(
            f"Đợt đăng tải ở “{stage}” từ ngày {opened_on:%d/%m/%Y} đã có với nội dung khác; bản đầu được giữ. "
            "Để thay đổi ngày kết thúc, dùng lệnh gia hạn; nếu đã ghi nhầm, đính chính đợt đó.",
            f"The posting in '{stage}' from {opened_on} is recorded with other data; the first stays. "
            "To move its end, extend it; if it was recorded wrongly, correct it.",
        )


class PostingExists(Refusal):
    """A correction would make one posting the same as another: one of them was recorded twice."""

    code = "posting-exists"

    def __init__(self, stage: Stage, opened_on: date) -> None:
        name = STAGES[stage]
        super().__init__(
            f"Đã có một đợt đăng tải khác ở “{name.vi}” từ ngày {opened_on:%d/%m/%Y}; chưa thay đổi nội dung nào. Nếu đợt này ghi "
            "trùng, đề nghị hủy vì ghi nhầm thay vì đính chính; nếu không, đề nghị xem lại ngày bắt đầu.",
            f"There is another posting in '{name.en}' from {opened_on}; nothing was changed. If this one was recorded twice, "
            "cancel it instead of correcting it; otherwise look at the first day again.",
        )


class PostingStillOpen(Refusal):
    code = "posting-still-open"

    def __init__(self, stage: Stage, opened_on: date) -> None:
        super().__init__(
            f"Đợt đăng tải ở “{stage}” từ ngày {opened_on:%d/%m/%Y} chưa kết thúc; đề nghị gia hạn hoặc kết thúc đợt đó trước.",
            f"The posting in '{stage}' from {opened_on} is still open; extend or close it first.",
        )


class PostingNotFound(Refusal):
    code = "posting-not-found"
    kind = "not_found"

    def __init__(self, posting_id: UUID) -> None:
        super().__init__(
            f"Dự thảo không có đợt đăng tải {posting_id}; xem các đợt ở GET /drafts/{{mã}}.",
            f"The draft has no posting {posting_id}; GET /drafts/{{code}} lists them.",
        )


class PostingClosed(Refusal):
    code = "posting-closed"

    def __init__(self, closed_on: date) -> None:
        super().__init__(
            f"Đợt đăng tải đã kết thúc ngày {closed_on:%d/%m/%Y}; để đăng tải lại, mở một đợt mới.",
            f"The posting ended on {closed_on}; to post again, open a new one.",
        )


class PostingNotExtended(Refusal):
    code = "posting-not-extended"
    kind = "invalid"

    def __init__(self, end: date, closes_on: date) -> None:
        super().__init__(
            f"Gia hạn đến {closes_on:%d/%m/%Y} không muộn hơn ngày kết thúc hiện nay {end:%d/%m/%Y}; đề nghị ghi ngày sau đó.",
            f"{closes_on} is no later than the present end {end}; name a later day.",
        )


class NotTheDecider(Refusal):
    code = "not-the-decider"
    kind = "forbidden"

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Đề nghị về dự thảo “{draft_code}” do cơ quan theo dõi quyết định; đơn vị đã đề nghị có thể rút đề nghị "
            "(POST /drafts/{mã}/requests/{id}/withdraw).",
            f"A request about the draft '{draft_code}' is decided by the supervising body; the unit that asked may "
            "withdraw it (POST /drafts/{code}/requests/{id}/withdraw).",
        )


class RequestNotFound(Refusal):
    code = "request-not-found"
    kind = "not_found"

    def __init__(self, request_id: UUID) -> None:
        super().__init__(
            f"Dự thảo không có đề nghị {request_id}; xem các đề nghị tại GET /requests.",
            f"The draft has no request {request_id}; GET /requests lists them.",
        )


_SETTLED = {
    RequestDecision.APPROVED: Text("được chấp thuận", "approved"),
    RequestDecision.REFUSED: Text("không được chấp thuận", "refused"),
    RequestDecision.WITHDRAWN: Text("được rút", "withdrawn"),
}


class RequestSettled(Refusal):
    code = "request-settled"

    def __init__(self, decision: RequestDecision, on: date) -> None:
        how = _SETTLED[decision]
        super().__init__(
            f"Đề nghị đã {how.vi} ngày {on:%d/%m/%Y}; nếu còn cần, đề nghị gửi đề nghị mới.",
            f"The request was {how.en} on {on}; if it is still needed, send a new one.",
        )


class CannotForward(Refusal):
    """A request is passed on to a body that may decide for the unit, and not to where it is already."""

    code = "cannot-forward"
    kind = "invalid"

    def __init__(self, to_unit_code: str, possible: Iterable[str]) -> None:
        listed = ", ".join(possible)
        super().__init__(
            f"Không chuyển được đề nghị đến “{to_unit_code}”; cơ quan có thẩm quyền xem xét, quyết định đối với đơn vị này: "
            f"{listed or 'chưa có'}.",
            f"The request can't be forwarded to '{to_unit_code}'; bodies that may decide for this unit: {listed or 'none'}.",
        )


class ReasonMissing(Refusal):
    code = "reason-missing"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Không chấp thuận thì cần nêu lý do để đơn vị đề nghị biết.",
            "A refusal needs a reason, for the unit that asked.",
        )


class RequestIncomplete(Refusal):
    code = "request-incomplete"
    kind = "invalid"

    def __init__(self, kind: RequestKind, missing: Iterable[str]) -> None:
        listed = ", ".join(missing) or "wanted"
        super().__init__(
            f"Để chấp thuận đề nghị này ({kind}) cần ghi thêm: {listed}.",
            f"To approve this request ({kind}), give also: {listed}.",
            missing=listed,
        )


class RequestOutdated(Refusal):
    """What was asked for can't be recorded any more: the draft changed since; nothing was decided."""

    code = "request-outdated"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(
            "Dự thảo đã thay đổi sau khi có đề nghị nên chưa thể chấp thuận; đề nghị vẫn đang chờ quyết định. "
            f"{refusal.message.vi}",
            "The draft changed since this was asked for, so it can't be approved; the request still waits. "
            f"{refusal.message.en}",
            refused_as=refusal.code,
        )
