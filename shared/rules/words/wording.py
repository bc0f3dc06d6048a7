"""What things are called in Vietnamese and English: for the dashboard, mail, reports and the terminal."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from shared.contracts.vocabulary import (
    Answer,
    Channel,
    CommunicationRole,
    GapClosure,
    GapState,
    Handling,
    Instrument,
    Precision,
    Procedure,
    Regime,
    RequestKind,
    ScopeBasis,
    Stage,
    UnitLevel,
)
from shared.kernel.errors import Text
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.rulebook.procedures import AppraisingBody, DaysOf
from shared.rules.verdicts import Because, OccurrenceVerdict, PolicyVerdict

NOT_APPLICABLE = Text("không áp dụng", "not applicable")
WHOLE_DRAFT_TITLE = Text("Toàn văn dự thảo", "The whole draft")

STAGES: Mapping[Stage, Text] = MappingProxyType(
    {
        Stage.REGISTERED: Text("Đăng ký, phân công", "Registered"),
        Stage.POLICY_BUILDING: Text("Xây dựng chính sách, lập đề nghị", "Policy building"),
        Stage.POLICY_CONSULTATION: Text("Lấy ý kiến, tham vấn chính sách", "Policy consultation"),
        Stage.POLICY_APPRAISAL: Text("Thẩm định chính sách", "Policy appraisal"),
        Stage.POLICY_APPROVED: Text("Thông qua chính sách", "Policy approved"),
        Stage.PROPOSAL_APPROVED: Text("Chấp thuận đề nghị xây dựng", "Proposal approved"),
        Stage.DRAFTING: Text("Soạn thảo", "Drafting"),
        Stage.DRAFT_CONSULTATION: Text("Lấy ý kiến dự thảo", "Consultation on the draft"),
        Stage.SOCIAL_CRITICISM: Text("Phản biện xã hội", "Social criticism"),
        Stage.APPRAISAL: Text("Thẩm định", "Appraisal"),
        Stage.EXECUTIVE_REVIEW: Text("Chính phủ, Ủy ban nhân dân xem xét", "Executive review"),
        Stage.SUBMITTED: Text("Trình", "Submitted"),
        Stage.VERIFICATION: Text("Thẩm tra", "Verification"),
        Stage.STANDING_OPINION: Text(
            "Ủy ban Thường vụ Quốc hội, Thường trực Hội đồng nhân dân cho ý kiến",
            "Opinion of the standing body",
        ),
        Stage.DELIBERATION: Text("Thảo luận, tiếp thu, chỉnh lý", "Deliberation"),
        Stage.ADOPTED: Text("Thông qua", "Adopted"),
        Stage.PROMULGATED: Text("Ký ban hành, công bố", "Promulgated"),
        Stage.PUBLISHED: Text("Đăng Công báo", "Published in the gazette"),
        Stage.SUSPENDED: Text("Tạm dừng", "Suspended"),
        Stage.WITHDRAWN: Text("Rút khỏi chương trình", "Withdrawn"),
        Stage.MERGED: Text("Gộp vào dự thảo khác", "Merged into another draft"),
    }
)

HANDLINGS: Mapping[Handling, Text] = MappingProxyType(
    {
        Handling.NEW: Text("Ban hành mới", "New"),
        Handling.AMEND: Text("Sửa đổi, bổ sung", "Amends"),
        Handling.REPLACE: Text("Thay thế", "Replaces"),
        Handling.ABOLISH: Text("Bãi bỏ", "Abolishes"),
    }
)
INSTRUMENTS: Mapping[Instrument, Text] = MappingProxyType(
    {
        Instrument.LAW: Text("Luật", "Law"),
        Instrument.ORDINANCE: Text("Pháp lệnh", "Ordinance"),
        Instrument.RESOLUTION: Text("Nghị quyết", "Resolution"),
        Instrument.NA_RESOLUTION: Text("Nghị quyết của Quốc hội", "Resolution of the National Assembly"),
        Instrument.NASC_RESOLUTION: Text(
            "Nghị quyết của Ủy ban Thường vụ Quốc hội",
            "Resolution of the National Assembly Standing Committee",
        ),
        Instrument.PRESIDENTIAL_ORDER: Text("Lệnh của Chủ tịch nước", "Order of the State President"),
        Instrument.PRESIDENTIAL_DECISION: Text(
            "Quyết định của Chủ tịch nước", "Decision of the State President"
        ),
        Instrument.DECREE: Text("Nghị định", "Decree"),
        Instrument.GOVERNMENT_RESOLUTION: Text("Nghị quyết của Chính phủ", "Resolution of the Government"),
        Instrument.DECISION: Text("Quyết định", "Decision"),
        Instrument.PM_DECISION: Text("Quyết định của Thủ tướng Chính phủ", "Decision of the Prime Minister"),
        Instrument.CIRCULAR: Text("Thông tư", "Circular"),
        Instrument.JOINT_RESOLUTION: Text("Nghị quyết liên tịch", "Joint resolution"),
        Instrument.JOINT_CIRCULAR: Text("Thông tư liên tịch", "Joint circular"),
        Instrument.JUDGES_COUNCIL_RESOLUTION: Text(
            "Nghị quyết của Hội đồng Thẩm phán Tòa án nhân dân tối cao",
            "Resolution of the Council of Judges of the Supreme People's Court",
        ),
        Instrument.STATE_AUDIT_DECISION: Text(
            "Quyết định của Tổng Kiểm toán nhà nước", "Decision of the State Auditor General"
        ),
        Instrument.PROVINCIAL_RESOLUTION: Text(
            "Nghị quyết của Hội đồng nhân dân cấp tỉnh", "Resolution of the provincial People's Council"
        ),
        Instrument.PROVINCIAL_DECISION: Text(
            "Quyết định của Ủy ban nhân dân cấp tỉnh", "Decision of the provincial People's Committee"
        ),
        Instrument.PROVINCIAL_CHAIR_DECISION: Text(
            "Quyết định của Chủ tịch Ủy ban nhân dân cấp tỉnh",
            "Decision of the Chair of the provincial People's Committee",
        ),
        Instrument.SPECIAL_UNIT_DOCUMENT: Text(
            "Văn bản của chính quyền đơn vị hành chính - kinh tế đặc biệt",
            "Document of a special administrative-economic unit",
        ),
        Instrument.DISTRICT_RESOLUTION: Text(
            "Nghị quyết của Hội đồng nhân dân cấp huyện", "Resolution of the district People's Council"
        ),
        Instrument.DISTRICT_DECISION: Text(
            "Quyết định của Ủy ban nhân dân cấp huyện", "Decision of the district People's Committee"
        ),
        Instrument.COMMUNE_RESOLUTION: Text(
            "Nghị quyết của Hội đồng nhân dân cấp xã", "Resolution of the commune People's Council"
        ),
        Instrument.COMMUNE_DECISION: Text(
            "Quyết định của Ủy ban nhân dân cấp xã", "Decision of the commune People's Committee"
        ),
    }
)

CHANNELS: Mapping[Channel, Text] = MappingProxyType(
    {
        Channel.PRESS_CONFERENCE: Text("Họp báo", "Press conference"),
        Channel.PRESS_RELEASE: Text("Thông cáo báo chí", "Press release"),
        Channel.NEWS_ARTICLE: Text("Tin, bài trên báo in, báo điện tử", "News article"),
        Channel.RADIO_TV: Text("Phát thanh, truyền hình", "Radio and television"),
        Channel.PORTAL_POSTING: Text("Đăng tải trên cổng, trang thông tin điện tử", "Posting on a portal"),
        Channel.SOCIAL_MEDIA: Text("Mạng xã hội", "Social media"),
        Channel.COMMUNE_LOUDSPEAKER: Text("Hệ thống truyền thanh cơ sở", "Commune loudspeakers"),
        Channel.CONFERENCE: Text("Hội nghị, hội thảo", "Conference, workshop"),
        Channel.PANEL_TALK: Text("Tọa đàm, giao lưu trực tuyến", "Panel talk"),
        Channel.DIALOGUE: Text(
            "Đối thoại với người dân, doanh nghiệp", "Dialogue with people and businesses"
        ),
        Channel.LEGAL_REPORTER: Text(
            "Tuyên truyền miệng qua báo cáo viên, tuyên truyền viên pháp luật", "Legal reporters"
        ),
        Channel.LEAFLET_INFOGRAPHIC: Text("Tờ gấp, infographic, video clip", "Leaflet, infographic, video"),
        Channel.SURVEY: Text("Khảo sát, phiếu lấy ý kiến", "Survey"),
        Channel.EXPERT_INTERVIEW: Text("Phỏng vấn chuyên gia", "Interview with experts"),
        Channel.WRITTEN_REQUEST: Text("Gửi văn bản lấy ý kiến", "Written request for opinions"),
        Channel.CONTEST: Text("Cuộc thi tìm hiểu", "Contest"),
        Channel.OTHER: Text("Hình thức khác", "Other"),
    }
)

ROLES: Mapping[CommunicationRole, Text] = MappingProxyType(
    {
        CommunicationRole.LEAD: Text("Chủ trì", "Lead"),
        CommunicationRole.COORDINATING: Text("Phối hợp", "Coordinating"),
        CommunicationRole.SUPPORT: Text("Hỗ trợ", "Support"),
    }
)

POLICY_VERDICTS: Mapping[PolicyVerdict, Text] = MappingProxyType(
    {
        PolicyVerdict.MET: Text("Đạt mức độ đầy đủ", "Complete"),
        PolicyVerdict.MISSED: Text("Chưa đạt mức độ đầy đủ", "Not complete"),
        PolicyVerdict.PENDING: Text("Đang chờ đánh giá", "Pending"),
        PolicyVerdict.NOT_OPENED: Text("Chưa bắt đầu lấy ý kiến", "Consultation not begun"),
        PolicyVerdict.CLOSED_UNOPENED: Text(
            "Đã thông qua, chưa ghi nhận việc lấy ý kiến", "Adopted, consultation not recorded yet"
        ),
        PolicyVerdict.EXEMPT: Text("Được miễn", "Exempt"),
        PolicyVerdict.ENDED: Text("Đã rút hoặc nhập vào dự thảo khác", "Withdrawn or merged"),
    }
)

OCCURRENCE_VERDICTS: Mapping[OccurrenceVerdict, Text] = MappingProxyType(
    {
        OccurrenceVerdict.COVERED: Text("Đã truyền thông đúng hạn", "Covered in time"),
        OccurrenceVerdict.COVERED_LATE: Text("Đã truyền thông, chậm hạn", "Covered late"),
        OccurrenceVerdict.MISSED: Text("Quá hạn, chưa ghi nhận truyền thông", "Overdue, none recorded"),
        OccurrenceVerdict.WAIVED: Text(
            "Giai đoạn kết thúc trước hạn (không tính)", "Ended before it was due (not counted)"
        ),
        OccurrenceVerdict.PENDING: Text("Còn thời hạn", "Within the time allowed"),
    }
)

REASONS: Mapping[Because, Text] = MappingProxyType(
    {
        Because.WITHDRAWN_OR_MERGED: Text(
            "Dự thảo đã rút hoặc nhập vào dự thảo khác trước khi thông qua",
            "The draft was withdrawn or merged before adoption",
        ),
        Because.WHOLE_DRAFT_EXEMPTED: Text("Toàn bộ dự thảo được miễn", "The whole draft is exempted"),
        Because.CLOSED_WITHOUT_OPENING: Text(
            "Dự thảo đã thông qua, ban hành, chưa ghi nhận việc lấy ý kiến trước đó",
            "Adopted or promulgated, no consultation recorded before",
        ),
        Because.WINDOW_NOT_OPENED: Text(
            "Dự thảo chưa đến giai đoạn lấy ý kiến", "The draft has not reached consultation"
        ),
        Because.REQUIRED_STAGE_MISSED: Text(
            "Có giai đoạn bắt buộc đã quá hạn mà chưa ghi nhận truyền thông",
            "A required stage went past its due day without a recorded communication",
        ),
        Because.NOTHING_IN_WINDOW: Text(
            "Từ khi lấy ý kiến đến khi thông qua chưa ghi nhận hoạt động truyền thông nào",
            "No communication recorded from the start of consultation until adoption",
        ),
        Because.REQUIRED_STAGE_COVERED: Text(
            "Các giai đoạn bắt buộc đến hạn đều đã được truyền thông",
            "Every required stage that fell due was communicated",
        ),
        Because.WINDOW_CLOSED_NOTHING_MISSED: Text(
            "Đã thông qua; có truyền thông, không giai đoạn bắt buộc nào quá hạn",
            "Adopted; it was communicated, and no required stage was missed",
        ),
        Because.NOTHING_TO_JUDGE_YET: Text("Chưa đến hạn đánh giá", "Nothing to judge yet"),
    }
)

GAP_STATES: Mapping[GapState, Text] = MappingProxyType(
    {
        GapState.IN_GRACE: Text("Còn thời hạn", "Within the time allowed"),
        GapState.OVERDUE: Text("Quá hạn", "Overdue"),
    }
)

GAP_CLOSURES: Mapping[GapClosure, Text] = MappingProxyType(
    {
        GapClosure.COVERED: Text("Đã truyền thông", "Covered"),
        GapClosure.STAGE_LEFT: Text("Đã chuyển giai đoạn", "The stage was left"),
        GapClosure.SUSPENDED: Text("Dự thảo tạm dừng", "The draft was suspended"),
        GapClosure.WITHDRAWN: Text("Dự thảo đã rút", "The draft was withdrawn"),
        GapClosure.MERGED: Text("Dự thảo đã gộp", "The draft was merged"),
        GapClosure.EXEMPTED: Text("Được miễn truyền thông", "Exempted"),
        GapClosure.OUT_OF_SCOPE: Text("Không còn thuộc phạm vi", "No longer in scope"),
        GapClosure.POLICY_REMOVED: Text("Chính sách đã bỏ khỏi dự thảo", "The policy was removed"),
        GapClosure.CORRECTED: Text("Số liệu đã được đính chính", "The facts were corrected"),
        GapClosure.TRANSFERRED: Text("Đã chuyển cơ quan chủ trì", "Another unit took the lead"),
        GapClosure.RULES_CHANGED: Text("Quy tắc tính đã thay đổi", "The rules changed"),
    }
)

REGIMES: Mapping[Regime, Text] = MappingProxyType(
    {
        Regime.LAW_2015: Text("Luật số 80/2015/QH13", "Law 80/2015/QH13"),
        Regime.LAW_2025: Text("Luật số 64/2025/QH15", "Law 64/2025/QH15"),
        Regime.LAW_2025_AMENDED: Text(
            "Luật số 64/2025/QH15, sửa đổi bởi Luật số 87/2025/QH15",
            "Law 64/2025/QH15 as amended by Law 87/2025/QH15",
        ),
    }
)

CERTAINTIES: Mapping[Certainty, Text] = MappingProxyType(
    {
        Certainty.READ: Text("đã đọc điều luật", "the article was read"),
        Certainty.SECONDARY: Text("theo tài liệu dẫn lại", "from a source about it"),
        Certainty.MEMORY: Text("chưa đối chiếu, theo hiểu biết chung", "from memory, not checked"),
        Certainty.UNKNOWN: Text("chưa rõ", "not known"),
    }
)

APPRAISING_BODIES: Mapping[AppraisingBody, Text] = MappingProxyType(
    {
        AppraisingBody.MINISTRY_OF_JUSTICE: Text("Bộ Tư pháp", "Ministry of Justice"),
        AppraisingBody.LEGAL_DEPARTMENT: Text(
            "Tổ chức pháp chế của bộ, ngành", "Legal department of the ministry"
        ),
        AppraisingBody.PROVINCIAL_JUSTICE: Text("Sở Tư pháp", "Provincial Department of Justice"),
        AppraisingBody.DISTRICT_JUSTICE: Text("Phòng Tư pháp cấp huyện", "District justice office"),
        AppraisingBody.NONE: Text("Không có bước thẩm định", "No appraisal"),
    }
)

DAYS_OF: Mapping[DaysOf, Text] = MappingProxyType(
    {DaysOf.CALENDAR: Text("ngày", "days"), DaysOf.WORKING: Text("ngày làm việc", "working days")}
)

PROCEDURES: Mapping[Procedure, Text] = MappingProxyType(
    {
        Procedure.ORDINARY: Text("Trình tự, thủ tục thông thường", "Ordinary procedure"),
        Procedure.SIMPLIFIED: Text("Trình tự, thủ tục rút gọn", "Simplified procedure"),
    }
)

UNIT_LEVELS: Mapping[UnitLevel, Text] = MappingProxyType(
    {
        UnitLevel.CENTRAL: Text("Trung ương", "Central"),
        UnitLevel.PROVINCIAL: Text("Cấp tỉnh", "Provincial"),
        UnitLevel.DISTRICT: Text("Cấp huyện", "District"),
        UnitLevel.DISTRICT_LEGACY: Text("Cấp huyện (đã kết thúc hoạt động)", "District (abolished)"),
        UnitLevel.COMMUNE: Text("Cấp xã", "Commune"),
    }
)

SCOPE: Mapping[Answer, Text] = MappingProxyType(
    {
        Answer.YES: Text("Thuộc phạm vi", "In scope"),
        Answer.NO: Text("Không thuộc phạm vi", "Out of scope"),
        Answer.UNKNOWN: Text("Chưa xác định phạm vi", "Scope undetermined"),
    }
)

SCOPE_BASES: Mapping[ScopeBasis, Text] = MappingProxyType(
    {
        ScopeBasis.NATIONAL_407: Text("Quyết định số 407/QĐ-TTg", "Decision 407/QĐ-TTg"),
        ScopeBasis.LOCAL_PLAN: Text("Kế hoạch của địa phương", "Local plan"),
        ScopeBasis.LAW_2025_ART68: Text("Điều 68 Luật số 64/2025/QH15", "Law 64/2025/QH15, Article 68"),
    }
)

PRECISIONS: Mapping[Precision, Text] = MappingProxyType(
    {
        Precision.DAY: Text("ngày", "day"),
        Precision.MONTH: Text("tháng", "month"),
        Precision.YEAR: Text("năm", "year"),
    }
)


def dated(day: date, precision: Precision) -> Text:
    """Write a day as exactly as it is certain; a month or year is given by its first day."""
    match precision:
        case Precision.DAY:
            return Text(f"ngày {day:%d/%m/}{day.year:04}", f"{day:%d/%m/}{day.year:04}")
        case Precision.MONTH:
            return Text(f"tháng {day:%m/}{day.year:04}", f"{day:%m/}{day.year:04}")
        case Precision.YEAR:
            return Text(f"năm {day.year:04}", f"{day.year:04}")


REQUESTS: Mapping[RequestKind, Text] = MappingProxyType(
    {
        RequestKind.EXEMPTION: Text("miễn truyền thông", "an exemption from communication"),
        RequestKind.SCOPE: Text("xác định dự thảo không thuộc phạm vi", "taking the draft out of scope"),
        RequestKind.POLICY_REMOVAL: Text("bỏ chính sách", "the removal of a policy"),
        RequestKind.STAGE_ENTRY: Text("ghi nhận giai đoạn với ngày đã qua", "a stage entered on a past day"),
        RequestKind.STAGE_CORRECTION: Text("đính chính giai đoạn", "the correction of a stage"),
        RequestKind.AMENDMENT: Text(
            "đính chính hình thức văn bản hoặc luật áp dụng", "another legal form or law"
        ),
        RequestKind.PROCEDURE: Text("thay đổi trình tự, thủ tục", "another procedure"),
        RequestKind.TRANSFER: Text("chuyển dự thảo cho đơn vị khác chủ trì", "a transfer to another unit"),
        RequestKind.SUSPENSION: Text("tạm dừng dự thảo", "a suspension of the draft"),
        RequestKind.WITHDRAWAL: Text("rút dự thảo", "a withdrawal of the draft"),
        RequestKind.MERGER: Text("gộp dự thảo", "a merger of the draft"),
    }
)
