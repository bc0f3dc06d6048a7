"""How what a mailbox wants to be sent is spoken of: on its page and in its mail."""

from collections.abc import Mapping
from types import MappingProxyType

from services.notifier.domain.recipients.preference import Preference
from shared.contracts.vocabulary import OptionalMail, Weekday
from shared.kernel.errors import Text

EACH_DAY = Text("Mỗi ngày làm việc", "Each working day")
DAYS: Mapping[Weekday, Text] = MappingProxyType(
    {
        Weekday.MONDAY: Text("Mỗi tuần, vào thứ Hai", "Each week, on Monday"),
        Weekday.TUESDAY: Text("Mỗi tuần, vào thứ Ba", "Each week, on Tuesday"),
        Weekday.WEDNESDAY: Text("Mỗi tuần, vào thứ Tư", "Each week, on Wednesday"),
        Weekday.THURSDAY: Text("Mỗi tuần, vào thứ Năm", "Each week, on Thursday"),
        Weekday.FRIDAY: Text("Mỗi tuần, vào thứ Sáu", "Each week, on Friday"),
    }
)
KINDS: Mapping[OptionalMail, Text] = MappingProxyType(
    {
        OptionalMail.WEEKLY_LIST: Text(
            "Danh sách hằng tuần các nội dung quá hạn, kèm dự thảo công văn đôn đốc",
            "Weekly list of what is overdue, with a draft letter",
        ),
        OptionalMail.MONTHLY_SUMMARY: Text("Trang tổng hợp hằng tháng", "Monthly page"),
        OptionalMail.THANKS: Text(
            "Thư chỉ để ghi nhận việc đã hoàn thành", "Mail that only says what was completed"
        ),
    }
)

SAVED = Text("Đã lưu cài đặt nhận thư", "Your choice is saved")
ENDED = Text("Đã dừng gửi loại thư này", "This kind of mail has ended")
DUTIES_GO_ON = Text(
    "Thư nhắc việc thuộc trách nhiệm của đơn vị vẫn được gửi. Có thể thay đổi lựa chọn bất cứ lúc nào bằng liên kết "
    "ở cuối mỗi thư.",
    "Reminders of what the unit has to do still go out. The choice can be changed at any time with the link at the "
    "end of each mail.",
)
ASKED = Text("Đã nhận yêu cầu", "Your request is received")
MAILED = Text(
    "Liên kết mới được gửi vào địa chỉ đã nhận thư trước, nếu địa chỉ đó còn trong danh sách nhận thư.",
    "A new link goes to the address that got the first mail, if it still stands on the list.",
)
MAILED_NEXT = Text(
    "Thư thường đến trong vài phút; mỗi ngày gửi lại nhiều nhất một thư.",
    "The mail usually comes within minutes; at most one a day is sent again.",
)


def frequency(chosen: Preference) -> Text:
    return DAYS[chosen.digest_day] if chosen.digest_day else EACH_DAY


def ended(kind: OptionalMail) -> Text:
    """Say what one click brought about."""
    name = KINDS[kind]
    return Text(
        f"Địa chỉ này không còn nhận: {in_sentence(name.vi)}.",
        f"This address gets no more: {in_sentence(name.en)}.",
    )


def chosen(preference: Preference, offered: tuple[OptionalMail, ...]) -> Text:
    """Say in a sentence what holds now."""
    often = frequency(preference)
    off = [KINDS[kind] for kind in offered if not preference.wants(kind)]
    without_vi = "; không gửi: " + ", ".join(in_sentence(name.vi) for name in off) if off else ""
    without_en = "; not sent: " + ", ".join(in_sentence(name.en) for name in off) if off else ""
    return Text(
        f"Thư nhắc việc được gửi: {in_sentence(often.vi)}{without_vi}.",
        f"Reminders go out: {in_sentence(often.en)}{without_en}.",
    )


def in_sentence(words: str) -> str:
    """Write words that begin with a capital as a part of a sentence."""
    return words[0].lower() + words[1:]
