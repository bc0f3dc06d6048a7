"""Headers of a mail: one line of composed characters each, ids as they are, and nothing parsed or folded twice."""

import unicodedata
from email.header import Header
from email.policy import SMTP, EmailPolicy
from functools import lru_cache
from typing import Any

ONE_LINE = 998  # characters, the most that RFC 5322 allows
EXACT = frozenset(
    {
        "to",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "auto-submitted",
        "x-auto-response-suppress",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "x-loa-possible-duplicate",
    }
)


def header(text: str) -> str:
    """Make one line of composed characters: nothing that comes from a title may begin another header."""
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(unicodedata.normalize("NFC", visible).split())


class Wire(EmailPolicy):
    """Ids and addresses stay as they are: encoded words (RFC 2047), which a long one would become, are not for them.

    Free words are put into encoded words by `Header`, which keeps the blank where a long line is cut; the policy's own
    folding loses it in every fifth subject (Python 3.11). Whatever many mails share is parsed and folded once: that
    was more than half of making a message.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if name.lower() not in EXACT:
            return _parsed(name, value)
        if not (value.isascii() and value.isprintable() and len(name) + 2 + len(value) <= ONE_LINE):
            raise ValueError(f"{name} is no line of printable ASCII")
        return name, value

    def fold_binary(self, name: str, value: Any) -> bytes:
        return f"{name}: {value}\r\n".encode("ascii") if name.lower() in EXACT else _folded(name, value)


@lru_cache(maxsize=1024)
def _parsed(name: str, value: str) -> tuple[str, Any]:
    return SMTP.header_store_parse(name, value)


@lru_cache(maxsize=1024)
def _folded(name: str, value: Any) -> bytes:
    match name.lower():
        case "subject":
            return f"{name}: {_words(name, value)}\r\n".encode("ascii")
        case "from" if not value.isascii():
            (sender,) = value.addresses
            return f"{name}: {_words(name, sender.display_name)}\r\n <{sender.addr_spec}>\r\n".encode("ascii")
        case _:
            return SMTP.fold_binary(name, value)


def _words(name: str, text: str) -> str:
    return Header(text, header_name=name).encode(linesep="\r\n")


WIRE = Wire() + SMTP
