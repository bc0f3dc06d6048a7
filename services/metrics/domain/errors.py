"""What metrics can't answer, and why."""

from uuid import UUID

from shared.kernel.errors import Refusal, Text


class DraftUnknown(Refusal):
    code = "draft-not-found"
    kind = "not_found"

    def __init__(self, draft_code: str) -> None:
        super().__init__(
            f"Không có dự thảo mã “{draft_code}”; tra cứu mã tại GET /drafts của dịch vụ registry.",
            f"There is no draft with the code '{draft_code}'; look it up with GET /drafts of the registry.",
        )


class UnitUnknown(Refusal):
    code = "unit-not-found"
    kind = "not_found"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Không có đơn vị mã “{unit_code}”; tra cứu mã tại GET /units của dịch vụ registry.",
            f"There is no unit with the code '{unit_code}'; look it up with GET /units of the registry.",
        )


class StageUnknown(Refusal):
    code = "stage-not-found"
    kind = "not_found"

    def __init__(self, draft_code: str, entry_id: UUID) -> None:
        super().__init__(
            f"Đến ngày được hỏi, dự thảo “{draft_code}” không có giai đoạn {entry_id}; "
            "lấy mã giai đoạn (entry_id) ở GET /drafts/{mã}/coverage.",
            f"By the day asked for, the draft '{draft_code}' has no stage {entry_id}; "
            "take an entry_id of GET /drafts/{code}/coverage.",
        )


class RulesNotTaken(Refusal):
    code = "rules-not-taken"
    kind = "invalid"

    def __init__(self, why: Text) -> None:
        super().__init__(
            f"Không nhận được tệp quy tắc: {why.vi}.", f"The file of rules cannot be taken: {why.en}."
        )


class PeriodUnclear(Refusal):
    code = "period-unclear"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Kỳ số liệu chưa rõ: dùng `year`, hoặc cả `from` và `to`, không dùng đồng thời.",
            "The period is unclear: give `year`, or both `from` and `to`, not both kinds.",
        )
