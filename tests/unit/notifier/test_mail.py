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

from services.notifier.adapters.rendering import TemplateRenderer
from services.notifier.domain.digest import Digest, Entry, Line, compose
from services.notifier.domain.reasons import Standing
from services.notifier.domain.units import Unit
from shared.contracts.vocabulary import AlertAnswer, Dataset, GapClosure, Instrument, Language
from tests.unit.notifier.made import CALENDAR, MONDAY, gap, recipient, told

GOLDEN = Path(__file__).parent / "golden"
SENDER = "Loa <loa@loa.invalid>"


class ShortLinks:
    def of(self, _digest: Digest, line: Line) -> dict[AlertAnswer, str]:
        return {answer: f"https://loa.vn/answers/{answer}-{line.gap.draft_code}" for answer in AlertAnswer}


RENDERER = TemplateRenderer(ShortLinks(), SENDER)
MINISTRY = Unit("BTP", "Bộ Tư pháp", "Chính phủ")
PARTS = ("subject", "text", "html")


def _digest(*gaps: object, language: Language = Language.VI, before: bool = False) -> Digest:
    said = {UUID(int=3): told(Standing.OVERDUE)} if before else {}
    found = compose(recipient(language=language), [Entry(gap=one) for one in gaps], said, MONDAY, CALENDAR)  # type: ignore[arg-type]  # gaps, or what was said of them
    assert found is not None
    return found


SEVERAL = (
    gap(1, due_on=date(2026, 11, 9), dataset=Dataset.EXERCISE),
    gap(
        2,
        due_on=date(2026, 11, 26),
        title="Quy định chi tiết một số điều của Luật Đất đai",
        instrument=Instrument.DECREE,
        policies=(3,),
    ),
    gap(3, title="Luật Hộ tịch", closed_on=date(2026, 11, 20), closure=GapClosure.COVERED),
)
CASES = {
    "overdue_vi": _digest(gap(1, due_on=date(2026, 11, 9))),
    "reminder_vi": _digest(gap(1, policies=(0,), dataset=Dataset.SAMPLE)),
    "several_vi": _digest(*SEVERAL, before=True),
    "several_en": _digest(*SEVERAL, language=Language.EN, before=True),
    "thanks_vi": _digest(SEVERAL[2], before=True),
    "overdue_en": _digest(gap(1, due_on=date(2026, 11, 9)), language=Language.EN),
    "reminder_en": _digest(gap(1, policies=(0,), dataset=Dataset.SAMPLE), language=Language.EN),
    "thanks_en": _digest(SEVERAL[2], language=Language.EN, before=True),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("part", PARTS)
def test_golden(name: str, part: str) -> None:
    mail = RENDERER.render(CASES[name], MINISTRY)
    assert getattr(mail, part) == (GOLDEN / f"{name}.{part}").read_text(encoding="utf-8")


class Visible(HTMLParser):
    """What a reader of the page reads, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in {"head", "style", "title"}
        self.words += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"head", "style", "title"}

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def words(said: str) -> set[str]:
    return {word.strip(".,:;()“”·*–-\u2026").casefold() for word in said.split()} - {""}


# Headings and joints that one of the two needs to be read: nothing that a recipient must know.
OF_ONE_KIND = words(
    "rõ nêu dưới đây trên sau mỗi đúng của mình trong này các chính sách Lý do gửi hôm nay Cần "
    "Từ ngày đến hết 1. 2. theo từng đang chịu "
    "below above each it its in the stage of on is for What When Due by end To be communicated since From "
    "Answer answers works which them which Responsible responsibility draft drafts policies communication carried"
)


@pytest.mark.parametrize("name", CASES)
def test_text_and_html_say_the_same(name: str) -> None:
    mail = RENDERER.render(CASES[name], MINISTRY)
    in_html, in_text = words(" ".join(Visible(mail.html).words)), words(mail.text)
    assert (in_html ^ in_text) - OF_ONE_KIND == set()


def test_due_days_go_along_for_who_asked() -> None:
    asked = replace(recipient(), calendar=True)
    found = compose(asked, [Entry(gap=one) for one in SEVERAL[:2]], {}, MONDAY, CALENDAR)
    assert found is not None
    (file,) = RENDERER.render(found, MINISTRY).attachments
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
    assert RENDERER.render(CASES["several_vi"], MINISTRY).attachments == ()


@pytest.mark.parametrize("name", CASES)
def test_the_tone_is_formal(name: str) -> None:
    text = RENDERER.render(CASES[name], MINISTRY).text
    assert "!" not in text
    assert "bạn" not in text.lower().split()


def test_many_drafts_end_in_one_line_each() -> None:
    many = _digest(*(gap(n, due_on=date(2026, 11, 9)) for n in range(1, 15)))
    mail = RENDERER.render(many, MINISTRY)
    assert mail.subject.endswith("và 13 dự thảo khác")
    assert "- Quá hạn 10 ngày làm việc, hạn 09/11/2026: Luật Đất đai (sửa đổi) (LUAT-9)" in mail.text


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, digest in CASES.items():
        mail = RENDERER.render(digest, MINISTRY)
        for part in PARTS:
            (GOLDEN / f"{name}.{part}").write_text(getattr(mail, part), encoding="utf-8")


if __name__ == "__main__":
    main()
