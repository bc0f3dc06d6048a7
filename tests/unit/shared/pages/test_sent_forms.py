"""Forms as browsers and mail clients put them together, with files and without."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from shared.pages.forms import MOST_FIELDS, sent, sent_with_files

FILE = b"%PDF\r\n\r\n--x\r\n\x00\xff"
URLENCODED = "application/x-www-form-urlencoded"
ADDRESS = "http://loa.invalid/"


@dataclass(frozen=True, slots=True)
class SentFile:
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Read:
    given: Mapping[str, Sequence[str]]
    files: Mapping[str, SentFile]


@pytest.fixture
def read() -> list[Read]:
    """Hold what the forms that were sent came to."""
    return []


@pytest.fixture
async def client(read: list[Read]) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()

    @app.post("/")
    async def take(request: Request) -> None:
        async with sent_with_files(request) as (form, uploads):
            contents = {name: await upload.read() for name, upload in uploads.items()}
        files = {
            name: SentFile(hashlib.sha256(each).hexdigest(), len(each)) for name, each in contents.items()
        }
        read.append(Read(form.given, files))

    @app.post("/twice")
    async def take_twice(request: Request) -> None:
        read.extend([Read((await sent(request)).given, {}) for _ in range(2)])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


async def test_words_and_files(client: httpx.AsyncClient, read: list[Read]) -> None:
    words = {"title": "Hội nghị", "policies": ["1", "2"], "note": ""}
    await client.post(ADDRESS, data=words, files={"file": ("Ảnh.pdf", FILE)})
    (form,) = read
    assert form.given == {"title": ["Hội nghị"], "policies": ["1", "2"], "note": [""]}
    assert form.files == {"file": SentFile(hashlib.sha256(FILE).hexdigest(), len(FILE))}


async def test_a_form_that_was_read_is_read_again(client: httpx.AsyncClient, read: list[Read]) -> None:
    """A page that keeps what was typed reads a form that the handler is done with."""
    answer = await client.post(ADDRESS + "twice", data={"title": "Hội nghị"}, files={"file": ("a.pdf", FILE)})
    assert answer.status_code == 200
    assert [form.given for form in read] == [{"title": ["Hội nghị"]}] * 2


async def test_words_alone(client: httpx.AsyncClient, read: list[Read]) -> None:
    await client.post(ADDRESS, data={"title": "Hội nghị & họp báo", "policies": ["1", "2"], "note": ""})
    (form,) = read
    assert form.given == {"title": ["Hội nghị & họp báo"], "policies": ["1", "2"], "note": [""]}


async def test_an_unchosen_file_is_none(client: httpx.AsyncClient, read: list[Read]) -> None:
    field = b'--a\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n'
    empty = b'--a\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--a--\r\n'
    await client.post(
        ADDRESS, content=field + empty, headers={"content-type": "multipart/form-data; boundary=a"}
    )
    assert (read[0].given, read[0].files) == ({"title": ["x"]}, {})


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"--a\r\n"),
        ("multipart/form-data; boundary=a", b""),
        ("multipart/form-data; boundary=a", b"--a--\r\n"),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Type: text/plain\r\n\r\nx\r\n--a--"),
        ("multipart/form-data; boundary=a", b"--a\r\n\xff\xfe\r\n\r\n\r\n--a--"),
        ("multipart/form-data; boundary=" + "a" * 300, b"--a\r\n"),
        (URLENCODED, b"&".join(b"a=b" for _ in range(MOST_FIELDS + 1))),
        (URLENCODED, b""),
        ("text/plain", b"title=x"),
        ("", b"title=x"),
    ],
)
async def test_what_is_no_form_holds_nothing(
    client: httpx.AsyncClient, read: list[Read], media_type: str, body: bytes
) -> None:
    answer: Any = await client.post(ADDRESS, content=body, headers={"content-type": media_type})
    assert answer.status_code == 200
    assert (read[0].given, read[0].files) == ({}, {})
