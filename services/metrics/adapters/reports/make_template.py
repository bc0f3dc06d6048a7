"""Writes the templates of the report: `python -m services.metrics.adapters.reports.make_template [FILE [ENGLISH_FILE]]`.

The layout is that of Decree 30/2020/NĐ-CP: A4, Times New Roman, the list of drafts as an appendix across the page. An
office that wants another one edits a copy in Word and names it in `LOA_REPORT_TEMPLATE`. The English one is a translation of it.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_COLOR_INDEX, WD_PARAGRAPH_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from services.metrics.adapters.reports import words
from services.metrics.adapters.reports.document import ENGLISH_TEMPLATE, TEMPLATE
from services.metrics.adapters.reports.workbook import TOTAL, WRITTEN_BY_HAND

FONT = "Times New Roman"
LEFT, CENTRE, JUSTIFY = (
    WD_PARAGRAPH_ALIGNMENT.LEFT,
    WD_PARAGRAPH_ALIGNMENT.CENTER,
    WD_PARAGRAPH_ALIGNMENT.JUSTIFY,
)
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
    ("TT", "row_no", 1.0),
    (words.COLUMNS["unit_name"].vi, "unit_name", 3.3),
    ("Dự thảo", "title", 4.9),
    ("Giai đoạn", "stage_name", 2.5),
    ("Thời hạn", "due_on", 2.6),
    ("Tình trạng", "standing", 2.2),
)
DRAFTS: Columns = (
    ("TT", "row_no", 0.9),
    ("Dự thảo", "title", 4.0),
    (words.COLUMNS["unit_name"].vi, "unit_name", 2.5),
    ("Bắt đầu lấy ý kiến", "consultation_started_on", 2.2),
    ("Truyền thông từ", "communicated_from", 2.2),
    ("đến", "communicated_to", 2.2),
    ("Hình thức truyền thông", "channel_names", 3.0),
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
    ("TT", "row_no", 1.0),
    (words.COLUMNS["obstacle"].vi, "title", 4.6),
    (words.COLUMNS["raised_by"].vi, "unit_name", 3.0),
    (words.COLUMNS["raised_on"].vi, "raised_on", 2.5),
    (words.COLUMNS["standing"].vi, "standing", 2.4),
    (words.COLUMNS["document"].vi, "document", 3.0),
)
OPINIONS = "{{ row.opinions_received }} / {{ row.opinions_accepted }} / {{ row.opinions_explained }}"


def template() -> Paper:
    paper = _paper()
    _repeated(paper, "banners", "{{ item }}", bold=True)
    _head(paper)
    _centred(paper, "BÁO CÁO", 14)
    _centred(paper, "{{ title }}", 14)
    _open(_text(paper, "Kính gửi: "), "[Cơ quan nhận báo cáo]")
    _text(paper, BASIS)
    _text(paper, "{{ conclusion }}")
    _part(paper, "{{ direction }}")
    _narrative(paper, "direction")
    _text(paper, "Thực hiện chương trình, kế hoạch năm theo tám nhóm việc. {{ programme_note }}")
    _table(paper, "programme", PROGRAMME)
    _part(paper, "{{ results }}")
    _text(paper, "Các hoạt động truyền thông đã thực hiện, theo hình thức:")
    _table(paper, "channels", CHANNELS, total=("activities", "items", "attendance", "reach_count"))
    _text(paper, "Danh sách dự thảo và kết quả truyền thông tại Phụ lục kèm theo. {{ note }}")
    _text(paper, "Dự thảo đang thiếu truyền thông ở giai đoạn hiện tại:")
    _table(paper, "lacking", LACKING)
    _part(paper, "{{ totals_part }}")
    _text(paper, "1. Số lượng")
    _table(paper, "figures", FIGURES)
    _text(paper, "2. Tỷ lệ")
    _table(paper, "rates", FIGURES)
    _text(paper, "3. Theo cơ quan chủ trì soạn thảo")
    _table(paper, "units", UNITS, total=("policies", "judged", "begun", "rate_plan", "lacking"))
    _text(paper, "4. Kinh phí theo nguồn (đồng)")
    _table(paper, "money", MONEY, total=("now", "before"))
    _text(paper, "5. Tổng hợp ý kiến của các đợt lấy ý kiến (không cộng với ý kiến tại từng hoạt động)")
    _table(paper, "consultations", FIGURES)
    _text(paper, "Cách tính: {{ definition }} {{ definition_of_counts }}")
    _part(paper, "{{ difficulties }}")
    _table(paper, "obstacles", OBSTACLES)
    _narrative(paper, "difficulties")
    _part(paper, "{{ proposals }}")
    _repeated(paper, "proposed", "{{ item.row_no }}. {{ item.proposal }}.")
    _narrative(paper, "proposals")
    _repeated(paper, "missing", "{{ item }}", italic=True)
    _signature(paper)
    _appendix(paper)
    return paper


def _paper() -> Paper:
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(2)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(6)
    return paper


def _head(paper: Paper) -> None:
    left, right = _columns(paper, 6.2, 10.3)
    _line(left, "[CƠ QUAN CHỦ QUẢN]", 12, marked=True)
    _line(left, "{{ unit | upper }}", 12, bold=True)
    _line(left, "_______", 8)
    _line(left, "Số:        /BC-…", 13)
    _line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, bold=True)
    _line(right, "Độc lập - Tự do - Hạnh phúc", 13, bold=True)
    _line(right, "_______________________", 8)
    _line(right, "…, ngày     tháng     năm {{ year }}", 13, italic=True)


def _signature(paper: Paper) -> None:
    left, right = _columns(paper, 8.0, 8.5)
    _line(left, "Nơi nhận:", 12, bold=True, italic=True, align=LEFT)
    _line(left, "- Như trên;", 11, align=LEFT)
    _line(left, "- Lưu: VT.", 11, align=LEFT)
    _line(right, "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", 14, bold=True)
    _line(right, "(Chữ ký, họ và tên)", 13, italic=True)


def _appendix(paper: Paper) -> None:
    section = paper.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(1.5)
    _centred(paper, "PHỤ LỤC", 14)
    _centred(paper, "Danh sách dự thảo và kết quả truyền thông", 14)
    _centred(
        paper,
        "(Kèm theo Báo cáo số:      /BC-… ngày     tháng     năm {{ year }})",
        13,
        italic=True,
        bold=False,
    )
    _table(paper, "drafts", DRAFTS, size=10, total=("judged", "begun"))


def _text(paper: Paper, text: str) -> Paragraph:
    added = paper.add_paragraph(text)
    added.alignment = JUSTIFY
    added.paragraph_format.first_line_indent = Cm(1.27)
    return added


def _part(paper: Paper, text: str) -> None:
    added = _text(paper, "")
    added.paragraph_format.keep_with_next = True
    added.add_run(text).bold = True


def _centred(paper: Paper, text: str, size: int, *, bold: bool = True, italic: bool = False) -> None:
    added = paper.add_paragraph()
    added.alignment = CENTRE
    run = added.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic


def _open(paragraph: Paragraph, text: str) -> None:
    """Mark a place that a person fills in."""
    paragraph.add_run(text).font.highlight_color = WD_COLOR_INDEX.YELLOW


def _narrative(paper: Paper, part: str) -> None:
    for text in words.NARRATIVE[part]:
        _open(_text(paper, f"{text.vi}: "), WRITTEN_BY_HAND.vi)


def _repeated(paper: Paper, name: str, text: str, *, bold: bool = False, italic: bool = False) -> None:
    paper.add_paragraph(f"{{%p for item in {name} %}}")
    run = _text(paper, "").add_run(text)
    run.bold, run.italic = bold, italic
    paper.add_paragraph("{%p endfor %}")


def _columns(paper: Paper, left: float, right: float) -> tuple[_Cell, _Cell]:
    table = paper.add_table(rows=1, cols=2)
    _widths(table, (left, right))
    return table.rows[0].cells[0], table.rows[0].cells[1]


def _line(
    cell: _Cell,
    text: str,
    size: int,
    *,
    bold: bool = False,
    italic: bool = False,
    marked: bool = False,
    align: WD_PARAGRAPH_ALIGNMENT = CENTRE,
) -> None:
    first = cell.paragraphs[0]
    added = first if not first.runs else cell.add_paragraph()
    added.alignment = align
    added.paragraph_format.space_after = Pt(0)
    run = added.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    if marked:
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _table(paper: Paper, name: str, columns: Columns, *, size: int = 12, total: Sequence[str] = ()) -> None:
    """Make a table with lines: a head that is repeated on each page, a row for each row of `name`, and the totals."""
    table = paper.add_table(rows=4, cols=len(columns))
    table.style = "Table Grid"
    head, before, row, after = table.rows
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  rows have no other way in
    _line(before.cells[0], f"{{%tr for row in {name} %}}", size)
    _line(after.cells[0], "{%tr endfor %}", size)
    for place, (heading, key, _) in enumerate(columns):
        _line(head.cells[place], heading, size, bold=True)
        align = LEFT if key in {"group", "label", "title", "unit_name", "channel_names"} else CENTRE
        _line(row.cells[place], f"{{{{ row.{key} }}}}" if key else OPINIONS, size, align=align)
    if total:
        sums = table.add_row()
        for place, (_, key, _) in enumerate(columns):
            text = f"{{{{ totals.{name}.{key} }}}}" if key in total else TOTAL.vi if place == 0 else ""
            _line(sums.cells[place], text, size, bold=True)
    for line in table.rows:
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001
    _widths(table, [width for _, _, width in columns])
    paper.add_paragraph()


def _widths(table: Table, widths: Sequence[float]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


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


def english(paper: Paper) -> Paper:
    """Put the English texts in the place of the Vietnamese ones."""
    cells = (cell for table in paper.tables for row in table.rows for cell in row.cells)
    for paragraph in (*paper.paragraphs, *(each for cell in cells for each in cell.paragraphs)):
        for run in paragraph.runs:
            run.text = IN_ENGLISH.get(run.text, run.text)
    return paper


def main(arguments: Sequence[str]) -> None:
    own, *translated = [Path(each) for each in arguments] or [TEMPLATE, ENGLISH_TEMPLATE]
    template().save(str(own))
    for file in translated:
        english(template()).save(str(file))


if __name__ == "__main__":
    main(sys.argv[1:])
