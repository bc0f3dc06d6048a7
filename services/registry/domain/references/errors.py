"""References of a unit that contradict each other: what is refused, and what to do instead."""

from collections.abc import Sequence
from datetime import date

from services.registry.domain.references.provinces import MERGED_INTO, REORGANISED_ON, SINCE
from shared.contracts.vocabulary import UnitChange
from shared.kernel.errors import Refusal

MOST_LISTED = 5  # drafts that a refusal names


class NoProvince(Refusal):
    code = "province-not-found"
    kind = "invalid"

    def __init__(self, code: str, meant: str | None) -> None:
        vi, en = (f"; có phải “{meant}”?", f"; is it '{meant}'?") if meant else (".", ".")
        super().__init__(
            f"Không có mã tỉnh, thành phố “{code}”{vi} Mã gồm 2 chữ số, giữ số 0 ở đầu (ví dụ 01), theo Quyết định "
            "19/2025/QĐ-TTg (trước ngày 01/07/2025: Quyết định 124/2004/QĐ-TTg); trong bảng tính, đề nghị định dạng "
            "cột là Văn bản (Text).",
            f"There is no province with the code '{code}'{en} A code has 2 digits, with leading zeros (such as 01), by "
            "Decision 19/2025/QĐ-TTg (before 2025-07-01: Decision 124/2004/QĐ-TTg); in a workbook, format the column as "
            "text.",
            province_code=code,
            field="province_code",
        )


class ProvinceEnded(Refusal):
    code = "province-ended"
    kind = "invalid"

    def __init__(self, code: str, valid_from: date) -> None:
        now = MERGED_INTO[code]
        super().__init__(
            f"Mã tỉnh “{code}” chỉ dùng đến ngày 30/06/2025, còn đơn vị có từ ngày {valid_from:%d/%m/%Y}; đề nghị ghi "
            f"mã mới “{now}” ({SINCE[now]}) hoặc sửa ngày.",
            f"The province code '{code}' was in use until 2025-06-30, and the unit begins on {valid_from}; write the new "
            f"code '{now}' ({SINCE[now]}), or correct the day.",
            province_code=code,
            field="province_code",
        )


class DistrictsEnded(Refusal):
    code = "districts-ended"
    kind = "invalid"

    def __init__(self, valid_from: date) -> None:
        super().__init__(
            f"Từ ngày {REORGANISED_ON:%d/%m/%Y} không còn cấp huyện (Nghị quyết 203/2025/QH15), còn đơn vị cấp huyện này "
            f"có từ ngày {valid_from:%d/%m/%Y}; đề nghị sửa cấp, loại đơn vị hoặc ngày bắt đầu.",
            f"There is no district level since {REORGANISED_ON} (Resolution 203/2025/QH15), and this district unit begins on "
            f"{valid_from}; correct level, kind or first day.",
            field="valid_from",
        )


class ChangeNotFound(Refusal):
    code = "change-not-found"
    kind = "not_found"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Đơn vị “{unit_code}” không có thay đổi nào mang mã này; đề nghị lấy mã tại mục changes của GET /units/{unit_code}.",
            f"The unit '{unit_code}' has no change with this id; take the id from `changes` of GET /units/{unit_code}.",
            field="change_id",
        )


class AlreadyCancelled(Refusal):
    code = "change-already-cancelled"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Thay đổi này đã được hủy với lý do “{reason}”; lần hủy trước được giữ. Nếu hủy không đúng, đề nghị ghi lại thay đổi.",
            f"This change was cancelled before, with the reason '{reason}', which stays. If that was wrong, record the change "
            "again.",
        )


class NotCancelled(Refusal):
    code = "not-cancelled"

    def __init__(self) -> None:
        super().__init__(
            "Nội dung đính chính và mục tiêu không hủy được: đề nghị đính chính lại (POST /units/{mã}/amend) hoặc đặt lại mục "
            "tiêu (POST /units/{mã}/targets).",
            "An amendment or a target is not cancelled: amend the unit again (POST /units/{code}/amend), or set the target again "
            "(POST /units/{code}/targets).",
        )


class NotOfChange(Refusal):
    """A correction names fields that a change of this kind does not have."""

    code = "not-of-change"
    kind = "invalid"

    def __init__(self, change: UnitChange, names: Sequence[str]) -> None:
        listed = ", ".join(names)
        super().__init__(
            f"Thay đổi này ({change}) không có nội dung: {listed}. Đề nghị chỉ gửi nội dung ghi nhầm của thay đổi đó; nếu ghi nhầm loại "
            "thay đổi, đề nghị hủy (POST /units/{mã}/cancellations) và ghi lại.",
            f"This change ({change}) has no: {listed}. Send only what was wrong in it; if its kind was wrong, cancel it "
            "(POST /units/{code}/cancellations) and record the right one.",
            fields=list(names),
        )


class ChangeExists(Refusal):
    """A correction would make one change the same as another: one of them was recorded twice."""

    code = "change-exists"

    def __init__(self) -> None:
        super().__init__(
            "Đã có một thay đổi khác như vậy; chưa thay đổi nội dung nào. Nếu thay đổi này ghi trùng, đề nghị hủy thay vì đính chính.",
            "There is another change of this content; nothing was changed. If this one was recorded twice, cancel it instead.",
        )


class DraftsHandedOver(Refusal):
    """Drafts follow a succession by transfers of their own, which would lead nowhere without it."""

    code = "drafts-handed-over"

    def __init__(self, unit_code: str, to_code: str, on: date, drafts: Sequence[str]) -> None:
        listed = ", ".join(drafts[:MOST_LISTED]) + (", …" if len(drafts) > MOST_LISTED else "")
        super().__init__(
            f"Theo việc sắp xếp này, “{unit_code}” đã chuyển cho “{to_code}” {len(drafts):02} dự thảo ({listed}). Đề nghị chuyển lại "
            f"các dự thảo đó cho “{unit_code}” từ ngày đã chuyển (POST /drafts/{{mã}}/transfer, ngày {on:%d/%m/%Y} trở đi), "
            "sau đó hủy thay đổi.",
            f"By this succession '{unit_code}' handed drafts over to '{to_code}': {listed} ({len(drafts)} in all). Transfer them "
            f"back to '{unit_code}' from the day of the transfer (POST /drafts/{{code}}/transfer, on or after {on}), then cancel "
            "the change.",
            draft_codes=list(drafts),
        )


class EndsBeforeBegin(Refusal):
    code = "ends-before-begin"
    kind = "invalid"

    def __init__(self, valid_from: date, last_day: date) -> None:
        super().__init__(
            f"Ngày kết thúc {last_day:%d/%m/%Y} đứng trước ngày bắt đầu {valid_from:%d/%m/%Y} của đơn vị; đề nghị kiểm "
            "tra lại cả hai ngày.",
            f"The last day {last_day} comes before the unit's first day {valid_from}; check both days.",
            field="valid_to",
        )


class NotValidOn(Refusal):
    """A fact of a day names a unit that did not exist on it."""

    code = "unit-not-valid"
    kind = "invalid"

    def __init__(self, unit_code: str, day: date, valid_from: date | None, last_day: date | None) -> None:
        from_vi, from_en = (f"từ {valid_from:%d/%m/%Y}", f"from {valid_from}") if valid_from else ("", "")
        to_vi, to_en = (f"đến {last_day:%d/%m/%Y}", f"until {last_day}") if last_day else ("", "")
        vi, en = f"{from_vi} {to_vi}".strip(), f"{from_en} {to_en}".strip()
        super().__init__(
            f"Ngày {day:%d/%m/%Y} đơn vị “{unit_code}” không hoạt động (đơn vị có {vi}); đề nghị sửa ngày, ghi đơn vị "
            "khác, hoặc đính chính thời gian của đơn vị (POST /units/{mã}/amend).",
            f"On {day} the unit '{unit_code}' does not exist (it is valid {en}); correct the day, name another unit, or "
            "amend the unit's days (POST /units/{code}/amend).",
            unit_code=unit_code,
        )


class ParentNeverValid(Refusal):
    code = "parent-not-valid"
    kind = "invalid"

    def __init__(self, parent_code: str) -> None:
        super().__init__(
            f"Đơn vị cấp trên “{parent_code}” không có ngày nào cùng hoạt động với đơn vị này; đề nghị ghi đơn vị cấp trên "
            "của thời gian đó, hoặc sửa ngày bắt đầu, ngày kết thúc.",
            f"The parent '{parent_code}' and this unit have no day in common; name the parent of that time, or correct "
            "the first and last days.",
            parent_code=parent_code,
            field="parent_code",
        )


class ParentOfItself(Refusal):
    code = "parent-of-itself"
    kind = "invalid"

    def __init__(self, ring: Sequence[str]) -> None:
        shown = " → ".join(ring)
        super().__init__(
            f"Đơn vị không thể trực thuộc chính mình hoặc đơn vị cấp dưới của mình ({shown}); đề nghị kiểm tra lại mã đơn "
            "vị cấp trên (parent_code).",
            f"A unit can't be below itself or a unit below it ({shown}); check the code of the parent (parent_code).",
            ring=list(ring),
            field="parent_code",
        )


class ParentOfLowerLevel(Refusal):
    code = "parent-of-lower-level"
    kind = "invalid"

    def __init__(self, parent_code: str, parent_level: str, level: str) -> None:
        super().__init__(
            f"Đơn vị cấp trên “{parent_code}” thuộc cấp thấp hơn ({parent_level}) so với đơn vị này ({level}); đề nghị kiểm "
            "tra lại mã đơn vị cấp trên và cấp (level).",
            f"The parent '{parent_code}' is of a lower level ({parent_level}) than this unit ({level}); check the code of "
            "the parent and the level.",
            parent_code=parent_code,
            field="parent_code",
        )


class SucceedsItself(Refusal):
    code = "succeeds-itself"
    kind = "invalid"

    def __init__(self, chain: Sequence[str]) -> None:
        shown = " → ".join(chain)
        super().__init__(
            f"Đơn vị không thể kế thừa chính mình ({shown}); đề nghị kiểm tra lại mã. Đổi tên mà giữ mã: POST "
            "/units/{mã}/rename; đơn vị lập lại cần một mã mới.",
            f"A unit can't succeed itself ({shown}); check the codes. For a new name under the same code: POST "
            "/units/{code}/rename; a unit that is set up again needs a new code.",
            chain=list(chain),
            field="to_code",
        )


class SupervisesItself(Refusal):
    code = "supervises-itself"
    kind = "invalid"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Đơn vị “{unit_code}” không thể tự theo dõi chính mình; đề nghị ghi mã của cơ quan theo dõi đơn vị này "
            "(supervisor_code).",
            f"The unit '{unit_code}' can't supervise itself; name the unit that follows it (supervisor_code).",
            unit_code=unit_code,
            field="supervisor_code",
        )


class SupervisorNotFound(Refusal):
    code = "supervisor-not-found"
    kind = "invalid"

    def __init__(self, supervisor_code: str) -> None:
        super().__init__(
            f"Chưa có đơn vị với mã “{supervisor_code}” để giao theo dõi; đề nghị kiểm tra lại mã, hoặc đăng ký đơn vị đó "
            "trước (POST /units, tệp units.csv).",
            f"There is no unit '{supervisor_code}' that could supervise; check the code, or register that unit first "
            "(POST /units, units.csv).",
            supervisor_code=supervisor_code,
            field="supervisor_code",
        )


class SuccessorMissing(Refusal):
    code = "successor-missing"
    kind = "invalid"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"Loại “{kind}” cần mã đơn vị kế thừa (to_code); nếu đơn vị kết thúc mà không có đơn vị kế thừa, đề nghị ghi "
            "“dissolve”.",
            f"The kind '{kind}' needs the code of the successor (to_code); for an end without a successor write 'dissolve'.",
            field="to_code",
        )
