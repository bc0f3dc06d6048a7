"""A mail as it goes over the wire: one message with lasting identity, whatever its title or address says."""

import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import parseaddr
from typing import Any
from uuid import uuid5

from services.notifier.application.ports import Attachment, Outgoing
from shared.clock import VIETNAM
from shared.contracts.ids import LOA_NAMESPACE
from shared.errors import PermanentError

ONE_LINE = 998  # characters, the most that RFC 5322 allows
EXACT = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})
ALIKE = "X-Loa-Possible-Duplicate"  # nobody knows whether an earlier attempt came through
SEEN_BEFORE = (
    "Thư này có thể đã được gửi trước đó; nếu quý cơ quan đã nhận, đề nghị bỏ qua. / "
    "This mail may have reached you before; if so, please disregard it."
)


class Wire(EmailPolicy):
    """Ids and addresses stay as they are: encoded words (RFC 2047), which a long one would become, are not for them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        policy = SMTP.clone(max_line_length=ONE_LINE) if name.lower() in EXACT else SMTP
        return policy.fold_binary(name, value)


WIRE = Wire() + SMTP


def header(text: str) -> str:
    """Make one line of composed characters: nothing that comes from a title may begin another header."""
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(unicodedata.normalize("NFC", visible).split())


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
    message["From"] = Address(header(name), addr_spec=address)
    message["To"] = Address(addr_spec=header(outgoing.to))
    message["Date"] = outgoing.dated.astimezone(VIETNAM)
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
        message["In-Reply-To"] = " ".join(threads)
        message["References"] = threads[0]


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
        part.set_boundary(f"loa-{number}-{outgoing.recipient_id.hex}")


def _kind(attachment: Attachment) -> dict[str, Any]:
    main, _, sub = attachment.media_type.partition("/")
    return {"maintype": main, "subtype": sub, "filename": header(attachment.name).replace("/", "-")}
