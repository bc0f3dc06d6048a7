"""The words of the report on the scheme: its parts, columns, and what it does not have."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.kernel.errors import Text
from shared.rules.figure_words import COUNTS, DUE, LEAD_UNIT, PUBLISHED, RATES

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
        "Số liệu của chương trình năm (văn bản chỉ đạo, kế hoạch, kiểm tra, tập huấn, nguồn lực) chưa có trong bản này; "
        "đề nghị bổ sung ở phần I.",
        "Figures of the year's programme (directives, plans, inspections, training, resources) are not in this version; "
        "please add them in part I.",
    ),
    Text(
        "Số, ký hiệu văn bản đã ban hành và tài liệu minh chứng chưa có trong bản này.",
        "Numbers of promulgated documents, and evidence, are not in this version.",
    ),
)
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
    }
)
