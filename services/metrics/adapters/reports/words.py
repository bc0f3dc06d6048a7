"""The words of the report on the scheme: its parts, columns, and what it does not have."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.kernel.errors import Text
from shared.rules.programme.states import EntryStatus
from shared.rules.words.figure_words import COUNTS, DUE, LEAD_UNIT, PUBLISHED, RATES

TITLE = Text(
    "Kết quả truyền thông chính sách có tác động lớn đến xã hội trong quá trình xây dựng văn bản quy phạm pháp luật "
    "theo Quyết định số 407/QĐ-TTg",
    "Communication of policies with great social impact while documents are made, under Decision 407/QĐ-TTg",
)
PARTS: Mapping[str, Text] = MappingProxyType(
    {
        "direction": Text("I. Công tác chỉ đạo", "I. Direction"),
        "results": Text("II. Kết quả truyền thông", "II. Results"),
        "totals": Text("III. Tổng hợp", "III. Totals"),
        "difficulties": Text("IV. Khó khăn, vướng mắc; nguyên nhân", "IV. Difficulties and their causes"),
        "proposals": Text("V. Kiến nghị, đề xuất", "V. Proposals"),
    }
)
NARRATIVE: Mapping[str, tuple[Text, ...]] = MappingProxyType(
    {
        "direction": (
            Text(
                "Văn bản chỉ đạo, kế hoạch đã ban hành; hội nghị quán triệt, tập huấn và số lượt người được tập huấn",
                "Directives and plans issued; conferences and training, with attendances",
            ),
        ),
        "difficulties": (Text("Khó khăn, vướng mắc", "Difficulties"), Text("Nguyên nhân", "Causes")),
        "proposals": (Text("Kiến nghị, đề xuất", "Proposals"),),
    }
)
MISSING: tuple[Text, ...] = (
    Text(
        "Số, ký hiệu văn bản đã ban hành và tài liệu minh chứng chưa có trong bản này.",
        "Numbers of promulgated documents, and evidence, are not in this version.",
    ),
)
PROGRAMME_NOTE = Text(
    "Số liệu của chương trình, kế hoạch là số liệu của cả năm báo cáo, theo tám nhóm việc; khó khăn, vướng mắc là các nội dung "
    "chờ giải quyết trong kỳ.",
    "Figures of the programme are those of the whole reporting year, by eight groups of work; obstacles are those that waited "
    "on some day of the period.",
)
YEAR_OF_SEVERAL = Text(
    "Kỳ báo cáo gồm nhiều năm: phần chương trình, kế hoạch là của năm {year}; chương trình của từng năm khác có tại trang Chương trình.",
    "The period has several years: the programme shown is that of {year}; those of the other years are on the page of programmes.",
)
OF_GROUPS: Mapping[str, Text] = MappingProxyType(
    {
        "obstacles_decided": Text("Khó khăn, vướng mắc đã có quyết định giải quyết", "Obstacles decided"),
        "findings": Text("Nội dung cần khắc phục sau kiểm tra", "Findings of inspections"),
        "findings_mended": Text("Nội dung đã khắc phục sau kiểm tra", "Findings corrected"),
        "reports_received": Text("Báo cáo đã được tiếp nhận", "Reports received"),
        "activities_complete": Text(
            "Hoạt động truyền thông đủ sáu nội dung", "Activities with all six items of content"
        ),
        "activities_verified": Text("Hoạt động truyền thông đã được xác nhận", "Activities verified"),
        "activities": Text("Hoạt động truyền thông", "Activities"),
        "items": Text("Tin, bài, sản phẩm, lượt phát", "Items"),
        "cost_social": Text(
            "Kinh phí xã hội hóa của hoạt động (đồng)", "Social resources of activities (đồng)"
        ),
    }
)
"""The figures of groups that the report shows, besides the entries."""
STATES: Mapping[EntryStatus, Text] = MappingProxyType(
    {
        EntryStatus.OPEN: Text("Đang xem xét", "Being considered"),
        EntryStatus.LATE: Text("Quá thời hạn", "Overdue"),
        EntryStatus.DONE: Text("Đã giải quyết", "Decided"),
        EntryStatus.DONE_LATE: Text("Đã giải quyết, sau thời hạn", "Decided after its day"),
    }
)
ASKS = Text(
    "Đề nghị {body} xem xét, giải quyết khó khăn, vướng mắc “{title}”{reference} của {unit}",
    "{body} is asked to decide about the obstacle “{title}”{reference} of {unit}",
)
BODY = Text("cơ quan có thẩm quyền", "the body in charge")
OVERLAP = Text(
    "Một hoạt động về nhiều dự thảo được nêu ở từng dự thảo; tổng số hoạt động ở phần III đếm mỗi hoạt động một lần.",
    "An activity on several drafts stands at each of them; the totals of part III count it once.",
)

TARGET_OF_YEAR = Text(
    "Chỉ tiêu Quyết định 407 của năm báo cáo", "Target of Decision 407 of the reporting year"
)
SOURCES: Mapping[str, Text] = MappingProxyType(
    {
        "cost_state": Text("Ngân sách nhà nước", "State budget"),
        "cost_social": Text("Nguồn xã hội hóa", "Social resources"),
    }
)
TABLES: Mapping[str, Text] = MappingProxyType(
    {
        "figures": Text("Số lượng chính sách, dự thảo", "Counts of policies and drafts"),
        "rates": Text("Tỷ lệ", "Rates"),
        "activities": Text("Hoạt động truyền thông đã thực hiện", "Activities carried out"),
        "channels": Text("Hoạt động theo hình thức", "Activities by form"),
        "audiences": Text("Hoạt động theo đối tượng", "Activities by audience"),
        "money": Text("Kinh phí theo nguồn (đồng)", "Money by source (đồng)"),
        "consultations": Text("Tổng hợp ý kiến của các đợt lấy ý kiến", "What consultations brought"),
        "units": Text("Theo cơ quan chủ trì soạn thảo", "By lead drafting body"),
        "drafts": Text("Danh sách dự thảo", "Drafts"),
        "policies": Text("Danh sách chính sách", "Policies"),
        "lacking": Text("Dự thảo đang thiếu truyền thông", "Drafts that lack communication"),
        "programme": Text(
            "Thực hiện chương trình, kế hoạch năm theo tám nhóm việc",
            "The year's programme by eight groups of work",
        ),
        "obstacles": Text("Khó khăn, vướng mắc trong kỳ", "Obstacles of the period"),
        "proposed": Text(
            "Kiến nghị từ khó khăn, vướng mắc đang chờ giải quyết", "Proposals from obstacles that wait"
        ),
    }
)

COLUMNS: Mapping[str, Text] = MappingProxyType(
    {
        "row_no": Text("STT", "No."),
        "label": Text("Nội dung", "Item"),
        "now": Text("Kỳ báo cáo", "The period"),
        "before": Text("Cùng kỳ năm trước", "The year before"),
        "recorded": Text("Số hoạt động có ghi nhận", "Activities that recorded it"),
        "draft_code": Text("Mã dự thảo", "Code"),
        "title": Text("Tên dự thảo", "Title"),
        "instrument_name": Text("Hình thức văn bản", "Instrument"),
        "unit_name": LEAD_UNIT,
        "scope_name": Text("Thuộc phạm vi Đề án", "In scope"),
        "consultation_started_on": Text("Bắt đầu lấy ý kiến", "Consultation begun"),
        "communicated_from": Text("Truyền thông từ", "Communicated from"),
        "communicated_to": Text("Truyền thông đến", "Communicated to"),
        "channel_names": Text("Hình thức truyền thông", "Forms"),
        "events": Text("Hội nghị, hội thảo, tọa đàm (cuộc)", "Events"),
        "attendance": PUBLISHED["attendance"],
        "articles_press": Text("Tin, bài báo chí", "Press articles"),
        "articles_portal": Text("Tin, bài cổng thông tin điện tử", "Portal articles"),
        "articles_social": Text("Bài mạng xã hội", "Social media"),
        "broadcasts": Text("Lượt phát thanh, truyền hình", "Broadcasts"),
        "opinions_received": PUBLISHED["opinions_received"],
        "opinions_accepted": PUBLISHED["opinions_accepted"],
        "opinions_explained": PUBLISHED["opinions_explained"],
        "cost_state": PUBLISHED["cost_state"],
        "cost_social": PUBLISHED["cost_social"],
        "adopted_on": Text("Ngày thông qua, ban hành", "Adopted on"),
        "policies": COUNTS["policies"],
        "judged": COUNTS["judged"],
        "begun": Text("Truyền thông theo Kế hoạch", "Communicated by the plan"),
        "rate_plan": RATES["rate_plan"],
        "rate_plan_low": RATES["rate_plan_low"],
        "audience": Text("Đối tượng", "Audience"),
        "source": Text("Nguồn kinh phí", "Source of money"),
        "policy_no": Text("Chính sách số", "Policy no."),
        "policy_title": Text("Tên chính sách", "Policy"),
        "verdict_name": Text("Kết quả", "Outcome"),
        "begun_name": Text("Theo Kế hoạch", "By the plan"),
        "lacking": Text("Dự thảo đang thiếu", "Drafts lacking"),
        "activities": PUBLISHED["activities"],
        "items": PUBLISHED["items"],
        "reach_count": PUBLISHED["reach_count"],
        "stage_name": Text("Giai đoạn", "Stage"),
        "due_on": DUE,
        "standing": Text("Tình trạng", "State"),
        "due_on_programme": Text("Thời hạn", "Due"),
        "group": Text("Nhóm việc", "Group"),
        "entries": Text("Số lượng", "Number"),
        "quantity": Text("Quy mô (lượt người, nội dung)", "Size (people, items)"),
        "amount": Text("Kinh phí (đồng)", "Amount (đồng)"),
        "done": Text("Hoàn thành", "Done"),
        "late": Text("Quá thời hạn", "Overdue"),
        "open": Text("Đang thực hiện", "Open"),
        "entry_ref": Text("Số hiệu", "Reference"),
        "obstacle": Text("Khó khăn, vướng mắc", "Obstacle"),
        "raised_by": Text("Đơn vị phản ánh", "Raised by"),
        "raised_on": Text("Ngày phản ánh", "Raised on"),
        "waits_with": Text("Cơ quan xem xét", "Waits with"),
        "decided_on": Text("Ngày giải quyết", "Decided on"),
        "document": Text("Văn bản giải quyết", "Document"),
        "proposal": Text("Kiến nghị, đề xuất", "Proposal"),
    }
)
