"""Mails as they are read: compared with golden files; headers that nothing from outside can bend.

`python -m tests.unit.notifier.test_mail` writes the golden files anew; look at what changed.
"""

from datetime import date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest

from services.notifier.adapters.outbox import masked
from services.notifier.adapters.post import file_name, header, message_of
from services.notifier.adapters.rendering import TemplateRenderer
from services.notifier.application.ports import Mail, Outgoing, Unit
from services.notifier.domain.digest import Digest, compose
from services.notifier.domain.reasons import Standing
from shared.clock import VIETNAM
from shared.contracts.vocabulary import Dataset, GapClosure, Instrument, Language
from tests.unit.notifier.made import CALENDAR, MONDAY, gap, recipient, told

GOLDEN = Path(__file__).parent / "golden"
SENDER = "Loa <loa@loa.invalid>"
RENDERER = TemplateRenderer("http://127.0.0.1:8002/docs", SENDER)
MINISTRY = Unit("BTP", "Bộ Tư pháp", "Chính phủ")
PARTS = ("subject", "text", "html")


def _digest(*gaps: object, language: Language = Language.VI, before: bool = False) -> Digest:
    said = {UUID(int=3): told(Standing.OVERDUE)} if before else {}
    found = compose(recipient(language=language), gaps, said, MONDAY, CALENDAR)  # type: ignore[arg-type]
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
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("part", PARTS)
def test_golden(name: str, part: str) -> None:
    mail = RENDERER.render(CASES[name], MINISTRY)
    assert getattr(mail, part) == (GOLDEN / f"{name}.{part}").read_text(encoding="utf-8")


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


def outgoing(subject: str = "Tiêu đề", to: str = "a@b.example.vn") -> Outgoing:
    return Outgoing(
        mail=Mail(subject, "Nội dung\n", "<p>Nội dung</p>\n"),
        to=to,
        message_id=RENDERER.message_id(CASES["overdue_vi"]),
        dated=datetime(2026, 11, 23, 8, tzinfo=VIETNAM),
        day=MONDAY,
        unit_code="BTP",
        recipient_id=UUID(int=99),
    )


def test_the_same_mail_is_the_same_bytes() -> None:
    assert bytes(message_of(outgoing(), SENDER)) == bytes(message_of(outgoing(), SENDER))


def test_headers() -> None:
    mail = message_from_bytes(bytes(message_of(outgoing(), SENDER)), policy=policy.default)
    assert mail["Message-ID"] == RENDERER.message_id(CASES["overdue_vi"])
    assert mail["Date"] == "Mon, 23 Nov 2026 08:00:00 +0700"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] is not None
    assert file_name(outgoing()) == f"2026-11-23_BTP_{UUID(int=99)}.eml"


@pytest.mark.parametrize("evil", ["A\r\nBcc: x@y.z", "A\nBcc: x@y.z", "A\u2028Bcc: x@y.z", "A\0Bcc: x@y.z"])
def test_nothing_in_a_title_begins_a_header(evil: str) -> None:
    wire = bytes(message_of(outgoing(evil), SENDER))
    assert message_from_bytes(wire, policy=policy.default)["Bcc"] is None
    assert header(evil) == "A Bcc: x@y.z"


def test_titles_are_composed_characters() -> None:
    assert header("Lua\u0323\u0302t") == "Luật"


def test_an_address_is_masked_to_its_first_letter() -> None:
    assert masked("dau.moi@stp.example.vn") == "d***@stp.example.vn"


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, digest in CASES.items():
        mail = RENDERER.render(digest, MINISTRY)
        for part in PARTS:
            (GOLDEN / f"{name}.{part}").write_text(getattr(mail, part), encoding="utf-8")


if __name__ == "__main__":
    main()
