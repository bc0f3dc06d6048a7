"""The parts of a mail as bytes (RFC 2045, 2046): texts in quoted-printable, files in base64, and what holds them.

Every mail of ours has the same shape, so its parts are written directly: the library's generator, which finds the
shape of any message, takes ten times as long.
"""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Literal

from services.notifier.adapters.delivery.headers import header
from services.notifier.application.ports import Attachment

# A blank at the end of a full line, which the encoder writes as three characters (of 76 that a line may have).
_TOO_LONG = re.compile(rb"^([^\r]{74})(=20|=09)\r", re.MULTILINE)


def text_part(subtype: Literal["plain", "html"], text: str) -> bytes:
    """Write a text in quoted-printable; its lines are ended as the wire wants it."""
    lines = b"\r\n".join(text.encode().splitlines()) + b"\r\n"
    encoded = b2a_qp(lines, istext=True)
    if b"=20\r" in encoded or b"=09\r" in encoded:
        encoded = _TOO_LONG.sub(rb"\1=\r\n\2\r", encoded)
    kind = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return kind.encode("ascii") + encoded


def file_part(file: Attachment) -> bytes:
    """Write a file that goes along, or an image that the page shows."""
    part = EmailMessage(policy=SMTP)
    main, _, sub = file.media_type.partition("/")
    shown: dict[str, Any] = {"disposition": "attachment"}
    if file.content_id:
        shown = {"disposition": "inline", "cid": f"<{file.content_id}>"}
    name = header(file.name).replace("/", "-")
    part.set_content(file.content, maintype=main, subtype=sub, filename=name, **shown)
    return bytes(part)


def multipart(kind: Literal["mixed", "alternative", "related"], parts: Sequence[bytes], depth: int) -> bytes:
    """Put parts together; `depth` is how many others this one stands in, which makes its boundary its own."""
    boundary = f"=_loa_{depth}".encode()  # quoted-printable and base64 have no "=_"
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)
    inner = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return b"%s%s--%s--\r\n" % (head, inner, boundary)
