"""The draft of an official letter that urges late units, laid out by Decree 30/2020/NĐ-CP, Appendix I.

It is a draft: number, symbol, place and signature stay open for the office that issues it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from docx.document import Document as Paper

from services.notifier.adapters.rendering.decree30_docx import (
    CENTRE,
    LEFT,
    grid,
    line,
    new_paper,
    paragraph,
    rule,
    side_by_side,
)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HEADS = ("TT", "Đơn vị", "Nội dung", "Thời hạn", "Số ngày quá hạn", "Lý do")
WIDTHS = (1.1, 3.2, 4.7, 2.5, 2.0, 3.0)  # cm; 16.5 between the margins
SUBJECT = "V/v đôn đốc thực hiện truyền thông dự thảo chính sách"
MOTTO = 6.1  # cm: the width of the motto in Times New Roman, 14 points bold, and of the line below it
ADDRESSED, BELOW = 3.5, 5.25  # cm: where "Kính gửi:" begins, and where its colon stands
CAPITAL = 0.33  # cm: the width of a capital of 13 points bold, on the average
ONE_LINE = 20  # capitals that the left column has room for


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in words."""

    unit: str
    subject: str
    due_on: str
    overdue_days: int
    reason: str


def urging_letter(
    issuer: str, superior: str | None, day: date, rows: Sequence[Row], notes: Sequence[str] = ()
) -> bytes:
    """Write the letter of `issuer` to the units of `rows` as of a day; `notes` say whose data these are."""
    paper = new_paper()
    for note in notes:
        paragraph(paper, note, indent=False).runs[0].bold = True
    _head(paper, issuer, superior, day)
    _addressed(paper, list(dict.fromkeys(row.unit for row in rows)))
    for text in _body(issuer, day, len(rows)):
        paragraph(paper, text)
    grid(paper, HEADS, WIDTHS, [_words(number, row) for number, row in enumerate(rows, start=1)])
    paper.add_paragraph()
    for text in _closing(issuer):
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


def _foot(paper: Paper, issuer: str) -> None:
    left, right = side_by_side(paper, 6.7, 9.8)
    line(left, "Nơi nhận:", size=12, bold=True, italic=True, align=LEFT)
    for receiver in ("- Như trên;", f"- Lãnh đạo {issuer} (để báo cáo);", "- Lưu: VT, …………."):
        line(left, receiver, size=11, align=LEFT)
    line(right, "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", size=13, bold=True)
    line(right, "(Chữ ký, dấu)", size=12, italic=True)
    line(right, "Họ và tên", size=14, bold=True, before=54)
