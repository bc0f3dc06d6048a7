"""A mail as a message of RFC 5322: its links, headers and parts.

Every mail of ours has the same shape, so its parts are written directly: the library's generator, which finds the
shape of any message, takes ten times as long.
"""

import re
import unicodedata
from binascii import b2a_qp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import Any, Literal
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notifier.application.ports import Attachment, MailLink, Notice, Outgoing
from services.notifier.domain.digest import Digest, Line
from services.notifier.domain.programmes.notices import DutiesNotice, DutyLine
from shared.contracts.event import LOA_NAMESPACE
from shared.contracts.vocabulary import AlertAnswer, OptionalMail, RecipientRole
from shared.kernel.errors import PermanentError
from shared.kernel.local_day import VIETNAM
from shared.kernel.sender import domain_of as domain_in
from shared.kernel.sender import name_and_address
from shared.kernel.text_folding import normalized
from shared.signed_links import duty_links
from shared.signed_links.duty_links import DutyAnswer
from shared.signed_links.links import MAILBOX_PATH, PATH, VALID_FOR, Link, LinkReader, Seal
from shared.signed_links.short_links import LinkSecret, Purpose, ShortLink, link_id, short_link


@dataclass(frozen=True, slots=True)
class AnswerLinks:
    """`pages` gives the address of the service that each answer is for. Without a secret mails bear no buttons."""

    secret: LinkSecret | None
    pages: Mapping[AlertAnswer, str]

    def of(self, digest: Digest, line: Line) -> Mapping[AlertAnswer, MailLink]:
        """Address every answer; none for supervisors, and for gaps of units below."""
        reader = line.reader or digest.recipient
        supervises = reader.role is RecipientRole.SUPERVISOR or line.is_below
        if self.secret is None or supervises:
            return {}
        links = {answer: short_link(_link(digest, line, answer)) for answer in AlertAnswer}
        return {
            answer: mail_link(f"{self.pages[answer].rstrip('/')}{PATH}", link, self.secret)
            for answer, link in links.items()
        }


@dataclass(frozen=True, slots=True)
class DutyLinks:
    """The links under what the reader's unit owes of programmes; `page` is the address of campaigns."""

    secret: LinkSecret | None
    page: str

    def of(self, notice: DutiesNotice, line: DutyLine) -> Mapping[DutyAnswer, MailLink]:
        """Address every answer; none for what units below owe, and for what a supervisor does not decide."""
        if self.secret is None or not line.is_answered_by(notice.recipient):
            return {}
        item, expires = line.duty.owed, _end(notice.day, VALID_FOR)
        reader, year = notice.recipient.recipient_id, line.duty.words.year
        return {
            answer: mail_link(
                f"{self.page.rstrip('/')}{PATH}",
                duty_links.short_link(duty_links.link_to(item, year, answer, notice.key, reader, expires)),
                self.secret,
            )
            for answer in duty_links.answers_to(item)
        }


def mail_link(page: str, link: ShortLink, secret: LinkSecret) -> MailLink:
    """Address a link below a page, with its reference in the place of the token."""
    return MailLink(f"{page}/{secret.reference(link.link_id)}", link)


def _link(digest: Digest, line: Line, answer: AlertAnswer) -> Link:
    gap = line.gap
    return Link(
        link_id=link_id(digest.key, gap.gap_id, answer),
        recipient_id=(line.reader or digest.recipient).recipient_id,
        gap_id=gap.gap_id,
        draft_code=gap.draft_code,
        unit_code=gap.unit_code,
        stage=gap.stage,
        answer=answer,
        expires=_end(digest.day, VALID_FOR),
    )


def _end(day: date, valid_for: timedelta) -> datetime:
    """Give until when the links in a mail of a day are valid."""
    return datetime.combine(day + valid_for, time(), VIETNAM)


AUDIENCE = "loa-mailbox"
TYPE = "loa-mailbox+jwt"
MAILBOX_VALID_FOR = timedelta(days=60)  # twice the 30 days for which a way out of a mail has to work
_REQUIRED = ["sub", "unit", "exp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLink:
    """`kind` is what one click ends (RFC 8058); a mail about a duty names none."""

    recipient_id: UUID
    unit_code: str
    expires: datetime
    kind: OptionalMail | None = None

    def is_over(self, now: datetime) -> bool:
        return now >= self.expires


@dataclass(frozen=True, slots=True)
class MailboxLinks:
    """Without a secret mails bear no such links; `page` is the address of this service."""

    secret: LinkSecret | None
    page: str

    def of(self, notice: Notice, kind: OptionalMail | None = None) -> MailLink | None:
        """Address the page from a mail; the same mail always bears the same link."""
        if self.secret is None:
            return None
        link = ShortLink(
            link_id=uuid5(LOA_NAMESPACE, f"mailbox:{notice.key}:{kind or ''}"),
            purpose=Purpose.MAILBOX,
            recipient_id=notice.recipient.recipient_id,
            unit_code=notice.recipient.unit_code,
            expires=_end(notice.day, MAILBOX_VALID_FOR),
            claims={"kind": kind.value} if kind else {},
        )
        return mail_link(f"{self.page.rstrip('/')}{MAILBOX_PATH}", link, self.secret)


def claims_of(link: MailboxLink) -> dict[str, Any]:
    claims = {
        "aud": AUDIENCE,
        "sub": str(link.recipient_id),
        "unit": link.unit_code,
        "exp": int(link.expires.timestamp()),
    }
    return claims | ({"kind": link.kind.value} if link.kind else {})


def read(reader: LinkReader, token: str) -> MailboxLink:
    """Return what a link says, expired or not; raises `LinkNotValid`."""
    return reader.opened(token, TYPE, AUDIENCE, _REQUIRED, _mailbox_link)


def mailbox_link(link: ShortLink) -> MailboxLink:
    """Read the link of a mailbox as its page takes it."""
    return MailboxLink(
        recipient_id=link.recipient_id,
        unit_code=link.unit_code,
        expires=link.expires,
        kind=OptionalMail(link.claims["kind"]) if "kind" in link.claims else None,
    )


def _mailbox_link(claims: Mapping[str, Any]) -> MailboxLink:
    return MailboxLink(
        recipient_id=UUID(claims["sub"]),
        unit_code=str(claims["unit"]),
        expires=datetime.fromtimestamp(claims["exp"], UTC),
        kind=OptionalMail(claims["kind"]) if "kind" in claims else None,
    )


def seal(key: Ed25519PrivateKey) -> Seal:
    return Seal(key, TYPE)


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


Names = Mapping[str, str]
"""What units are called on a day, by code."""


def named(names: Names, code: str | None) -> str:
    """Name a unit in one line, by its code if it has no name; nothing for no unit."""
    return header(names.get(code, code)) if code else ""


@lru_cache(maxsize=1024)
def header(text: str) -> str:
    """Make one line of composed characters: nothing that comes from a title may begin another header."""
    line = " ".join(text.split())  # a line break is no reason to look at each character
    visible = line if line.isprintable() else _visible(line)
    return " ".join(normalized("NFC", visible).split())


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


@lru_cache(maxsize=1024)
def _encoded(name: str, text: str) -> str:
    """Encode with `email.header`: the folding of `email.policy` loses blanks (Python 3.11).

    It takes 80 to 140 us, and the mailboxes of a unit mostly get the same subject.
    """
    charset = None if _is_plain(name, text) else "utf-8"
    return Header(text, charset, maxlinelen=SHORT_LINE, header_name=name).encode(linesep="\r\n")


def _is_plain(name: str, text: str) -> bool:
    """Tell whether a reader takes a text as it is: ASCII, nothing like an encoded word, no word beyond a line."""
    limit = ONE_LINE - len(name) - 2
    return text.isascii() and OPEN not in text and all(len(word) <= limit for word in text.split())


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
