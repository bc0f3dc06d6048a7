"""What metrics can't answer, and why."""

from collections.abc import Sequence
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
            "Kỳ số liệu chưa rõ: chọn năm, hoặc ghi cả ngày đầu và ngày cuối (`year`, hoặc cả `from` và `to`, không dùng đồng thời).",
            "The period is unclear: give `year`, or both `from` and `to`, not both kinds.",
        )


class KnownAtUnclear(Refusal):
    code = "known-at-unclear"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Chưa rõ số liệu theo hiểu biết đến lúc nào: `known_at` là một ngày dạng năm-tháng-ngày (ví dụ 2026-03-31), "
            "hoặc một vị trí trong nhật ký sự kiện (số nguyên, ví dụ 1250).",
            "It is unclear as known when: `known_at` is a day as year-month-day (such as 2026-03-31), or a position of "
            "the event log (a whole number, such as 1250).",
        )


class TypedDayWrong(Refusal):
    """A day in the three boxes of a page's form that is none; `field` is its name without the box."""

    code = "typed-day-wrong"
    kind = "invalid"

    def __init__(self, field: str, why: Text) -> None:
        super().__init__(why.vi, why.en, field=field)


class ReportUnknown(Refusal):
    code = "report-not-found"
    kind = "not_found"

    def __init__(self, report_id: UUID) -> None:
        super().__init__(
            f"Không có báo cáo đã chốt mang số {report_id}; xem danh sách tại GET /reports/407/published.",
            f"There is no published report {report_id}; GET /reports/407/published lists them.",
        )


class ColumnUnknown(Refusal):
    code = "column-not-found"
    kind = "invalid"

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        super().__init__(
            f"Bảng không có cột “{name}” để sắp xếp; chọn một trong: {', '.join(columns)}.",
            f"The table has no column '{name}' to sort by; choose one of: {', '.join(columns)}.",
        )


class TableUnknown(Refusal):
    code = "table-not-found"
    kind = "invalid"

    def __init__(self, key: str, keys: Sequence[str]) -> None:
        super().__init__(
            f"Trang không có bảng “{key}”; chọn một trong: {', '.join(keys)}.",
            f"The page has no table '{key}'; choose one of: {', '.join(keys)}.",
        )


class CalendarUnknown(Refusal):
    code = "calendar-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Địa chỉ lịch này không còn dùng được; đề nghị đơn vị tạo địa chỉ mới bằng POST /calendars.",
            "This address of a calendar is not in use any more; the unit can make a new one with POST /calendars.",
        )
