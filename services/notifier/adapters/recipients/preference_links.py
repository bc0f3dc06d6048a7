"""Links to the page of a mailbox: bound to it, good for nothing but what it wants to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notifier.domain.recipients.recipient import Recipient
from shared.contracts.vocabulary import OptionalMail
from shared.kernel.clock import VIETNAM
from shared.signed_links.links import MAILBOX_PATH, LinkReader, Seal

AUDIENCE = "loa-mailbox"
TYPE = "loa-mailbox+jwt"
VALID_FOR = timedelta(days=365)  # who looks for a way out of a mail finds it in old ones too
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
    """Without a seal mails bear no such links; `page` is the address of this service."""

    seal: Seal | None
    page: str

    def of(self, recipient: Recipient, day: date, kind: OptionalMail | None = None) -> str | None:
        """Address the page from a mail of a day; the same mail always bears the same link."""
        if self.seal is None:
            return None
        link = MailboxLink(
            recipient_id=recipient.recipient_id,
            unit_code=recipient.unit_code,
            expires=datetime.combine(day + VALID_FOR, time(), VIETNAM),
            kind=kind,
        )
        return f"{self.page.rstrip('/')}{MAILBOX_PATH}/{self.seal.token(claims_of(link))}"


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
    return reader.opened(token, TYPE, AUDIENCE, _REQUIRED, _link)


def _link(claims: Mapping[str, Any]) -> MailboxLink:
    return MailboxLink(
        recipient_id=UUID(claims["sub"]),
        unit_code=str(claims["unit"]),
        expires=datetime.fromtimestamp(claims["exp"], UTC),
        kind=OptionalMail(claims["kind"]) if "kind" in claims else None,
    )


def seal(key: Ed25519PrivateKey) -> Seal:
    return Seal(key, TYPE)
