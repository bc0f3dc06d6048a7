"""What the notifier's own lists are called, for mails and the outbox page."""

from collections.abc import Iterable, Mapping
from datetime import date
from textwrap import shorten
from types import MappingProxyType

from services.notifier.domain.delivery.delivery_state import DigestState
from services.notifier.domain.gaps.alert_context import AlertContext
from services.notifier.domain.notification.reasons import (
    REPEAT,
    LineReason,
    Reason,
    SendReason,
    SkipReason,
    classified,
)
from services.notifier.domain.notification.standing import SOON
from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
)
from shared.contracts.vocabulary import AlertAnswer, RecipientRole
from shared.kernel.counted import counted
from shared.kernel.errors import Text

LONGEST_ANSWER = 300  # characters of an answer that a list has room for


def late(days: int) -> Text:
    """Say by how many working days something is overdue; nothing if it is not."""
    return Text(f"{days} ngày làm việc", counted(days, "working day")) if days else Text("–", "–")


# Every reason that stands in a mail; those not to send have no words here.
REASONS: Mapping[Reason, Text] = MappingProxyType(
    {
        Reason.FIRST_NOTICE: Text(
            "Thông báo lần đầu: dự thảo đang ở giai đoạn cần truyền thông",
            "First notice: the draft is in a stage that calls for communication",
        ),
        Reason.DUE_SOON: Text(
            f"Còn không quá {SOON} ngày làm việc là đến hạn", f"Due within {counted(SOON, 'working day')}"
        ),
        Reason.OVERDUE_FIRST: Text(
            "Đã qua thời hạn mà chưa ghi nhận hoạt động truyền thông",
            "The due day has passed and no communication is on record",
        ),
        Reason.OVERDUE_REPEAT: Text(
            f"Đôn đốc lại sau mỗi {REPEAT} ngày làm việc khi chưa hoàn thành",
            f"Repeated every {counted(REPEAT, 'working day')} until it is done",
        ),
        Reason.WORSE: Text(
            "So với lần nhắc trước có thêm chính sách chưa được truyền thông hoặc thời hạn đến sớm hơn",
            "More policies are open, or the due day is earlier, than when we wrote last",
        ),
        Reason.PLAN_PASSED: Text(
            "Ngày thực hiện mà đơn vị đã báo đã qua, chưa ghi nhận hoạt động truyền thông",
            "The day that the unit named has passed and no communication is on record",
        ),
        Reason.NO_TIME: Text(
            "Trình tự, thủ tục rút gọn: thời hạn kết thúc trước hoặc trong ngày gửi thư tổng hợp tiếp theo",
            "Simplified procedure: it is due before the next digest, or on its day",
        ),
        Reason.LINKS_RENEWED: Text(
            "Gửi lại theo yêu cầu nhận liên kết mới", "Sent again because new links were asked for"
        ),
        Reason.RESOLVED_SINCE: Text("Đã hoàn thành từ lần nhắc trước", "Completed since we wrote last"),
        Reason.STILL_OWED: Text("Đã nhắc trước đây, nêu lại để tiện theo dõi", "Named before, repeated here"),
        Reason.PLANNED: Text(
            "Đơn vị đã báo ngày thực hiện; chưa đến ngày đó",
            "The unit has named a day, which is still to come",
        ),
        Reason.CLOSED_OTHERWISE: Text("Không còn phải theo dõi", "No longer followed"),
        Reason.ESCALATED: Text(
            "Đơn vị trực thuộc hoặc thuộc phạm vi theo dõi chậm thực hiện quá số ngày quy định",
            "A unit below, or one that is followed, is late by more than the days that are set",
        ),
        Reason.STILL_ESCALATED: Text(
            "Đã báo cáo trước đây, nêu lại để tiện theo dõi", "Reported before, repeated here"
        ),
        Reason.CLOSED_BELOW: Text(
            "Đơn vị không còn chậm nội dung này", "The unit is no longer late with this"
        ),
        Reason.LISTED: Text(
            "Danh sách hằng tuần các nội dung quá hạn thuộc phạm vi theo dõi",
            "Weekly list of what is overdue in the area that is followed",
        ),
    }
)

WHY_SENT = Text("Lý do gửi hôm nay", "Why today")
WHY_NAMED = Text("Ghi chú", "Note")


def why_of(reason: SendReason | LineReason) -> tuple[Text, Text]:
    """Say why a gap stands in a mail, and what that is: the reason of the mail, or only a note."""
    label = WHY_SENT if isinstance(reason, SendReason) else WHY_NAMED
    return label, REASONS[reason.reason]


def why_in_mail(reason: Reason) -> tuple[Text, Text]:
    """Say why a gap stands in a mail; raises `ValueError` for a reason not to send."""
    match classified(reason):
        case SkipReason():
            raise ValueError(f"{reason.value} is a reason not to send")
        case in_mail:
            return why_of(in_mail)


ROLES: Mapping[RecipientRole, Text] = MappingProxyType(
    {
        RecipientRole.FOCAL_POINT: Text("đầu mối", "focal point"),
        RecipientRole.HEAD: Text("lãnh đạo đơn vị", "head of the unit"),
        RecipientRole.SUPERVISOR: Text("cơ quan theo dõi", "supervisor"),
    }
)

STATES: Mapping[DigestState, Text] = MappingProxyType(
    {
        DigestState.QUEUED: Text("Đang chờ gửi", "Waiting"),
        DigestState.CLAIMED: Text("Đang gửi", "Being sent"),
        DigestState.SENT: Text("Đã gửi", "Sent"),
        DigestState.FAILED: Text("Không gửi được", "Failed"),
        DigestState.UNSURE: Text("Chưa rõ đã gửi hay chưa", "Unsure"),
        DigestState.EXPIRED: Text(
            "Không kịp gửi, nội dung được nêu lại trong thư sau", "Not in time, said again later"
        ),
    }
)

ANSWERS: Mapping[AlertAnswer, Text] = MappingProxyType(
    {
        AlertAnswer.DONE: Text("Đã thực hiện", "Done"),
        AlertAnswer.PLANNED: Text("Sẽ thực hiện ngày …", "Will be done on …"),
        AlertAnswer.NOT_OURS: Text("Không thuộc đơn vị", "Not our draft"),
        AlertAnswer.EXEMPT: Text("Được miễn, theo văn bản …", "Exempted, by document …"),
        AlertAnswer.OBSTACLE: Text("Vướng mắc", "An obstacle"),
    }
)


def _words_of(context: AlertContext) -> Iterable[tuple[str, str | None]]:
    return (context.answer_said or {}).items()


NO_READER = Text(
    "Đơn vị chưa có người nhận thư đang hiệu lực; đề nghị chỉ đạo đăng ký",
    "The unit has nobody to write to; please have a recipient registered",
)


def answer_of(context: AlertContext) -> Text:
    """Say what a late unit has answered: the column "Lý do" of the list that those above read."""
    texts = {
        name: shorten(words or "", LONGEST_ANSWER, placeholder="…") for name, words in _words_of(context)
    }
    match context.answer:
        case AlertAcknowledged.name if context.planned_on is not None:
            day = context.planned_on
            return Text(
                f"Đơn vị báo sẽ thực hiện ngày {day:%d/%m/%Y}", f"The unit will do it on {day:%d/%m/%Y}"
            )
        case AlertTransferRequested.name:
            return _asked_to_transfer(texts)
        case AlertExemptionRequested.name:
            return _asked_to_exempt(texts)
        case AlertObstacleReported.name:
            return _obstacle(texts)
        case _:
            return Text("Chưa có phản hồi", "No answer yet")


def _asked_to_transfer(texts: Mapping[str, str]) -> Text:
    to, why = texts.get("to_unit"), texts.get("explanation")
    return Text(
        f"Đơn vị đề nghị chuyển{f' đến {to}' if to else ' cho đơn vị khác'}{f': {why}' if why else ''}",
        f"The unit asks for a transfer{f' to {to}' if to else ''}{f': {why}' if why else ''}",
    )


def _asked_to_exempt(texts: Mapping[str, str]) -> Text:
    document, authority, day = texts.get("document"), texts.get("authority"), texts.get("decided_on")
    if not (document and authority and day):
        return Text("Đơn vị đề nghị miễn theo văn bản", "The unit asks for an exemption")
    on = date.fromisoformat(day)
    return Text(
        f"Đơn vị đề nghị miễn theo {document} ngày {on:%d/%m/%Y} của {authority}",
        f"The unit asks for an exemption by {document} of {on:%d/%m/%Y}, {authority}",
    )


def _obstacle(texts: Mapping[str, str]) -> Text:
    words = texts.get("obstacle")
    return Text(
        f"Đơn vị báo có vướng mắc{f': {words}' if words else ''}",
        f"The unit reports an obstacle{f': {words}' if words else ''}",
    )
