"""What the notifier refuses, and what to do instead."""

from collections.abc import Sequence
from datetime import date, datetime

from shared.contracts.notifier import AnswerEvent
from shared.contracts.vocabulary import RecipientRole
from shared.kernel.counted import counted
from shared.kernel.errors import Refusal


class UnitNotFound(Refusal):
    code = "unit-not-found"
    kind = "invalid"

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"Chưa có đơn vị mã “{unit_code}”; đề nghị đăng ký đơn vị trước (POST /units) hoặc sửa mã.",
            f"There is no unit with the code '{unit_code}'; register it first (POST /units), or correct the code.",
            unit_code=unit_code,
        )


class NothingOwed(Refusal):
    """An answer to a gap that is closed, or that another unit has now."""

    code = "nothing-owed"

    def __init__(self) -> None:
        super().__init__(
            "Nội dung này đã hoàn thành hoặc không còn phải theo dõi; quý cơ quan không cần trả lời thêm.",
            "This gap is closed or no longer followed; no answer is needed.",
        )


class AnswerContradicts(Refusal):
    """An answer that says something else than those that stand (`changed`): it needs a confirmation."""

    code = "answer-contradicts"

    def __init__(self, changed: Sequence[AnswerEvent]) -> None:
        super().__init__(
            "Nội dung này khác với trả lời đã ghi nhận trước đó; đề nghị xác nhận việc thay đổi.",
            "This differs from the answer that is on record; please confirm the change.",
        )
        self.changed = changed


class MailboxGone(Refusal):
    """A mailbox that is on no list any more chooses nothing: nothing is sent to it."""

    code = "mailbox-gone"
    kind = "gone"

    def __init__(self) -> None:
        super().__init__(
            "Địa chỉ này không còn trong danh sách nhận thư của đơn vị nên không còn thư nào được gửi đến.",
            "This address is on no list any more: no mail is sent to it.",
        )


class NamesMoreThanOwn(Refusal):
    """A mailbox is to get a role that may do more than who names it."""

    code = "names-more-than-own"
    kind = "forbidden"

    def __init__(self, role: RecipientRole, most: RecipientRole) -> None:
        super().__init__(
            f"Vai trò “{role}” rộng hơn vai trò của tài khoản (“{most}”) nên chưa ghi được; đề nghị đơn vị theo dõi cấp trên "
            "hoặc người vận hành ghi nhận hộp thư này.",
            f"The role '{role}' may do more than this account's ('{most}'), so it was not recorded; ask the supervising body "
            "or the operator to list this mailbox.",
            field="role",
        )


class AbsentNotListed(Refusal):
    code = "absent-not-listed"
    kind = "invalid"

    def __init__(self, email: str) -> None:
        super().__init__(
            f"Địa chỉ được thay “{email}” không có trong danh sách của đơn vị, hoặc cũng là người nhận thay; đề nghị chọn một "
            "người nhận của đơn vị.",
            f"The absent address '{email}' is not on the unit's list, or stands in itself; choose a recipient of the unit.",
            field="stands_in_for",
        )


class StandInWithMore(Refusal):
    code = "stand-in-with-more"
    kind = "invalid"

    def __init__(self, role: RecipientRole, absent: RecipientRole) -> None:
        super().__init__(
            f"Người nhận thay không được có vai trò rộng hơn người được thay: “{role}” so với “{absent}”.",
            f"Who stands in gets no more than who is absent: '{role}' beside '{absent}'.",
            field="role",
        )


class StandInWithoutEnd(Refusal):
    code = "stand-in-without-end"
    kind = "invalid"

    def __init__(self, last_day: date | None) -> None:
        vi = (
            f"không muộn hơn ngày cuối của người được thay ({last_day:%d/%m/%Y})"
            if last_day
            else "của kỳ nghỉ"
        )
        en = f"not after that of who is absent ({last_day})" if last_day else "of the leave"
        super().__init__(
            f"Người nhận thay cần có ngày cuối, {vi}.",
            f"Who stands in needs a last day, {en}.",
            field="valid_to",
        )


class StandInCannotName(Refusal):
    code = "stand-in-cannot-name"
    kind = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "Tài khoản này đang nhận thay trong thời gian nghỉ phép nên không thay đổi được danh sách người nhận thư; đề nghị "
            "lãnh đạo đơn vị, đơn vị theo dõi cấp trên hoặc người vận hành thực hiện.",
            "This account stands in during leave, so it can't change who gets mail; ask the head, the supervising body or the "
            "operator.",
        )


class NotOptional(Refusal):
    code = "not-optional"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Thư nhắc việc thuộc trách nhiệm của đơn vị nên không dừng được; đề nghị mở liên kết ở cuối thư để chọn "
            "nhận mỗi ngày hoặc mỗi tuần một lần.",
            "Reminders of what the unit has to do can't be ended; open the link at the end of the mail to choose "
            "between each day and once a week.",
        )


class DigestNotFound(Refusal):
    code = "digest-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Không có thư tổng hợp với mã này; danh sách tại GET /outbox.",
            "There is no digest with this key; GET /outbox lists them.",
        )


class MailNotFailed(Refusal):
    """Only what was refused can be tried again by hand; the rest is on its way, or out."""

    code = "mail-not-failed"

    def __init__(self) -> None:
        super().__init__(
            "Chỉ có thể gửi lại thư không gửi được; thư này đang chờ gửi, đã gửi hoặc chưa rõ đã gửi hay chưa.",
            "Only a mail that failed can be tried again; this one waits, has gone out, or may have.",
        )


class MailIsOver(Refusal):
    code = "mail-is-over"

    def __init__(self) -> None:
        super().__init__(
            "Thư này nói về một ngày đã qua nên không gửi lại; nội dung được nêu lại trong thư ngày làm việc tiếp "
            "theo. Nếu địa chỉ đã dùng được, đề nghị khai báo lại người nhận (PUT /units/{code}/recipients).",
            "This mail speaks of a day that has passed and is not sent again; the next working day's mail repeats it. "
            "If its address works again, register the recipient again (PUT /units/{code}/recipients).",
        )


class NotNow(Refusal):
    """A moment in the future: real mail is never dated ahead."""

    code = "tick-in-future"
    kind = "invalid"

    def __init__(self, at: datetime) -> None:
        super().__init__(
            f"Thời điểm {at:%H:%M %d/%m/%Y} ở tương lai: khi thư được gửi thật qua SMTP, hệ thống chỉ gửi "
            "cho thời điểm hiện tại. Đề nghị bỏ tham số `at`, hoặc xem trước tại GET /preview?at=….",
            f"{at:%Y-%m-%d %H:%M} lies in the future: where mail really goes out over SMTP, it goes out for "
            "the present moment only. Leave out `at`, or look ahead with GET /preview?at=….",
        )


class NotCaughtUp(Refusal):
    """The read model is older than the log: whoever mailed from it might remind of what is done."""

    code = "read-model-behind"
    kind = "unavailable"
    retry_after = 2

    def __init__(self, position: int, head: int) -> None:
        super().__init__(
            f"Dữ liệu đọc mới đến vị trí {position} trong khi nhật ký đã đến {head}; chưa soạn thư để tránh "
            "nhắc nhầm việc đã làm. Đề nghị thử lại sau ít giây.",
            f"The read model is at position {position}, the log at {head}; no mail is made from old data. "
            "Try again in a few seconds.",
            position=position,
            head=head,
        )


class BadMoment(Refusal):
    code = "invalid-moment"
    kind = "invalid"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"“{text}” không phải là ngày (2026-11-23) hoặc thời điểm (2026-11-23T08:00:00+07:00) hợp lệ từ năm 1945 "
            "đến năm 2100; đề nghị ghi lại theo một trong hai dạng đó.",
            f"'{text}' is neither a day (2026-11-23) nor a moment (2026-11-23T08:00:00+07:00) of the years 1945 to "
            "2100; write it in one of these forms.",
        )


class SilenceUnlimited(Refusal):
    """A silence without a unit, draft or stage would keep every mail of the country back."""

    code = "silence-without-filter"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Lệnh tạm dừng chưa nêu đơn vị, dự thảo hoặc giai đoạn. Đề nghị nêu ít nhất một nội dung; nếu muốn tạm "
            "dừng nhắc đối với tất cả, người vận hành ghi rõ all: true (`loa silences add --all`).",
            "The silence names no unit, draft or stage. Name at least one; to silence every alert, an operator "
            "states all: true (`loa silences add --all`).",
        )


class SilenceAmbiguous(Refusal):
    code = "silence-all-with-filter"
    kind = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Lệnh tạm dừng vừa ghi all: true vừa nêu đơn vị, dự thảo hoặc giai đoạn. Đề nghị chỉ chọn một cách.",
            "The silence states all: true and also names a unit, draft or stage. Choose one of them.",
        )


class SilenceOver(Refusal):
    code = "silence-over"
    kind = "invalid"

    def __init__(self, first: date, last: date) -> None:
        super().__init__(
            f"Thời gian tạm dừng từ {first:%d/%m/%Y} đến {last:%d/%m/%Y} đã qua hoặc kết thúc trước khi bắt đầu; "
            "đề nghị chọn ngày kết thúc từ hôm nay trở đi.",
            f"The silence from {first} to {last} is over, or ends before it begins; choose a last day from today on.",
        )


class SilenceOverEverything(Refusal):
    code = "silence-over-everything"
    kind = "invalid"

    def __init__(self, days: int) -> None:
        super().__init__(
            f"Tạm dừng không kèm đơn vị, dự thảo hay giai đoạn chỉ được tối đa {days} ngày; nếu cần dừng toàn bộ "
            "lâu hơn, đề nghị giữ thư (POST /sending/hold).",
            f"A silence without unit, draft or stage lasts {counted(days, 'day')} at most; to stop everything for longer, "
            "hold all mail (POST /sending/hold).",
        )


class SilenceTooLong(Refusal):
    code = "silence-too-long"
    kind = "invalid"

    def __init__(self, latest: date, days: int) -> None:
        super().__init__(
            f"Lệnh tạm dừng của cơ quan theo dõi kết thúc chậm nhất ngày {latest:%d/%m/%Y} (trong {days} ngày); nếu vẫn cần, "
            "đề nghị tạo lệnh mới trước khi lệnh này hết hạn, hoặc đề nghị người vận hành tạo.",
            f"A silence of a supervising body ends on {latest} at the latest (within {counted(days, 'day')}); if it is still needed, "
            "add another one before it ends, or ask an operator.",
        )


class SilenceNotFound(Refusal):
    code = "silence-not-found"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Không có lệnh tạm dừng với mã này; danh sách tại GET /silences.",
            "There is no silence with this id; GET /silences lists them.",
        )


class NotTheirs(Refusal):
    code = "not-their-alert"
    kind = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "Nội dung này thuộc đơn vị khác; mỗi đơn vị chỉ hẹn nhắc lại nội dung của mình.",
            "This alert is another unit's; a unit can only snooze its own.",
        )


class SnoozeTooLong(Refusal):
    code = "snooze-too-long"
    kind = "invalid"

    def __init__(self, until: date, days: int) -> None:
        super().__init__(
            f"Ngày {until:%d/%m/%Y} đã qua hoặc quá {days} ngày kể từ hôm nay; đề nghị chọn ngày gần hơn, "
            "hoặc báo ngày sẽ thực hiện.",
            f"{until} has passed or is more than {counted(days, 'day')} from today; choose an earlier day, "
            "or say on which day it will be done.",
        )


class MailIsHeld(Refusal):
    """A person can't send a letter while nothing goes out: it would come late, as if it were of that day."""

    code = "mail-is-held"

    def __init__(self) -> None:
        super().__init__(
            "Việc gửi thư của hệ thống đang tạm giữ nên chưa gửi được công văn; đề nghị tải về hoặc gửi lại sau khi người vận "
            "hành cho tiếp tục.",
            "All mail of the system is held, so no letter was sent; download them, or send them once an operator has released it.",
        )


class ClockNotTrusted(Refusal):
    """The clock differs from the engines' clocks: mails of another day would go out."""

    code = "clock-not-trusted"

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"Đồng hồ của máy chủ thông báo không khớp với cơ sở dữ liệu ({problem}) nên chưa gửi thư nào; đề nghị "
            "chỉnh lại đồng hồ (`timedatectl set-ntp true`) rồi thực hiện lại.",
            f"The notifier's clock does not agree with the engines ({problem}), so no mail is sent; set the clock "
            "(`timedatectl set-ntp true`), then try again.",
        )


class RequestRefused(Refusal):
    """The registry does not take what a link asks for, as the draft stands."""

    code = "request-refused"


class RegistryAway(Refusal):
    code = "registry-away"
    kind = "unavailable"
    retry_after = 10

    def __init__(self) -> None:
        super().__init__(
            "Hệ thống chưa ghi nhận được đề nghị này; nội dung đã nhập chưa được lưu. Đề nghị gửi lại sau ít phút.",
            "The request could not be recorded yet; what you entered is not saved. Please send it again in a few minutes.",
        )
