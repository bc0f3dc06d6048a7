"""Whether a mail client asks for what its button promised (RFC 8058, 3.2: a form of either kind)."""

from email import message_from_bytes
from typing import Any

from fastapi import Request

from shared.pages.fields import sent


async def is_one_click(request: Request) -> bool:
    media = request.headers.get("content-type", "")
    if not media.startswith("multipart/form-data"):
        return (await sent(request)).text("List-Unsubscribe") == "One-Click"
    head = f"Content-Type: {media}\r\n\r\n".encode("latin-1", errors="replace")
    return any(_is_named(part) for part in message_from_bytes(head + await request.body()).walk())


def _is_named(part: Any) -> bool:
    name = part.get_param("name", header="content-disposition")
    return bool(name == "List-Unsubscribe" and part.get_payload(decode=True).strip() == b"One-Click")
