"""Links in mails, signed by the notifier and verified wherever they lead; above all those behind the answers.

A link is a JWT (RFC 7519) signed with Ed25519 (RFC 8037). That of an answer is bound to one recipient, gap, draft,
unit and stage, and good for one kind of answer until a moment. It proves nothing else: it admits to nothing else.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from shared.contracts.vocabulary import AlertAnswer, Stage
from shared.kernel.errors import Refusal, Text

T = TypeVar("T")
AUDIENCE = "loa-answer"  # never that of an access token: neither is taken for the other
ALGORITHM = "EdDSA"
TYPE = "loa-answer+jwt"
PATH = "/answers"
VALID_FOR = timedelta(days=30)
_REQUIRED = ["jti", "sub", "exp", "gap", "draft", "unit", "stage", "answer"]
MAILBOX_PATH = "/mailbox"
_ADDRESS = re.compile(rf"({PATH}|{MAILBOX_PATH})/[\w.-]+")


class LinkNotValid(Refusal):
    """Not one of ours, changed on the way, or meant for another answer: nothing more is said of why."""

    code = "link-not-valid"
    kind = "not_found"

    def __init__(self) -> None:
        super().__init__(
            "Liên kết này không đúng hoặc không đầy đủ. Đề nghị mở lại từ thư nhắc việc, hoặc sao chép đầy đủ "
            "địa chỉ trong thư.",
            "This link is not valid or not complete. Please open it from the mail again, or copy the whole address.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`link_id` is the idempotency key of what the link does, `recipient_id` the opaque id of who was written to."""

    link_id: UUID
    recipient_id: UUID
    gap_id: UUID
    draft_code: str
    unit_code: str
    stage: Stage
    answer: AlertAnswer
    expires: datetime

    def is_over(self, now: datetime) -> bool:
        return now >= self.expires


class LinkIsOver(Refusal):
    code = "link-is-over"
    kind = "gone"

    def __init__(self, ended: datetime) -> None:
        super().__init__(
            f"Liên kết này đã hết hiệu lực từ ngày {ended:%d/%m/%Y}. Chưa có nội dung nào được ghi nhận.",
            f"This link ended on {ended:%Y-%m-%d}. Nothing was recorded.",
            renewable=True,
        )


class LinkIsUsed(Refusal):
    """`what` says what was recorded through the link."""

    code = "link-is-used"
    kind = "gone"

    def __init__(self, what: Text) -> None:
        super().__init__(
            f"Liên kết này đã được sử dụng. {what.vi} Mỗi liên kết chỉ dùng được một lần.",
            f"This link was used already. {what.en} Each link works once.",
            renewable=True,
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs tokens of one type (RFC 8725, 3.11): none is ever taken for one of another."""

    key: Ed25519PrivateKey
    type_: str
    key_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_id", key_id(self.key.public_key()))

    def token(self, claims: Mapping[str, Any]) -> str:
        """Sign claims (RFC 7515, compact)."""
        return jwt.encode(dict(claims), self.key, ALGORITHM, {"typ": self.type_, "kid": self.key_id})


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Signs links and says where they lead; `pages` gives the address of the service that each answer is for."""

    key: Ed25519PrivateKey
    pages: Mapping[AlertAnswer, str]
    seal: Seal = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seal", Seal(self.key, TYPE))

    def address(self, link: Link) -> str:
        return f"{self.pages[link.answer].rstrip('/')}{PATH}/{self.token(link)}"

    def token(self, link: Link) -> str:
        claims = {
            "aud": AUDIENCE,
            "jti": str(link.link_id),
            "sub": str(link.recipient_id),
            "exp": int(link.expires.timestamp()),
            "gap": str(link.gap_id),
            "draft": link.draft_code,
            "unit": link.unit_code,
            "stage": link.stage.value,
            "answer": link.answer.value,
        }
        return self.seal.token(claims)


@dataclass(frozen=True, slots=True)
class LinkReader:
    """Verifies links with public keys by their id; several are known while a key is being replaced."""

    keys: Mapping[str, Any]

    def read(self, token: str) -> Link:
        """Return what the link says, expired or not; raises `LinkNotValid`."""
        return self.opened(token, TYPE, AUDIENCE, _REQUIRED, _link)

    def opened(
        self,
        token: str,
        type_: str,
        audience: str,
        required: list[str],
        read: Callable[[Mapping[str, Any]], T],
    ) -> T:
        """Verify a token of a type and `read` its claims, expired or not; raises `LinkNotValid`."""
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(
                token,
                self.keys[header["kid"]],
                algorithms=[ALGORITHM],
                audience=audience,
                options={"require": required, "verify_exp": False},  # the clock is the caller's
            )
            if header.get("typ") != type_:
                raise LinkNotValid
            return read(claims)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise LinkNotValid from error


def _link(claims: Mapping[str, Any]) -> Link:
    return Link(
        link_id=UUID(claims["jti"]),
        recipient_id=UUID(claims["sub"]),
        gap_id=UUID(claims["gap"]),
        draft_code=str(claims["draft"]),
        unit_code=str(claims["unit"]),
        stage=Stage(claims["stage"]),
        answer=AlertAnswer(claims["answer"]),
        expires=datetime.fromtimestamp(claims["exp"], UTC),
    )


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def signing_key(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("LOA_LINK_KEY is no Ed25519 key")
    return key


def reader(jwks: Path | None) -> LinkReader:
    """Know the public keys of a JWKS file (RFC 7517); without one no link is ever valid."""
    if jwks is None:
        return LinkReader({})
    document = json.loads(jwks.read_text(encoding="utf-8"))
    return LinkReader({str(key.key_id): key.key for key in jwt.PyJWKSet.from_dict(document).keys})


def masked(text: str) -> str:
    """Take the tokens out of a text that others than the recipient may read (a page, a log)."""
    return _ADDRESS.sub(r"\1/…", text)
