"""The reminder letter to a unit, laid out by Decree 30/2020/NĐ-CP.

It is a draft: number, symbol, place and signature stay open for the office that issues it.
"""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_PARAGRAPH_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from services.notifier.adapters.rendering.letter_rows import Row, Terms
from shared.rules.words.figure_words import DUE, LEAD_UNIT

FONT = "Times New Roman"
WIDTH = 16.5  # cm between the margins
LEFT, CENTRE, JUSTIFY = (
    WD_PARAGRAPH_ALIGNMENT.LEFT,
    WD_PARAGRAPH_ALIGNMENT.CENTER,
    WD_PARAGRAPH_ALIGNMENT.JUSTIFY,
)
_PADDING = 0.38  # cm that a cell keeps free at its two sides together


def new_paper() -> Paper:
    """A4, margins 20 mm above and below, 30 mm left, 15 mm right; Times New Roman 14; numbered from page 2 on."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(2)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    section.header_distance = Cm(1)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.element.rPr.append(_element("w:lang", val="vi-VN"))
    style.paragraph_format.space_after = Pt(0)
    section.different_first_page_header_footer = True
    _number(section.header.paragraphs[0])
    return paper


def _number(paragraph: Paragraph) -> None:
    """In the middle of the upper margin, in the size of the text; the first page bears none."""
    paragraph.alignment = CENTRE
    run = paragraph.add_run().font.element
    for kind in ("begin", None, "end"):
        if kind is None:
            code = OxmlElement("w:instrText")
            code.text = "PAGE"
            run.append(code)
        else:
            run.append(_element("w:fldChar", fldCharType=kind))


def paragraph(
    paper: Paper,
    text: str,
    *,
    align: WD_PARAGRAPH_ALIGNMENT = JUSTIFY,
    indent: bool = True,
    left: float = 0,
) -> Paragraph:
    """Add a paragraph of the text: first line in by 1.27 cm, 6 points after it."""
    added = paper.add_paragraph(text)
    added.alignment = LEFT if left else align
    form = added.paragraph_format
    form.space_after, form.left_indent = Pt(6), Cm(left)
    form.first_line_indent = Cm(1.27) if indent else Cm(0)
    return added


def line(
    cell: _Cell,
    text: str,
    *,
    size: int,
    bold: bool = False,
    italic: bool = False,
    align: WD_PARAGRAPH_ALIGNMENT = CENTRE,
    before: int = 0,
) -> None:
    """Add one line to a cell, in its first paragraph if that is still empty; `before` is the space above it, in points."""
    added = _next(cell)
    added.alignment = align
    added.paragraph_format.space_before = Pt(before)
    run = added.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic


def rule(cell: _Cell, length: float) -> None:
    """Draw an unbroken line of so many centimetres below the last line of a cell, in its middle."""
    added = cell.add_paragraph()
    form = added.paragraph_format
    width = cell.width.cm if cell.width is not None else WIDTH
    form.left_indent = form.right_indent = Cm(max(0.0, (width - _PADDING - length) / 2))
    form.line_spacing = Pt(2)
    form.space_after = Pt(4)
    borders = OxmlElement("w:pBdr")
    borders.append(_element("w:bottom", val="single", sz="6", space="1", color="000000"))
    form.element.get_or_add_pPr().append(borders)


def side_by_side(paper: Paper, left: float, right: float) -> tuple[_Cell, _Cell]:
    """Make two columns of so many centimetres, kept together on one page."""
    table = paper.add_table(rows=1, cols=2)
    _set_widths(table, (left, right))
    _keep_whole(table)
    return table.rows[0].cells[0], table.rows[0].cells[1]


def grid(paper: Paper, heads: Sequence[str], widths: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
    """Make a table with lines, 12 points; its head is repeated on each page, and no row is cut."""
    table = paper.add_table(rows=1, cols=len(heads))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        line(cell, head, size=12, bold=True)
    for words in rows:
        for cell, text in zip(table.add_row().cells, words, strict=True):
            short = len(text) <= len("23/11/2026")
            line(cell, text, size=12, align=CENTRE if short and text[0].isdigit() else LEFT)
    _set_widths(table, widths)
    _keep_whole(table)
    _mark(table.rows[0], "w:tblHeader")


def _set_widths(table: Table, widths: Sequence[float]) -> None:
    """Say them in the grid and in the cells: programs differ in which of the two they believe."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


def _keep_whole(table: Table) -> None:
    for row in table.rows:
        _mark(row, "w:cantSplit")


def _mark(row: _Row, tag: str) -> None:
    row._tr.get_or_add_trPr().append(_element(tag))  # noqa: SLF001  rows have no other way in


def _next(cell: _Cell) -> Paragraph:
    first: Paragraph = cell.paragraphs[0]
    return first if not first.runs else cell.add_paragraph()


def _element(tag: str, **values: str) -> Any:
    made = OxmlElement(tag)
    for name, value in values.items():
        made.set(qn(f"w:{name}"), value)
    return made


HEADS = ("TT", LEAD_UNIT.vi, "Dự thảo", DUE.vi, "Số ngày quá hạn", "Lý do")
WIDTHS = (1.1, 3.2, 4.7, 2.5, 2.0, 3.0)  # cm; 16.5 between the margins
SUBJECT = "V/v đôn đốc thực hiện truyền thông dự thảo chính sách"
MOTTO = 6.1  # cm: the width of the motto in Times New Roman, 14 points bold, and of the line below it
ADDRESSED, BELOW = 3.5, 5.25  # cm: where "Kính gửi:" begins, and where its colon stands
CAPITAL = 0.33  # cm: the width of a capital of 13 points bold, on the average
ONE_LINE = 20  # capitals that the left column has room for


def urging_letter(
    issuer: str,
    superior: str | None,
    day: date,
    rows: Sequence[Row],
    notes: Sequence[str] = (),
    terms: Terms | None = None,
) -> bytes:
    """Write the letter of `issuer` to the units of `rows` as of a day; `notes` say whose data these are."""
    paper = new_paper()
    for note in notes:
        paragraph(paper, note, indent=False).runs[0].bold = True
    _head(paper, issuer, superior, day)
    _addressed(paper, list(dict.fromkeys(row.unit for row in rows)))
    for text in _body(issuer, day, len(rows), terms.basis if terms else None):
        paragraph(paper, text)
    grid(paper, HEADS, WIDTHS, [_words(number, row) for number, row in enumerate(rows, start=1)])
    paper.add_paragraph()
    for text in _closing(issuer, terms):
        last = paragraph(paper, text)
    last.paragraph_format.keep_with_next = True  # no signature stands alone on a page
    _foot(paper, issuer)
    content = BytesIO()
    paper.core_properties.author = ""
    paper.save(content)
    return content.getvalue()


def _words(number: int, row: Row) -> tuple[str, ...]:
    return str(number), row.unit, row.subject, row.due_on, str(row.overdue_days), row.reason


def _head(paper: Paper, issuer: str, superior: str | None, day: date) -> None:
    """Who issues it on the left, the state on the right: name and motto in one line each, with a line below."""
    left, right = side_by_side(paper, 6.3, 10.2)
    for text in _halved(superior.upper()) if superior else ():
        line(left, text, size=13)
    names = _halved(issuer.upper())
    for text in names:
        line(left, text, size=13, bold=True)
    rule(left, min(2.8, max(1.2, 0.4 * CAPITAL * len(names[-1]))))  # a third to half as long as the name
    line(left, "Số:          /…………", size=13)
    line(left, SUBJECT, size=12, before=6)
    line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=13, bold=True)
    line(right, "Độc lập - Tự do - Hạnh phúc", size=14, bold=True)
    rule(right, MOTTO)
    line(right, f"…………, {in_full(day)}", size=14, italic=True)


def _halved(name: str) -> tuple[str, ...]:
    """Break a long name at the blank that is nearest to its middle."""
    if len(name) <= ONE_LINE or " " not in name:
        return (name,)
    blanks = [place for place, letter in enumerate(name) if letter == " "]
    middle = min(blanks, key=lambda place: abs(place - len(name) / 2))
    return name[:middle], name[middle + 1 :]


def in_full(day: date) -> str:
    """Write a day as Decree 30/2020 does: a zero before days under 10 and months 1 and 2."""
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)  # noqa: PLR2004  the decree's own months
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def _addressed(paper: Paper, units: Sequence[str]) -> None:
    """Name who it is for; of several each in a line, the dashes below the colon (Decree 30/2020, Appendix I, II.9)."""
    paper.add_paragraph()
    if len(units) == 1:
        paragraph(paper, f"Kính gửi: {units[0]}", align=CENTRE, indent=False)
        return
    paragraph(paper, "Kính gửi:", indent=False, left=ADDRESSED)
    for number, unit in enumerate(units, start=1):
        end = "." if number == len(units) else ";"
        paragraph(paper, f"- {unit}{end}", indent=False, left=BELOW)


def _body(issuer: str, day: date, count: int, basis: str | None) -> tuple[str, ...]:
    own = f" và {basis}" if basis else ""
    return (
        (
            "Thực hiện Quyết định số 407/QĐ-TTg ngày 30 tháng 3 năm 2022 của Thủ tướng Chính phủ phê duyệt Đề án "
            "“Tổ chức truyền thông chính sách có tác động lớn đến xã hội trong quá trình xây dựng văn bản quy phạm "
            f"pháp luật giai đoạn 2022 - 2027”{own}, {issuer} theo dõi việc truyền thông dự thảo chính sách của các cơ quan, "
            "đơn vị chủ trì soạn thảo."
        ),
        (
            f"Tuy nhiên, qua theo dõi, rà soát, tính đến {in_full(day)}, còn {count} dự thảo quá thời hạn theo dõi nội bộ chưa được cập nhật "
            "kết quả truyền thông, cụ thể như sau:"
        ),
    )


def _closing(issuer: str, terms: Terms | None) -> tuple[str, ...]:
    until = f" trước {in_full(terms.deadline)}" if terms else ""
    asked = (
        f"Đề nghị các cơ quan, đơn vị khẩn trương tổ chức truyền thông các dự thảo nêu trên và cập nhật kết quả trên hệ thống{until}; "
        f"trường hợp có khó khăn, vướng mắc, kịp thời phản ánh về {issuer} để tổng hợp, báo cáo cấp có thẩm quyền xem xét, "
        "quyết định."
    )
    contact = [f"Thông tin liên hệ: {terms.contact}."] if terms and terms.contact else []
    return (asked, *contact, "Trân trọng./.")


def _foot(paper: Paper, issuer: str) -> None:
    left, right = side_by_side(paper, 6.7, 9.8)
    line(left, "Nơi nhận:", size=12, bold=True, italic=True, align=LEFT)
    for receiver in ("- Như trên;", f"- Lãnh đạo {issuer} (để báo cáo);", "- Lưu: VT, …………."):
        line(left, receiver, size=11, align=LEFT)
    line(right, "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", size=13, bold=True)
    line(right, "(Chữ ký, dấu)", size=12, italic=True)
    line(right, "Họ và tên", size=14, bold=True, before=54)
