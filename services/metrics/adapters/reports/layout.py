"""What the report on paper consists of: the columns of its tables with their widths in cm, and its sentences in English.

The template for Word (`make_template`) and the PDF (`paper`) are laid out by it, in A4 by Decree 30/2020/NĐ-CP.
"""

from collections.abc import Mapping, Sequence

from services.metrics.adapters.reports import words
from services.metrics.adapters.reports.workbook import TOTAL, WRITTEN_BY_HAND

BASIS = (
    "Thực hiện Quyết định số 407/QĐ-TTg ngày 30/3/2022 của Thủ tướng Chính phủ phê duyệt Đề án “Tổ chức truyền thông chính "
    "sách có tác động lớn đến xã hội trong quá trình xây dựng văn bản quy phạm pháp luật giai đoạn 2022 - 2027”, {{ unit }} "
    "báo cáo kết quả thực hiện trong kỳ từ ngày {{ period_from }} đến ngày {{ period_to }} (số liệu đến ngày {{ as_of }}) "
    "như sau:"
)
Columns = Sequence[tuple[str, str, float]]  # heading, key of the value, width in cm
FIGURES: Columns = (
    (words.COLUMNS["label"].vi, "label", 9.5),
    (words.COLUMNS["now"].vi, "now", 3.5),
    (words.COLUMNS["before"].vi, "before", 3.5),
)
CHANNELS: Columns = (
    ("Hình thức", "label", 6.5),
    ("Hoạt động", "activities", 2.5),
    ("Lượt", "items", 2.2),
    ("Lượt người tham dự", "attendance", 2.8),
    ("Lượt tiếp cận", "reach_count", 2.5),
)
MONEY: Columns = (
    ("Nguồn", "label", 6.0),
    ("Kỳ báo cáo", "now", 3.5),
    ("Số hoạt động có ghi nhận", "recorded", 3.5),
    ("Cùng kỳ năm trước", "before", 3.5),
)
UNITS: Columns = (
    (words.COLUMNS["unit_name"].vi, "label", 5.5),
    ("Chính sách", "policies", 2.0),
    ("Được đánh giá", "judged", 2.0),
    ("Theo Kế hoạch", "begun", 2.2),
    ("Tỷ lệ", "rate_plan", 2.5),
    ("Dự thảo đang thiếu", "lacking", 2.3),
)
LACKING: Columns = (
    ("TT", "row_no", 1.2),
    (words.COLUMNS["unit_name"].vi, "unit_name", 3.1),
    ("Dự thảo", "title", 4.9),
    ("Giai đoạn", "stage_name", 2.5),
    ("Thời hạn", "due_on", 2.6),
    ("Tình trạng", "standing", 2.2),
)
DRAFTS: Columns = (
    ("TT", "row_no", 1.3),
    ("Dự thảo", "title", 4.0),
    (words.COLUMNS["unit_name"].vi, "unit_name", 2.5),
    ("Bắt đầu lấy ý kiến", "consultation_started_on", 2.2),
    ("Truyền thông từ", "communicated_from", 2.2),
    ("đến", "communicated_to", 2.2),
    ("Hình thức truyền thông", "channel_names", 2.6),
    ("Hội nghị, tọa đàm", "events", 1.2),
    ("Lượt người", "attendance", 1.5),
    ("Ý kiến nhận / tiếp thu / giải trình", "", 1.7),
    ("Ngày thông qua", "adopted_on", 2.2),
    ("Được đánh giá", "judged", 1.5),
    ("Theo Kế hoạch", "begun", 1.6),
)
PROGRAMME: Columns = (
    (words.COLUMNS["group"].vi, "group", 4.2),
    (words.COLUMNS["label"].vi, "label", 5.0),
    (words.COLUMNS["entries"].vi, "entries", 1.7),
    ("Quy mô", "quantity", 1.9),
    (words.COLUMNS["done"].vi, "done", 1.9),
    (words.COLUMNS["late"].vi, "late", 1.8),
)
OBSTACLES: Columns = (
    ("TT", "row_no", 1.2),
    (words.COLUMNS["obstacle"].vi, "title", 4.4),
    (words.COLUMNS["raised_by"].vi, "unit_name", 3.0),
    (words.COLUMNS["raised_on"].vi, "raised_on", 2.5),
    (words.COLUMNS["standing"].vi, "standing", 2.4),
    (words.COLUMNS["document"].vi, "document", 3.0),
)
OPINIONS = "{{ row.opinions_received }} / {{ row.opinions_accepted }} / {{ row.opinions_explained }}"

IN_ENGLISH: Mapping[str, str] = {
    **{text.vi: text.en for text in (*words.COLUMNS.values(), TOTAL, WRITTEN_BY_HAND)},
    **{f"{text.vi}: ": f"{text.en}: " for texts in words.NARRATIVE.values() for text in texts},
    "BÁO CÁO": "REPORT",
    "Kính gửi: ": "To: ",
    "[Cơ quan nhận báo cáo]": "[The body that receives the report]",
    BASIS: "Under Decision 407/QĐ-TTg of 30/3/2022 of the Prime Minister, which approves the scheme of communicating policies "
    "with great social impact while documents are made (2022 to 2027), {{ unit }} reports on the period from {{ period_from }} to "
    "{{ period_to }} (figures of {{ as_of }}):",
    "Thực hiện chương trình, kế hoạch năm theo tám nhóm việc. {{ programme_note }}": "The year's programme by eight groups of "
    "work. {{ programme_note }}",
    "Các hoạt động truyền thông đã thực hiện, theo hình thức:": "Activities carried out, by form:",
    "Danh sách dự thảo và kết quả truyền thông tại Phụ lục kèm theo. {{ note }}": "The appendix lists drafts with what was done "
    "for them. {{ note }}",
    "Dự thảo đang thiếu truyền thông ở giai đoạn hiện tại:": "Drafts that lack communication in their present stage:",
    "1. Số lượng": "1. Counts",
    "2. Tỷ lệ": "2. Rates",
    "3. Theo cơ quan chủ trì soạn thảo": "3. By lead drafting body",
    "4. Kinh phí theo nguồn (đồng)": "4. Money by source (đồng)",
    "5. Tổng hợp ý kiến của các đợt lấy ý kiến (không cộng với ý kiến tại từng hoạt động)": "5. What consultations brought (not "
    "added to the comments on activities)",
    "Cách tính: {{ definition }} {{ definition_of_counts }}": "Definitions: {{ definition }} {{ definition_of_counts }}",
    "[CƠ QUAN CHỦ QUẢN]": "[SUPERIOR BODY]",
    "Số:        /BC-…": "No.:        /BC-…",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM": "SOCIALIST REPUBLIC OF VIET NAM",
    "Độc lập - Tự do - Hạnh phúc": "Independence - Freedom - Happiness",
    "…, ngày     tháng     năm {{ year }}": "…, day     month     {{ year }}",
    "Nơi nhận:": "Recipients:",
    "- Như trên;": "- As above;",
    "- Lưu: VT.": "- Files.",
    "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ": "POSITION OF THE SIGNATORY",
    "(Chữ ký, họ và tên)": "(Signature and name)",
    "PHỤ LỤC": "APPENDIX",
    "Danh sách dự thảo và kết quả truyền thông": "Drafts and what was done for them",
    "(Kèm theo Báo cáo số:      /BC-… ngày     tháng     năm {{ year }})": "(To report no.      /BC-… of     {{ year }})",
    "Hình thức": "Form",
    "Lượt": "Items",
    "Lượt tiếp cận": "Reach",
    "Nguồn": "Source",
    "Tỷ lệ": "Rate",
    "TT": "No.",
    "Dự thảo": "Draft",
    "đến": "to",
    "Hội nghị, tọa đàm": "Events",
    "Lượt người": "Attendances",
    "Ý kiến nhận / tiếp thu / giải trình": "Comments received / accepted / explained",
    "Ngày thông qua": "Adopted on",
    "Quy mô": "Size",
}
"""The texts of the template by the Vietnamese ones; what is not here is a value."""
