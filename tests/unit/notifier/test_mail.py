"""Mails as they are read, compared with golden files.

`python -m tests.unit.notifier.test_mail` writes the golden files anew; look at what changed.
"""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import pytest
from icalendar import Calendar

from services.notifier.domain.digest import Entry, compose
from tests.unit.notifier import mails
from tests.unit.notifier.builders import CALENDAR, MONDAY, gap, recipient
from tests.unit.notifier.mails import CASES, DIGESTS, MINISTRY, SEVERAL, digest

GOLDEN = Path(__file__).parent / "golden"


PARTS = ("subject", "text", "html")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("part", PARTS)
def test_golden(name: str, part: str) -> None:
    assert getattr(mails.mail(name), part) == (GOLDEN / f"{name}.{part}").read_text(encoding="utf-8")


class Visible(HTMLParser):
    """What a reader of the page reads, of pictures too, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in {"head", "style", "title"}
        self.words += [value for name, value in attrs if name in {"href", "alt"} and value]

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"head", "style", "title"}

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def words(content: str) -> set[str]:
    return {word.strip(".,:;()“”·*–-\u2026").casefold() for word in content.split()} - {""}


# Headings and joints that one of the two needs to be read: nothing that a recipient must know.
OF_ONE_KIND = words(
    "giai đoạn gần ■ / last months rõ nêu dưới đây trên sau mỗi đúng của mình trong này các chính sách Lý do gửi hôm nay Cần "
    "Từ ngày đến hết 1. 2. theo từng đang chịu "
    "below above each it its in the stage of on is for What When Due by end To be communicated since From "
    "Answer answers works which them which Responsible responsibility draft drafts policies communication carried"
)


@pytest.mark.parametrize("name", CASES)
def test_text_and_html_have_the_same_content(name: str) -> None:
    mail = mails.mail(name)
    in_html, in_text = words(" ".join(Visible(mail.html).words)), words(mail.text)
    assert (in_html ^ in_text) - OF_ONE_KIND == set()


def test_due_days_go_along_for_who_asked() -> None:
    asked = replace(recipient(), calendar=True)
    actual = compose(asked, [Entry(gap=item) for item in SEVERAL[:2]], {}, MONDAY, CALENDAR)
    assert actual is not None
    (file,) = DIGESTS.render(actual, MINISTRY).attachments
    read = Calendar.from_ical(file.content)
    entries = [(str(e["uid"]), e.decoded("dtstart"), str(e["summary"])) for e in read.walk("VEVENT")]
    assert entries == [
        (f"{UUID(int=1)}@loa", date(2026, 11, 9), "Hạn truyền thông dự thảo “Luật Đất đai (sửa đổi)”"),
        (
            f"{UUID(int=2)}@loa",
            date(2026, 11, 26),
            "Hạn truyền thông dự thảo Nghị định “Quy định chi tiết một số điều của Luật Đất đai”",
        ),
    ]
    assert mails.mail("several_vi").attachments == ()


@pytest.mark.parametrize("name", CASES)
def test_the_tone_is_formal(name: str) -> None:
    text = mails.mail(name).text
    assert "!" not in text
    assert "bạn" not in text.lower().split()


def test_many_drafts_end_in_one_line_each() -> None:
    many = digest(*(gap(n, due_on=date(2026, 11, 9)) for n in range(1, 15)))
    mail = DIGESTS.render(many, MINISTRY)
    assert mail.subject.endswith("và 13 dự thảo khác")
    assert "- Quá hạn 10 ngày làm việc, hạn 09/11/2026: Luật Đất đai (sửa đổi) (LUAT-9)" in mail.text


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name in CASES:
        mail = mails.mail(name)
        for part in PARTS:
            (GOLDEN / f"{name}.{part}").write_text(getattr(mail, part), encoding="utf-8")


if __name__ == "__main__":
    main()


def test_a_due_day_is_named_by_the_document_of_the_area_never_by_the_decision() -> None:
    """Without a document it is the internal deadline."""
    made = mails.digest(*SEVERAL)
    plain = DIGESTS.render(made, MINISTRY).text
    assert "thời hạn theo dõi nội bộ: hết ngày 09/11/2026" in plain
    document = "Kế hoạch số 12/KH-UBND"
    codes = {line.gap.unit_code for line in made.lines}
    named = DIGESTS.render(replace(made, due_documents=dict.fromkeys(codes, document)), MINISTRY)
    assert f"thời hạn theo {document}: hết ngày 09/11/2026" in named.text
    assert f"Thời hạn theo {document}: <strong>hết ngày 09/11/2026" in named.html
    assert "thời hạn theo dõi nội bộ: hết" not in named.text
