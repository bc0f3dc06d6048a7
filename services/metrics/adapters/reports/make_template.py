"""Writes the templates of the report: `python -m services.metrics.adapters.reports.make_template [FILE [ENGLISH_FILE]]`.

The layout is that of Decree 30/2020/NĐ-CP: A4, Times New Roman, the list of drafts as an appendix across the page. An
office that wants another one edits a copy in Word and names it in `LOA_REPORT_TEMPLATE`. The English one is a translation of it.
"""

import sys
from collections.abc import Sequence
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
from services.metrics.adapters.reports.layout import (
    BASIS,
    CHANNELS,
    DRAFTS,
    FIGURES,
    IN_ENGLISH,
    LACKING,
    MONEY,
    OBSTACLES,
    OPINIONS,
    PROGRAMME,
    UNITS,
    Columns,
)
from services.metrics.adapters.reports.workbook import TOTAL, WRITTEN_BY_HAND

FONT = "Times New Roman"
ROWS_OF_A_PART = 200  # of a long table
LEFT, CENTRE, JUSTIFY = (
    WD_PARAGRAPH_ALIGNMENT.LEFT,
    WD_PARAGRAPH_ALIGNMENT.CENTER,
    WD_PARAGRAPH_ALIGNMENT.JUSTIFY,
)


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
    """Make a table with lines: a head that is repeated on each page, a row for each row of `name`, and the totals.

    A long list becomes several tables, one below the other: the time that LibreOffice takes to lay out one table grows
    with the square of its rows (2,000 rows in one: 27 s, in parts of 200: 8 s; 5,000 rows in one: not in 110 s).
    """
    paper.add_paragraph(f"{{%p for part in {name}|batch({ROWS_OF_A_PART})|list or [[]] %}}")
    table = paper.add_table(rows=4, cols=len(columns))
    table.style = "Table Grid"
    head, before, row, after = table.rows
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  rows have no other way in
    _line(before.cells[0], "{%tr for row in part %}", size)
    _line(after.cells[0], "{%tr endfor %}", size)
    for place, (heading, key, _) in enumerate(columns):
        _line(head.cells[place], heading, size, bold=True)
        align = LEFT if key in {"group", "label", "title", "unit_name", "channel_names"} else CENTRE
        _line(row.cells[place], f"{{{{ row.{key} }}}}" if key else OPINIONS, size, align=align)
    if total:
        _line(table.add_row().cells[0], "{%tr if loop.last %}", size)
        sums = table.add_row()
        for place, (_, key, _) in enumerate(columns):
            text = f"{{{{ totals.{name}.{key} }}}}" if key in total else TOTAL.vi if place == 0 else ""
            _line(sums.cells[place], text, size, bold=True)
        _line(table.add_row().cells[0], "{%tr endif %}", size)
    for line in table.rows:
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001
    _widths(table, [width for _, _, width in columns])
    between = paper.add_paragraph().paragraph_format
    between.space_after, between.line_spacing = Pt(0), Pt(1)
    paper.add_paragraph("{%p endfor %}")
    paper.add_paragraph()


def _widths(table: Table, widths: Sequence[float]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


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
