"""The page of a published report: its figures as published, beside those that the facts of today give, and why they differ."""

from collections.abc import Mapping
from typing import Any

from services.metrics.adapters.lists.listing import Column, Kind, Linked, Table
from services.metrics.adapters.pages.leaders import Words
from services.metrics.application.published import Difference
from services.metrics.application.reports import Report
from services.metrics.domain.difference import Cause, DraftDifference, Reason
from services.metrics.domain.report import ReportDraft
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.counts import CountBy
from shared.rules.words.figure_words import COUNTS, PUBLISHED

CAUSES: Mapping[Cause, Text] = {
    Cause.REGISTERED: Text("dự thảo được đăng ký sau khi chốt", "the draft was registered after publication"),
    Cause.RECORDED: Text("ghi nhận thêm {n} hoạt động truyền thông", "communications recorded since: {n}"),
    Cause.CORRECTED: Text(
        "đính chính hoặc kiểm tra {n} hoạt động truyền thông", "communications corrected or verified: {n}"
    ),
    Cause.RETRACTED: Text("rút {n} hoạt động truyền thông đã ghi nhận", "communications retracted: {n}"),
    Cause.STAGES: Text(
        "bổ sung, đính chính giai đoạn của dự thảo", "stages of the draft entered or corrected"
    ),
    Cause.SCOPE: Text("xác định lại phạm vi Đề án", "the scope was assessed again"),
    Cause.POLICIES: Text("thêm, sửa hoặc bỏ chính sách", "policies added, amended or removed"),
    Cause.EXEMPTED: Text("có văn bản miễn truyền thông", "an exemption was recorded"),
    Cause.TRANSFERRED: Text("chuyển cơ quan chủ trì soạn thảo", "the draft was transferred"),
    Cause.PROCEDURE: Text(
        "sửa hình thức văn bản, luật áp dụng hoặc trình tự", "instrument, regime or procedure amended"
    ),
    Cause.OTHERWISE: Text(
        "thay đổi về đơn vị, về quy tắc tính hoặc về dự thảo liên quan", "units or rules changed"
    ),
}
_FIGURES = ("policies", "judged", "met", "missed", "pending", "undetermined", "drafts", "drafts_judged")
_ACTIVITIES = ("activities", "items", "attendance", "cost_state", "cost_social")
BEGUN = Text("Chính sách truyền thông theo Kế hoạch", "Policies communicated by the plan")
LACKING = Text("Dự thảo đang thiếu truyền thông", "Drafts that lack communication")
_NUMBERS = (
    Column("label", Text("Chỉ tiêu", "Figure")),
    Column("then", Text("Khi chốt", "As published"), Kind.NUMBER),
    Column("now", Text("Theo dữ liệu hiện nay", "By the data of today"), Kind.NUMBER),
    Column("change", Text("Chênh lệch", "Difference"), Kind.NUMBER),
)
_DRAFTS = (
    Column("draft", Text("Dự thảo", "Draft")),
    Column("then", Text("Khi chốt (theo Kế hoạch/được đánh giá)", "As published (by the plan/judged)")),
    Column("now", Text("Hiện nay", "Today")),
    Column("why", Text("Số liệu thay đổi vì", "The figures changed because")),
)


def tables(compared: Difference, words: Words) -> list[Table]:
    then, now = _numbers(compared.then), _numbers(compared.now)
    rows = [
        {"label": label, "then": then[name], "now": now[name], "change": _change(then[name], now[name])}
        for name, label in _labels().items()
    ]
    return [
        Table(key="figures", title=Text("Số liệu", "Figures"), columns=_NUMBERS, rows=rows),
        Table(
            key="drafts",
            title=Text("Số liệu thay đổi vì", "What changed, and why"),
            columns=_DRAFTS,
            rows=[_draft(draft, words) for draft in compared.drafts],
            empty=Text(
                "Không có dự thảo nào thay đổi kể từ khi chốt.", "No draft changed since publication."
            ),
        ),
    ]


def values(compared: Difference, words: Words) -> dict[str, Any]:
    return {
        "compared": compared,
        "published": compared.published,
        "whose": compared.then.overview.whole.label,
        "tables": tables(compared, words),
        "headline": _headline(compared),
    }


def _headline(compared: Difference) -> Text:
    number = len(compared.drafts)
    if not number and not compared.other_rules:
        return Text(
            "Số liệu hiện nay giống như khi chốt báo cáo", "The figures are the same as when it was published"
        )
    if not number:
        return Text(
            "Số liệu như khi chốt; quy tắc tính đã thay đổi", "The figures are the same; the rules changed"
        )
    return Text(
        f"Số liệu của {number} dự thảo đã thay đổi kể từ khi chốt báo cáo",
        f"The figures of {counted(number, 'draft')} changed since the report was published",
    )


def _labels() -> dict[str, Text]:
    return {
        **{name: COUNTS[name] for name in _FIGURES},
        "begun": BEGUN,
        "lacking": LACKING,
        **{name: PUBLISHED[name] for name in _ACTIVITIES},
    }


def _numbers(report: Report) -> dict[str, int | None]:
    counts = report.overview.whole.counts
    activities = report.counts[CountBy.NONE].groups[0].figures.as_dict()
    return {
        **{name: getattr(counts, name) for name in (*_FIGURES, "begun")},
        "lacking": len(report.overview.gaps),
        **{name: activities[name] for name in _ACTIVITIES},
    }


def _change(then: int | None, now: int | None) -> int | None:
    return None if then is None or now is None else now - then


def _draft(draft: DraftDifference, words: Words) -> dict[str, Any]:
    return {
        "draft": Linked(draft.title, f"/drafts/{draft.draft_code}"),
        "then": _outcome(draft.then),
        "now": _outcome(draft.now),
        "why": "; ".join(_reason(reason, words) for reason in draft.reasons)
        or Text("chưa đối chiếu", "not compared"),
    }


def _outcome(draft: ReportDraft | None) -> str | Text:
    return Text("không có", "none") if draft is None else f"{draft.begun}/{draft.judged}"


def _reason(reason: Reason, words: Words) -> str:
    return words.text(CAUSES[reason.cause]).format(n=reason.number)
