"""Short tokens for the links in mails: 128 bits that name a row, and mean nothing without it.

A token is derived by HMAC from the link's id and a secret that no database and no backup has. So a mail that is
written again bears the same links, and the tables keep a hash of each token. While a mail waits, its text has the
link's *reference* where the token will stand: derived in the same way for another use, so that nobody can write one
into the title of a draft, and good for nothing else.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.contracts.event import LOA_NAMESPACE
from shared.contracts.vocabulary import AlertAnswer, Stage
from shared.signed_links.links import Link, LinkNotValid

BYTES = 16
LENGTH = 26  # characters: base32 without padding, which no mail client cuts off and a person can read out
_TOKEN = re.compile(r"[a-z2-7]{26}")
_SECRET_INFO = b"loa-short-links"


class Purpose(StrEnum):
    """What a link is for; one for another purpose is never taken for it."""

    ANSWER = "answer"
    DUTY = "duty"
    MAILBOX = "mailbox"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLink:
    """A link as it is issued: for one purpose and one recipient, valid until `expires`.

    `claims` are what the purpose needs besides (of an answer: gap, draft, stage and kind of answer).
    """

    link_id: UUID
    purpose: Purpose
    recipient_id: UUID
    unit_code: str
    expires: datetime
    claims: Mapping[str, str] = field(default_factory=dict)

    def is_over(self, now: datetime) -> bool:
        return now >= self.expires


@dataclass(frozen=True, slots=True)
class LinkSecret:
    """Derives tokens and references of links; keep `key` outside the database."""

    key: bytes

    def token(self, link_id: UUID) -> str:
        """Give what stands in the sent mail; whoever has it holds the link."""
        return _derived(self.key, "token", link_id)

    def reference(self, link_id: UUID) -> str:
        """Give what stands in the place of the token while the mail waits."""
        return _reference(self.key, link_id)


@lru_cache(maxsize=4096)
def _reference(key: bytes, link_id: UUID) -> str:
    """Derive a reference; it is asked for when a mail is written and soon again, when it is queued. Tokens are not kept."""
    return _derived(key, "reference", link_id)


def _derived(key: bytes, use: str, link_id: UUID) -> str:
    digest = hmac.digest(key, f"{use}:{link_id}".encode(), "sha256")
    return b32encode(digest[:BYTES]).decode().rstrip("=").lower()


def secret_of(key: Ed25519PrivateKey) -> LinkSecret:
    """Derive the secret from the key that signed links until now (RFC 5869): one secret to keep, not two."""
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return LinkSecret(HKDF(SHA256(), 32, None, _SECRET_INFO).derive(raw))


def link_id(mail_key: str, about: UUID, answer: StrEnum) -> UUID:
    """Name the link by where it stands, under a gap or an item: a mail that is rendered again bears the same links."""
    return uuid5(LOA_NAMESPACE, f"link:{mail_key}:{about}:{answer}")


def token_hash(token: str) -> str:
    """Hash a token as the table keeps it; 128 random bits need no salt."""
    return sha256(token.encode(errors="replace")).hexdigest()


def is_short(token: str) -> bool:
    """Say whether a text has the form of a short token."""
    return _TOKEN.fullmatch(token) is not None


def filled_in(text: str, tokens: Mapping[str, str]) -> str:
    """Put tokens in the place of the references that they belong to."""
    for reference, token in tokens.items():
        text = text.replace(reference, token)
    return text


def answer_claims(link: Link) -> dict[str, str]:
    """Give what a link of an answer has besides recipient, unit and end."""
    return {
        "gap": str(link.gap_id),
        "draft": link.draft_code,
        "stage": link.stage.value,
        "answer": link.answer.value,
    }


def short_link(link: Link) -> ShortLink:
    return ShortLink(
        link_id=link.link_id,
        purpose=Purpose.ANSWER,
        recipient_id=link.recipient_id,
        unit_code=link.unit_code,
        expires=link.expires,
        claims=answer_claims(link),
    )


def answer_link(link: ShortLink) -> Link:
    """Read the link of an answer; raises `LinkNotValid` for one of another purpose."""
    if link.purpose is not Purpose.ANSWER:
        raise LinkNotValid
    return Link(
        link_id=link.link_id,
        recipient_id=link.recipient_id,
        gap_id=UUID(link.claims["gap"]),
        draft_code=link.claims["draft"],
        unit_code=link.unit_code,
        stage=Stage(link.claims["stage"]),
        answer=AlertAnswer(link.claims["answer"]),
        expires=link.expires,
    )
