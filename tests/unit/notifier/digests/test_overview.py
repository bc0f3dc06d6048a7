"""What those above read: the weekly list with its letter, the month on one page with its chart."""

from datetime import date, datetime
from email import message_from_bytes
from io import BytesIO
from uuid import UUID

import pytest
from docx import Document
from PIL import Image

from services.notifier.adapters.delivery.message import message_of
from services.notifier.adapters.rendering.reminder_letter import in_full, urging_letter
from services.notifier.application.ports import Outgoing
from services.notifier.domain.notification.reasons import Reason
from services.notifier.domain.overview import Month, monthly_summary, weekly_list
from shared.contracts.vocabulary import Language
from shared.kernel.local_day import VIETNAM
from tests.unit.notifier.builders import MONDAY
from tests.unit.notifier.mails import HISTORY, LATE, LATER, listed, situation, supervisor
from tests.unit.notifier.mails import mail as rendered


def test_the_list_is_worst_first_without_what_is_silenced() -> None:
    lines = [(line.gap.gap_id, line.overdue_days, line.reason) for line in listed().lines]
    assert lines == [(LATE.gap_id, 10, Reason.ESCALATED), (LATER.gap_id, 2, Reason.LISTED)]
    assert listed().key == f"2026-W48.weekly_list.{UUID(int=99)}"


def test_an_empty_list_is_not_sent() -> None:
    assert weekly_list(supervisor("SO-A"), situation(supervisor("SO-A")), "2026-W48") is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.VI,
            ["Đơn vị đã báo có vướng mắc", "chưa có người nhận thư", "10", "09/11/2026", "Dữ liệu thực tập"],
        ),
        (
            Language.EN,
            ["The unit reported an obstacle", "nobody to write to", "10", "09/11/2026", "Exercise data"],
        ),
    ],
)
def test_text_and_html_have_the_same_content(language: Language, words: list[str]) -> None:
    mail = rendered(f"weekly_list_{language}")
    for word in words:
        assert word in mail.text
        assert word in mail.html
    assert "Quy định &lt;về&gt; chợ" in mail.html


def test_the_letter_has_the_layout_of_the_decree() -> None:
    (file,) = rendered("weekly_list_vi").attachments
    paper = Document(BytesIO(file.content))
    head, table, foot = paper.tables
    words = [paragraph.text for cell in head.rows[0].cells for paragraph in cell.paragraphs]
    assert words[:2] == ["UBND TỈNH A", "SỞ TƯ PHÁP"]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in words
    assert words[-1].endswith("ngày 23 tháng 11 năm 2026")
    assert any(word.startswith("V/v đôn đốc") for word in words)
    assert [cell.text for cell in table.rows[0].cells][1:] == [
        "Cơ quan chủ trì soạn thảo",
        "Dự thảo",
        "Thời hạn theo dõi nội bộ",
        "Số ngày quá hạn",
        "Lý do",
    ]
    assert [row.cells[4].text for row in table.rows[1:]] == ["10", "2"]
    receivers = [paragraph.text for paragraph in foot.rows[0].cells[0].paragraphs]
    assert [receivers[0], receivers[1]] == ["Nơi nhận:", "- Như trên;"]
    assert receivers[-1].startswith("- Lưu: VT, ")
    assert receivers[-1].endswith(".")
    body = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    addressed = {paragraph.text: paragraph.paragraph_format.left_indent for paragraph in paper.paragraphs}
    assert addressed["- Sở A;"] == addressed["- UBND xã A."] > addressed["Kính gửi:"]
    assert "- Sở A;" in body
    assert "- UBND xã A." in body
    assert "Dữ liệu thực tập" in body
    assert [round(column.width.cm, 1) for column in head.columns if column.width] == [6.3, 10.2], (
        "the name of the state in one line"
    )
    assert round(sum(column.width.cm for column in table.columns), 1) == 16.5
    assert "w:tblHeader" in table.rows[0]._tr.xml
    assert all("w:cantSplit" in row._tr.xml for table in paper.tables for row in table.rows)
    (section,) = paper.sections
    margins = (section.left_margin, section.right_margin, section.top_margin)
    assert [round(side.cm, 1) for side in margins if side] == [3, 1.5, 2]
    assert section.different_first_page_header_footer, "the first page bears no number"
    assert "PAGE" in section.header.paragraphs[0].paragraph_format.element.xml


@pytest.mark.parametrize(
    ("superior", "lines"),
    [
        ("UBND tỉnh A", ["UBND TỈNH A"]),
        ("Ủy ban nhân dân tỉnh Quảng Ninh", ["ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NINH"]),
        ("Bộ Giáo dục và Đào tạo", ["BỘ GIÁO DỤC", "VÀ ĐÀO TẠO"]),
    ],
)
def test_a_long_name_is_broken_in_its_middle(superior: str, lines: list[str]) -> None:
    head = Document(BytesIO(urging_letter("Sở Tư pháp", superior, MONDAY, []))).tables[0]
    assert [paragraph.text for paragraph in head.rows[0].cells[0].paragraphs][: len(lines)] == lines


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (date(2026, 11, 23), "ngày 23 tháng 11 năm 2026"),
        (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),
    ],
)
def test_days_in_full(day: date, expected: str) -> None:
    assert in_full(day) == expected


def test_the_month_is_counted_from_the_history() -> None:
    reader = supervisor("UBND")
    actual = monthly_summary(reader, situation(reader), HISTORY, "2026-11")
    assert actual is not None
    assert actual.month == Month(
        first=date(2026, 10, 15),
        last=date(2026, 11, 14),
        opened=2,
        communicated=1,
        ended_otherwise=0,
        open_at_end=2,
        overdue_at_end=1,
    )
    assert [month.open_at_end for month in actual.months] == [0, 0, 0, 1, 1, 2]
    assert actual.units == (("SO-A", 1),)


@pytest.mark.parametrize("language", Language)
def test_the_chart_goes_along_and_its_figures_stand_in_the_text(language: Language) -> None:
    mail = rendered(f"monthly_summary_{language}")
    (chart,) = mail.attachments
    with Image.open(BytesIO(chart.content)) as image:
        assert image.size == (1120, 440)
    assert f'src="cid:{chart.content_id}"' in mail.html
    for item in (mail.text, mail.html):
        assert "11/2026" in item
        assert "Sở A" in item
        assert "407/QĐ-TTg" in item


def test_the_picture_belongs_to_the_html_and_the_letter_is_attached() -> None:
    for mail, kinds in (
        (rendered("monthly_summary_vi"), ["text/plain", "text/html", "image/png"]),
        (rendered("weekly_list_vi"), ["text/plain", "text/html", "application/vnd"]),
    ):
        outgoing = Outgoing(
            mail=mail,
            to="a@example.vn",
            message_id="<m@loa.invalid>",
            dated=MONDAY_AT_EIGHT,
            day=MONDAY,
            unit_code="STP",
            recipient_id=UUID(int=99),
        )
        message = message_from_bytes(message_of(outgoing, "Loa <loa@loa.invalid>"))
        types = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
        assert [item[: len(kind)] for item, kind in zip(types, kinds, strict=True)] == kinds


MONDAY_AT_EIGHT = datetime(2026, 11, 23, 8, tzinfo=VIETNAM)
