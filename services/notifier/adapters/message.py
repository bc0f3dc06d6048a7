"""A mail as it goes over the wire: one message with lasting identity, whatever its title or address says."""

from collections.abc import Iterator
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Any
from uuid import uuid5

from services.notifier.adapters.headers import ONE_LINE, WIRE, header
from services.notifier.application.ports import Attachment, Outgoing
from shared.clock import VIETNAM
from shared.contracts.ids import LOA_NAMESPACE
from shared.errors import PermanentError

ALIKE = "X-Loa-Possible-Duplicate"  # nobody knows whether an earlier attempt came through
SEEN_BEFORE = (
    "Thư này có thể đã được gửi trước đó; nếu quý cơ quan đã nhận, đề nghị bỏ qua. / "
    "This mail may have reached you before; if so, please disregard it."
)


@cache
def domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "loa.invalid"


def message_id(key: str, sender: str) -> str:
    """The same mail has the same one, however often it is handed over."""
    return f"<{uuid5(LOA_NAMESPACE, f'digest:{key}')}@{domain_of(sender)}>"


def thread_id(draft_code: str, sender: str) -> str:
    """Name the thread of a draft: no mail bears this id, all mails about the draft refer to it."""
    return f"<{uuid5(LOA_NAMESPACE, f'thread:{draft_code}')}@{domain_of(sender)}>"


def wire(outgoing: Outgoing, sender: str) -> bytes:
    """Give the bytes of the message; raises `PermanentError` for what no message can be made of."""
    try:
        return bytes(message_of(outgoing, sender))
    except (ValueError, MessageError, IndexError) as error:  # the last: the parser at the end of an address
        raise PermanentError("no_message", f"no message can be made of it: {error}") from error


def message_of(outgoing: Outgoing, sender: str) -> EmailMessage:
    """Build the message; the same mail always makes the same bytes, with the same Message-ID."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=WIRE)
    message["Subject"] = header(outgoing.mail.subject)
    message["From"] = str(Address(header(name), addr_spec=address))
    message["To"] = Address(addr_spec=header(outgoing.to)).addr_spec
    message["Date"] = format_datetime(outgoing.dated.astimezone(VIETNAM))
    message["Message-ID"] = outgoing.message_id
    _name_threads(message, outgoing.mail.threads)
    _say_that_a_machine_writes(message, outgoing, sender)
    _fill(message, outgoing)
    return message


def _name_threads(message: EmailMessage, threads: tuple[str, ...]) -> None:
    """Answer all drafts of the mail, but stand in the thread of the first.

    Clients take `References` for a line of ancestors: several drafts in it would grow into one thread.
    RFC 5322 (3.6.4) lets `In-Reply-To` name several and advises against several in `References`.
    """
    if threads:
        message["In-Reply-To"] = " ".join(_as_many_as_fit(threads))
        message["References"] = threads[0]


def _as_many_as_fit(threads: tuple[str, ...]) -> Iterator[str]:
    room = ONE_LINE - len("In-Reply-To: ")
    for thread in threads:
        room -= len(thread) + 1
        if room >= 0:
            yield thread


def _say_that_a_machine_writes(message: EmailMessage, outgoing: Outgoing, sender: str) -> None:
    """RFC 3834 (no automatic answers), RFC 2919 (List-Id), RFC 8058 (one click ends what is optional)."""
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"Loa <{outgoing.kind.replace('_', '-')}.loa.{domain_of(sender)}>"
    if outgoing.mail.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{outgoing.mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if outgoing.again:
        message[ALIKE] = "yes"


def _fill(message: EmailMessage, outgoing: Outgoing) -> None:
    text, html = outgoing.mail.text, outgoing.mail.html
    if outgoing.again:
        text = f"{text}\n{SEEN_BEFORE}\n"
        html = html.replace("</body>", f"<p>{SEEN_BEFORE}</p>\n</body>")
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    page = next(part for part in message.walk() if part.get_content_subtype() == "html")
    for image in (a for a in outgoing.mail.attachments if a.content_id):
        page.add_related(image.content, **_kind(image), cid=f"<{image.content_id}>", disposition="inline")
    for file in (a for a in outgoing.mail.attachments if not a.content_id):
        message.add_attachment(file.content, **_kind(file))
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_loa_{number}")  # quoted-printable and base64 have no "=_"


def _kind(attachment: Attachment) -> dict[str, Any]:
    main, _, sub = attachment.media_type.partition("/")
    return {"maintype": main, "subtype": sub, "filename": header(attachment.name).replace("/", "-")}
