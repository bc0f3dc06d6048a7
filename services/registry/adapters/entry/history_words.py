"""What was recorded of a draft, one sentence for each event, for the history on its page."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from shared.contracts import registry as events
from shared.contracts.vocabulary import Answer, Precision, RequestDecision, Stage
from shared.kernel.errors import Text
from shared.rules.words.decision_407 import ANSWERS, CRITERIA
from shared.rules.words.wording import (
    HANDLINGS,
    INSTRUMENTS,
    PROCEDURES,
    REGIMES,
    REQUESTS,
    SCOPE,
    SCOPE_BASES,
    STAGES,
    dated,
)

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


def transferred(event: events.DraftTransferred, unit: str) -> Text:
    """Say to which unit a draft goes, by the name or the code that is given."""
    return Text(
        f"Chuyển cho {unit} chủ trì từ ngày {event.on:%d/%m/%Y}",
        f"Transferred to {unit} on {event.on:%d/%m/%Y}",
    )


AMENDABLE: Mapping[str, Text] = MappingProxyType(
    {
        "instrument": Text("hình thức văn bản", "legal form"),
        "regime": Text("luật áp dụng", "law"),
        "final_number": Text("số, ký hiệu văn bản", "final number"),
        "outcome": Text("kết quả", "outcome"),
        "source": Text("nguồn", "source"),
        "handling": Text("hình thức xử lý", "what it does to the law in force"),
        "amends": Text("văn bản được sửa đổi, bổ sung", "documents that it amends"),
        "replaces": Text("văn bản được thay thế", "documents that it replaces"),
        "external_ref": Text("mã ở hệ thống khác", "code in another system"),
    }
)
_LISTED: Mapping[str, Mapping[Any, Text]] = MappingProxyType(
    {"instrument": INSTRUMENTS, "regime": REGIMES, "handling": HANDLINGS}
)


def _amended(event: events.DraftAmended) -> Text:
    """Name each field that was put right, with its value."""
    vi: list[str] = []
    en: list[str] = []
    for name, label in AMENDABLE.items():
        value = getattr(event, name)
        if value is None and name not in event.cleared:
            continue
        now = _value(name, value)
        vi.append(f"{label.vi}: {now.vi}")
        en.append(f"{label.en}: {now.en}")
    return Text(f"Đính chính dự thảo{_in_brackets(vi)}: {event.reason}", f"Amended{_in_brackets(en)}")


def _value(name: str, value: Any) -> Text:
    if value is None:
        return Text("để trống", "left empty")
    if name in _LISTED:
        return _LISTED[name][value]
    words = ", ".join(value) if isinstance(value, tuple) else str(value)
    return Text(words, words)


def _in_brackets(parts: list[str]) -> str:
    return f" ({'; '.join(parts)})" if parts else ""


def _assessed(event: events.DraftScopeAssessed) -> Text:
    """Name the answers that are certain, by the number of the criterion, and what a person concluded."""
    given = [(number, getattr(event, name)) for number, name in enumerate(CRITERIA, 1)]
    certain = [(number, ANSWERS[answer]) for number, answer in given if answer is not Answer.UNKNOWN]
    vi = [f"tiêu chí {number}: {answer.vi.lower()}" for number, answer in certain]
    en = [f"criterion {number}: {answer.en.lower()}" for number, answer in certain]
    if event.state_secret is Answer.YES:
        vi, en = [*vi, "có bí mật nhà nước"], [*en, "state secret"]
    if event.in_scope is not Answer.UNKNOWN:
        basis = SCOPE_BASES[event.scope_basis] if event.scope_basis else None
        concluded = SCOPE[event.in_scope]
        vi.append(f"kết luận: {concluded.vi.lower()}" + (f" theo {basis.vi}" if basis else ""))
        en.append(f"concluded: {concluded.en.lower()}" + (f" by {basis.en}" if basis else ""))
    return Text(f"Đánh giá phạm vi theo bốn tiêu chí{_in_brackets(vi)}", f"Scope assessed{_in_brackets(en)}")


def _exempted(event: events.DraftCommunicationExempted) -> Text:
    names = ", ".join(STAGES[stage].vi.lower() for stage in event.stages) or "toàn bộ dự thảo"
    names_en = ", ".join(STAGES[stage].en.lower() for stage in event.stages) or "the whole draft"
    return Text(
        f"Miễn truyền thông ({names}), theo {event.document}", f"Exempted ({names_en}) by {event.document}"
    )


def _expected(event: events.DraftStageExpected) -> Text:
    name = STAGES[event.stage]
    if event.expected_on is None:
        return Text(f"Không còn dự kiến: {name.vi}", f"No longer expected: {name.en}")
    when = dated(event.expected_on, event.precision)
    return Text(f"Dự kiến: {name.vi}, {when.vi}", f"Expected: {name.en}, {when.en}")


_WORDS: Mapping[type, Callable[[Any], Text]] = MappingProxyType(
    {
        events.DraftRegistered: lambda e: Text(f"Đăng ký dự thảo “{e.title}”", "Registered"),
        events.DraftAmended: _amended,
        events.DraftRetitled: lambda e: Text(f"Đổi tên dự thảo thành “{e.title}”", "Retitled"),
        events.DraftScopeAssessed: _assessed,
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
            f"Stage corrected: {words_of_stage(e.stage, e.entered_on, e.precision).en} (before: "
            f"{words_of_stage(e.was_stage, e.was_entered_on, e.was_precision).en})",
        ),
        events.DraftStageCancelled: lambda e: Text(
            f"Hủy giai đoạn ghi nhầm: {words_of_stage(e.stage, e.entered_on, e.precision).vi} ({e.reason})",
            f"Cancelled: {words_of_stage(e.stage, e.entered_on, e.precision).en}",
        ),
        events.DraftSuspended: lambda e: words_of_stage(Stage.SUSPENDED, e.on, e.precision),
        events.DraftResumed: lambda e: Text(
            f"Tiếp tục sau tạm dừng: {words_of_stage(e.stage, e.on, e.precision).vi}",
            f"Resumed: {words_of_stage(e.stage, e.on, e.precision).en}",
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
        events.DraftTransferred: lambda e: transferred(e, e.to_unit_code),
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
