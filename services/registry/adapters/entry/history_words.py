"""What was recorded of a draft, one sentence for each event, for the history on its page."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from shared.contracts import registry as events
from shared.contracts.vocabulary import Precision, RequestDecision, Stage
from shared.kernel.errors import Text
from shared.rules.words.wording import PROCEDURES, REQUESTS, STAGES, dated

_DECIDED: Mapping[str, Text] = {
    RequestDecision.APPROVED: Text("Chấp thuận đề nghị", "The request was approved"),
    RequestDecision.REFUSED: Text("Không chấp thuận đề nghị", "The request was refused"),
    RequestDecision.WITHDRAWN: Text("Rút đề nghị", "The request was withdrawn"),
}


def words_of(event: object) -> Text | None:
    """Give the sentence of an event; None for one that this release does not know."""
    words = _WORDS.get(type(event))
    return words(event) if words else None


def words_of_stage(stage: Stage, day: date, precision: Precision) -> Text:
    """Say which stage was entered when."""
    name, when = STAGES[stage], dated(day, precision)
    return Text(f"{name.vi}, {when.vi}", f"{name.en}, {when.en}")


def _exempted(event: events.DraftCommunicationExempted) -> Text:
    names = ", ".join(STAGES[stage].vi.lower() for stage in event.stages) or "toàn bộ dự thảo"
    return Text(f"Miễn truyền thông ({names}), theo {event.document}", f"Exempted by {event.document}")


def _expected(event: events.DraftStageExpected) -> Text:
    name = STAGES[event.stage]
    if event.expected_on is None:
        return Text(f"Không còn dự kiến: {name.vi}", f"No longer expected: {name.en}")
    when = dated(event.expected_on, event.precision)
    return Text(f"Dự kiến: {name.vi}, {when.vi}", f"Expected: {name.en}, {when.en}")


_WORDS: Mapping[type, Callable[[Any], Text]] = MappingProxyType(
    {
        events.DraftRegistered: lambda e: Text(f"Đăng ký dự thảo “{e.title}”", "Registered"),
        events.DraftAmended: lambda e: Text(f"Đính chính dự thảo: {e.reason}", "Amended"),
        events.DraftRetitled: lambda e: Text(f"Đổi tên dự thảo thành “{e.title}”", "Retitled"),
        events.DraftScopeAssessed: lambda _: Text("Đánh giá phạm vi theo bốn tiêu chí", "Scope assessed"),
        events.DraftPolicyAdded: lambda e: Text(
            f"Thêm chính sách {e.policy_no}: {e.title}", f"Policy {e.policy_no} added"
        ),
        events.DraftPolicyAmended: lambda e: Text(
            f"Sửa chính sách {e.policy_no}: {e.title}", f"Policy {e.policy_no} amended"
        ),
        events.DraftPolicyRemoved: lambda e: Text(
            f"Bỏ chính sách {e.policy_no}", f"Policy {e.policy_no} removed"
        ),
        events.DraftStageEntered: lambda e: words_of_stage(e.stage, e.entered_on, e.precision),
        events.DraftStageCorrected: lambda e: Text(
            f"Đính chính giai đoạn: {words_of_stage(e.stage, e.entered_on, e.precision).vi} (trước đó "
            f"{words_of_stage(e.was_stage, e.was_entered_on, e.was_precision).vi})",
            f"Stage corrected to {e.entered_on}",
        ),
        events.DraftStageCancelled: lambda e: Text(
            f"Hủy giai đoạn ghi nhầm: {words_of_stage(e.stage, e.entered_on, e.precision).vi} ({e.reason})",
            f"Cancelled: {words_of_stage(e.stage, e.entered_on, e.precision).en}",
        ),
        events.DraftSuspended: lambda e: words_of_stage(Stage.SUSPENDED, e.on, e.precision),
        events.DraftResumed: lambda e: Text(
            f"Tiếp tục sau tạm dừng: {words_of_stage(e.stage, e.on, e.precision).vi}", f"Resumed on {e.on}"
        ),
        events.DraftWithdrawn: lambda e: words_of_stage(Stage.WITHDRAWN, e.on, e.precision),
        events.DraftMerged: lambda e: words_of_stage(Stage.MERGED, e.on, e.precision),
        events.DraftCommunicationExempted: _exempted,
        events.DraftExemptionCancelled: lambda e: Text(
            f"Hủy nội dung miễn truyền thông: {e.reason}", "An exemption was taken back"
        ),
        events.DraftProcedureDecided: lambda e: Text(
            f"{PROCEDURES[e.procedure].vi}, theo {e.document}", f"{PROCEDURES[e.procedure].en}"
        ),
        events.DraftPostingOpened: lambda e: Text(
            f"Đăng tải lấy ý kiến từ ngày {e.opened_on:%d/%m/%Y}",
            f"Posted for comment on {e.opened_on:%d/%m/%Y}",
        ),
        events.DraftPostingExtended: lambda e: Text(
            f"Kéo dài đăng tải đến ngày {e.closes_on:%d/%m/%Y}", f"Posting extended to {e.closes_on:%d/%m/%Y}"
        ),
        events.DraftPostingClosed: lambda e: Text(
            f"Kết thúc đăng tải ngày {e.closed_on:%d/%m/%Y}", f"Posting closed on {e.closed_on:%d/%m/%Y}"
        ),
        events.DraftPostingCancelled: lambda e: Text(
            f"Hủy lần đăng tải ghi nhầm: {e.reason}", "A posting was cancelled"
        ),
        events.DraftStageExpected: _expected,
        events.DraftOpinionsSummarised: lambda e: Text(
            f"Tổng hợp ý kiến ở giai đoạn {STAGES[e.stage].vi.lower()}: {e.received} ý kiến",
            f"{e.received} opinions in “{STAGES[e.stage].en}”",
        ),
        events.DraftTransferred: lambda e: Text(
            f"Chuyển cho {e.to_unit_code} chủ trì từ ngày {e.on:%d/%m/%Y}", f"Transferred on {e.on:%d/%m/%Y}"
        ),
        events.DraftRequestRaised: lambda e: Text(
            f"Đề nghị {REQUESTS[e.kind].vi}", f"Asked for {REQUESTS[e.kind].en}"
        ),
        events.DraftRequestDecided: lambda e: _DECIDED[e.decision],
        events.DraftRequestAnswered: lambda _: Text(
            "Trả lời đề nghị, chưa quyết định", "The request was answered"
        ),
        events.DraftRequestForwarded: lambda e: Text(
            f"Chuyển đề nghị đến {e.to_unit_code} xem xét, quyết định",
            f"The request went on to {e.to_unit_code}",
        ),
    }
)
