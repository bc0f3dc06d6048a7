"""The draft of an official letter that urges late units, laid out by Decree 30/2020/NĐ-CP, Appendix I.

It is a draft: number, symbol, place and signature stay open for the office that issues it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_PARAGRAPH_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HEADS = ("TT", "Đơn vị", "Nội dung", "Thời hạn", "Số ngày quá hạn", "Lý do")
WIDTHS = (1.0, 3.2, 5.2, 2.2, 1.9, 3.0)  # cm; 16.5 between the margins
SUBJECT = "V/v đôn đốc thực hiện truyền thông dự thảo chính sách"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in words."""

    unit: str
    matter: str
    due_on: str
    overdue_days: int
    reason: str


def urging_letter(
    issuer: str, superior: str | None, day: date, rows: Sequence[Row], notes: Sequence[str] = ()
) -> bytes:
    """Write the letter of `issuer` to the units of `rows` as of a day; `notes` say whose data these are."""
    paper = _paper()
    for note in notes:
        _paragraph(paper, note, indent=False).runs[0].bold = True
    _head(paper, issuer, superior, day)
    units = list(dict.fromkeys(row.unit for row in rows))
    _addressed(paper, units)
    for text in _body(issuer, day, len(rows)):
        _paragraph(paper, text)
    _table(paper, rows)
    for text in _closing(issuer):
        _paragraph(paper, text)
    _foot(paper, issuer)
    content = BytesIO()
    paper.core_properties.author = ""
    paper.save(content)
    return content.getvalue()


def _paper() -> Paper:
    """A4, margins 20 mm above and below, 30 mm left, 15 mm right; Times New Roman 14."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(2)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(0)
    return paper


def _head(paper: Paper, issuer: str, superior: str | None, day: date) -> None:
    left, right = _side_by_side(paper, 6.5, 10.0)
    if superior:
        _line(left, superior.upper(), size=13)
    _line(left, issuer.upper(), size=13, bold=True)
    _line(left, "_______", size=8)
    _line(left, "Số:          /…………", size=13)
    _line(left, SUBJECT, size=12)
    _line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=13, bold=True)
    _line(right, "Độc lập - Tự do - Hạnh phúc", size=14, bold=True)
    _line(right, "___________________", size=8)
    _line(right, f"……………, {in_full(day)}", size=14, italic=True)


def in_full(day: date) -> str:
    """Write a day as Decree 30/2020 does: a zero before days under 10 and months 1 and 2."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)  # noqa: PLR2004  the decree's own months
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def _addressed(paper: Paper, units: Sequence[str]) -> None:
    paper.add_paragraph()
    if len(units) == 1:
        _paragraph(paper, f"Kính gửi: {units[0]}", align=WD_PARAGRAPH_ALIGNMENT.CENTER, indent=False)
        return
    _paragraph(paper, "Kính gửi:", indent=False, left=3.5)
    for number, unit in enumerate(units, start=1):
        end = "." if number == len(units) else ";"
        _paragraph(paper, f"- {unit}{end}", indent=False, left=5.0)


def _body(issuer: str, day: date, count: int) -> tuple[str, ...]:
    return (
        (
            "Thực hiện Quyết định số 407/QĐ-TTg ngày 30 tháng 3 năm 2022 của Thủ tướng Chính phủ phê duyệt Đề án "
            "“Tổ chức truyền thông chính sách có tác động lớn đến xã hội trong quá trình xây dựng văn bản quy phạm "
            f"pháp luật giai đoạn 2022 - 2027”, {issuer} theo dõi việc truyền thông dự thảo chính sách của các cơ quan, "
            "đơn vị chủ trì soạn thảo."
        ),
        (
            f"Tuy nhiên, qua theo dõi, rà soát, tính đến {in_full(day)}, còn {count} nội dung quá hạn chưa được cập nhật "
            "kết quả truyền thông, cụ thể như sau:"
        ),
    )


def _closing(issuer: str) -> tuple[str, ...]:
    return (
        (
            "Đề nghị các cơ quan, đơn vị khẩn trương tổ chức truyền thông các nội dung nêu trên và cập nhật kết quả trên "
            "hệ thống; trường hợp có khó khăn, vướng mắc, kịp thời phản ánh về "
            f"{issuer} để tổng hợp, báo cáo cấp có thẩm quyền xem xét, quyết định."
        ),
        "Trân trọng./.",
    )


def _table(paper: Paper, rows: Sequence[Row]) -> None:
    table = paper.add_table(rows=1, cols=len(HEADS))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, head in zip(table.rows[0].cells, HEADS, strict=True):
        _line(cell, head, size=12, bold=True)
    for number, row in enumerate(rows, start=1):
        words = (str(number), row.unit, row.matter, row.due_on, str(row.overdue_days), row.reason)
        for place, (cell, text) in enumerate(zip(table.add_row().cells, words, strict=True)):
            _line(
                cell,
                text,
                size=12,
                align=WD_PARAGRAPH_ALIGNMENT.CENTER if place in {0, 3, 4} else WD_PARAGRAPH_ALIGNMENT.LEFT,
            )
    _set_widths(table)
    paper.add_paragraph()


def _set_widths(table: Table) -> None:
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = Cm(width)


def _foot(paper: Paper, issuer: str) -> None:
    left, right = _side_by_side(paper, 8.0, 8.5)
    _line(left, "Nơi nhận:", size=12, bold=True, italic=True, align=WD_PARAGRAPH_ALIGNMENT.LEFT)
    for receiver in ("- Như trên;", f"- Lãnh đạo {issuer} (để báo cáo);", "- Lưu: VT."):
        _line(left, receiver, size=11, align=WD_PARAGRAPH_ALIGNMENT.LEFT)
    _line(right, "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", size=14, bold=True)
    _line(right, "(Chữ ký, dấu)", size=12, italic=True)


def _side_by_side(paper: Paper, left: float, right: float) -> tuple[_Cell, _Cell]:
    table = paper.add_table(rows=1, cols=2)
    table.autofit = False
    cells = table.rows[0].cells
    cells[0].width, cells[1].width = Cm(left), Cm(right)
    return cells[0], cells[1]


def _line(
    cell: _Cell,
    text: str,
    *,
    size: int,
    bold: bool = False,
    italic: bool = False,
    align: WD_PARAGRAPH_ALIGNMENT = WD_PARAGRAPH_ALIGNMENT.CENTER,
) -> None:
    """Add one line to a cell, in its first paragraph if that is still empty."""
    first = cell.paragraphs[0]
    paragraph = first if not first.runs else cell.add_paragraph()
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic


def _paragraph(
    paper: Paper,
    text: str,
    *,
    align: WD_PARAGRAPH_ALIGNMENT = WD_PARAGRAPH_ALIGNMENT.JUSTIFY,
    indent: bool = True,
    left: float = 0,
) -> Paragraph:
    """Add a paragraph of the text: first line in by 1.27 cm, 6 points after it."""
    paragraph = paper.add_paragraph(text)
    paragraph.alignment = WD_PARAGRAPH_ALIGNMENT.LEFT if left else align
    form = paragraph.paragraph_format
    form.space_after, form.left_indent = Pt(6), Cm(left)
    form.first_line_indent = Cm(1.27) if indent else Cm(0)
    return paragraph
