"""A form of the kind that carries files (multipart/form-data, RFC 7578), taken apart; of a file only what names it stays."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

MOST_PARTS = 300
_BOUNDARY = re.compile(r'boundary="?([\w\'()+,./:=? -]{1,70}?)"?(?:;|$)')


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that somebody sent: its SHA-256 in hexadecimal digits, and its size in bytes; nothing else is kept."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """A field with its words, or a file."""

    name: str
    said: str | SentFile


def parts(media_type: str, body: bytes) -> Iterator[Part]:
    """Take a body apart; what is no part of a form is passed over, as is a file that nobody chose."""
    boundary = _BOUNDARY.search(media_type)
    if boundary is None:
        return
    pieces = (b"\r\n" + body).split(f"\r\n--{boundary[1]}".encode())
    for piece in pieces[1 : MOST_PARTS + 1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        found = _part(HeaderParser().parsestr(head.decode("utf-8", errors="replace").strip()), content)
        if found is not None:
            yield found


def _part(head: Message, content: bytes) -> Part | None:
    name = head.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        return None
    if head.get_param("filename", header="content-disposition") is None:
        return Part(name, content.decode("utf-8", errors="replace"))
    return Part(name, SentFile(hashlib.sha256(content).hexdigest(), len(content))) if content else None
