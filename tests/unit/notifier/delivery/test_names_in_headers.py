"""Names in headers: senders with commas, quotes and diacritics, names of files (RFC 2231), titles that are cut."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from services.notifier.adapters.delivery.message import file_part, header, written_by
from services.notifier.adapters.rendering.templates import SUBJECT_TITLE, shortened
from services.notifier.application.ports import Attachment
from shared.kernel.sender import domain_of, name_and_address

ADDRESS = "loa@stp.example.vn"
NAMES = [
    "Loa",
    "Sở Tư pháp",
    "Sở Tư pháp, tỉnh Khánh Hòa",
    "Department of Justice, Khanh Hoa",
    'Phòng "Văn bản"',
    "Room (1); legal: texts",
    "O'Brien @ Loa",
    "Hội đồng phối hợp phổ biến, giáo dục pháp luật tỉnh Khánh Hòa, " * 3,
]
FAMILY, FLAG, THUMB = "👨\u200d👩\u200d👧", "🇻🇳", "👍🏽"
CLUSTERS = ["e\u0302\u0323\u0301", FAMILY, FLAG, THUMB, "ế", "❤\ufe0f"]


def sender_read(written: bytes) -> tuple[str, str]:
    """Unfold and decode (RFC 2047, 6.2: blanks between encoded words are none), then split."""
    folded = str(message_from_bytes(written + b"\r\n")["From"])
    name, _, address = re.sub(r"\r?\n(?=[ \t])", "", folded).rpartition("<")
    plain = name.strip()
    if plain.startswith('"'):
        plain = re.sub(r"\\(.)", r"\1", plain[1:-1])
    return str(make_header(decode_header(plain))), address.rstrip(">")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_sender_keeps_its_name_and_address(name: str, quoted: bool) -> None:
    escaped = name.replace('"', '\\"')
    sender = f'"{escaped}" <{ADDRESS}>' if quoted else f"{name} <{ADDRESS}>"
    written = written_by(sender)
    assert sender_read(written) == (name.strip(), ADDRESS)
    assert domain_of(sender) == "stp.example.vn"
    assert written.count(b"\r\n") == len(written.splitlines())
    for line in written.splitlines():
        if b"=?" in line:
            assert len(line) <= 76


def test_a_sender_without_a_name_is_an_address() -> None:
    assert name_and_address(ADDRESS) == ("", ADDRESS)
    assert sender_read(written_by(ADDRESS)) == ("", ADDRESS)


@pytest.mark.parametrize("evil", ["Loa\r\nBcc: x@y.z", "Loa\nBcc: x@y.z", "Loa\u2028Bcc: x@y.z"])
def test_a_sender_begins_no_other_header(evil: str) -> None:
    parsed = message_from_bytes(written_by(f"{evil} <{ADDRESS}>") + b"\r\n", policy=policy.default)
    assert parsed.keys() == ["From"]


@pytest.mark.parametrize(
    "name",
    [
        "du-thao.docx",
        "Dự thảo công văn.docx",
        "Dự thảo công văn “đôn đốc” của Sở Tư pháp tỉnh Khánh Hòa về truyền thông dự thảo chính sách.docx",
        'a"b;c.docx',
        "a\\b.docx",
        "x" * 200 + ".docx",
        FAMILY * 8 + ".docx",
        "a, b = c.docx",
        "100% 'xong'.docx",
    ],
)
def test_the_name_of_a_file_comes_through_within_the_limits(name: str) -> None:
    part = file_part(Attachment(name=name, media_type="application/octet-stream", content=b"x"))
    head = part.split(b"\r\n\r\n")[0]
    assert all(len(line) <= 78 and line.isascii() for line in head.split(b"\r\n"))
    assert message_from_bytes(part, policy=policy.default).get_filename() == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ng\u200bhị\ufeff quyết", "Nghị quyết"),
        ("Nghị\u00a0quyết\r\n số 1", "Nghị quyết số 1"),
        ("\u202eNghị quyết", "Nghị quyết"),
        ("Nghi\u0323 quye\u0302\u0301t", "Nghị quyết"),
        (f"Gia đình {FAMILY} {FLAG}", f"Gia đình {FAMILY} {FLAG}"),
        ("a\u200db", "ab"),
        ("A\r\nBcc: x@y.z", "A Bcc: x@y.z"),
    ],
)
def test_what_is_not_seen_splits_no_word(text: str, expected: str) -> None:
    assert header(text) == expected


@pytest.mark.parametrize("cluster", CLUSTERS)
@pytest.mark.parametrize("shift", range(8))
def test_a_title_is_cut_between_what_a_reader_sees_as_characters(cluster: str, shift: int) -> None:
    cut = shortened("x" * shift + cluster * (SUBJECT_TITLE + 1))
    assert len(cut) <= SUBJECT_TITLE
    assert re.fullmatch(rf"x{{{shift}}}(?:{re.escape(cluster)})+…", cut)


def test_a_title_is_cut_at_a_blank_if_one_is_near() -> None:
    title = "Nghị quyết quy định mức hỗ trợ học phí cho trẻ em mầm non, học sinh phổ thông trên địa bàn tỉnh Khánh Hòa"
    cut = shortened(title)
    assert title.startswith(cut.removesuffix("…") + " ")
    assert SUBJECT_TITLE - 14 <= len(cut) <= SUBJECT_TITLE
    assert shortened(title[:SUBJECT_TITLE]) == title[:SUBJECT_TITLE]
