"""Headers with free text: RFC 2047 in its limits, and nothing lost."""

import random
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.adapters.delivery.message import ONE_LINE, header, words, written_by

ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
LONGEST_WORD = 75  # RFC 2047, section 2
LONGEST_LINE = 76  # the same, of a line with an encoded word
SENTENCE = (
    "Truyền thông dự thảo Nghị quyết quy định mức hỗ trợ học phí cho trẻ em mầm non tại tỉnh Quảng Ninh "
    "[Nhắc việc] đến hạn 12/11/2026 Ủy ban nhân dân Sở Tư pháp 2 03 – “Luật” số 64/2025/QH15 (sửa đổi) Đề nghị"
)


def subjects() -> Iterator[str]:
    chosen = random.Random(407)
    for n in range(500):
        yield header(" ".join(chosen.choices(SENTENCE.split(), k=1 + n % 60)))


def lines_of(written: bytes) -> list[bytes]:
    assert written.endswith(b"\r\n")
    return written.removesuffix(b"\r\n").split(b"\r\n")


def decoded(written: bytes, name: str = "Subject") -> str:
    """Unfold (RFC 5322, 2.2.3) and decode (RFC 2047) with `email.header`."""
    folded = str(message_from_bytes(written + b"\r\n")[name])
    return str(make_header(decode_header(re.sub(r"\r?\n(?=[ \t])", "", folded))))


def read(written: bytes) -> str:
    """Give the value as two parsers of the library read it, which must agree."""
    message = message_from_bytes(written + b"\r\n", policy=policy.default)
    assert decoded(written) == message["Subject"]
    return str(message["Subject"])


def test_every_vietnamese_subject_is_whole_and_within_the_limits() -> None:
    for subject in subjects():
        written = words("Subject", subject)
        assert read(written) == subject
        for line in lines_of(written):
            assert len(line) <= LONGEST_LINE, line
            assert all(len(word) <= LONGEST_WORD for word in ENCODED_WORD.findall(line)), line


@given(st.text(max_size=300).map(header))
def test_any_text_is_whole_and_within_the_limits(text: str) -> None:
    written = words("Subject", text)
    assert decoded(written) == text
    assert all(len(line) <= ONE_LINE for line in lines_of(written))
    assert all(len(word) <= LONGEST_WORD for word in ENCODED_WORD.findall(written))


@pytest.mark.parametrize("length", [1, 20, 60, 76, 200, 900])
def test_ascii_is_not_encoded(length: int) -> None:
    text = " ".join(["reminder"] * length)[:length].strip()
    written = words("Subject", text)
    assert b"=?" not in written
    assert read(written) == text


@pytest.mark.parametrize("text", ["a" * 2000, "=?utf-8?b?xJDDow==?=", "x =?utf-8?q?y?= z"])
def test_ascii_that_a_reader_could_not_take_as_it_is_is_encoded(text: str) -> None:
    written = words("Subject", text)
    assert read(written) == text
    assert all(len(line) <= ONE_LINE for line in lines_of(written))


def test_a_sender_keeps_name_and_address() -> None:
    name = "Loa, hệ thống theo dõi truyền thông dự thảo chính sách tại tỉnh Quảng Ninh"
    written = written_by(f'"{name}" <loa@tinh.example.vn>')
    assert all(len(word) <= LONGEST_WORD for word in ENCODED_WORD.findall(written))
    assert decoded(written, "From") == f"{name} <loa@tinh.example.vn>"
