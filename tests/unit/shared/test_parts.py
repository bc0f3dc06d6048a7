"""Forms that carry files, taken apart as browsers and mail clients put them together."""

import hashlib
from typing import Any

import httpx
import pytest

from shared.pages.parts import Part, SentFile, parts

FILE = b"%PDF\r\n\r\n--x\r\n\x00\xff"


def form(data: dict[str, Any], files: dict[str, Any]) -> tuple[str, bytes]:
    request = httpx.Request("POST", "http://a", data=data, files=files)
    return request.headers["content-type"], request.read()


def test_words_and_files() -> None:
    media_type, body = form({"title": "Hội nghị", "policies": ["1", "2"]}, {"file": ("Ảnh.pdf", FILE)})
    assert list(parts(media_type, body)) == [
        Part("title", "Hội nghị"),
        Part("policies", "1"),
        Part("policies", "2"),
        Part("file", SentFile(hashlib.sha256(FILE).hexdigest(), len(FILE))),
    ]


def test_a_file_that_nobody_chose_is_none() -> None:
    field = b'--a\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n'
    empty = b'--a\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--a--\r\n'
    assert list(parts("multipart/form-data; boundary=a", field + empty)) == [Part("title", "x")]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"--a\r\n"),
        ("multipart/form-data; boundary=a", b""),
        ("multipart/form-data; boundary=a", b"--a--\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Type: text/plain\r\n\r\nx\r\n--a--"),
        ("multipart/form-data; boundary=a", b"--a\r\n\xff\xfe\r\n\r\n\r\n--a--"),
        ("multipart/form-data; boundary=" + "a" * 200, b"--a\r\n"),
    ],
)
def test_what_is_no_form_has_no_parts(media_type: str, body: bytes) -> None:
    assert list(parts(media_type, body)) == []
