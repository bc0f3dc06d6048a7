"""The message on the wire: its parts, its threads, and headers that nothing from outside can bend."""

from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.adapters.delivery.message import header, message_id, message_of, thread_id
from services.notifier.adapters.delivery.transports import file_name
from services.notifier.application.ports import Attachment, Mail, Outgoing
from shared.kernel.local_day import VIETNAM
from tests.support.cases import for_each
from tests.unit.notifier.builders import MONDAY
from tests.unit.notifier.mails import KINDS

SENDER = "Loa <loa@loa.invalid>"
HTML = '<body><p>Nội dung</p><img src="cid:bieu-do"></body>\n'
CHART = Attachment(name="Biểu đồ.png", media_type="image/png", content=b"\x89PNG", content_id="bieu-do")
LETTER = Attachment(
    name="Công văn đôn đốc.docx",
    media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    content=b"PK",
)


def outgoing(subject: str = "Tiêu đề", to: str = "a@b.example.vn", **changes: Any) -> Outgoing:
    mail = Mail(subject, "Nội dung\n", HTML)
    registered = {
        key: changes.pop(key) for key in ("attachments", "threads", "unsubscribe") if key in changes
    }
    made = Outgoing(
        mail=replace(mail, **registered),
        to=to,
        message_id=message_id("a-key", SENDER),
        dated=datetime(2026, 11, 23, 8, tzinfo=VIETNAM),
        day=MONDAY,
        unit_code="BTP",
        recipient_id=UUID(int=99),
    )
    return replace(made, **changes)


def read(mail: Outgoing, sender: str = SENDER) -> EmailMessage:
    message = message_from_bytes(message_of(mail, sender), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_the_same_mail_is_the_same_bytes() -> None:
    mail = outgoing(attachments=(CHART, LETTER), threads=("<a@b>", "<c@d>"))
    assert message_of(mail, SENDER) == message_of(mail, SENDER)


SUBJECT = "[Nhắc việc] Truyền thông dự thảo Nghị quyết quy định mức hỗ trợ học phí cho trẻ em mầm non tại tỉnh Quảng Ninh"


@for_each(range(20, len(SUBJECT) + 1))
def test_a_long_subject_keeps_its_blanks_wherever_it_is_cut(length: int) -> None:
    subject = header(SUBJECT[:length])
    assert read(outgoing(subject))["Subject"] == subject
    assert max(len(line) for line in message_of(outgoing(subject), SENDER).splitlines()) <= 78


def test_a_sender_may_have_a_long_name() -> None:
    name = "Loa, hệ thống theo dõi truyền thông dự thảo chính sách tại tỉnh Quảng Ninh"
    raw = message_from_bytes(message_of(outgoing(), f'"{name}" <loa@tinh.example.vn>'))["From"]
    assert str(make_header(decode_header(raw))) == f"{name} <loa@tinh.example.vn>"


@given(st.text(st.sampled_from("ab= .\t\n\r-ệ“đ"), max_size=400))
@example(f"{'a' * 74} \n")
@example(f"{'a' * 75} \n")
def test_a_text_comes_out_as_it_went_in_and_in_lines_that_the_wire_allows(text: str) -> None:
    wire = message_of(replace(outgoing(), mail=Mail("Tiêu đề", text, f"<body>{text}</body>")), SENDER)
    assert max(len(line) for line in wire.split(b"\r\n")) <= 76
    assert b"\n" not in wire.replace(b"\r\n", b"")
    parts = message_from_bytes(wire, policy=policy.default).iter_parts()
    plain, page = (part.get_content().removesuffix("\r\n").replace("\r\n", "\n") for part in parts)
    sent = text.replace("\r\n", "\n").replace("\r", "\n")
    assert plain == sent.removesuffix("\n")
    assert page == f"<body>{sent}</body>"


def test_headers() -> None:
    mail = read(outgoing())
    assert mail["Message-ID"] == message_id("a-key", SENDER)
    assert mail["Date"] == "Mon, 23 Nov 2026 08:00:00 +0700"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "Loa <digest.loa.loa.invalid>"
    assert file_name(outgoing(), KINDS.once_a_day) == f"2026-11-23_BTP_{UUID(int=99)}.eml"


def test_an_image_belongs_to_the_html_and_a_file_to_the_mail() -> None:
    mail = read(outgoing(attachments=(CHART, LETTER)))
    shape = [part.get_content_type() for part in mail.walk()]
    assert shape == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        LETTER.media_type,
    ]
    image = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    (file,) = mail.iter_attachments()
    assert (image["Content-ID"], image.get_content_disposition()) == ("<bieu-do>", "inline")
    assert (file.get_filename(), file.get_content()) == ("Công văn đôn đốc.docx", b"PK")


def test_a_mail_about_several_drafts_answers_all_and_stands_in_the_thread_of_the_first() -> None:
    threads = tuple(thread_id(f"LUAT-{n}", SENDER) for n in range(10))
    mail = read(outgoing(threads=threads))
    assert mail["References"] == threads[0]
    assert mail["In-Reply-To"].split() == list(threads)
    assert read(outgoing())["References"] is None


def test_only_what_is_optional_can_be_ended_with_one_click() -> None:
    assert read(outgoing())["List-Unsubscribe"] is None
    mail = read(outgoing(unsubscribe="https://loa.example.vn/thoi?t=abc", kind="weekly_list"))
    assert mail["List-Unsubscribe"] == "<https://loa.example.vn/thoi?t=abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "Loa <weekly-list.loa.loa.invalid>"
    plain = read(outgoing(unsubscribe="http://127.0.0.1:8004/mailbox/abc", kind="weekly_list"))
    assert plain["List-Unsubscribe"] == "<http://127.0.0.1:8004/mailbox/abc>"
    assert plain["List-Unsubscribe-Post"] is None


def test_what_may_have_come_before_is_marked_and_keeps_its_identity() -> None:
    again = read(outgoing(again=True))
    for kind in ("plain", "html"):
        body = again.get_body((kind,))
        assert body is not None
        assert "có thể đã được gửi trước đó" in body.get_content()
    assert again["X-Loa-Possible-Duplicate"] == "yes"
    assert again["Message-ID"] == read(outgoing())["Message-ID"]
    assert read(outgoing())["X-Loa-Possible-Duplicate"] is None


EVIL = ["A\r\nBcc: x@y.z", "A\nBcc: x@y.z", "A\u2028Bcc: x@y.z", "A\0Bcc: x@y.z", "A\x0b\r\n\r\nBcc: x@y.z"]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_in_a_title_or_a_file_name_begins_a_header(evil: str) -> None:
    hostile = replace(LETTER, name=evil)
    mail = read(outgoing(evil, attachments=(hostile,)))
    assert [part["Bcc"] for part in mail.walk() if part["Bcc"]] == []
    assert header(evil) == "A Bcc: x@y.z"
    assert next(mail.iter_attachments()).get_filename() == "A Bcc: x@y.z"


@pytest.mark.parametrize("evil", ["a@b.vn\r\nBcc: x@y.z", "a@b.vn, x@y.z", "a@b.vn> <x@y.z", '"a@b.vn'])
def test_an_address_that_is_none_makes_no_message(evil: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        message_of(outgoing(to=evil), SENDER)


def test_no_line_is_longer_than_the_wire_allows() -> None:
    sender = f"Hệ thống theo dõi truyền thông dự thảo chính sách <loa@{'a' * 60}.{'b' * 60}.example.vn>"
    threads = tuple(thread_id(f"LUAT-{n}", sender) for n in range(10))
    link = f"https://loa.example.vn/thoi?t={'c' * 300}"
    identity = message_id("a-key", sender)
    long = outgoing("Truyền thông " * 30, threads=threads, message_id=identity, unsubscribe=link)
    wire = message_of(long, sender)
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert wire.isascii()
    mail = read(long, sender)
    assert mail["Subject"] == ("Truyền thông " * 30).strip()
    assert mail["In-Reply-To"].split() == list(threads)[:5]  # no more stand on one line
    assert f"Message-ID: {identity}\r\n".encode() in wire
    assert f"List-Unsubscribe: <{link}>\r\n".encode() in wire
    assert f"References: {threads[0]}\r\n".encode() in wire


def test_titles_are_composed_characters() -> None:
    assert header("Lua\u0323\u0302t") == "Luật"
