"""A mail as it goes over the wire: one message with lasting identity, whatever its title or address says."""

from collections.abc import Iterator
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import format_datetime
from functools import cache
from uuid import uuid5

from services.notifier.adapters.delivery.headers import ONE_LINE, exact, header, words, written_by
from services.notifier.adapters.delivery.mime_parts import file_part, multipart, text_part
from services.notifier.application.ports import Outgoing
from shared.contracts.ids import LOA_NAMESPACE
from shared.kernel.clock import VIETNAM
from shared.kernel.errors import PermanentError
from shared.kernel.sender import domain_of as domain_in

ALIKE = "X-Loa-Possible-Duplicate"  # an earlier attempt may have come through
SEEN_BEFORE = (
    "Thư này có thể đã được gửi trước đó; nếu quý cơ quan đã nhận, đề nghị bỏ qua. / "
    "This mail may have reached you before; if so, please disregard it."
)


@cache
def domain_of(sender: str) -> str:
    return domain_in(sender) or "loa.invalid"


def message_id(key: str, sender: str) -> str:
    """The same mail has the same one, however often it is handed over."""
    return f"<{uuid5(LOA_NAMESPACE, f'digest:{key}')}@{domain_of(sender)}>"


def thread_id(draft_code: str, sender: str) -> str:
    """Name the thread of a draft: no mail bears this id, all mails about the draft refer to it."""
    return f"<{uuid5(LOA_NAMESPACE, f'thread:{draft_code}')}@{domain_of(sender)}>"


def wire(outgoing: Outgoing, sender: str) -> bytes:
    """Give the bytes of the message; raises `PermanentError` for what no message can be made of."""
    try:
        return message_of(outgoing, sender)
    except (ValueError, MessageError, IndexError) as error:  # the last: the parser at the end of an address
        raise PermanentError("no_message", f"no message can be made of it: {error}") from error


def message_of(outgoing: Outgoing, sender: str) -> bytes:
    """Build the message; the same mail always makes the same bytes, with the same Message-ID."""
    return head_of(outgoing, sender) + _body(outgoing)


def head_of(outgoing: Outgoing, sender: str) -> bytes:
    """Write the headers of the message, without those of its body."""
    lines = (
        words("Subject", header(outgoing.mail.subject)),
        written_by(sender),
        exact("To", Address(addr_spec=header(outgoing.to)).addr_spec),
        exact("Date", format_datetime(outgoing.dated.astimezone(VIETNAM))),
        exact("Message-ID", outgoing.message_id),
        *_threads(outgoing.mail.threads),
        *_written_by_a_machine(outgoing, sender),
        exact("MIME-Version", "1.0"),
    )
    return b"".join(lines)


def _threads(threads: tuple[str, ...]) -> Iterator[bytes]:
    """Answer all drafts of the mail, but stand in the thread of the first.

    Clients take `References` for a line of ancestors: several drafts in it would grow into one thread.
    RFC 5322 (3.6.4) lets `In-Reply-To` name several and advises against several in `References`.
    """
    if threads:
        yield exact("In-Reply-To", " ".join(_as_many_as_fit(threads)))
        yield exact("References", threads[0])


def _as_many_as_fit(threads: tuple[str, ...]) -> Iterator[str]:
    space = ONE_LINE - len("In-Reply-To: ")
    for thread in threads:
        space -= len(thread) + 1
        if space >= 0:
            yield thread


def _written_by_a_machine(outgoing: Outgoing, sender: str) -> Iterator[bytes]:
    """RFC 3834 (no automatic answers), RFC 2919 (List-Id), RFC 8058 (one click ends what is optional)."""
    yield exact("Auto-Submitted", "auto-generated")
    yield exact("X-Auto-Response-Suppress", "All")
    yield exact("List-Id", f"Loa <{outgoing.kind.replace('_', '-')}.loa.{domain_of(sender)}>")
    if outgoing.mail.unsubscribe is not None:
        yield exact("List-Unsubscribe", f"<{outgoing.mail.unsubscribe}>")
        if outgoing.mail.unsubscribe.startswith("https:"):  # RFC 8058, 3.1: no other will do for one click
            yield exact("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    if outgoing.again:
        yield exact(ALIKE, "yes")


def _body(outgoing: Outgoing) -> bytes:
    """Text and page, with the images that the page shows, and then the files."""
    text, html = outgoing.mail.text, outgoing.mail.html
    if outgoing.again:
        text = f"{text}\n{SEEN_BEFORE}\n"
        html = html.replace("</body>", f"<p>{SEEN_BEFORE}</p>\n</body>")
    images = [file_part(attachment) for attachment in outgoing.mail.attachments if attachment.content_id]
    files = [file_part(attachment) for attachment in outgoing.mail.attachments if not attachment.content_id]
    page, depth = text_part("html", html), 1 if files else 0
    if images:
        page = multipart("related", [page, *images], depth + 1)
    both = multipart("alternative", [text_part("plain", text), page], depth)
    return multipart("mixed", [both, *files], 0) if files else both
