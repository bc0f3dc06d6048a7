"""Headers of a mail: one line of composed characters each, ids as they are, and nothing parsed or folded twice."""

import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from email.header import Header
from email.headerregistry import Address
from email.utils import parseaddr
from functools import cache

ONE_LINE = 998  # characters, the most that RFC 5322 allows
SHORT_LINE = 76  # characters, the most of a line with an encoded word (RFC 2047)
OPEN, CLOSE = "=?utf-8?b?", "?="


def header(text: str) -> str:
    """Make one line of composed characters: nothing that comes from a title may begin another header."""
    visible = text if text.isprintable() else "".join(map(_visible, text))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _visible(character: str) -> str:
    return " " if unicodedata.category(character)[0] == "C" else character


def exact(name: str, value: str) -> bytes:
    """Give the line of an id, an address or a date, which stays as it is; raises `ValueError` if it is no such line.

    Encoded words (RFC 2047), which the library makes of a long one, are not for them.
    """
    if not (value.isascii() and value.isprintable() and len(name) + 2 + len(value) <= ONE_LINE):
        raise ValueError(f"{name} is no line of printable ASCII")
    return f"{name}: {value}\r\n".encode("ascii")


def words(name: str, text: str) -> bytes:
    """Give the lines of free words, as encoded words (RFC 2047) where they are not ASCII.

    Made here because the folding of `email.policy` loses the blank where it cuts, in every fifth subject
    (Python 3.11), and because `email.header` takes half a millisecond.
    """
    return f"{name}: {_encoded(name, text)}\r\n".encode("ascii")


@cache
def written_by(sender: str) -> bytes:
    """Give the `From` of a sender, `Name <address>`; raises `ValueError` if there is no address in it."""
    name, address = parseaddr(sender)
    one = Address(header(name), addr_spec=address)
    if str(one).isascii():
        return exact("From", str(one))
    return f"From: {_encoded('From', one.display_name)}\r\n <{one.addr_spec}>\r\n".encode("ascii")


def _encoded(name: str, text: str) -> str:
    if text.isascii():
        return Header(text, header_name=name).encode(linesep="\r\n")
    room = SHORT_LINE - len(OPEN) - len(CLOSE)
    pieces = _pieces(text, room - len(name) - 2, room)
    return "\r\n ".join(f"{OPEN}{b64encode(piece).decode()}{CLOSE}" for piece in pieces)


def _pieces(text: str, first: int, room: int) -> Iterator[bytes]:
    """Cut between characters, so that each piece has room when it is written in base64."""
    piece, most = b"", first // 4 * 3
    for character in text:
        added = character.encode()
        if len(piece) + len(added) > most:
            yield piece
            piece, most = b"", room // 4 * 3
        piece += added
    yield piece
