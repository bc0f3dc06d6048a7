"""How answers are spoken of: on the page that follows, on a link that was used, in lists."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from shared.contracts.notifier import (
    AlertAcknowledged,
    AlertExemptionRequested,
    AlertObstacleReported,
    AlertTransferRequested,
    AnswerEvent,
)
from shared.kernel.errors import Text

RECORDED = Text("Đã ghi nhận trả lời", "Your answer is recorded")

ASKED = Text("Đã nhận yêu cầu", "Your request is received")
MAILED = Text(
    "Liên kết mới được gửi vào địa chỉ đã nhận thư trước, nếu địa chỉ đó còn trong danh sách và nội dung còn phải "
    "trả lời.",
    "New links go to the address that got the first mail, if it still stands on the list and an answer is still due.",
)
MAILED_NEXT = Text(
    "Thư thường đến trong vài phút; với mỗi nội dung, mỗi ngày gửi lại nhiều nhất một thư.",
    "The mail usually comes within minutes; for each matter at most one a day is sent again.",
)


def recorded(answer: AnswerEvent) -> Text:
    """Say in a sentence what was answered."""
    match answer:
        case AlertAcknowledged(planned_on=day):
            return Text(
                f"Đã ghi nhận: đơn vị sẽ truyền thông dự thảo vào ngày {day:%d/%m/%Y}.",
                f"Recorded: the unit will communicate the draft on {day}.",
            )
        case AlertTransferRequested(to_unit=unit):
            return Text(
                f"Đã ghi nhận đề nghị chuyển dự thảo{f' đến {unit}' if unit else ''}.",
                f"Recorded: the request to transfer the draft{f' to {unit}' if unit else ''}.",
            )
        case AlertExemptionRequested(document=document, decided_on=day):
            return Text(
                f"Đã ghi nhận đề nghị miễn truyền thông theo {document} ngày {day:%d/%m/%Y}.",
                f"Recorded: the request for an exemption by {document} of {day}.",
            )
        case AlertObstacleReported():
            return Text(
                "Đã ghi nhận khó khăn, vướng mắc của đơn vị.", "Recorded: the obstacle that the unit met."
            )
        case _:
            assert_never(answer)


_DECIDES = Text(
    "Cơ quan theo dõi xem xét, quyết định. Trong thời gian đó, nội dung vẫn được theo dõi và thời hạn không thay đổi.",
    "The supervising body decides. Until then the matter is still followed, and its due day stays.",
)
NEXT: Mapping[type[AnswerEvent], Text] = MappingProxyType(
    {
        AlertAcknowledged: Text(
            "Hoạt động được đưa vào kế hoạch truyền thông của dự thảo; đến hết ngày đó, nội dung này không bị báo "
            "cáo lên cấp trên. Sau khi thực hiện, đề nghị ghi nhận kết quả bằng nút “Đã thực hiện” trong thư.",
            "The activity stands in the plan of the draft; until the end of that day the matter is not reported "
            "upwards. Once it is done, please record it with the button “Done” of the mail.",
        ),
        AlertTransferRequested: _DECIDES,
        AlertExemptionRequested: _DECIDES,
        AlertObstacleReported: Text(
            "Nội dung được chuyển đến cơ quan tư pháp để tổng hợp, hướng dẫn tháo gỡ. Thời hạn truyền thông không thay đổi.",
            "It goes to the justice body, which gives guidance. The due day stays.",
        ),
    }
)
