"""A sheet laid out by Decree 30/2020/NĐ-CP, Appendix I: its margins, type, lines, tables and page numbers."""

from collections.abc import Sequence
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
