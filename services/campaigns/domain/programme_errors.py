"""What the programme of a unit refuses, and what to do instead."""

from collections.abc import Iterable
from datetime import date

from shared.kernel.errors import Refusal, Text
from shared.rules.programme.figures import MOST_FIGURE, OWN_FIGURES


class EntryNotFound(Refusal):
    code = "entry-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Chương trình của đơn vị trong năm này chưa có mục với mã này; danh sách tại GET /units/{mã}/programme/{năm}.",
            "The unit's programme of this year has no entry with this id; GET /units/{code}/programme/{year} lists them.",
        )


class EntryIsCancelled(Refusal):
    code = "entry-cancelled"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Mục “{title}” đã bị hủy nên không cập nhật được nữa; đề nghị ghi nhận mục mới với số hiệu khác (entry_ref).",
            f"The entry '{title}' was cancelled and can no longer be updated; enter a new one with another reference "
            "(entry_ref).",
        )


class EntryRefTaken(Refusal):
    code = "entry-ref-taken"

    def __init__(self, entry_ref: str, title: str) -> None:
        super().__init__(
            f"Số hiệu “{entry_ref}” đã dùng cho mục “{title}” của chương trình này; đề nghị chọn số hiệu khác, hoặc đính chính "
            "mục đó.",
            f"The reference '{entry_ref}' is that of the entry '{title}' in this programme; choose another, or correct that "
            "entry.",
            field="entry_ref",
        )


class EntryFieldMissing(Refusal):
    code = "entry-field-missing"
    kind = "invalid"

    def __init__(self, field: str, words: Text) -> None:
        needed = _NEEDED.get(field, Text(field, field))
        super().__init__(
            f"“{words.vi}” cần có {needed.vi} ({field}); đề nghị bổ sung.",
            f"'{words.en}' needs {needed.en} ({field}); add it.",
            field=field,
        )


_NEEDED = {
    "reason": Text("lý do", "a reason"),
    "percent": Text("tiến độ tính theo phần trăm", "the progress in percent"),
    "due_on": Text("thời hạn mới", "the new due day"),
    "happened_on": Text("ngày thực hiện", "the day"),
    "lead_unit_code": Text("mã đơn vị được chuyển đến", "the code of the unit that it goes to"),
    "title": Text("tên của mục", "a title"),
    "report_period": Text("kỳ báo cáo", "the period of the report"),
    "due_days": Text(
        "số ngày sau kỳ báo cáo mà báo cáo phải gửi đến", "the days after a period within which it is due"
    ),
    "period_from": Text("ngày đầu của kỳ báo cáo", "the first day of the period"),
    "period_to": Text("ngày cuối của kỳ báo cáo", "the last day of the period"),
    "coordinating_unit_codes": Text("mã các đơn vị phải báo cáo", "the codes of the units that report"),
}


class EntryFieldMisplaced(Refusal):
    code = "entry-field-misplaced"
    kind = "invalid"

    def __init__(self, field: str, words: Text) -> None:
        super().__init__(
            f"“{words.vi}” không có trường {field}; đề nghị để trống, hoặc ghi vào phần ghi chú (note).",
            f"'{words.en}' has no field {field}; leave it out, or write it into the note.",
            field=field,
        )


class FigureUnknown(Refusal):
    code = "figure-unknown"
    kind = "invalid"

    def __init__(self, name: str) -> None:
        names = ", ".join(OWN_FIGURES)
        super().__init__(
            f"Không có chỉ tiêu “{name}” trong báo cáo; đề nghị dùng một trong các tên: {names}; số liệu khác ghi vào phần ghi chú (note).",
            f"A report has no figure '{name}'; use one of {names}, and write others into the note.",
            field=f"figures.{name}",
        )


class FigureTooLarge(Refusal):
    code = "figure-out-of-range"
    kind = "invalid"

    def __init__(self, name: str, value: int) -> None:
        super().__init__(
            f"Chỉ tiêu “{name}” có giá trị {value}, ngoài khoảng từ 0 đến {MOST_FIGURE}; đề nghị kiểm tra lại.",
            f"The figure '{name}' is {value}, not from 0 to {MOST_FIGURE}; check it.",
            field=f"figures.{name}",
        )


class ReportNotRequired(Refusal):
    code = "report-not-required"
    kind = "invalid"

    def __init__(self, unit_code: str, title: str) -> None:
        super().__init__(
            f"Yêu cầu báo cáo “{title}” không áp dụng cho đơn vị {unit_code} hoặc kỳ báo cáo này; đề nghị kiểm tra đơn vị "
            "và ngày đầu của kỳ (period_from) tại danh sách báo cáo phải gửi (GET /required-reports của metrics).",
            f"'{title}' is not required of {unit_code} for this period; check the unit and the first day of the period "
            "(period_from) in the list of required reports (GET /required-reports of metrics).",
            field="period_from",
        )


class ReportNotPublished(Refusal):
    code = "report-not-published"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Không có báo cáo đã chốt với mã này (report_id); đề nghị chốt báo cáo trước khi gửi.",
            "No published report has this id (report_id); publish the report before it is sent.",
            field="report_id",
        )


class OtherReport(Refusal):
    code = "other-report"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Báo cáo đã chốt này (report_id) là của đơn vị khác hoặc của kỳ khác; đề nghị chốt báo cáo của đúng đơn vị và kỳ "
            "được yêu cầu.",
            "This published report (report_id) is another unit's or of another period; publish the one of the unit and "
            "period that is required.",
            field="report_id",
        )


class RequirementNotFound(Refusal):
    code = "requirement-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Không có yêu cầu báo cáo với mã này (duty_id), hoặc yêu cầu đã bị hủy; đề nghị kiểm tra lại.",
            "There is no required report with this id (duty_id), or it was cancelled; check it.",
            field="duty_id",
        )


class OutsideYear(Refusal):
    code = "outside-year"
    kind = "invalid"

    def __init__(self, happened_on: date, year: int) -> None:
        super().__init__(
            f"Ngày {happened_on:%d/%m/%Y} nằm ngoài năm {year} của chương trình; đề nghị kiểm tra lại ngày và năm. Nếu đúng, ghi lý "
            "do ở year_reason.",
            f"The day {happened_on} lies outside {year}, the year of the programme; check day and year. If they are right, give "
            "the reason in year_reason.",
            field="happened_on",
        )


class DueNotLastDay(Refusal):
    code = "due-not-of-period"
    kind = "invalid"

    def __init__(self, due_on: date) -> None:
        super().__init__(
            f"Thời hạn {due_on:%d/%m/%Y} không phải ngày đầu hoặc ngày cuối của tháng, quý hoặc năm đã chọn (due_precision); đề nghị "
            "kiểm tra lại.",
            f"The due day {due_on} is neither the first nor the last day of a month, quarter or year as due_precision says; "
            "check both.",
            field="due_on",
        )


class InspectsAbove(Refusal):
    code = "inspects-above"
    kind = "invalid"

    def __init__(self, unit_code: str, inspected: str) -> None:
        super().__init__(
            f"Đơn vị “{inspected}” thuộc cấp cao hơn đơn vị “{unit_code}” nên không phải là đối tượng kiểm tra của đơn vị này; đề nghị "
            "kiểm tra lại đơn vị được kiểm tra (lead_unit_code).",
            f"The unit '{inspected}' is of a higher level than '{unit_code}', which does not inspect it; check which unit was inspected "
            "(lead_unit_code).",
            field="lead_unit_code",
        )


class ObligesElsewhere(Refusal):
    """A task, a required report or an inspection for a unit of somebody else's area."""

    code = "obliges-elsewhere"
    kind = "forbidden"

    def __init__(self, unit_code: str, others: Iterable[str]) -> None:
        named = ", ".join(others)
        super().__init__(
            f"Đơn vị “{unit_code}” không phải cấp trên và không được giao theo dõi đơn vị {named}, nên chưa giao nhiệm vụ, yêu cầu báo cáo "
            "hoặc ghi kiểm tra đối với đơn vị đó được; đề nghị chọn đơn vị trực thuộc hoặc được giao theo dõi, hoặc chuyển cho người vận "
            "hành.",
            f"The unit '{unit_code}' neither stands above nor follows {named}, so it assigns no task to it, requires no report of it and "
            "does not inspect it; choose a unit below or one that it follows, or turn to an operator.",
            field="lead_unit_code",
        )


class MoreMended(Refusal):
    code = "more-mended-than-findings"
    kind = "invalid"

    def __init__(self, title: str, mended: int, findings: int) -> None:
        super().__init__(
            f"Đã khắc phục {mended} nội dung, nhiều hơn {findings} nội dung nêu tại mục “{title}”; đề nghị kiểm tra lại số lượng, hoặc "
            "đính chính mục kiểm tra.",
            f"{mended} findings mended are more than the {findings} of the entry '{title}'; check the numbers, or correct the "
            "inspection.",
            field="quantity",
        )


class MoreFindings(Refusal):
    code = "more-findings-than-counted"
    kind = "invalid"

    def __init__(self, title: str, recorded: int, findings: int) -> None:
        super().__init__(
            f"Đã ghi {recorded} nội dung cần khắc phục, nhiều hơn {findings} nội dung nêu tại mục “{title}”; đề nghị kiểm tra lại, hoặc "
            "đính chính mục kiểm tra.",
            f"{recorded} findings recorded are more than the {findings} of the entry '{title}'; check them, or correct the "
            "inspection.",
            field="quantity",
        )


class NothingReported(Refusal):
    code = "nothing-reported"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Nhiệm vụ “{title}” chưa có báo cáo kết quả; đề nghị ghi nhận báo cáo (task_reported) trước.",
            f"Nothing was reported on the task '{title}' yet; enter the report (task_reported) first.",
        )


class AlreadyEntered(Refusal):
    code = "already-entered"

    def __init__(self, words: Text, title: str) -> None:
        super().__init__(
            f"Mục “{title}” đã có “{words.vi}”; nếu ghi nhận trước đó chưa đúng, đề nghị đính chính.",
            f"The entry '{title}' already has '{words.en}'; correct that if it is not right.",
        )


class ExtensionWaits(Refusal):
    code = "extension-waits"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Mục “{title}” đã có một đề nghị gia hạn đang chờ quyết định; đề nghị chờ kết quả, hoặc hủy đề nghị đó rồi gửi lại.",
            f"A request for more time on '{title}' is waiting already; wait for its answer, or cancel it and ask again.",
        )


class NoExtensionAsked(Refusal):
    code = "no-extension-asked"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Mục “{title}” không có đề nghị gia hạn nào đang chờ quyết định.",
            f"No request for more time on '{title}' is waiting.",
        )


class NothingToExtend(Refusal):
    code = "nothing-to-extend"

    def __init__(self, title: str) -> None:
        super().__init__(
            f"Mục “{title}” đã hoàn thành hoặc đã được báo cáo nên không cần gia hạn.",
            f"'{title}' is done or was reported: it needs no more time.",
        )


class OwnDueDay(Refusal):
    code = "own-due-day"

    def __init__(self) -> None:
        super().__init__(
            "Đây là việc trong chương trình của chính đơn vị: đơn vị tự gia hạn (task_extended), không cần gửi đề nghị.",
            "This stands in the unit's own programme: it moves the day itself (task_extended) and need not ask.",
        )


class NotLater(Refusal):
    code = "not-later-than-due"
    kind = "invalid"

    def __init__(self, due_on: date) -> None:
        super().__init__(
            f"Thời hạn hiện tại là ngày {due_on:%d/%m/%Y}; đề nghị chọn một ngày sau ngày đó.",
            f"The present due day is {due_on}; choose a later one.",
            field="due_on",
        )


class OtherKind(Refusal):
    code = "other-kind"
    kind = "invalid"

    def __init__(self, words: Text, title: str) -> None:
        super().__init__(
            f"“{words.vi}” không áp dụng cho mục “{title}”; đề nghị kiểm tra lại mã của mục.",
            f"'{words.en}' does not apply to the entry '{title}'; check the id of the entry.",
        )
