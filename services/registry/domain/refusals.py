"""What the registry refuses, and what to do instead."""

from datetime import date
from uuid import UUID

from services.registry.domain.stages import Entry
from shared.contracts.vocabulary import Stage
from shared.errors import Refusal


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
    kind = "invalid"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Chưa có đơn vị mã “{unit_code}”; đề nghị đăng ký đơn vị trước (POST /units) hoặc sửa mã.",
            f"There is no unit with the code '{unit_code}'; register it first (POST /units), or mend the code.",
            unit_code=unit_code,
        )


class DraftDiffers(Refusal):
    code = "draft-differs"

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Dự thảo “{draft_code}” đã được đăng ký với nội dung khác; bản đầu được giữ. Để thay đổi, dùng lệnh sửa riêng.",
            f"The draft '{draft_code}' is registered with other data; the first stays. Use the amending commands.",
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


class OutcomeWithoutStage(Refusal):
    """The row of the draft is taken all the same; this is its warning."""

    code = "outcome-without-stage"

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Dự thảo “{draft_code}” có kết quả rút hoặc gộp nhưng chưa có giai đoạn nào nên chưa xác định được ngày kết thúc.",
            f"The draft '{draft_code}' is said to be withdrawn or merged but has no stage, so its end has no date.",
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
