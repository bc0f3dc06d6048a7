"""How much faster our multipart writer is than the standard library's: `python -m tests.bench.parts [ROUNDS]`.

The same mails, in turns, in the same run: first what one message takes to be written, then mails per second over
SMTP to a server on loopback that keeps nothing, each message written just before it is sent.
"""
# ruff: noqa: T201  a benchmark prints

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from typing import Any
from uuid import UUID

import aiosmtplib

from services.notifier.adapters.delivery import message
from services.notifier.adapters.delivery.message import header
from services.notifier.application.ports import Attachment, Mail, Outgoing
from services.notifier.application.ticks import WORKERS
from shared.kernel.local_day import VIETNAM
from tests.bench.mail import SENDER, sink

MAILS = 400
LINE = "Dự thảo Nghị quyết quy định mức hỗ trợ học phí: đến hạn ngày 12/11/2026, còn 3 ngày làm việc.\n"
PARAGRAPH = f'<p style="margin:0 0 8px">{LINE}</p>'
HTML = f"<body>{PARAGRAPH * 80}</body>\n"
CHART = Attachment(name="Biểu đồ.png", media_type="image/png", content=bytes(4000), content_id="chart")
LETTER = Attachment(name="Công văn.docx", media_type="application/octet-stream", content=bytes(20_000))

WIRE = policy.compat32.clone(linesep="\r\n", max_line_length=None)

Write = Callable[[Outgoing], bytes]


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    attachments: tuple[Attachment, ...] = ()


SHAPES = (Shape("text and page"), Shape("with an image", (CHART,)), Shape("with a file", (LETTER,)))


def outgoing(shape: Shape) -> Outgoing:
    mail = Mail("[Nhắc việc] Sở Tư pháp: 3 dự thảo đến hạn truyền thông", LINE * 30, HTML)
    return Outgoing(
        mail=replace(mail, attachments=shape.attachments),
        to="a@b.example.vn",
        message_id=message.message_id("key", SENDER),
        dated=datetime(2026, 11, 23, 8, tzinfo=VIETNAM),
        day=datetime(2026, 11, 23, tzinfo=VIETNAM).date(),
        unit_code="STP",
        recipient_id=UUID(int=1),
    )


def ours(item: Outgoing) -> bytes:
    return message.message_of(item, SENDER)


def library(item: Outgoing) -> bytes:
    """Write the same message with `email.message`; the headers of the mail are ours, for its folding loses blanks."""
    body = EmailMessage(policy=SMTP)
    body.set_content(item.mail.text, cte="quoted-printable")
    body.add_alternative(item.mail.html, subtype="html", cte="quoted-printable")
    page = body.get_payload()[-1]  # type: ignore[index]
    for file in item.mail.attachments:
        _attach(page if file.content_id else body, file)
    del body["MIME-Version"]
    return message.head_of(item, SENDER) + bytes(body)


def mime(item: Outgoing) -> bytes:
    """Write the same with `email.mime`, which parses no headers; boundaries are given, so that none is looked for."""
    page = _text(item.mail.html, "html")
    images = [_part(file) for file in item.mail.attachments if file.content_id]
    files = [_part(file) for file in item.mail.attachments if not file.content_id]
    shown = _multipart("related", page, *images) if images else page
    both = _multipart("alternative", _text(item.mail.text, "plain"), shown)
    body = _multipart("mixed", both, *files) if files else both
    del body["MIME-Version"]
    return message.head_of(item, SENDER) + body.as_bytes(policy=WIRE)


def _text(text: str, subtype: str) -> MIMEText:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return MIMEText(text, subtype, charset, policy=WIRE)  # type: ignore[arg-type]  # typeshed: only its name


def _part(file: Attachment) -> MIMEBase:
    part = MIMEBase(*file.media_type.split("/", 1), policy=WIRE)
    part.set_payload(file.content)
    encode_base64(part)
    if file.content_id:
        part.add_header("Content-ID", f"<{file.content_id}>")
    kind = "inline" if file.content_id else "attachment"
    part.add_header("Content-Disposition", kind, filename=("utf-8", "", file.name))
    return part


def _multipart(subtype: str, *parts: Any) -> MIMEMultipart:
    return MIMEMultipart(subtype, f"=_loa_{subtype}", parts, policy=WIRE)


def _attach(to: Any, file: Attachment) -> None:
    main, _, sub = file.media_type.partition("/")
    if file.content_id:
        to.add_related(file.content, main, sub, cid=f"<{file.content_id}>", filename=header(file.name))
    else:
        to.add_attachment(file.content, main, sub, filename=header(file.name))


def shape_of(written: bytes) -> list[Any]:
    parts = message_from_bytes(written, policy=policy.default).walk()
    return [(part.get_content_type(), part.is_multipart() or part.get_content()) for part in parts]


def seconds_of(write: Write, item: Outgoing, runs: int) -> float:
    began = time.perf_counter()
    for _ in range(runs):
        write(item)
    return time.perf_counter() - began


async def rate_of(write: Write, item: Outgoing, port: int) -> float:
    left = iter(range(MAILS))

    async def worker() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as client:
            for _ in left:
                await client.sendmail("loa@loa.invalid", [item.to], write(item))

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(WORKERS)))
    return MAILS / (time.perf_counter() - began)


WRITERS: dict[str, Write] = {"ours": ours, "email.message": library, "email.mime": mime}


async def over_smtp(shapes: Sequence[Shape]) -> None:
    async with sink() as port:
        for shape in shapes:
            first = outgoing(shape)
            rates: dict[str, float] = dict.fromkeys(WRITERS, 0.0)
            for _ in range(3):
                for name, write in WRITERS.items():
                    rates[name] = max(rates[name], await rate_of(write, first, port))
            summary = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
            print(f"{shape.name:16} mails/s over SMTP: {summary}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, nargs="?", default=200)
    runs = parser.parse_args().runs
    for shape in SHAPES:
        first = outgoing(shape)
        assert len({str(shape_of(write(first))) for write in WRITERS.values()}) == 1, shape.name
        best = {n: min(seconds_of(w, first, runs) for _ in range(3)) / runs for n, w in WRITERS.items()}
        summary = ", ".join(f"{name} {1000 * seconds:.2f}" for name, seconds in best.items())
        print(f"{shape.name:16} ms to write a mail: {summary}")
    asyncio.run(over_smtp(SHAPES))


if __name__ == "__main__":
    main()
