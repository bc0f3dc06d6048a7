"""Headers of a mail: one line of composed characters each, ids as they are, and nothing parsed or folded twice."""

import unicodedata
from email.header import Header
from email.headerregistry import Address
from functools import cache

from shared.kernel.sender import name_and_address

ONE_LINE = 998  # characters, the most that RFC 5322 allows
SHORT_LINE = 76  # characters, the most of a line with an encoded word (RFC 2047)
OPEN = "=?"  # of an encoded word
JOINER, PICTURE = (
    "\u200d",
    "\ufe0f",
)  # between the parts of an emoji; the mark that a character is shown as a picture
INSTEAD = {
    "Cc": " ",
    "Cf": "",
    "Cn": " ",
    "Co": " ",
    "Cs": " ",
}  # for characters that are not shown, by category


def header(text: str) -> str:
    """Make one line of composed characters: nothing that comes from a title may begin another header."""
    visible = text if text.isprintable() else _visible(text)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _visible(text: str) -> str:
    """Put a blank for what controls, and nothing for what is not seen; what joins two pictures to one stays."""
    return "".join(
        character if _joins(text, place) else INSTEAD.get(unicodedata.category(character), character)
        for place, character in enumerate(text)
    )


def _joins(text: str, place: int) -> bool:
    if text[place] != JOINER or not 0 < place < len(text) - 1:
        return False
    before = text[place - 1]
    picture = before == PICTURE or unicodedata.category(before) in {"So", "Sk"}
    return picture and unicodedata.category(text[place + 1]) == "So"


def exact(name: str, value: str) -> bytes:
    """Give the line of an id, an address or a date, which stays as it is; raises `ValueError` if it is no such line.

    Encoded words (RFC 2047), which the library makes of a long one, are not for them.
    """
    if not (value.isascii() and value.isprintable() and len(name) + 2 + len(value) <= ONE_LINE):
        raise ValueError(f"{name} is no line of printable ASCII")
    return f"{name}: {value}\r\n".encode("ascii")


def words(name: str, text: str) -> bytes:
    """Give the lines of free words: ASCII as it is, the rest as encoded words (RFC 2047)."""
    return f"{name}: {_encoded(name, text)}\r\n".encode("ascii")


@cache
def written_by(sender: str) -> bytes:
    """Give the `From` of a sender, `Name <address>`; raises `ValueError` if there is no address in it."""
    name, address = name_and_address(sender)
    mailbox = Address(header(name), addr_spec=address)
    if str(mailbox).isascii():
        return exact("From", str(mailbox))
    return f"From: {_encoded('From', mailbox.display_name)}\r\n <{mailbox.addr_spec}>\r\n".encode("ascii")


def _encoded(name: str, text: str) -> str:
    """Encode with `email.header`: the folding of `email.policy` loses blanks (Python 3.11)."""
    charset = None if _is_plain(name, text) else "utf-8"
    return Header(text, charset, maxlinelen=SHORT_LINE, header_name=name).encode(linesep="\r\n")


def _is_plain(name: str, text: str) -> bool:
    """Tell whether a reader takes a text as it is: ASCII, nothing like an encoded word, no word beyond a line."""
    limit = ONE_LINE - len(name) - 2
    return text.isascii() and OPEN not in text and all(len(word) <= limit for word in text.split())
