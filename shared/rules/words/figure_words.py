"""What figures are called, in one place: the page, the command line and mails take their words from here."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts.vocabulary import GapState
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.rules.summary.segments import Segment
from shared.rules.verdicts import OccurrenceVerdict, PolicyVerdict
from shared.rules.words.wording import OCCURRENCE_VERDICTS, POLICY_VERDICTS, UNIT_LEVELS

HARD_SPACE = "\N{NO-BREAK SPACE}"  # a number and its unit stay on one line

RATES: Mapping[str, Text] = MappingProxyType(
    {
        "rate_plan": Text("Tỷ lệ truyền thông theo Kế hoạch", "Rate of communication by the plan"),
        "rate_plan_low": Text("Mức thấp nhất của tỷ lệ theo Kế hoạch", "Lower bound of the rate by the plan"),
        "rate_plan_drafts": Text(
            "Tỷ lệ theo Kế hoạch, tính theo dự thảo", "Rate by the plan, counted in drafts"
        ),
        "rate_full": Text("Mức độ đầy đủ", "Completeness"),
        "rate_on_time": Text("Đúng hạn", "On time"),
        "rate_any": Text("Có ít nhất một hoạt động truyền thông", "At least one communication"),
        "rate_from_start": Text("Đúng hạn ngay từ khi lấy ý kiến", "In time from the start"),
        "rate_occurrences": Text("Theo lượt giai đoạn", "By stage occurrences"),
    }
)

COUNTS: Mapping[str, Text] = MappingProxyType(
    {
        "policies": Text("Chính sách", "Policies"),
        "judged": Text("Được đánh giá", "Judged"),
        **{verdict.value: POLICY_VERDICTS[verdict] for verdict in PolicyVerdict},
        "undetermined": Text("Chưa xác định phạm vi", "Scope undetermined"),
        "provisional": Text("Kết quả tạm tính, dự thảo chưa thông qua", "Provisional, not adopted yet"),
        "waived_occurrences": OCCURRENCE_VERDICTS[OccurrenceVerdict.WAIVED],
        "any_statutory_only": Text(
            "Chỉ gửi văn bản, đăng tải lấy ý kiến", "Only by the consultation that the law asks for"
        ),
        "any_verified": Text("Có hoạt động đã được kiểm tra", "With a verified communication"),
        "drafts": Text("Dự thảo", "Drafts"),
        "drafts_judged": Text("Dự thảo được đánh giá", "Drafts judged"),
        "drafts_plan": Text("Dự thảo truyền thông theo Kế hoạch", "Drafts communicated by the plan"),
    }
)

PUBLISHED: Mapping[str, Text] = MappingProxyType(
    {
        "activities": Text("Hoạt động", "Activities"),
        "items": Text("Số lượt của loạt hoạt động", "Items of series"),
        "attendance": Text("Lượt người tham dự", "Attendances"),
        "reach_count": Text("Lượt tiếp cận", "Reached"),
        "cost_state": Text("Ngân sách nhà nước (đồng)", "State budget (đồng)"),
        "cost_social": Text("Nguồn xã hội hóa (đồng)", "Social resources (đồng)"),
        "drafts_communicated": Text("Dự thảo được truyền thông", "Drafts communicated"),
        "opinions_received": Text("Ý kiến nhận được", "Comments received"),
        "opinions_accepted": Text("Ý kiến tiếp thu", "Comments taken up"),
        "opinions_explained": Text("Ý kiến giải trình", "Comments explained"),
    }
)

DRAFT_NUMBERS: Mapping[str, Text] = MappingProxyType(
    {
        "drafts": Text("Dự thảo", "Drafts"),
        "entered": Text("Đã chuyển sang giai đoạn trong kỳ", "Entered the stage in the period"),
        "expected": Text("Dự kiến trong kỳ, chưa chuyển", "To enter it in the period, not yet"),
    }
)
OPINION_NUMBERS: Mapping[str, Text] = MappingProxyType(
    {
        "consultations": Text("Đợt lấy ý kiến có tổng hợp", "Consultations summarised"),
        "drafts": Text("Dự thảo", "Drafts"),
        "received": Text("Ý kiến nhận được", "Opinions received"),
        "accepted": Text("Ý kiến tiếp thu", "Opinions taken up"),
        "explained": Text("Ý kiến giải trình", "Opinions explained"),
        "agree": Text("Ý kiến đồng ý", "Opinions that agree"),
        "disagree": Text("Ý kiến không đồng ý", "Opinions that disagree"),
        "share_agree": Text("Tỷ lệ đồng ý", "Share that agree"),
    }
)
SHARES = frozenset({"share_complete", "share_agree", *RATES})  # figures that are fractions
_PROGRAMME: Mapping[str, Text] = MappingProxyType(
    {
        "obstacles_carried_over": Text("Vướng mắc từ các năm trước", "Obstacles of the years before"),
        "obstacles_received": Text("Vướng mắc đã tiếp nhận", "Obstacles received"),
        "obstacles_forwarded": Text("Vướng mắc đã chuyển", "Obstacles forwarded"),
        "obstacles_decided": Text("Vướng mắc đã có quyết định", "Obstacles decided"),
        "obstacles_answered": Text("Vướng mắc đã trả lời", "Obstacles answered"),
        "units_inspected": Text("Đơn vị, địa phương được kiểm tra", "Units inspected"),
        "examined": Text("Văn bản, hồ sơ được kiểm tra", "Documents examined"),
        "findings": Text("Nội dung cần khắc phục", "Findings"),
        "findings_mended": Text("Nội dung đã khắc phục", "Findings mended"),
        "reports_received": Text("Báo cáo đã tiếp nhận", "Reports received"),
        "activities_complete": Text("Hoạt động đủ sáu nội dung", "Activities with all six content items"),
        "share_complete": Text("Tỷ lệ hoạt động đủ sáu nội dung", "Share with all six content items"),
        "activities_verified": Text("Hoạt động đã được kiểm tra", "Activities verified"),
        "cost_social_recorded": Text(
            "Số hoạt động có ghi nhận nguồn xã hội hóa", "Activities that recorded social resources"
        ),
        **{
            f"findings_{level}": Text(
                f"Nội dung cần khắc phục, {named.vi.lower()}", f"Findings, {named.en.lower()}"
            )
            for level, named in UNIT_LEVELS.items()
        },
        "findings_unknown": Text("Nội dung cần khắc phục, chưa rõ cấp", "Findings, level not recorded"),
    }
)


_OF_GROUPS = {**COUNTS, **RATES, **PUBLISHED, **_PROGRAMME}


def programme_figure(name: str) -> Text:
    """Return what a figure of a group of the programme is called."""
    return _OF_GROUPS[name]


SEGMENTS: Mapping[Segment, Text] = MappingProxyType(
    {
        Segment.MET: Text("Đạt", "Met"),
        Segment.RECOVERABLE: Text("Quá hạn, còn kịp đạt", "Overdue, can still be met"),
        Segment.MISSED: Text("Không đạt", "Not met"),
        Segment.NOT_DUE: Text("Chưa đến lúc đánh giá", "Not due yet"),
        Segment.UNRECORDED: Text("Chưa ghi nhận việc lấy ý kiến", "Consultation not recorded"),
        Segment.UNDETERMINED: COUNTS["undetermined"],
        Segment.EXEMPT: POLICY_VERDICTS[PolicyVerdict.EXEMPT],
        Segment.ENDED: POLICY_VERDICTS[PolicyVerdict.ENDED],
    }
)

LEAD_UNIT = Text("Cơ quan chủ trì soạn thảo", "Lead drafting body")
TARGET = Text("Chỉ tiêu Quyết định 407", "Target of Decision 407")
BELOW_TARGET = Text("thấp hơn chỉ tiêu Quyết định 407", "below the target of Decision 407")
DUE = Text("Thời hạn theo dõi nội bộ", "Internal deadline")


def time_left(state: GapState, working_days: int) -> Text:
    """Say how far the internal deadline is: `working_days` left, or overdue."""
    days = counted(working_days, "working day")
    if state is GapState.OVERDUE:
        return Text(f"Quá hạn {working_days}{HARD_SPACE}ngày làm việc", f"{days} overdue")
    return Text(f"Còn {working_days}{HARD_SPACE}ngày làm việc", f"{days} left")
