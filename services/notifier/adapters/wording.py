"""What the notifier's own lists are called, for mails and the outbox page."""

from collections.abc import Mapping
from types import MappingProxyType

from services.notifier.application.ports import DigestState
from services.notifier.domain.reasons import REPEAT, SOON, Reason
from shared.contracts.vocabulary import AlertAnswer, RecipientRole
from shared.errors import Text

REASONS: Mapping[Reason, Text] = MappingProxyType(
    {
        Reason.FIRST_NOTICE: Text(
            "Thông báo lần đầu: dự thảo đang ở giai đoạn cần truyền thông",
            "First notice: the draft is in a stage that calls for communication",
        ),
        Reason.DUE_SOON: Text(
            f"Còn không quá {SOON} ngày làm việc là đến hạn", f"Due within {SOON} working days"
        ),
        Reason.OVERDUE_FIRST: Text(
            "Đã qua thời hạn mà chưa ghi nhận hoạt động truyền thông",
            "The due day has passed and no communication is on record",
        ),
        Reason.OVERDUE_REPEAT: Text(
            f"Đôn đốc lại sau mỗi {REPEAT} ngày làm việc khi chưa hoàn thành",
            f"Repeated every {REPEAT} working days until it is done",
        ),
        Reason.WORSE: Text(
            "So với lần nhắc trước có thêm chính sách chưa được truyền thông hoặc thời hạn đến sớm hơn",
            "More policies are open, or the due day is earlier, than when we wrote last",
        ),
        Reason.RESOLVED_SINCE: Text("Đã hoàn thành từ lần nhắc trước", "Completed since we wrote last"),
        Reason.STILL_OWED: Text("Đã nhắc trước đây, nêu lại để tiện theo dõi", "Named before, repeated here"),
        Reason.CLOSED_OTHERWISE: Text("Không còn phải theo dõi", "No longer followed"),
    }
)

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
