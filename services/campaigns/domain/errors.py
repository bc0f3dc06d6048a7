"""What campaigns refuses, and what to do instead."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from shared.kernel.errors import Refusal


class CommunicationNotFound(Refusal):
    code = "communication-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Chưa có hoạt động truyền thông với mã này; danh sách tại GET /drafts/{mã}/communications.",
            "There is no communication with this id; GET /drafts/{code}/communications lists them.",
        )


class CommunicationDiffers(Refusal):
    code = "communication-differs"

    def __init__(self) -> None:
        super().__init__(
            "Hoạt động truyền thông này đã được ghi nhận với nội dung khác; bản đầu được giữ. "
            "Để thay đổi, dùng lệnh đính chính (POST /communications/{mã}/correct).",
            "This communication is recorded with other data; the first stays. "
            "To change it, correct it (POST /communications/{id}/correct).",
        )


class CommunicationIsRetracted(Refusal):
    code = "communication-retracted"

    def __init__(self) -> None:
        super().__init__(
            "Hoạt động truyền thông này đã bị rút lại nên không cập nhật được nữa; đề nghị ghi nhận hoạt động mới.",
            "This communication was retracted, and can no longer be updated; record a new one.",
        )


class ActivityNotFound(Refusal):
    code = "activity-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Kế hoạch của dự thảo không có hoạt động với mã này; danh sách tại GET /drafts/{mã}/plan.",
            "The plan of the draft has no activity with this id; GET /drafts/{code}/plan lists them.",
        )


class ActivityDiffers(Refusal):
    code = "activity-differs"

    def __init__(self) -> None:
        super().__init__(
            "Hoạt động này đã có trong kế hoạch với nội dung khác; bản đầu được giữ. Để đổi ngày, dùng lệnh dời ngày "
            "(POST …/activities/{mã}/reschedule); để đổi nội dung, hủy hoạt động cũ và lập hoạt động mới.",
            "This activity is planned with other data; the first stays. To move it, reschedule it "
            "(POST …/activities/{id}/reschedule); to change it otherwise, cancel it and plan a new one.",
        )


class ActivityIsCancelled(Refusal):
    code = "activity-cancelled"

    def __init__(self) -> None:
        super().__init__(
            "Hoạt động này đã bị hủy nên không dời ngày được; đề nghị lập hoạt động mới.",
            "This activity was cancelled and can't be moved; plan a new one.",
        )


class EvidenceDiffers(Refusal):
    code = "evidence-differs"

    def __init__(self) -> None:
        super().__init__(
            "Minh chứng này (cùng đường dẫn, cùng mã băm) đã được gắn với nội dung khác; bản đầu được giữ.",
            "This evidence (same link, same digest) is attached with other data; the first stays.",
        )


class EvidenceNotKept(Refusal):
    code = "evidence-not-kept"
    kind = "not_found"

    def __init__(self, evidence_id: UUID) -> None:
        super().__init__(
            f"Hệ thống không lưu tệp nào của minh chứng {evidence_id}; có thể tệp đã được xóa hoặc được lưu ở nơi khác.",
            f"No file is kept of the evidence {evidence_id}; it may have been deleted, or be kept elsewhere.",
        )


class FileIsAnother(Refusal):
    """What was sent is not the file of the digest."""

    code = "file-is-another"
    kind = "invalid"

    def __init__(self, evidence_id: UUID) -> None:
        super().__init__(
            f"Nội dung gửi lên không khớp với mã SHA-256 của minh chứng {evidence_id}; đề nghị gửi lại từ bản sao lưu nguyên vẹn.",
            f"What was sent does not have the SHA-256 of the evidence {evidence_id}; send it again from an intact backup.",
        )


class NoPlaceForFiles(Refusal):
    code = "no-place-for-files"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Hệ thống này chưa được thiết lập nơi lưu tệp (LOA_EVIDENCE_URL); đề nghị đính kèm đường liên kết hoặc mã SHA-256 của tệp.",
            "This installation has no place for files (LOA_EVIDENCE_URL); attach a link or the SHA-256 of the file.",
        )


class FileTooLarge(Refusal):
    code = "file-too-large"
    kind = "too_large"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"Tệp lớn hơn {most >> 20} MiB; đề nghị chọn tệp nhỏ hơn, hoặc chia thành nhiều tệp.",
            f"The file is larger than {most >> 20} MiB; choose a smaller one, or split it.",
            most_bytes=most,
        )


class FileKindRefused(Refusal):
    code = "file-kind-refused"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Loại tệp này không được nhận. Đề nghị dùng PDF, ảnh (PNG, JPEG, WebP, GIF), văn bản hoặc bảng tính không có macro (DOCX, "
            "XLSX, PPTX, ODT, ODS), âm thanh (MP3, M4A, OGG, WAV) hoặc video (MP4, WebM).",
            "This kind of file is not taken. Use PDF, images (PNG, JPEG, WebP, GIF), documents without macros (DOCX, XLSX, PPTX, "
            "ODT, ODS), sound (MP3, M4A, OGG, WAV) or video (MP4, WebM).",
            field="file",
        )


class FileEmpty(FileKindRefused):
    code = "file-empty"

    def __init__(self) -> None:
        Refusal.__init__(
            self,
            "Tệp không có nội dung; đề nghị kiểm tra lại tệp rồi chọn lại.",
            "The file is empty; look at it and choose it again.",
            field="file",
        )


class FileUnpacksTooLarge(FileKindRefused):
    """A document that unpacks to far more than it is, or to very many parts: it would harm who opens it."""

    code = "file-unpacks-too-large"

    def __init__(self) -> None:
        Refusal.__init__(
            self,
            "Tệp nén bên trong có dung lượng quá lớn hoặc quá nhiều phần nên không được nhận; đề nghị lưu lại bằng Word, Excel hoặc xuất ra PDF.",
            "What is packed in the file is too large, or in too many parts; save it again with an office program, or as PDF.",
            field="file",
        )


class QuotaExceeded(Refusal):
    code = "evidence-quota-exceeded"
    kind = "conflict"

    def __init__(self, unit_code: str, used: int, most: int) -> None:
        super().__init__(
            f"Đơn vị “{unit_code}” đã dùng {used >> 20} MiB trong {most >> 20} MiB dành cho tệp minh chứng; đề nghị xóa tệp không cần "
            "nữa, hoặc đề nghị người quản trị tăng hạn mức (LOA_EVIDENCE_UNIT_MIB).",
            f"The unit '{unit_code}' has used {used >> 20} MiB of {most >> 20} MiB for files of evidence; delete files that are no "
            "longer needed, or ask the operator for more (LOA_EVIDENCE_UNIT_MIB).",
        )


class AlreadyVerified(Refusal):
    code = "already-verified"

    def __init__(self, on: date) -> None:
        super().__init__(
            f"Hoạt động này đã được xác minh ngày {on:%d/%m/%Y}; nếu có căn cứ khác, đề nghị đơn vị đính chính trước.",
            f"This communication was verified on {on}; with other findings, ask the unit to correct it first.",
        )


class EvidenceShowsNothing(Refusal):
    code = "evidence-shows-nothing"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Minh chứng cần có đường dẫn (url) hoặc mã băm SHA-256 của tệp (sha256).",
            "Evidence needs a link (url) or the SHA-256 of a file (sha256).",
        )


class MoreThanReceived(Refusal):
    code = "more-than-received"
    kind = "invalid"

    def __init__(self, received: int) -> None:
        super().__init__(
            f"Số ý kiến tiếp thu hoặc giải trình lớn hơn số ý kiến nhận được ({received}); đề nghị kiểm tra lại.",
            f"More comments were taken up or explained than were received ({received}); check the numbers.",
        )


class BeforeHeld(Refusal):
    code = "before-held"
    kind = "invalid"

    def __init__(self, field: str, day: date, held_on: date) -> None:
        super().__init__(
            f"Ngày {day:%d/%m/%Y} đứng trước ngày tổ chức hoạt động truyền thông {held_on:%d/%m/%Y}; đề nghị kiểm tra lại cả "
            "hai ngày.",
            f"The day {day} comes before the communication was held on {held_on}; check both days.",
            field=field,
        )


class DueBeforeBegin(Refusal):
    code = "due-before-begin"
    kind = "invalid"

    def __init__(self, happened_on: date, due_on: date) -> None:
        super().__init__(
            f"Thời hạn {due_on:%d/%m/%Y} đứng trước ngày của mục {happened_on:%d/%m/%Y}; đề nghị kiểm tra lại cả hai ngày.",
            f"The due day {due_on} comes before the day of the entry, {happened_on}; check both days.",
            field="due_on",
        )


class FollowsBefore(Refusal):
    code = "follows-before"
    kind = "invalid"

    def __init__(self, title: str, happened_on: date, day: date) -> None:
        super().__init__(
            f"Ngày {day:%d/%m/%Y} đứng trước ngày {happened_on:%d/%m/%Y} của mục “{title}” mà nội dung này báo cáo, trả lời; "
            "đề nghị kiểm tra lại cả hai ngày.",
            f"The day {day} comes before {happened_on}, the day of the entry '{title}' that this one follows; check both "
            "days.",
            field="happened_on",
        )


class EntryDiffers(Refusal):
    code = "entry-differs"

    def __init__(self) -> None:
        super().__init__(
            "Mục này đã có trong chương trình với nội dung khác; bản đầu được giữ. Nếu là việc khác, đề nghị ghi "
            "tên hoặc ngày khác.",
            "This entry stands in the programme with other data; the first stays. If it is something else, "
            "give it another title or day.",
        )


class OtherData(Refusal):
    """An exercise would follow what is live, or the other way round."""

    code = "other-data"
    kind = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "Mục được nêu thuộc dữ liệu khác (dữ liệu thật hoặc dữ liệu thực tập), nên nội dung này chưa được ghi nhận. Đề nghị "
            "chọn mục cùng loại dữ liệu; nếu đang tập nhập liệu, kết thúc tập nhập liệu rồi thực hiện lại.",
            "The entry belongs to other data (live, or an exercise), so this was not recorded. Choose an entry of the same "
            "data, or end the training first.",
        )


class NothingToFollow(Refusal):
    code = "nothing-to-follow"
    kind = "not_found"

    def __init__(self, followed: str, title: str) -> None:
        super().__init__(
            f"Chương trình của đơn vị trong năm này chưa có mục “{title}” loại {followed}; đề nghị ghi nhận mục đó "
            "trước, hoặc ghi đúng tên của mục.",
            f"The unit's programme of this year has no entry '{title}' of the kind {followed}; "
            "enter that first, or write its title as it stands there.",
            followed=followed,
        )


class SeveralMeant(Refusal):
    code = "several-meant"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Có nhiều mục cùng tên “{title}”; đề nghị ghi thêm mã của mục (of_entry), đơn vị chủ trì hoặc thời hạn.",
            f"Several entries are called '{title}'; name the one you mean by its id (of_entry), lead unit or due day.",
        )


class NotYourProgramme(Refusal):
    code = "not-your-programme"
    kind = "forbidden"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Đây là chương trình của đơn vị “{unit_code}”; đơn vị khác chỉ được báo cáo, trả lời mục do mình chủ trì "
            "(ghi mã của mục ở of_entry).",
            f"This is the programme of the unit '{unit_code}'; another unit may only follow up what it leads "
            "(name that entry in of_entry).",
        )


class PlannedTooFar(Refusal):
    code = "planned-too-far"
    kind = "invalid"

    def __init__(self, day: date, most_years: int) -> None:
        super().__init__(
            f"Ngày dự kiến {day:%d/%m/%Y} quá xa; hoạt động chỉ được lập trước nhiều nhất {most_years} năm. "
            "Đề nghị kiểm tra lại năm.",
            f"The planned day {day} is too far away; activities are planned {most_years} years ahead at most. "
            "Check the year.",
        )


class UnitNotYetRegistered(Refusal):
    code = "unit-not-yet-known"
    kind = "not_yet"
    retry_after = 1

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Chưa biết đơn vị mã “{unit_code}”. Nếu vừa đăng ký, đề nghị thử lại sau giây lát; "
            "nếu chưa, đề nghị đăng ký đơn vị hoặc sửa mã.",
            f"The unit '{unit_code}' is not registered here yet. If it was just registered, try again in a moment; "
            "otherwise register it, or correct the code.",
            unit_code=unit_code,
        )


class DraftNotYetRegistered(Refusal):
    code = "draft-not-yet-known"
    kind = "not_yet"
    retry_after = 1

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Chưa biết dự thảo mã “{draft_code}”. Nếu vừa đăng ký, đề nghị thử lại sau giây lát; "
            "nếu chưa, đề nghị đăng ký dự thảo hoặc sửa mã.",
            f"The draft '{draft_code}' is not registered here yet. If it was just registered, try again in a moment; "
            "otherwise register it, or correct the code.",
            draft_code=draft_code,
        )


class PolicyNotInDraft(Refusal):
    code = "policy-not-in-draft"
    kind = "invalid"

    def __init__(self, wrong: Iterable[int], existing: Iterable[int]) -> None:
        numbers, policies = sorted(wrong), sorted(existing)
        asked = ", ".join(map(str, numbers))
        there = ", ".join(map(str, policies))
        super().__init__(
            f"Dự thảo không có chính sách số {asked}; các chính sách hiện có: {there or 'chưa có'}. "
            "Để trống nếu truyền thông về toàn văn dự thảo.",
            f"The draft has no policy {asked}; it has: {there or 'none'}. "
            "Leave it empty if the communication was about the whole draft.",
            policies=numbers,
            known_policies=policies,
        )


class NotYourDraft(Refusal):
    code = "not-your-draft"
    kind = "forbidden"

    def __init__(self, draft_code: str, lead_unit_code: str) -> None:
        super().__init__(
            f"Dự thảo “{draft_code}” do đơn vị “{lead_unit_code}” chủ trì; chỉ đơn vị này được cập nhật.",
            f"The draft '{draft_code}' is led by the unit '{lead_unit_code}'; only that unit may change it.",
        )


class NotYourCommunication(Refusal):
    """The work of another unit: that unit records it, the lead unit confirms its part in it."""

    code = "not-your-communication"
    kind = "forbidden"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Hoạt động truyền thông này do đơn vị “{unit_code}” thực hiện; chỉ đơn vị này được cập nhật. Đơn vị khác ghi nhận "
            "hoạt động của mình bằng POST /drafts/{mã}/communications.",
            f"This communication was performed by the unit '{unit_code}'; only that unit may change it. Another unit records "
            "its own with POST /drafts/{code}/communications.",
        )


class ActivityCodeWithoutUnit(Refusal):
    code = "activity-code-without-unit"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Có mã hoạt động (activity_code) thì phải ghi mã đơn vị thực hiện (unit_code), vì mã hoạt động chỉ có nghĩa trong một "
            "đơn vị; đề nghị bổ sung.",
            "An activity_code needs the performing unit (unit_code), as it only means something within one unit; add it.",
            field="unit_code",
        )


class NothingToConfirm(Refusal):
    code = "nothing-to-confirm"

    def __init__(self) -> None:
        super().__init__(
            "Chỉ xác nhận phối hợp đối với hoạt động mà đơn vị khác tự thực hiện cho dự thảo; hoạt động này do cơ quan chủ trì thực "
            "hiện nên không cần xác nhận.",
            "Only what another unit did for the draft can be confirmed as coordinating; this communication is the lead unit's "
            "own and needs no confirmation.",
        )


class NothingOwed(Refusal):
    """Nothing is left to be recorded for the gap that a mail was about."""

    code = "nothing-owed"

    def __init__(self) -> None:
        super().__init__(
            "Nội dung này đã hoàn thành hoặc không còn phải theo dõi. Trân trọng cảm ơn quý cơ quan.",
            "This matter is done, or no longer followed. Thank you.",
        )


class IdReserved(Refusal):
    """An id that belongs to what another draft, programme or file records, or will."""

    code = "id-reserved"
    kind = "invalid"

    def __init__(self, number: UUID) -> None:
        super().__init__(
            f"Mã {number} dành cho nội dung khác (mã UUIDv5 do nội dung quyết định, hoặc mã đã dùng); đề nghị bỏ trống `id`, "
            "hoặc gửi một mã ngẫu nhiên (UUIDv4, UUIDv7).",
            f"The id {number} is reserved for something else (a UUIDv5 follows from the content, or the id is in use); leave "
            "`id` out, or send a random one (UUIDv4, UUIDv7).",
            field="id",
        )
